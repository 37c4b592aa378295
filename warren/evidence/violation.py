"""What shows that something did not hold. What follows from it is `warren.claims`' matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a requirement did not hold: a sentence, and the frames and rows that prove it."""

    words: str
    evidence: tuple[str, ...] = ()
