"""Running what a suite needs: package managers, compilers, and its tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from warren.errors import SetupError
from warren.worlds.real.runs.processes import last_lines, run_tool

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

DOWNLOAD_TIMEOUT = 600.0
"""Seconds for one command that downloads or compiles."""


def run_command(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    timeout: float = DOWNLOAD_TIMEOUT,
    accept: Collection[int] = (0,),
) -> str:
    """Run a command in `folder` and return what it printed. Raises SetupError."""
    where = " ".join(Path(word).name for word in argv[:4])
    try:
        done = run_tool(argv, folder=folder, environment=environment, timeout=timeout)
    except FileNotFoundError as error:
        raise SetupError("there is no such command", argv[0], "install it") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"it took more than {timeout:.0f} s", where, "try again") from error
    if done.returncode not in accept:
        said = last_lines(done.stderr or done.stdout)
        raise SetupError(f"it ended with status {done.returncode}", where, f"it said: {said}")
    return done.stdout
