"""What is known of one thing that a defect breaks."""

from __future__ import annotations

from dataclasses import dataclass

from warren.claims.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Break:
    """A requirement that a defect breaks, or leaves without a witness, and a phrase of the sentence that says so.

    `full` where only cases of the full set see it, so that a quick run does not.
    """

    requirement: str
    words: str
    outcome: Outcome = Outcome.FAIL
    full: bool = False
    tls: bool = False
    """Whether only a run with --tls sees it."""
    quorum: bool = False
    """Whether only a run with --queue-type quorum sees it."""
