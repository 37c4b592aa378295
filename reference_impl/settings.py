"""What a role is told: the `WARREN_*` environment of docs/contract.md, validated once."""

import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reference_impl.errors import ConsumerError

_PREFIX = "WARREN_"
_LARGEST = sys.float_info.max  # infinity is no number of seconds
_FORMS = {
    "amqp_url": "it must look like amqp://user:password@host:port/vhost",
    "database_url": "it must be a SQLAlchemy URL such as sqlite:////tmp/warren.db",
}


class SettingsError(ConsumerError):
    """The environment or the command line cannot be used; the message is one sentence."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one role; the defaults are the document's own values.

    Attributes:
        amqp_url: the broker's address, `amqp://user:password@host:port/vhost`
        amqp_ca: a PEM file with the CA of a broker that is reached by amqps; empty for the system's own
        database_url: the database's address in SQLAlchemy's form
        heartbeat: seconds, negotiated with the broker
        prefetch: unacked deliveries a consumer holds at most
        second: real seconds that one "second" of the document takes
        max_messages: messages to settle before the role ends by itself; 0 is no bound
        timeout: real seconds that an RPC caller waits for its reply
        http_port: where the role `http` listens on 127.0.0.1
        instance: a name for logs

    """

    amqp_url: Annotated[str, Meta(pattern=r"^amqps?://[^/]+(/[^/]*)?$")]
    database_url: Annotated[str, Meta(pattern=r"^[a-z0-9]+(\+[a-z0-9]+)?:/")]
    amqp_ca: str = ""
    heartbeat: Annotated[int, Meta(ge=1, le=65535)] = 5
    prefetch: Annotated[int, Meta(ge=0, le=65535)] = 1
    second: Annotated[float, Meta(gt=0, le=_LARGEST)] = 1.0
    max_messages: Annotated[int, Meta(ge=0)] = 0
    timeout: Annotated[float, Meta(gt=0, le=_LARGEST)] = 10.0
    http_port: Annotated[int, Meta(ge=0, le=65535)] = 7777
    instance: str = "reference"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings out of `WARREN_*`.

    Raises:
        SettingsError: a variable is missing or its value cannot be used.

    """
    return Settings(**dict(_given(environment)))


def database_url(environment: Mapping[str, str]) -> str:
    """Read `WARREN_DATABASE_URL` alone: all that the migrations need.

    Raises:
        SettingsError: the variable is missing.

    """
    name = f"{_PREFIX}DATABASE_URL"
    if not environment.get(name):
        raise SettingsError(
            f"{name} is not set: give a SQLAlchemy URL such as sqlite:////tmp/warren.db."
        )
    return environment[name]


def _given(environment: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Give every variable that is set, converted. No error shows a value: it may hold a password."""
    for field in msgspec.structs.fields(Settings):
        name = _PREFIX + field.name.upper()
        if name in environment:
            try:
                yield field.name, msgspec.convert(environment[name], field.type, strict=False)
            except msgspec.ValidationError as error:
                reason = _FORMS.get(field.name, str(error))
                raise SettingsError(f"{name} cannot be used: {reason}.") from None
        elif field.required:
            raise SettingsError(f"{name} is not set: docs/contract.md says what it must hold.")
