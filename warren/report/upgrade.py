"""What an upgrade of the broker changes: two reports on the same consumers, on the broker of now and on the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from warren.claims.verdict import ItemResult, Outcome, Stance, describe, judge_item
from warren.report.json_report import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.claims.verdict import Finding
    from warren.report.facts import Report
    from warren.report.json_report import Difference

_RANKS: Final = {Outcome.PASS: 0, Outcome.WARN: 1, Outcome.FAIL: 2, Outcome.UNSUPPORTED: 3}
"""What was judged, best first; a change between others says nothing."""
_SHOWN: Final = 5
"""So many lines of evidence are shown of a violation."""


class Direction(StrEnum):
    """What a change means for who upgrades."""

    WORSE = "worse"
    BETTER = "better"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict that differs, what that means, and what was seen where it is not well."""

    difference: Difference
    direction: Direction
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in lines."""
        first, second = (
            outcome or "not judged" for outcome in (self.difference.first, self.difference.second)
        )
        d = self.difference
        head = f"{self.direction}: {d.requirement} on {d.implementation} {d.design}: {first} -> {second}"
        return "\n".join((head, *(f"    {line}" for line in (*self.why, f"in {d.case}"))))


def changes(before: Report, after: Report) -> tuple[Change, ...]:
    """Give the verdicts that change: worse ones first, then what nobody can tell, then better ones."""
    found = [_change(one, before, after) for one in compare(before, after)]
    order = (Direction.WORSE, Direction.UNDECIDED, Direction.BETTER)
    return tuple(sorted(found, key=lambda change: order.index(change.direction)))


def is_undecided(*reports: Report) -> bool:
    """Whether one of them was broken off, or could not judge something that a manifest claims or denies."""
    return any(
        report.interrupted
        or any(
            judge_item(f)[0] is ItemResult.UNDECIDED or f.verdict.outcome is Outcome.ERROR
            for f in report.findings
        )
        for report in reports
    )


def left_out(*reports: Report) -> tuple[str, ...]:
    """Name the requirements of which some case was left out, since one of the two brokers cannot have its fault."""
    return tuple(
        dict.fromkeys(
            finding.verdict.requirement
            for report in reports
            for finding in report.findings
            if finding.verdict.left_out
        )
    )


def _change(difference: Difference, before: Report, after: Report) -> Change:
    ranks = [
        None if outcome is None else _RANKS.get(outcome)
        for outcome in (difference.first, difference.second)
    ]
    match ranks:
        case [int(first), int(second)]:
            is_worse = second > first
            direction = Direction.WORSE if is_worse else Direction.BETTER
            report = after if is_worse else before
        case [None, _]:
            direction, report = Direction.UNDECIDED, before
        case _:
            direction, report = Direction.UNDECIDED, after
    return Change(difference, direction, tuple(_why(difference, report)))


def _why(difference: Difference, report: Report) -> Iterator[str]:
    for finding in report.findings:
        if not _is_about(difference, finding):
            continue
        if words := describe(finding.verdict):
            yield words
        for violation in finding.verdict.violations[:1]:
            yield from violation.evidence[:_SHOWN]
        if faults := finding.verdict.faults:
            yield f"after: {'; '.join(faults[:_SHOWN])}"
        return


def _is_about(difference: Difference, finding: Finding) -> bool:
    """Whether a finding shows why; of a denied guarantee, that is one of its cases that is not well."""
    if (finding.implementation, finding.design) != (difference.implementation, difference.design):
        return False
    if finding.stance is Stance.DENIED:
        is_bad = finding.verdict.outcome not in (Outcome.PASS, Outcome.WARN)
        return finding.guarantee == difference.requirement and is_bad
    verdict = finding.verdict
    return (finding.case, verdict.requirement) == (difference.case, difference.requirement)
