"""One unit of work of a user's own consumer: a message made from a sample, with an id that no other has."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from warren.simulator.wire import BasicProperties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.wire import FieldValue
    from warren.workloads.own.recorded import Recorded

ID: Final = "{id}"
"""What stands in a sample where its id goes: 36 characters, as a UUID is written."""
NUMBER: Final = "{number}"
"""What stands there where the id is a number: of nine digits, so that all are of one length."""
_LEAST: Final = 10**8
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{32}")
_LEAST_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class OwnUnit:
    """A message as it is published. `size` is how many document seconds its work is to take at least.

    `is_usual` says that it is made from the usual sample, and so leaves the same.
    """

    id: str
    body: bytes
    properties: BasicProperties
    routing_key: str
    size: int = 1
    is_usual: bool = True

    @property
    def message_id(self) -> str:
        """What the ledger knows it by: its message-id, else its body."""
        return self.properties.message_id or self.body.decode("utf-8", "replace")

    @property
    def number(self) -> int:
        """Its id as a number."""
        return number_of(self.id)


@dataclass(frozen=True, slots=True)
class Template:
    """What a message is made from: its body, its properties and its routing key, with `ID` and `NUMBER` in them."""

    body: bytes
    properties: BasicProperties = field(default_factory=BasicProperties)
    routing_key: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether what it makes can be told apart: by the body or a property."""
        probe = self.make("0" * 36, 1)
        return (probe.body, probe.properties) != (self.body, self.properties)

    @property
    def is_json(self) -> bool:
        """Whether its body is a JSON object or array, as far as its first character tells."""
        return self.body.lstrip()[:1] in (b"{", b"[")

    def make(self, new_id: str, size: int) -> OwnUnit:
        """Make a unit of work of that id."""
        body = self.body.replace(ID.encode(), new_id.encode())
        body = body.replace(NUMBER.encode(), str(number_of(new_id)).encode())
        texts: dict[str, Any] = {
            name: filled(value, new_id)
            for name in _TEXTS
            if (value := getattr(self.properties, name)) is not None
        }
        headers = _filled_table(self.properties.headers, new_id)
        properties = replace(self.properties, **texts, headers=headers)
        return OwnUnit(new_id, body, properties, filled(self.routing_key, new_id), size)


@dataclass(frozen=True, slots=True)
class Sample:
    """All that is known of the messages of a consumer; what is not there, nobody can send.

    `seconds` are how long its work takes at most, None where nobody has said or seen that; `slow` is a message whose
    work takes `slow_seconds` by itself. Beside the usual `message` there may be `others`, sent in turn with it; `made`
    says by what they were made. `doubts` are sentences about what is odd, for a person who tries it.
    """

    message: Template | Recorded
    others: tuple[Template, ...] = ()
    made: str = ""
    seconds: float | None = None
    slow: Template | Recorded | None = None
    slow_seconds: float = 0.0
    malformed: tuple[bytes, ...] = ()
    misshapen: tuple[bytes, ...] = ()
    poison: Template | Recorded | None = None
    doubts: tuple[str, ...] = ()


_TEXTS: Final = (
    "content_type",
    "content_encoding",
    "correlation_id",
    "reply_to",
    "message_id",
    "type",
    "user_id",
    "app_id",
    "cluster_id",
)
"""The properties that are text."""


def most_seconds(seen: float) -> float:
    """Give what work takes at most, where it was seen to take so long: twice that, in tenths of a second."""
    return max(_LEAST_SECONDS, math.ceil(20 * seen) / 10)


def filled(text: str, new_id: str) -> str:
    """Put the id where it goes."""
    return text.replace(ID, new_id).replace(NUMBER, str(number_of(new_id)))


def dashed(hexadecimal: str) -> str:
    """Write an id of 32 hexadecimal digits as UUIDs are written, which every UUID type takes."""
    h = hexadecimal
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def number_of(new_id: str) -> int:
    """Give the number that an id stands for."""
    return int(new_id.replace("-", ""), 16) % (9 * _LEAST) + _LEAST


def forms_of(new_id: str) -> tuple[bytes, ...]:
    """Give the forms in which a message may have its id: as a UUID, in hexadecimal, in octets, as a number."""
    hexadecimal = new_id.replace("-", "")
    octets = (bytes.fromhex(hexadecimal),) if _HEXADECIMAL.fullmatch(hexadecimal) else ()
    return new_id.encode(), hexadecimal.encode(), *octets, str(number_of(new_id)).encode()


def _filled_table(
    table: Mapping[str, FieldValue] | None, new_id: str
) -> dict[str, FieldValue] | None:
    if table is None:
        return None
    return {key: filled(v, new_id) if isinstance(v, str) else v for key, v in table.items()}
