"""What a role is told: the `WARREN_*` environment of docs/contract.md, validated once."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from reference_impl.errors import ConsumerError

_PREFIX = "WARREN_"
_FORMS = {
    "amqp_url": "it must look like amqp://user:password@host:port/vhost",
    "database_url": "it must be a SQLAlchemy URL such as sqlite:////tmp/warren.db",
}


class SettingsError(ConsumerError):
    """The environment or the command line cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one role; the defaults are the document's own values.

    Attributes:
        amqp_url: the broker's address, `amqp://user:password@host:port/vhost`
        database_url: the database's address in SQLAlchemy's form
        heartbeat: seconds, negotiated with the broker
        prefetch: unacked deliveries a consumer holds at most
        second: real seconds that one "second" of the document takes
        max_messages: messages to settle before the role ends by itself; 0 is no bound
        timeout: real seconds that an RPC caller waits for its reply
        http_port: where the role `http` listens on 127.0.0.1
        instance: a name for logs

    """

    amqp_url: Annotated[str, Field(pattern=r"^amqps?://[^/]+(/[^/]*)?$")]
    database_url: Annotated[str, Field(pattern=r"^[a-z0-9]+(\+[a-z0-9]+)?:/")]
    heartbeat: Annotated[int, Field(ge=1, le=65535)] = 5
    prefetch: Annotated[int, Field(ge=0, le=65535)] = 1
    second: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    max_messages: Annotated[int, Field(ge=0)] = 0
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10.0
    http_port: Annotated[int, Field(ge=0, le=65535)] = 7777
    instance: str = "reference"


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings out of `WARREN_*`.

    Raises:
        SettingsError: a variable is missing or its value cannot be used.

    """
    fields = {
        name: environment[_PREFIX + name.upper()]
        for name in Settings.__dataclass_fields__
        if _PREFIX + name.upper() in environment
    }
    try:
        return TypeAdapter(Settings).validate_python(fields)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


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


def _sentence(error: ValidationError) -> str:
    """Say the first error by the variable's name; never its value, which may hold a password."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0])
    name = _PREFIX + field.upper()
    if first["type"] == "missing":
        return f"{name} is not set: docs/contract.md says what it must hold."
    reason = _FORMS.get(field, first["msg"][:1].lower() + first["msg"][1:])
    return f"{name} cannot be used: {reason}."
