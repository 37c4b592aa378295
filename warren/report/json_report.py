"""The report for machines: JSON, version 1, described by `schema/report-1.schema.json`.

Fields may be added to a version; a reader must not mind them. A change of any other kind makes a
new version.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from warren.claims.manifest_shape import nearest
from warren.claims.verdict import Finding, Outcome, Stance, Verdict, judge_item, outcome_of_denied
from warren.errors import OptionError, SetupError
from warren.report.drawing.facts import Drawing
from warren.report.facts import Report

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

VERSION = 1
_drawings = TypeAdapter(Drawing)
"""Their events are many: what is empty of one is left out."""
_Place = tuple[str, str, str, str]
"""What reports are compared by: case, implementation, design and requirement; if denied, guarantee."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A verdict in which two reports differ; None where a report does not have it."""

    case: str
    implementation: str
    design: str
    requirement: str
    first: Outcome | None
    second: Outcome | None

    def __str__(self) -> str:
        """Say it in a line."""
        where = f"{self.requirement} on {self.implementation} {self.design} in {self.case}"
        return f"{where}: {self.first or 'not run'} / {self.second or 'not run'}"


def to_json(report: Report) -> str:
    """Write a redacted report, and with each finding what it means for its pytest item."""
    data = {"version": VERSION, **asdict(replace(report, drawings=()))}
    for finding, written in zip(report.findings, data["findings"], strict=True):
        written["result"], written["sentence"] = judge_item(finding)
    data["drawings"] = [_drawings.dump_python(d, exclude_defaults=True) for d in report.drawings]
    return json.dumps(data, indent=1, allow_nan=False, default=_write_time) + "\n"


def read_json(path: Path) -> Report:
    """Read a report that `to_json` wrote; raise `SetupError` for anything else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SetupError(f"the report cannot be read: {reason}", where=str(path)) from error
    except ValueError as error:
        raise SetupError(f"this is no JSON: {error}", where=str(path)) from error
    version = data.get("version") if isinstance(data, dict) else None
    if version != VERSION:
        raise SetupError(
            f"this is no report of version {VERSION}: its version is {version!r}",
            where=str(path),
            what_to_do="name a report.json that this Warren wrote",
        )
    try:
        return TypeAdapter(Report).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SetupError(
            f"this is no report: {first['msg']}",
            where=f"{path}, {key}",
            what_to_do="name a report.json that Warren wrote",
        ) from error


def only(report: Report, implementation: str) -> Report:
    """Give what a report says of one implementation; raise `OptionError` where it says nothing of it."""
    names = {finding.implementation for finding in report.findings}
    if implementation not in names:
        raise OptionError(
            f"the report has no `{implementation}`{nearest(implementation, sorted(names))}",
            where="--implementation",
        )
    return replace(
        report,
        findings=tuple(f for f in report.findings if f.implementation == implementation),
        measurements=tuple(m for m in report.measurements if m.implementation == implementation),
        stale_denials=tuple(s for s in report.stale_denials if s.implementation == implementation),
        full_set=tuple(e for e in report.full_set if e.implementation == implementation),
        ignored=tuple(i for i in report.ignored if i.startswith(f"{implementation} ")),
        drawings=tuple(d for d in report.drawings if d.implementation == implementation),
    )


def compare(first: Report, second: Report) -> list[Difference]:
    """Find the verdicts that differ in outcome, or that one of the two does not have.

    A denied guarantee is compared as a whole (`outcome_of_denied`), since a case of it may hold by chance. What one of
    the two had to leave out is not compared.
    """
    left_out = {_place(f) for r in (first, second) for f in r.findings if f.verdict.left_out}
    outcomes = _outcomes(first, left_out), _outcomes(second, left_out)
    places = sorted(outcomes[0].keys() | outcomes[1].keys())
    return [
        Difference(*place, outcomes[0].get(place), outcomes[1].get(place))
        for place in places
        if outcomes[0].get(place) != outcomes[1].get(place)
    ]


def _outcomes(report: Report, left_out: Collection[_Place]) -> dict[_Place, Outcome]:
    findings = [f for f in report.findings if _place(f) not in left_out]
    denied: dict[_Place, list[Verdict]] = defaultdict(list)
    for finding in findings:
        if finding.stance is Stance.DENIED:
            place = ("some case", finding.implementation, finding.design, finding.guarantee)
            denied[place].append(finding.verdict)
    return {
        **{_place(f): f.verdict.outcome for f in findings if f.stance is not Stance.DENIED},
        **{place: outcome_of_denied(verdicts) for place, verdicts in denied.items()},
    }


def _place(finding: Finding) -> _Place:
    return finding.case, finding.implementation, finding.design, finding.verdict.requirement


def _write_time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a report holds no {type(value).__name__}")
