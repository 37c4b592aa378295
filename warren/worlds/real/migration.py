"""An implementation's own program that makes its tables: run once, in the database that cases get copies of."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from warren.errors import DeadlineError, SetupError
from warren.evidence.text import end_of, visible_lines
from warren.worlds.real.launching import filled_in, inherited_environment
from warren.worlds.real.runs.orphans import Orphans

if TYPE_CHECKING:
    from collections.abc import Collection

    from warren.claims.manifest import Program
    from warren.worlds.real.databases import DatabaseUrls
    from warren.worlds.real.runs import Run

_TIMEOUT = 120.0
_SHOWN = 800  # characters of its output


def migrate(program: Program, urls: DatabaseUrls, run: Run, secrets: Collection[str]) -> None:
    """Run it to its end, and end whatever it left; its output is shown without the secrets.

    Raises `SetupError` or `DeadlineError`.
    """
    where = program.source or "migrate"
    orphans = Orphans(run.id)
    try:
        done = subprocess.run(
            filled_in(program.argv, urls.environment),
            cwd=program.directory,
            env={**inherited_environment(), **run.environment, **urls.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(
            f"not done within {_TIMEOUT:.0f} s", where, "make it end by itself"
        ) from error
    except OSError as error:
        raise SetupError(
            f"cannot run {program.argv[0]!r}: {os.strerror(error.errno or 0)}",
            where,
            "correct the command",
        ) from error
    finally:
        orphans.end()
    if done.returncode:
        printed = (done.stderr + done.stdout).decode("utf-8", "backslashreplace").strip()
        shown = visible_lines(end_of(printed, _SHOWN, secrets))
        raise SetupError(
            f"ended with status {done.returncode}: {shown}",
            where,
            "run it by hand",
        )
