"""The console command `warren`: a thin way into pytest, the catalogue, the smoke test, the broker and reports.

Each command is a module of its own, imported when it is asked for. Any `WarrenError` becomes its sentence and exit
status 2.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from warren.errors import WarrenError, need_linux

COMMANDS = ("broker", "check", "learn", "list", "new", "report", "smoke", "upgrade")
"""Modules of this package, each with its `command`."""
ON_LINUX = frozenset({"check", "learn", "smoke", "upgrade"})
"""Those that start consumers; elsewhere some of what they need cannot even be imported."""


class _Unusable(click.ClickException):
    exit_code = 2


class _Commands(click.Group):
    """Finds commands by their modules, and turns Warren's errors into a sentence for a person."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"warren.command.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in ON_LINUX:
            need_linux(f"warren {args[0]}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WarrenError as error:
            raise _Unusable(str(error)) from error
        except KeyboardInterrupt as error:
            raise _Unusable("interrupted") from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-warren")
def main() -> None:
    """Find out what a RabbitMQ consumer really guarantees."""
