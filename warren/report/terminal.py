"""The report for a terminal: the table, what is bad with its evidence, the measurements.

It is read in 100 columns, without colour and without UTF-8 as well.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from rich.box import ASCII, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from warren.claims.verdict import Finding, Measurement, Outcome
from warren.evidence.text import brief, visible
from warren.evidence.violation import by_evidence
from warren.report.reasons import reasons
from warren.report.table import Cell, Mark, Table, folded, headline, suggested, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from warren.claims.catalogue import Catalogue
    from warren.claims.verdict import StaleDenial
    from warren.report.facts import Report, RunFacts

COLUMNS = 100
"""The width where there is no terminal to ask."""

EVIDENCE_LINES = 6
"""How many lines of evidence are printed of one violation; the JSON report has all."""

REASONS = 8
"""How many reasons are printed of what an implementation's cells do not say; the page has all."""

_STYLES = {
    "good": "green",
    "expected": "cyan",
    "bad": "bold red",
    "undecided": "yellow",
    "quiet": "dim",
}


def console_for(stream: TextIO) -> Console:
    """Give a console as wide as the terminal, or `COLUMNS` wide where the stream is not one."""
    return Console(file=stream, width=None if stream.isatty() else COLUMNS, highlight=False)


def print_report(
    report: Report, catalogue: Catalogue, console: Console, written: Path | None = None
) -> None:
    """Print a redacted report; `written` is the path of its JSON form."""
    arranged = tables(report, catalogue)
    for table in arranged:
        _say(console)
        _say(console, table.implementation, "bold")
        console.print(_grid(table, console))
    _print_legend(arranged, console)
    _print_reasons(arranged, console, is_written=written is not None)
    if not report.interrupted:
        for table in arranged:
            _print_suggested(table, console)
    _print_bad(report, console)
    _print_measurements(report.measurements, console)
    _print_end(report, console, written)


def summary(report: Report) -> str:
    """Count the outcomes in one line: `12 pass, 1 fail`."""
    counts = Counter(finding.verdict.outcome for finding in report.findings)
    return ", ".join(f"{counts[o]} {o}" for o in Outcome if counts[o]) or "nothing was judged"


def _say(console: Console, text: str = "", style: str = "", *, wrap: bool = True) -> None:
    """Print a line of text from outside, in characters that the console has."""
    known = visible(text).encode(console.encoding, "backslashreplace").decode(console.encoding)
    console.print(Text(known, style), soft_wrap=not wrap)


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _ascii_only(console: Console) -> bool:
    return not console.encoding.lower().startswith("utf")


def _symbol(mark: Mark, console: Console) -> str:
    return mark.ascii_symbol if _ascii_only(console) else mark.symbol


def _label(mark: Mark, console: Console) -> str:
    """Give symbol and word."""
    return f"{_symbol(mark, console)} {mark.word}".rstrip()


def _in_words(cell: Cell, console: Console) -> str:
    return f"{_label(cell.mark, console)}{f', {cell.rests_on}' if cell.rests_on else ''}"


def _in_figures(cell: Cell, console: Console) -> str:
    return f"{_label(cell.mark, console)} {_figures(cell)}".rstrip()


def _in_brief(cell: Cell, console: Console) -> str:
    """Keep the word of a cell that rests on all its cases."""
    is_whole = not cell.rests_on and cell.mark is not Mark.NOT_JUDGED
    return _label(cell.mark, console) if is_whole else _in_symbols(cell, console)


def _in_symbols(cell: Cell, console: Console) -> str:
    return f"{_symbol(cell.mark, console)} {_figures(cell)}".rstrip()


def _figures(cell: Cell) -> str:
    return cell.rests_on.replace(" of ", "/")


def _grid(table: Table, console: Console) -> Grid:
    """Draw the cells with as many words as the console has room for."""
    wide = console.options.update(width=10 * COLUMNS)
    for draw in (_in_words, _in_figures, _in_brief, _in_symbols):
        grid = _drawn(table, console, draw)
        if console.measure(grid, options=wide).maximum <= console.width:
            return grid
    return _drawn(table, console, lambda cell, console: _symbol(cell.mark, console))


