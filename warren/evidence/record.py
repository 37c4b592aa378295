"""All that is known of a case when it is over, as facts: what a picture of it is drawn from.

The ledger has what the lines saw. Beside it stand what the rig itself did and read, on the same clock. Whoever fills a
record is the world of the case, be it real or simulated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.evidence.ledger import Ledger

if TYPE_CHECKING:
    from warren.evidence.faults import Fault
    from warren.evidence.violation import Violation


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the rig published, to a queue through its exchange; "" where it named the queue itself."""

    at: float
    exchange: str
    queue: str
    message: str
    """What identifies it through its deliveries, as `Delivery.message` does."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """An HTTP call at an instance; `until` is None where no answer came, and status 0 with it."""

    at: float
    instance: str
    path: str
    until: float | None = None
    status: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class RowSeen:
    """A row that the rig found in the database: it was committed at `at` or before."""

    at: float
    words: str
    """Its line of evidence."""
    text: str
    """What of it tells whose effect it is."""


@dataclass(frozen=True, slots=True)
class ProcessEnded:
    """An instance that had ended, and with which exit status: minus a signal's number where that ended it."""

    at: float
    instance: str
    status: int

    def __str__(self) -> str:
        """Give one line of evidence."""
        return f"{self.at:.3f} {self.instance} had ended with status {self.status}"


@dataclass(frozen=True, slots=True)
class Record:
    """What happened in a case that ended at `until`; `lost` and `doubled` say what was so by then."""

    until: float
    ledger: Ledger = field(default_factory=Ledger)
    faults: tuple[Fault, ...] = ()
    sent: tuple[Sent, ...] = ()
    calls: tuple[Asked, ...] = ()
    rows: tuple[RowSeen, ...] = ()
    ends: tuple[ProcessEnded, ...] = ()
    lost: tuple[Violation, ...] = ()
    doubled: tuple[Violation, ...] = ()
