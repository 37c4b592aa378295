"""Launching an instance's process: what every way of doing it gives (`Child`), the plain way, and the environment.

The other way is `preloading`. What becomes of a process is `process`'s matter.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from warren.claims.implementation import Program

    Launch: TypeAlias = Callable[[Program, Mapping[str, str], int], "Child"]
    """Starts a program with that environment, whose output goes to that descriptor, in a process group of its own."""

_PREFIX = "WARREN_"
_VARIABLE = re.compile(r"\{[a-z_]+\}")
_PASSED_ON = ("HOME", "LANG", "TMPDIR", "TZ")


class Child(Protocol):
    """A process that can be waited for, as `subprocess.Popen` is."""

    @property
    def pid(self) -> int:
        """Its id, which is also its process group's."""

    def poll(self) -> int | None:
        """Give its exit status, minus the signal's number where a signal ended it; None while it runs."""

    def wait(self, timeout: float) -> int:
        """Wait for its end; raise `subprocess.TimeoutExpired` after so many seconds."""

    def send_signal(self, number: int, /) -> None:
        """Send it a signal, if it still runs."""


def spawn(program: Program, environment: Mapping[str, str], output: int) -> Child:
    """Run a program's command; raise `OSError` where it cannot be run at all."""
    argv = filled_in(program.argv, environment)
    return run_command(argv, program.directory, environment, output)


def run_command(
    argv: Sequence[str], directory: Path, environment: Mapping[str, str], output: int
) -> Child:
    """Run a command in a process group of its own; raise `OSError` where it cannot be run at all."""
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=directory,
        env=dict(environment),
        process_group=0,  # no session: it would starve the relay (decision 0007)
    )


def filled_in(argv: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """Put the values of the contract's variables into a command: `{max_messages}` is that of WARREN_MAX_MESSAGES.

    What names no variable stays as it is, since a command may have braces of its own.
    """
    values = {
        f"{{{name.removeprefix(_PREFIX).lower()}}}": value
        for name, value in env.items()
        if name.startswith(_PREFIX)
    }
    return [_VARIABLE.sub(lambda found: values.get(found[0], found[0]), word) for word in argv]


def inherited_environment() -> dict[str, str]:
    """Give what an instance gets of our environment: enough to find its interpreter, no secret."""
    kept = {k: v for k, v in os.environ.items() if k in _PASSED_ON or k.startswith("LC_")}
    here = str(Path(sys.executable).parent)
    return {**kept, "PATH": os.pathsep.join((here, os.environ.get("PATH", os.defpath)))}
