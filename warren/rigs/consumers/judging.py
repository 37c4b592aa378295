"""From how a consumer's case ended to verdicts, and from those to findings.

The rules over verdicts are `warren.claims.verdict`'s.
"""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from warren.claims.verdict import Finding, Measurement, Outcome, Stance, Verdict, describe
from warren.errors import FaultUnsupported, InstanceUnsupported, WarrenError
from warren.evidence.violation import Violation
from warren.rigs.consumers.early_acks import is_shown_by
from warren.rigs.consumers.endings import ExclusiveConsumer, Inconclusive, Unmet
from warren.rigs.consumers.excuses import excused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.evidence.ledger import Delivery
    from warren.rigs.consumers.rig import Rig


def conclude(error: Exception | None, rig: Rig) -> tuple[Verdict, ...]:
    """Give one verdict for each requirement of a case that ended, by itself or with an error."""
    return tuple(
        _with_faults(_unless_by_order(excused(verdict, rig), rig), error, rig)
        for verdict in _verdicts(error, rig)
    )


def _unless_by_order(verdict: Verdict, rig: Rig) -> Verdict:
    """Take a failure back that rests on whose effect is whose, where a message was known by its order alone.

    Who has ended, or holds its message, has failed whichever that was; what was seen to happen stays, too.
    """
    is_open = verdict.outcome is Outcome.FAIL and rig.publish.by_order
    if not is_open or any(violation.seen for violation in verdict.violations):
        return verdict
    if any(p.exit_status is not None for p in rig.instances.consumers) or not rig.seen.at_rest():
        return verdict
    words = (
        "this case sent a message without the property in which alone its id stands, so which delivery and which"
        " effect are its own is known by order alone; have {id} in the body, too, to be judged of that."
        f" What would have been a failure: {describe(verdict)}"
    )
    return replace(verdict, outcome=Outcome.INCONCLUSIVE, words=words)


def _with_faults(verdict: Verdict, error: Exception | None, rig: Rig) -> Verdict:
    """Tell, of all but a pass, what was done to the instances, and what is behind it where that is known."""
    if verdict.outcome is Outcome.PASS:
        return verdict
    verdict = replace(verdict, faults=rig.faults_noted(), cause=_cause(error, rig))
    if verdict.cause:
        return verdict
    words, is_sure = _acks_early(verdict, rig)
    return replace(verdict, cause=words) if is_sure else replace(verdict, likely_cause=words)


def _cause(error: Exception | None, rig: Rig) -> str:
    """Say what such a verdict comes from, whatever its case is about; "" where nothing is known."""
    if isinstance(error, ExclusiveConsumer):
        return error.cause
    automatic = {d.instance for d in rig.seen.delivered() if d.auto_ack}
    if automatic:
        role = rig.instances.named(min(automatic)).role
        return f"role {role} consumes without acks (no_ack): what it is sent counts as done"
    return ""


def _acks_early(verdict: Verdict, rig: Rig) -> tuple[str, bool]:
    """Say that a verdict comes from early acks of a user's own consumer, or "", and whether that is sure.

    Where it is likely alone, another verdict may show that the consumer acks early.
    """
    early = _acked_early(rig)
    is_sure = bool(early) and (
        verdict.outcome is Outcome.INCONCLUSIVE or _all_shown_by(verdict, early)
    )
    if not is_sure:
        early = (*early, *rig.seen.acked_without_effect())
    if rig.workload.is_told or not (is_sure or _all_shown_by(verdict, early)):
        return "", False
    role = rig.instances.named(early[0].instance).role
    words = f"role {role} acks before its work is done: what it works on counts as done"
    return words, is_sure


def _all_shown_by(verdict: Verdict, deliveries: Sequence[Delivery]) -> bool:
    violations = verdict.violations
    return bool(violations) and all(is_shown_by(v, deliveries) for v in violations)


def _acked_early(rig: Rig) -> tuple[Delivery, ...]:
    """Look once more at what was acked, of a user's own consumer; whatever cannot be read now says nothing."""
    if rig.workload.is_told:
        return ()
    try:
        return rig.seen.acked_early()
    except (WarrenError, Inconclusive):
        return ()


def _verdicts(error: Exception | None, rig: Rig) -> tuple[Verdict, ...]:
    judged = {v.requirement for v in rig.verdicts}
    missing = [r.id for r in rig.requirements if r.id not in judged]
    if error is not None and not rig.requirements:
        raise error  # a measurement has no verdict
    if error is not None and not missing:
        return _broken_case(rig, "".join(traceback.format_exception(error)))
    if error is None and rig.unjudged:
        words = f"the case noted a violation after its last verdict: {rig.unjudged[0].words}"
        return _broken_case(rig, words)
    if not missing:
        return tuple(rig.verdicts)
    outcome, words, violations = _ending(error, rig)
    left_out = isinstance(error, FaultUnsupported)
    if rig.unjudged and words:
        words = f"{words}; noted before: {'; '.join(v.words for v in rig.unjudged)}"
    witnessed = not isinstance(error, Unmet)
    verdicts = (
        Verdict(r, outcome, words, violations, witnessed, left_out=left_out) for r in missing
    )
    return (*rig.verdicts, *verdicts)


def _broken_case(rig: Rig, words: str) -> tuple[Verdict, ...]:
    """Give no verdict that a case has given before it went wrong: it may have been wrong by then."""
    return tuple(Verdict(r.id, Outcome.ERROR, words) for r in rig.requirements)


def _ending(error: Exception | None, rig: Rig) -> tuple[Outcome, str, tuple[Violation, ...]]:
    match error:
        case None:
            return Outcome.ERROR, "the case came to its end without a verdict", ()
        case Inconclusive():
            return Outcome.INCONCLUSIVE, str(error), ()
        case Unmet():
            return Outcome.FAIL, "", (Violation(str(error), rig.seen.last()),)
        case InstanceUnsupported() | FaultUnsupported():
            return Outcome.UNSUPPORTED, str(error), ()
        case WarrenError():
            return Outcome.INCONCLUSIVE, str(error), ()
        case _:
            return Outcome.ERROR, "".join(traceback.format_exception(error)), ()


def to_findings(
    verdicts: Iterable[Verdict], rig: Rig, case: str, seconds: float
) -> tuple[Finding, ...]:
    """Put verdicts in their place."""
    found = []
    for verdict in verdicts:
        guarantee = verdict.requirement.partition(".")[0]
        stance, reason = rig.implementation.stance(
            rig.workload.slug, guarantee, verdict.requirement
        )
        found.append(
            Finding(
                case,
                rig.implementation.name,
                rig.workload.slug,
                guarantee,
                stance,
                verdict,
                reason,
                seconds,
                expired=rig.implementation.expired(rig.workload.slug, verdict.requirement)
                if stance is Stance.KNOWN_FAILURE
                else "",
            )
        )
    return tuple(found)


def to_measurements(rig: Rig, case: str) -> tuple[Measurement, ...]:
    """Put the figures of a case in their place."""
    return tuple(
        Measurement(case, rig.implementation.name, rig.workload.slug, name, values)
        for name, values in rig.figures
    )
