"""`warren report`: work with the reports of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from warren.claims.catalogue import load_catalogue
from warren.command.options import PATH
from warren.evidence.text import visible_lines
from warren.report.json_report import compare, read_json
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
@click.pass_context
def compare_reports(ctx: click.Context, first: Path, second: Path) -> None:
    """Print the verdicts that differ.

    FIRST and SECOND are each a report.json. There is a line per verdict, with both outcomes. Where
    they are about one implementation each, and not the same, there is a line per guarantee and
    design, with what either shows of it.
    """
    one, other = read_json(first), read_json(second)
    if are_different(one, other):
        pairs = side_by_side(one, other, load_catalogue())
        for pair in pairs:
            click.echo(visible_lines(str(pair)))
        ctx.exit(1 if any(pair.differs for pair in pairs) else 0)
    differences = compare(one, other)
    for difference in differences:
        click.echo(visible_lines(str(difference)))
    ctx.exit(1 if differences else 0)
