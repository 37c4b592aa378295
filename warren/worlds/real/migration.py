"""What makes an implementation's own tables, run once, in the database that cases get copies of.

That is a program of its own, SQL scripts, or both.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from warren.errors import DeadlineError, SetupError
from warren.evidence.text import end_of, visible_lines
from warren.worlds.real.databases import DRIVER_ERRORS, first_line, run_script
from warren.worlds.real.launching import filled_in, inherited_environment
from warren.worlds.real.placeholders import Placeholders, of_database
from warren.worlds.real.runs.orphans import Orphans

if TYPE_CHECKING:
    from collections.abc import Collection

    from warren.claims.implementation import Program, Schema
    from warren.worlds.real.databases import DatabaseUrls
    from warren.worlds.real.runs import Run

_TIMEOUT = 120.0
_SHOWN = 800  # characters of its output


def prepare(schema: Schema, urls: DatabaseUrls, run: Run, secrets: Collection[str]) -> None:
    """Make an empty database ready: by the schema's program, then by its scripts.

    Raises `SetupError` or `DeadlineError`.
    """
    if schema.program is not None:
        migrate(schema.program, urls, run, secrets)
    for script in schema.scripts:
        try:
            run_script(urls, script.read_text(encoding="utf-8"))
        except (OSError, ValueError, SQLAlchemyError, *DRIVER_ERRORS) as error:
            raise SetupError(
                f"the script failed: {first_line(error)}",
                str(script),
                f"mend it for {make_url(urls.url).get_backend_name()}",
            ) from error


def migrate(program: Program, urls: DatabaseUrls, run: Run, secrets: Collection[str]) -> None:
    """Run it to its end, and end whatever it left; its output is shown without the secrets.

    Raises `SetupError` or `DeadlineError`.
    """
    where = program.source or "migrate"
    told = urls.environment
    if program.has_placeholders:
        program = Placeholders(of_database(urls)).filled(program, program.directory)
        told = program.environment
    orphans = Orphans(run.id)
    try:
        done = subprocess.run(
            filled_in(program.argv, told),
            cwd=program.directory,
            env={**inherited_environment(), **told, **run.environment},
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
