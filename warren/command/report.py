"""`warren report`: work with the reports of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from warren.claims.catalogue import load_broker_catalogue, load_catalogue
from warren.command.options import PATH
from warren.errors import OptionError
from warren.evidence.text import visible_lines
from warren.report.badge import to_badge
from warren.report.compare_page import to_compare_html
from warren.report.files import write_atomically
from warren.report.json_report import compare, only, read_json
from warren.report.markdown_report import to_markdown
from warren.report.side_by_side import are_different, side_by_side

if TYPE_CHECKING:
    from pathlib import Path

COMPARE_STATUS = """\b
Exit status:
  0  no verdict differs
  1  some differ
  2  one of the two cannot be read"""


@click.group()
def command() -> None:
    """Work with reports."""


@command.command("compare", epilog=COMPARE_STATUS)
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@click.option(
    "--implementation",
    multiple=True,
    metavar="NAME",
    help="look at this one alone, in both; given twice: in FIRST, and in SECOND",
)
@click.option("--html", type=PATH, metavar="FILE", help="write a page with both, side by side")
@click.pass_context
def compare_reports(
    ctx: click.Context,
    first: Path,
    second: Path,
    implementation: tuple[str, ...],
    html: Path | None,
) -> None:
    """Print the verdicts that differ.

    FIRST and SECOND are each a report.json. There is a line per verdict, with both outcomes. Where
    they are about one implementation each, and not the same, there is a line per guarantee and
    design, with what either shows of it. Two implementations of one report are compared by naming
    that report twice, and both.
    """
    if len(implementation) > len((first, second)):
        raise OptionError("there are more names than reports", "--implementation", "give two")
    one, other = read_json(first), read_json(second)
    if implementation:
        one, other = only(one, implementation[0]), only(other, implementation[-1])
    catalogue = load_catalogue() | load_broker_catalogue()
    if html is not None:
        _write(html, to_compare_html(one, other, catalogue))
    if are_different(one, other):
        pairs = side_by_side(one, other, catalogue)
        lines, differs = [str(pair) for pair in pairs], any(pair.differs for pair in pairs)
    else:
        lines = [str(difference) for difference in compare(one, other)]
        differs = bool(lines)
    for line in lines:
        click.echo(visible_lines(line))
    ctx.exit(1 if differs else 0)


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        words = f"it cannot be written: {error.strerror}"
        raise OptionError(words, str(path), "name a file that can be written") from error


@command.command("markdown")
@click.argument("report", type=PATH)
def print_markdown(report: Path) -> None:
    """Print a report as Markdown.

    REPORT is a report.json. What is printed is meant for the job summary of a CI.
    """
    click.echo(to_markdown(read_json(report), load_catalogue() | load_broker_catalogue()), nl=False)


@command.command("badge")
@click.argument("report", type=PATH)
def print_badge(report: Path) -> None:
    """Print a badge for a README.

    REPORT is a report.json. The badge is a picture, SVG, that says how many of the claims hold.
    """
    click.echo(to_badge(read_json(report), load_catalogue() | load_broker_catalogue()), nl=False)
