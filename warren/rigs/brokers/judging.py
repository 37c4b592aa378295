"""From how a broker's case ended to its findings: an assertion is a violation, and so is what pika was refused."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from pika.exceptions import AMQPError

from warren.claims.catalogue import AMQP
from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.errors import WarrenError
from warren.evidence.violation import Violation

if TYPE_CHECKING:
    from warren.rigs.brokers.rig import BrokerRig

SUBJECT = "broker"
"""The `implementation` of a finding: the same for every broker, so that their reports compare; which one was judged is
a fact of the run."""


def broker_findings(
    error: Exception | None, rig: BrokerRig, case: str, seconds: float
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
        for requirement in rig.requirements
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
    """Make the first line the sentence and the others evidence, with the lines that led there."""
    words, *detail = text.splitlines()
    frames = traceback.extract_tb(error.__traceback__)
    way = [f"{f.filename}:{f.lineno}: {f.line}" for f in frames if "conformance" in f.filename]
    return Violation(words, (*detail, *way))
