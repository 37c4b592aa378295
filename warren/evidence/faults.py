"""What a rig did to the instances of its case, as facts. What shows that it took effect is found in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HELD_COMMIT: Final = "held the commit of"
"""How a fault begins that is a commit which waits before the database has it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was done, when (s, on the clock of the ledger) and to whom; `to` is "" for all of a case."""

    at: float
    to: str
    words: str

    def __str__(self) -> str:
        """Give one line of evidence."""
        return f"{self.at:.3f} the rig {self.words}"
