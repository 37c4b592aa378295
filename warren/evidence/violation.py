"""What shows that something did not hold. What follows from it is `warren.claims`' matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a requirement did not hold: a sentence, and the frames and rows that prove it."""

    words: str
    evidence: tuple[str, ...] = ()
    missing: str = ""
    """Of an effect that was not there: which, in a few words; "" where it has no name."""
    seen: bool = False
    """Whether it is something that was seen to happen. Of what did not happen, or not in time, the machine may be the
    reason; of this it is none."""


def by_evidence(
    violations: Iterable[Violation],
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Give what violations of the same sentence rest on together, and sentences that rest on the same; each once."""
    lines: dict[str, dict[str, None]] = {}
    for violation in violations:
        lines.setdefault(violation.words, {}).update(dict.fromkeys(violation.evidence))
    words: dict[tuple[str, ...], list[str]] = {}
    for sentence, evidence in lines.items():
        words.setdefault(tuple(evidence), []).append(sentence)
    return tuple((tuple(said), evidence) for evidence, said in words.items())
