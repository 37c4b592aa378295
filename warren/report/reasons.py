"""Why a cell says nothing good of an implementation, where nothing bad follows from it either.

What is bad or undecided is told with its evidence. These are the reasons of the rest: what was left out, what is not
supported, and which observed guarantee fails. Equal reasons are one line.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from warren.claims.verdict import Finding, Outcome, Stance, describe
from warren.evidence.text import brief
from warren.report.table import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.report.table import Table


def reasons(table: Table) -> tuple[str, ...]:
    """Give the reasons of what the cells of a table do not say, a line each."""
    return (*_without_judgement(table), *_of_the_full_set(table), *_failures(table))


def _observed(table: Table) -> Iterator[Finding]:
    """Give the findings that change no exit status, so that nothing else tells their reasons."""
    for row in table.rows:
        for cell in row:
            yield from (f for f in cell.findings if f.verdict.left_out or _is_observed(f))


def _is_observed(finding: Finding) -> bool:
    return finding.stance is Stance.OBSERVED and finding.verdict.outcome is not Outcome.ERROR


def _without_judgement(table: Table) -> Iterator[str]:
    """Tell why cases were not judged; what this run could not have is nobody's, else the guarantee is named."""
    counts: Counter[tuple[str, str]] = Counter()
    for finding in _observed(table):
        verdict = finding.verdict
        if verdict.left_out:
            counts["left out", verdict.words] += 1
        elif verdict.outcome in (Outcome.UNSUPPORTED, Outcome.INCONCLUSIVE):
            counts[f"{finding.guarantee} {verdict.outcome}", verdict.words] += 1
    for (what, words), count in counts.items():
        yield f"{what} ({count}): {brief(words)}"


def _of_the_full_set(table: Table) -> Iterator[str]:
    """Name the guarantees of which no case is in the set that was run."""
    left = (c.guarantee for row in table.rows for c in row if _is_left_to_full(c.mark, c.findings))
    if names := ", ".join(dict.fromkeys(left)):
        yield f"only in the full set (--full): {names}"


def _is_left_to_full(mark: Mark, findings: tuple[Finding, ...]) -> bool:
    return mark is Mark.NOT_JUDGED and not findings


def _failures(table: Table) -> Iterator[str]:
    """Tell of each observed guarantee that fails how the first of its cases did; of one cause once for all of them."""
    failed = [f for f in _observed(table) if f.verdict.outcome is Outcome.FAIL]
    for cause in dict.fromkeys(f.verdict.cause for f in failed if f.verdict.cause):
        named = dict.fromkeys(f.guarantee for f in failed if f.verdict.cause == cause)
        yield f"{cause}; with this cause fail {', '.join(named)}"
    failed = [f for f in failed if not f.verdict.cause]
    for (guarantee, design), found in groupby(failed, key=lambda f: (f.guarantee, f.design)):
        first, *rest = found
        where = "" if len(table.designs) == 1 else f" in {design}"
        more = f" (and {len(rest)} more of {guarantee})" if rest else ""
        violations = first.verdict.violations
        what = violations[0].words if violations else describe(first.verdict)
        yield f"{first.verdict.requirement} fails{where}{more}: {brief(what)}"
