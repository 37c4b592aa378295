"""What the line between an instance and the broker saw, as facts. Joining them is the ledger's matter."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from warren.evidence.commits import CommitBegun, Committed, DatabaseFailed

if TYPE_CHECKING:
    from warren.simulator.wire import Content


class Direction(enum.StrEnum):
    """Which way a frame went."""

    TO_BROKER = "to-broker"
    TO_CLIENT = "to-client"


By: TypeAlias = Literal["client", "broker", "rig"]
How: TypeAlias = Literal["close", "eof", "reset", "cut"]


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Octets that cannot be read as AMQP; they are passed on as they came."""

    reason: str
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """One frame that came from one side.

    ``at`` is when its last octet came, in seconds since the world's clock began, as in every fact. A ``content`` of
    type ``bytes`` is a body frame. Passwords and secrets are blanked.
    """

    at: float
    instance: str
    connection: int
    direction: Direction
    channel: int
    content: Content | Undecodable


@dataclass(frozen=True, slots=True)
class FrameHeld:
    """The frame waits from ``at`` on: a rule caught it or one before it, or its line is delayed or half-open."""

    at: float
    frame: FrameSeen


@dataclass(frozen=True, slots=True)
class FrameReleased:
    """A frame that waited was passed on at ``at``."""

    at: float
    frame: FrameSeen


@dataclass(frozen=True, slots=True)
class FrameLost:
    """A frame was seen, but the other side will never get it."""

    at: float
    frame: FrameSeen


@dataclass(frozen=True, slots=True)
class FrameForged:
    """A frame that nobody sent was passed on at ``at``, by the rig's own hand: it is no word of the other side's."""

    at: float
    frame: FrameSeen


@dataclass(frozen=True, slots=True)
class ConnectionOpened:
    """The instance connected; its connections are numbered from 1."""

    at: float
    instance: str
    connection: int


@dataclass(frozen=True, slots=True)
class EnteredElsewhere:
    """A connection is let into another vhost than that of the work: the one that stands for this name."""

    at: float
    instance: str
    connection: int
    vhost: str


@dataclass(frozen=True, slots=True)
class ConnectionEnded:
    """A connection ended, and by whom.

    ``how`` is ``close`` when its side had sent ``connection.close``, whose code and words are then
    the ``detail``; otherwise what TCP saw: ``eof``, ``reset``, or ``cut`` by the rig.
    """

    at: float
    instance: str
    connection: int
    by: By
    how: How
    detail: str

    def __str__(self) -> str:
        """Give one line of evidence."""
        words = f" ({self.detail})" if self.detail else ""
        return (
            f"{self.at:.3f} connection {self.connection} of {self.instance}"
            f" ended by the {self.by}: {self.how}{words}"
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """The world itself was kept from running, so that no line passed anything on."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began


Fact: TypeAlias = (
    FrameSeen
    | FrameHeld
    | FrameReleased
    | FrameLost
    | FrameForged
    | ConnectionOpened
    | EnteredElsewhere
    | ConnectionEnded
    | CommitBegun
    | Committed
    | DatabaseFailed
)
