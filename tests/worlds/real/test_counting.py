"""A command that counts effects: the number that it prints, or a sentence with what it printed instead."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from warren.claims.implementation import Program
from warren.errors import InstanceError
from warren.worlds.real import counting
from warren.worlds.real.counting import counted

if TYPE_CHECKING:
    from pathlib import Path


def count(folder: Path, code: str) -> int:
    """Run some Python as the command, in a folder, with a variable; no output shows the secret."""
    argv = (sys.executable, "-c", code)
    program = Program(argv, folder, environment={"WHERE": "here"}, source="the effect")
    return counted(program, {"MARK": "m"}, ("topsecret",))


def test_a_number(tmp_path: Path) -> None:
    """It runs in its directory with its environment and the marks; its standard error does not count."""
    (tmp_path / "rows").write_text("one")
    code = "import os, sys; sys.stderr.write('3'); print(len(open('rows').read() + os.environ['WHERE']))"
    assert count(tmp_path, code) == 7
    assert count(tmp_path, "import os; print(len(os.environ['MARK']))") == 1


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("print('two')", r"no number; it printed: two; have it print how many there are"),
        ("pass", r"no number; it printed nothing; have it"),
        ("print(1); print(2)", r"no number; it printed: 1.2; have it"),
        ("print(-1)", r"no number; it printed: -1; have it"),
        (
            "print(1); import sys; sys.exit('topsecret')",
            r"ended with status 1; it printed: 1.\[redacted\]; have it",
        ),
    ],
    ids=["a word", "nothing", "two", "less than none", "status"],
)
def test_no_number(tmp_path: Path, code: str, sentence: str) -> None:
    """What is no number, and an end with another status, is told with what was printed."""
    with pytest.raises(InstanceError, match=f"(?s)^the effect: {sentence}"):
        count(tmp_path, code)


def test_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not end is ended, and told."""
    monkeypatch.setattr(counting, "_WITHIN", 0.3)
    with pytest.raises(
        InstanceError, match=r"not done within 0 s; it printed nothing; make it end"
    ):
        count(tmp_path, "import signal; signal.pause()")


def test_no_such_program(tmp_path: Path) -> None:
    """A command that is not there is told with where it is looked for."""
    with pytest.raises(
        InstanceError, match=r"cannot run '\./count': No such file or directory; corr"
    ):
        counted(Program(("./count",), tmp_path), {}, ())
