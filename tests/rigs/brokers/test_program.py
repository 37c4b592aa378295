"""Programs of a case: a request a line, an answer a line, and an end whatever they do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from warren.rigs.brokers import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ECHO = """
import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    if "die" in request:
        sys.exit("had enough")
    print(json.dumps({"said": request["say"], "told": os.environ["TOLD"]}), flush=True)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Program]]:
    """Start programs that say again what they hear."""
    started: list[Program] = []

    def start() -> Program:
        argv = [sys.executable, "-c", ECHO]
        started.append(Program("echo", argv, {"TOLD": "so"}, tmp_path / "echo.err"))
        return started[-1]

    yield start
    for program in started:
        program.close()


def test_ask(start: Callable[[], Program]) -> None:
    """Each request has its answer; the environment is passed on."""
    program = start()
    assert program.ask(say="один") == {"said": "один", "told": "so"}
    assert program.silent()


def test_tell_two_then_hear(start: Callable[[], Program]) -> None:
    """Several may work at once."""
    programs = [start(), start()]
    for number, program in enumerate(programs):
        program.tell(say=number)
    assert [program.hear()["said"] for program in programs] == [0, 1]


def test_ended_instead_of_answering(start: Callable[[], Program]) -> None:
    """A program that ends is reported with what it printed."""
    with pytest.raises(AssertionError, match="echo ended instead of answering: had enough"):
        start().ask(die=True)


def test_kill_and_close(start: Callable[[], Program]) -> None:
    """A killed program is gone, and closing it again is no error."""
    program = start()
    program.ask(say="hello")
    program.kill()
    program.close()
    assert program.exit_status == -9
