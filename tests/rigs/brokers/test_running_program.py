"""Programs of a case: a request a line, an answer a line, and an end whatever they do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from warren.rigs.brokers import RunningProgram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ECHO = """
import json, os, sys
from pathlib import Path
for line in sys.stdin:
    request = json.loads(line)
    if "die" in request:
        sys.exit("had enough")
    print(json.dumps({"said": request["say"], "told": os.environ["TOLD"], "at": str(Path.cwd())}), flush=True)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], RunningProgram]]:
    """Start programs that say again what they hear."""
    started: list[RunningProgram] = []

    def start() -> RunningProgram:
        argv = [sys.executable, "-c", ECHO]
        started.append(
            RunningProgram(
                "echo",
                argv,
                directory=tmp_path,
                environment={"TOLD": "so"},
                log=tmp_path / "echo.err",
                secrets=(),
            )
        )
        return started[-1]

    yield start
    for program in started:
        program.close()


def test_ask(start: Callable[[], RunningProgram], tmp_path: Path) -> None:
    """Each request has its answer; the program has its environment and its directory."""
    program = start()
    assert program.ask(say="один") == {"said": "один", "told": "so", "at": str(tmp_path)}
    assert program.silent()


def test_tell_two_then_hear(start: Callable[[], RunningProgram]) -> None:
    """Several may work at once."""
    programs = [start(), start()]
    for number, program in enumerate(programs):
        program.tell(say=number)
    assert [program.hear()["said"] for program in programs] == [0, 1]


def test_ended_instead_of_answering(start: Callable[[], RunningProgram]) -> None:
    """A program that ends is reported with what it printed."""
    with pytest.raises(AssertionError, match="echo ended instead of answering: had enough"):
        start().ask(die=True)


def test_kill_and_close(start: Callable[[], RunningProgram]) -> None:
    """A killed program is gone, and closing it again is no error."""
    program = start()
    program.ask(say="hello")
    program.kill()
    program.close()
    assert program.exit_status == -9
