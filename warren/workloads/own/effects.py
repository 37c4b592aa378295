"""The effects that one message of a user's own consumer owes, each of a kind that can be looked up outside.

An effect is looked up by the id of its message. How a world finds rows, files and calls is `Outside`'s matter.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from warren.workloads.own.found import SHOWN, Found
from warren.workloads.own.message import filled, number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.evidence.ledger import Published
    from warren.workloads.own.message import OwnUnit
    from warren.workloads.protocol import Tables


class Effect(Protocol):
    """One thing that each message owes."""

    @property
    def tells_apart(self) -> bool:
        """Whether it shows which message has left it; else only how many have."""

    def find_all(self, units: Sequence[OwnUnit], outside: Tables) -> tuple[Found, ...]:
        """Look for what these messages have left, in their order."""

    def __str__(self) -> str:
        """Name it as the manifest does."""

    @property
    def absence(self) -> str:
        """Say in a few words that it is not there."""


class _ByItsId(ABC):
    """An effect that is looked up for each message alone."""

    __slots__ = ()

    @property
    def tells_apart(self) -> bool:
        """It has the id of its message."""
        return True

    def find_all(self, units: Sequence[OwnUnit], outside: Tables) -> tuple[Found, ...]:
        """Look for each in turn."""
        return tuple(self.find(unit.id, outside) for unit in units)

    @abstractmethod
    def find(self, new_id: str, outside: Tables) -> Found:
        """Look for what the message of that id has left."""


@dataclass(frozen=True, slots=True)
class RowEffect(_ByItsId):
    """Rows, counted by the user's own statement: `SELECT count(*) … = :id` gives how many there are."""

    sql: str

    def find(self, new_id: str, outside: Tables) -> Found:
        """Ask the database."""
        count = outside.count(self.sql, new_id, number_of(new_id))
        return Found(count, (f"{count} by {self.sql!r} with :id = {new_id!r}",))

    def __str__(self) -> str:
        """Give the statement."""
        return f"sql {self.sql!r}"

    @property
    def absence(self) -> str:
        """Name the table that is counted."""
        table = re.search(r"\bFROM\s+([\w.]+)", self.sql, re.IGNORECASE)
        return f"no row in {table[1]}" if table else "no row"


@dataclass(frozen=True, slots=True)
class CommandEffect(_ByItsId):
    """Whatever a command of the user's own counts: it is given the id, and prints how many there are."""

    argv: tuple[str, ...]

    def find(self, new_id: str, outside: Tables) -> Found:
        """Run it."""
        argv = tuple(filled(word, new_id) for word in self.argv)
        count = outside.count_by(argv, new_id)
        return Found(count, (f"{count} by {' '.join(argv)}",))

    def __str__(self) -> str:
        """Give the command."""
        return f"command {' '.join(self.argv)}"

    @property
    def absence(self) -> str:
        """Name the program that counts."""
        return f"none by {self.argv[0]}"


@dataclass(frozen=True, slots=True)
class PublishEffect(_ByItsId):
    """A message that the consumer publishes, with the id somewhere in it. Only what reached the broker counts."""

    exchange: str
    routing_key: str | None = None
    key: str = ""
    """What makes two of them one: `message_id`, where who gets them knows them by that."""

    def find(self, new_id: str, outside: Tables) -> Found:
        """Look at what the instances have published."""
        found = [
            p
            for p in outside.published()
            if p.passed_at is not None
            and p.exchange == self.exchange
            and self.routing_key in (None, p.routing_key)
            and _has_id(p, new_id)
        ]
        return Found(_distinct([self._key_of(p) for p in found]), tuple(map(str, found[:SHOWN])))

    def _key_of(self, published: Published) -> str | None:
        return published.properties.message_id if self.key == "message_id" else None

    def __str__(self) -> str:
        """Name where it goes."""
        key = "any routing key" if self.routing_key is None else f'routing key "{self.routing_key}"'
        return f'a publish to exchange "{self.exchange}" with {key}'

    @property
    def absence(self) -> str:
        """Name the exchange, or the queue where it is the default one."""
        return f"no publish to {self.exchange or self.routing_key or 'the default exchange'}"


@dataclass(frozen=True, slots=True)
class CallEffect(_ByItsId):
    """An HTTP call that reaches the stub and was answered with success; the id is in its path, a header or its body."""

    method: str
    path: str
    key: str = ""
    """The header that makes two calls one effect, such as Idempotency-Key; "" where each call is one."""

    def find(self, new_id: str, outside: Tables) -> Found:
        """Look at what was asked of the stub."""
        path = filled(self.path, new_id)
        found = [
            call
            for call in outside.calls()
            if call.method == self.method
            and call.path.partition("?")[0] == path
            and 0 < call.status < 400  # noqa: PLR2004 - what is answered with an error, or never, has no effect
            and call.mentions(new_id, str(number_of(new_id)))
        ]
        keys = [call.header(self.key) if self.key else None for call in found]
        return Found(_distinct(keys), tuple(map(str, found[:SHOWN])))

    def __str__(self) -> str:
        """Give the request line."""
        return f"http {self.method} {self.path}"

    @property
    def absence(self) -> str:
        """Give the request line."""
        return f"no {self.method} {self.path}"


def _has_id(published: Published, new_id: str) -> bool:
    properties, wanted = published.properties, (new_id, str(number_of(new_id)))
    texts = (
        published.routing_key,
        properties.message_id or "",
        properties.correlation_id or "",
        str(properties.headers or ""),
        published.body.decode("utf-8", "replace"),
    )
    return any(word in text for word in wanted for text in texts)


def _distinct(keys: Sequence[str | None]) -> int:
    """Count what is not the same again: what has no key is never the same."""
    return len({key for key in keys if key is not None}) + sum(key is None for key in keys)
