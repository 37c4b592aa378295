"""How a broker's case ended, as findings: a failed assertion is a violation, so is an error of AMQP or the socket."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from pika.exceptions import AMQPError

from warren.claims.catalogue import AMQP
from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.errors import WarrenError
from warren.evidence.violation import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.claims.catalogue import Requirement

SUBJECT = "broker"
"""The `implementation` of a finding. It is the same for every broker, so that their reports can be compared; which
broker was judged is a fact of the run."""


def to_findings(
    error: Exception | None, requirements: Iterable[Requirement], case: str, seconds: float
) -> tuple[Finding, ...]:
    """Give one finding for each requirement of a case that ended, by itself or with an error."""
    outcome, words, violations = _ending(error)
    return tuple(
        Finding(
            case,
            SUBJECT,
            AMQP,
            requirement.guarantee,
            Stance.CLAIMED,
            Verdict(requirement.id, outcome, words, violations),
            seconds=seconds,
        )
        for requirement in requirements
    )


def _ending(error: Exception | None) -> tuple[Outcome, str, tuple[Violation, ...]]:
    match error:
        case None:
            return Outcome.PASS, "", ()
        case AssertionError():
            return Outcome.FAIL, "", (_violation(str(error) or "an assertion failed", error),)
        case AMQPError() | OSError():
            words = f"the broker refused or went away: {error!r}"
            return Outcome.FAIL, "", (_violation(words, error),)
        case WarrenError():
            return Outcome.INCONCLUSIVE, str(error), ()
        case _:
            return Outcome.ERROR, "".join(traceback.format_exception(error)), ()


def _violation(text: str, error: Exception) -> Violation:
    """Make the first line the sentence and the others evidence, and add the lines of the case that led there."""
    words, *detail = text.splitlines()
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{f.filename}:{f.lineno}: {f.line}" for f in frames if "conformance" in f.filename]
    return Violation(words, (*detail, *lines))
