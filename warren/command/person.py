"""Whoever runs a command at a terminal: is told things, without secrets, and asked unless they said yes to all."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from warren.errors import OptionError
from warren.evidence.text import redact, visible_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Person:
    """What they are asked they answer, or `OptionError` names the option that says it."""

    def __init__(self, *, asks: bool) -> None:
        """Ask them or not."""
        self._asks = asks
        self.secrets: tuple[str, ...] = ()

    def say(self, text: str) -> None:
        """Print it."""
        click.echo(visible_lines(redact(text, self.secrets)))

    def agrees(self, question: str) -> bool:
        """Ask whether to do something; yes is what whoever is not asked says."""
        if not self._asks:
            return True
        ask = partial(click.confirm, question, default=True)
        return bool(self._answer(ask, question, "--yes to take what is proposed"))

    def choose(self, question: str, choices: Sequence[str], option: str) -> str:
        """Ask for one of several."""
        kind = click.Choice(list(choices))
        asked = f"{question} ({', '.join(choices)})"
        return str(self._need(partial(click.prompt, asked, type=kind), asked, option))

    def path(self, question: str, option: str) -> Path:
        """Ask for a file."""
        kind = click.Path(path_type=Path, exists=True, dir_okay=False)
        return Path(self._need(partial(click.prompt, question, type=kind), question, option))

    def _need(self, ask: Callable[[], Any], question: str, option: str) -> Any:
        if not self._asks:
            raise OptionError(question, option, "give it")
        return self._answer(ask, question, option)

    def _answer(self, ask: Callable[[], Any], question: str, option: str) -> Any:
        try:
            return ask()
        except click.Abort as error:
            has_terminal = sys.stdin is not None and sys.stdin.isatty()
            what = "there was no answer" if has_terminal else "there is no terminal to ask on"
            raise OptionError(what, question, f"add {option}") from error
