"""Counting effects by a command of the user's own, which prints their number. What is counted is not known here."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError
from warren.evidence.text import as_printed
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from warren.claims.implementation import Program

_WITHIN: Final = 30.0
"""Seconds in which it has to end."""
_NUMBER: Final = re.compile(rb"\s*([0-9]{1,18})\s*")


def counted(program: Program, marks: Mapping[str, str], secrets: Collection[str]) -> int:
    """Run it to its end, and give the number that it prints; what it leaves carries the marks, and goes with the case.

    Raises `InstanceError` where it cannot be run, does not end in time, fails, or prints something else.
    """
    where = program.source
    try:
        done = subprocess.run(
            program.argv,
            cwd=program.directory,
            env={**inherited_environment(), **program.environment, **marks},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WITHIN,
            check=False,
            process_group=0,
        )
    except subprocess.TimeoutExpired as error:
        said = _printed(secrets, error.stdout, error.stderr)
        words = f"not done within {_WITHIN:.0f} s; {said}"
        raise InstanceError(
            words, where, "make it end by itself, with all that it starts"
        ) from error
    except OSError as error:
        raise InstanceError(
            f"cannot run {program.argv[0]!r}: {os.strerror(error.errno or 0)}",
            where,
            "correct the command of the effect; it runs in the copy of the consumer's directory",
        ) from error
    said = _printed(secrets, done.stdout, done.stderr)
    if done.returncode:
        words = f"ended with status {done.returncode}; {said}"
        raise InstanceError(
            words, where, "have it print a number, also where there is nothing to count"
        )
    number = _NUMBER.fullmatch(done.stdout)
    if number is None:
        raise InstanceError(
            f"no number; {said}",
            where,
            "have it print how many there are to its standard output, and nothing else",
        )
    return int(number[1])


def _printed(secrets: Collection[str], *outputs: bytes | None) -> str:
    texts = ((output or b"").decode("utf-8", "backslashreplace").strip() for output in outputs)
    return as_printed("\n".join(filter(None, texts)), secrets)
