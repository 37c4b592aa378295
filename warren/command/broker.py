"""`warren broker`: run the embedded broker. It can also be run without this command, and starts sooner then."""

from __future__ import annotations

import click

from warren.simulator.tcp.options import parse
from warren.simulator.tcp.server import run


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the embedded broker; see `warren broker --help`."""
    ctx.exit(run(parse(arguments)))
