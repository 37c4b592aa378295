"""The facts of a drawing, as a report keeps them: events in the order of time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an event is."""

    SENT = "sent"
    """The rig published a message."""
    PUBLISH = "publish"
    """An instance published one; `until` is when it was confirmed."""
    DELIVERY = "delivery"
    """A message came for an instance, which was given it at `passed` and had it in hand `until`."""
    SETTLEMENT = "settlement"
    """The delivery `of` was settled, as `how` says; one that was held was passed on at `until`."""
    RETURNED = "returned"
    """The delivery `of` was unsettled when its channel ended, or recovered it."""
    HEARTBEAT = "heartbeat"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    CONSUMING = "consuming"
    REFUSED = "refused"
    """The broker closed a channel."""
    FORGED = "forged"
    """The rig said something in the broker's name."""
    FAULT = "fault"
    COMMIT = "commit"
    """The database was asked to commit at `at`, and had `until`; `how` says whether that was held, or never done."""
    FAILURE = "failure"
    """The database failed an instance."""
    ROW = "row"
    """A row was seen, of the message that it is the effect of where that is known."""
    MISSING = "missing"
    """There was no effect of a message when the case was over; `how` names the effect, if it has a name."""
    CALL = "call"
    ENDED = "ended"
    """An instance had ended."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a time (s), and what belongs to it as its kind says."""

    at: float
    kind: Kind
    words: str
    """What is to be read of it: the frame, the row, the fault."""
    lane: str = ""
    """Whose it is: an instance; "" where it is nobody's, or everybody's."""
    queue: str = ""
    message: int = 0
    """Messages are numbered from 1 in the order in which they appeared; 0 where it is about none."""
    how: str = ""
    of: int | None = None
    """The place of an earlier event that this one goes back to; a redelivery repeats that delivery."""
    passed: float | None = None
    until: float | None = None
    told: bool = False
    """Whether a violation names it as its evidence."""


def is_notable(event: Event) -> bool:
    """Whether who looks for what went wrong may want to see it: a fault, a redelivery, evidence, what was lost."""
    wrong = (
        Kind.RETURNED,
        Kind.FAULT,
        Kind.FORGED,
        Kind.REFUSED,
        Kind.FAILURE,
        Kind.MISSING,
        Kind.ENDED,
    )
    again = event.kind is Kind.DELIVERY and event.how != ""
    return event.told or again or event.kind in wrong or "lost" in event.how


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn of a case of an implementation that was over at `until`."""

    case: str
    implementation: str
    design: str
    until: float
    events: tuple[Event, ...]
    left_out: int = 0
    """How many events are not among these, since a picture of all could not be read."""
