"""Findings on their way from a case to the terminal, to pytest's files and to the controller.

They travel on the item's `user_properties`, which xdist brings from its workers and pytest writes into JUnit XML. A
drawing is too large for that file: it travels as an attribute of the item's report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from warren.claims.verdict import Finding, ItemResult, Measurement, Outcome, judge_item
from warren.evidence.text import visible_lines
from warren.evidence.violation import by_evidence
from warren.report.drawing.events import draw
from warren.report.drawing.facts import Drawing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

    from warren.claims.verdict import Cause
    from warren.rigs.protocol import CaseRig

FINDING = "warren-finding"
MEASUREMENT = "warren-measurement"

_findings = TypeAdapter(Finding)
_measurements = TypeAdapter(Measurement)
_drawings = TypeAdapter(Drawing)

_DRAWN = (Outcome.FAIL, Outcome.WARN, Outcome.INCONCLUSIVE, Outcome.ERROR)
_DRAWING = "warren_drawing"


def complaint(findings: Iterable[Finding], rig: CaseRig) -> str:
    """Give what makes the item fail, with the evidence and what the processes printed; "" where nothing does.

    Pytest writes it to the terminal as it is, so nothing that steers one may be left in it.
    """
    lines: list[str] = []
    for finding in findings:
        result, words = judge_item(finding)
        if result is ItemResult.GOOD:
            continue
        if not lines:  # of the case, so the same for all its findings
            lines += [f"the cause: {finding.verdict.cause}"] * bool(finding.verdict.cause)
            faults = [f"    {line}" for line in finding.verdict.faults]
            lines += ["what was done, and what came of it:", *faults] if faults else []
        lines.append(words)
        for said, evidence in by_evidence(finding.verdict.violations):
            shown = [line for line in evidence if line not in finding.verdict.faults]
            lines += [*(f"  {one}" for one in said), *(f"    {line}" for line in shown)]
    if not lines:
        return ""
    for process in rig.processes:
        if output := process.output().strip():
            lines += [f"--- {process.name} printed (status {process.exit_status}):", output]
    return visible_lines("\n".join(lines))


def cause_of(findings: Iterable[Finding]) -> Cause | None:
    """Give the cause of what makes an item fail; None where none is known."""
    causes = (
        (f.implementation, f.design, f.verdict.cause)
        for f in findings
        if f.verdict.cause and judge_item(f)[0] is not ItemResult.GOOD
    )
    return next(causes, None)


def complaint_in_brief(findings: Iterable[Finding], cause: str, shown_by: str) -> str:
    """Give what makes an item fail, without the evidence, for another item of the same cause has shown that."""
    judged = map(judge_item, findings)
    bad = (words for result, words in judged if result is not ItemResult.GOOD)
    lines = (
        f"the cause: {cause}",
        *bad,
        f"with this cause {shown_by} fails, too, which has the evidence",
    )
    return visible_lines("\n".join(lines))


def pack(thing: Finding | Measurement) -> tuple[str, str]:
    """Make a user property of a finding or a measurement."""
    if isinstance(thing, Finding):
        return FINDING, _findings.dump_json(thing).decode()
    return MEASUREMENT, _measurements.dump_json(thing).decode()


def unpack(properties: Iterable[tuple[str, object]]) -> tuple[list[Finding], list[Measurement]]:
    """Read what `pack` made of an item's findings and measurements."""
    properties = list(properties)
    return (
        [_findings.validate_json(str(v)) for name, v in properties if name == FINDING],
        [_measurements.validate_json(str(v)) for name, v in properties if name == MEASUREMENT],
    )


def drawing_of(findings: Sequence[Finding], rig: CaseRig, *, always: bool) -> Drawing | None:
    """Draw a case that did not hold, or any; None where there is nothing to draw."""
    is_drawn = always or any(f.verdict.outcome in _DRAWN for f in findings)
    record = rig.record() if findings and is_drawn else None
    if record is None:
        return None
    first = findings[0]
    violations = [v for finding in findings for v in finding.verdict.violations]
    return draw(record, first.case, first.implementation, first.design, violations)


def pack_drawing(report: pytest.TestReport, drawing: Drawing) -> None:
    """Have the report of an item carry the drawing of its case."""
    setattr(report, _DRAWING, _drawings.dump_json(drawing, exclude_defaults=True).decode())


def unpack_drawing(report: pytest.TestReport) -> list[Drawing]:
    """Read what `pack_drawing` made, on whichever worker."""
    packed = getattr(report, _DRAWING, None)
    return [] if packed is None else [_drawings.validate_json(packed)]
