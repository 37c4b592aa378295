"""What a client says about itself when it starts: name, password, capabilities.

Whether they are right is the owner's to judge.

Source: RFC 4616 (PLAIN); RFC 4505 (ANONYMOUS);
RabbitMQ's ``rabbit_auth_mechanism_amqplain`` (AMQPLAIN is from AMQP 0-8).
"""

from collections.abc import Callable, Mapping
from typing import Final

from warren.simulator.errors import UndecodableError
from warren.simulator.wire.errors import EncodeError
from warren.simulator.wire.fields import FieldTable, FieldValue, decode_table, encode_long_string

ANONYMOUS: Final = "guest", "guest"
"""User and password of who gives none: RabbitMQ's defaults. They let in only where such a user has that password."""
_PLAIN_PARTS: Final = 3
_ANY_OCTETS: Final = "surrogateescape"
"""How octets that are no UTF-8 become text that no name and no password is; they are refused as wrong ones are."""


class LoginError(Exception):
    """The mechanism is unknown, or the response is not in its form."""


def read_login(mechanism: str, response: bytes, mechanisms: tuple[str, ...]) -> tuple[str, str]:
    """Return user and password, text that is no UTF-8 with surrogates for its octets. Raises ``LoginError``."""
    if mechanism not in mechanisms:
        raise LoginError(f"there is no mechanism {mechanism!r}, only {' and '.join(mechanisms)}")
    try:
        return _READERS[mechanism](response)
    except (UndecodableError, EncodeError, LoginError) as error:
        raise LoginError(f"this is no {mechanism} response") from error


def _plain(response: bytes) -> tuple[str, str]:
    parts = response.split(b"\0")
    if len(parts) != _PLAIN_PARTS or parts[0]:
        raise LoginError("PLAIN has three parts, and RabbitMQ takes nothing in the first")
    return _text(parts[1]), _text(parts[2])


def _amqplain(response: bytes) -> tuple[str, str]:
    table, _ = decode_table(encode_long_string(response), 0)
    user, password = table.get("LOGIN"), table.get("PASSWORD")
    if not isinstance(user, str | bytes) or password is None:
        raise LoginError("AMQPLAIN has LOGIN, which is text, and PASSWORD")
    return _text(user), _text(password)


def _text(value: FieldValue) -> str:
    """Return text for any value; what is neither text nor octets is nobody's password."""
    if isinstance(value, str):
        return value
    return value.decode(errors=_ANY_OCTETS) if isinstance(value, bytes) else ""


_READERS: Final[Mapping[str, Callable[[bytes], tuple[str, str]]]] = {
    "PLAIN": _plain,
    "AMQPLAIN": _amqplain,
    "ANONYMOUS": lambda _: ANONYMOUS,
}


def capabilities(client_properties: FieldTable) -> FieldTable:
    """Return the table of capabilities that a client claims, perhaps an empty one."""
    found = client_properties.get("capabilities")
    return found if isinstance(found, Mapping) else {}