def _drawn(table: Table, console: Console, draw: Callable[[Cell, Console], str]) -> Grid:
    box = ASCII if _ascii_only(console) else SIMPLE_HEAD
    grid = Grid(box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("guarantee", *table.designs):
        grid.add_column(Text(visible(heading)), no_wrap=True, overflow="crop")
    for row in table.rows:
        labels = [Text(draw(cell, console), _STYLES[cell.tone]) for cell in row]
        grid.add_row(Text(visible(row[0].guarantee)), *labels)
    return grid


def _print_legend(arranged: Iterable[Table], console: Console) -> None:
    """Explain the marks that occur in these tables."""
    shown = {cell.mark for table in arranged for row in table.rows for cell in row}
    _say(console)
    for mark in Mark:
        if mark in shown:
            console.print(Text(f"  {_label(mark, console):<13} {mark.meaning}", "dim"))
    if any(cell.rests_on for table in arranged for row in table.rows for cell in row):
        console.print(
            Text("  n of m, n/m   rests on n of the m cases that the full set has", "dim")
        )


def _print_reasons(arranged: Sequence[Table], console: Console, *, is_written: bool) -> None:
    """Say why cells are empty, or fail though nobody claims them: each reason in two lines at most."""
    for table in arranged:
        lines = reasons(table)
        if not lines:
            continue
        _say(console)
        if len(arranged) > 1:
            _say(console, f"{table.implementation}:")
        for line in lines[:REASONS]:
            _say(console, _clip(visible(line), 2 * console.width), "dim")
        if (more := len(lines) - REASONS) > 0:
            where = "report.html" if is_written else "give --report=FOLDER"
            _say(console, f"and {more} more: {where}", "dim")


def _print_suggested(table: Table, console: Console) -> None:
    """Say what a manifest that promises nothing may promise."""
    for each in suggested(table):
        _say(console)
        _say(console, f"{table.implementation} {each.design} claims nothing; by what was seen:")
        for key, guarantees in (("claims", each.claims), ("denies", each.denies)):
            if guarantees:
                listed = ", ".join(f'"{guarantee}"' for guarantee in guarantees)
                _say(console, f"{key} = [{listed}]")


def _print_bad(report: Report, console: Console) -> None:
    for fold in folded(report):
        _say(console)
        if fold.cause:
            _say(console, brief(fold.headline), _style_of(fold.things))
        _print_thing(*fold.things[0], console)
        for line in fold.others:
            for part in _broken(line, console.width):
                _say(console, part, "dim")


def _broken(line: str, width: int) -> list[str]:
    """Break a line of names between them, each part under the first."""
    parts = textwrap.wrap(line, width - 4, break_long_words=False, break_on_hyphens=False)
    return [f"  {'  ' * bool(place)}{part}" for place, part in enumerate(parts)]


def _style_of(things: Iterable[tuple[str, Finding | StaleDenial]]) -> str:
    undecided = all(
        isinstance(subject, Finding) and subject.verdict.outcome is Outcome.INCONCLUSIVE
        for _, subject in things
    )
    return _STYLES["undecided" if undecided else "bad"]


def _print_thing(sentence: str, subject: Finding | StaleDenial, console: Console) -> None:
    _say(console, brief(sentence), _style_of([(sentence, subject)]))
    if isinstance(subject, Finding):
        _print_evidence(subject, console)


def _print_evidence(finding: Finding, console: Console) -> None:
    """Print what was done, and what shows the violations: the same evidence of several only once."""
    verdict = finding.verdict
    _say(console, f"  {finding.case}", "dim")
    if verdict.faults:
        _say(console, "  what was done, and what came of it:")
        _print_lines(verdict.faults, console)
    for words, evidence in by_evidence(verdict.violations):
        shown = [line for line in evidence if line not in verdict.faults]
        if len(verdict.violations) > 1:  # one alone stands in the sentence already
            for said in words:
                _say(console, f"  {said}")
        elif verdict.faults and shown:
            _say(console, "  what shows it:")
        _print_lines(shown, console)


def _print_lines(lines: Sequence[str], console: Console) -> None:
    for line in lines[:EVIDENCE_LINES]:
        _say(console, _clip(f"    {visible(line)}", console.width))
    if (more := len(lines) - EVIDENCE_LINES) > 0:
        _say(console, f"    and {more} more in the report", "dim")


def _print_measurements(measurements: Sequence[Measurement], console: Console) -> None:
    for measurement in measurements:
        values = ", ".join(f"{name} {value}" for name, value in measurement.values.items())
        where = f"{measurement.implementation} {measurement.design}"
        _say(console)
        _say(console, f"measured {measurement.name}, {where}: {values}")
        _say(console, f"  {measurement.case}", "dim")


def _print_end(report: Report, console: Console, written: Path | None) -> None:
    _say(console)
    for words in report.ignored:
        _say(console, f"not compared: {words}", "dim")
    _say(console, _run_line(report.run), "dim")
    tone, words = headline(report)
    counts = f"{summary(report)} in {report.run.seconds:.0f} s"
    _say(console, f"{words}: {counts}", f"bold {_STYLES[tone]}")
    if written:
        _say(console, f"report: {written}", wrap=False)  # so that it can be copied


def _run_line(run: RunFacts) -> str:
    cases = f"; {run.cases} set" if run.cases else ""
    return f"{run.broker}; {run.database}; pace {run.pace}{cases}"
