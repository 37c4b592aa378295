"""The report for a browser: one page that needs nothing else, not even a network.

Every text in it is from outside. Jinja escapes all of it, `finalize` makes control characters
visible, and the page's own policy lets no script run but the one whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from warren.claims.verdict import Outcome
from warren.evidence.text import brief, visible, visible_lines
from warren.evidence.violation import by_evidence
from warren.report.drawing.facts import is_notable
from warren.report.drawing.legend import legend_of
from warren.report.drawing.strips import WIDTH, strips_of
from warren.report.table import Cell, Mark, Table, folded, headline, tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.claims.catalogue import Catalogue
    from warren.claims.verdict import Finding
    from warren.report.facts import Report

WORST_FIRST = (
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.UNSUPPORTED,
    Outcome.INCONCLUSIVE,
    Outcome.WARN,
    Outcome.PASS,
)


def to_html(report: Report, catalogue: Catalogue) -> str:
    """Write a redacted report as a page."""
    style = _own_file("report.css") + _own_file("drawing.css")
    scripts = [_own_file("report.js")] + ([_own_file("drawing.js")] if report.drawings else [])
    arranged = tables(report, catalogue)
    environment = Environment(
        loader=PackageLoader("warren.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"brief": brief, "visible": visible}
    return environment.get_template("report.html.j2").render(
        report=report,
        run=report.run,
        headline=headline(report),
        tables=arranged,
        marks=_counts(arranged),
        bad=folded(report),
        guarantees=catalogue.guarantees,
        requirements=catalogue.requirements,
        by_requirement=_by_requirement,
        drawings={drawing.case: drawing for drawing in report.drawings},
        strips_of=strips_of,
        legend_of=legend_of,
        is_notable=is_notable,
        strip_width=WIDTH,
        by_evidence=by_evidence,
        anchor=_anchor,
        style=Markup(style),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - as above
        policy=(
            f"default-src 'none'; style-src {_hash(style)}; script-src {' '.join(map(_hash, scripts))}"
        ),
    )


def _finalize(value: Any) -> Any:
    """Make control characters visible in whatever the template prints, but for its own markup."""
    own = isinstance(value, Markup) or not isinstance(value, str)
    return value if own else visible_lines(value)


def _own_file(name: str) -> str:
    return (resources.files("warren.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Give the hash that allows a text in a content security policy (CSP level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _counts(arranged: Iterable[Table]) -> list[tuple[Mark, int]]:
    counts = Counter(cell.mark for table in arranged for row in table.rows for cell in row)
    return [(mark, counts[mark]) for mark in Mark if counts[mark]]


def _by_requirement(cell: Cell) -> dict[str, list[Finding]]:
    """Group a cell's findings by requirement, the worst first."""
    grouped: dict[str, list[Finding]] = {}
    for finding in sorted(cell.findings, key=lambda f: WORST_FIRST.index(f.verdict.outcome)):
        grouped.setdefault(finding.verdict.requirement, []).append(finding)
    return grouped


def _anchor(implementation: str, design: str, guarantee: str) -> str:
    return f"{implementation}/{design}/{guarantee}"
