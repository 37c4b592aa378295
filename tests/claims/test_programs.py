"""The programs that cases of a broker start are named by a manifest, which is read as carefully as any other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from warren.claims.programs import load_programs
from warren.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = """
protocol = 1
[programs.table-queue]
command = ["sh", "-c", "true"]
directory = "queue"
[programs.background-copy]
command = ["./copier"]
"""


def written(folder: Path, text: str = PROGRAMS) -> Path:
    """Write a manifest of programs."""
    path = folder / "programs.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_program(tmp_path: Path) -> None:
    """A program has its words and its directory, from the manifest's folder."""
    (tmp_path / "queue").mkdir()
    program = load_programs(written(tmp_path)).program("table-queue", os.environ["PATH"])
    assert (program.argv, program.directory) == (("sh", "-c", "true"), tmp_path / "queue")


@pytest.mark.parametrize(
    ("name", "where", "sentence"),
    [
        (
            "table-queues",
            "programs",
            "a case needs the program `table-queues`; did you mean `table-queue`, or add [programs.table-queues].",
        ),
        (
            "table-queue",
            "programs.table-queue",
            "there is no directory {}/queue; mend `directory`.",
        ),
        (
            "background-copy",
            "programs.background-copy",
            "there is no program ./copier in {}; mend it.",
        ),
    ],
)
def test_a_program_that_cannot_be_started(
    tmp_path: Path, name: str, where: str, sentence: str
) -> None:
    """What is not named, or not there, is refused when a case asks for it."""
    path = written(tmp_path)
    with pytest.raises(ManifestError) as caught:
        load_programs(path).program(name, os.environ["PATH"])
    assert str(caught.value) == f"{path}, {where}: {sentence.format(tmp_path)}"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'command = ["./',
            'comand = ["./',
            "comand: unknown key `comand`; did you mean `command`.",
        ),
        ("protocol = 1", "protocl = 1", "protocl: unknown key `protocl`; did you mean `protocol`."),
        ("protocol = 1", "protocol = 2", "protocol 2 is not known; write `protocol = 1`."),
        ('["./copier"]', '"./copier"', "a command is a list of words, no shell string"),
        ('["./copier"]', "[]", "this is empty; fill it in."),
        (PROGRAMS, "protocol = 1\n[programs]", "there is no program in it; add [programs.NAME]."),
        ("[programs.table-queue]", "[programs.table-queue", "this is no TOML in UTF-8"),
    ],
)
def test_a_fault(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    """A file that breaks the contract is refused in a sentence a fault."""
    assert old in PROGRAMS
    with pytest.raises(ManifestError) as caught:
        load_programs(written(tmp_path, PROGRAMS.replace(old, new)))
    assert sentence in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is refused, with what to do about it."""
    path = tmp_path / "programs.toml"
    with pytest.raises(ManifestError) as caught:
        load_programs(path)
    assert str(caught.value) == (
        f"{path}: the manifest cannot be read: no such file or directory; "
        "put the suite's programs.toml there."
    )
