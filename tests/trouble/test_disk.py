"""A disk that is full: one sentence where nothing can go on, and no verdict from half a case."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.trouble.person import Person


@pytest.fixture
def mount() -> Iterator[Callable[[Path, int], None]]:
    """Make a folder a disk of so many pages."""
    mounted: list[Path] = []

    def make_disk(folder: Path, pages: int) -> None:
        size = pages * os.sysconf("SC_PAGE_SIZE")
        argv = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            if os.environ.get("CI") == "true":
                pytest.fail(f"no file system can be mounted: {done.stderr}")
            pytest.skip("mounting a small file system takes root")
        mounted.append(folder)

    yield make_disk
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_full(person: Person, mount: Callable[[Path, int], None]) -> None:
    """A run that finds no room for what it must write says where, and what to do."""
    mount(person.temporary, 1)
    ended = person.check(person.manifest())
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("warren: ")
    assert str(person.temporary) in sentence
    assert "no space is left on the disk; free some, or set TMPDIR" in sentence
    assert person.left_behind() == []


def test_full_of_output(person: Person, mount: Callable[[Path, int], None]) -> None:
    """Where an instance's output finds no room, the instance is judged all the same."""
    mount(person.temporary, 16)
    ended = person.smoke(person.manifest("floods"))
    assert ended.status == 0, ended.printed
    assert person.left_behind() == []


def test_report_has_no_room(person: Person, mount: Callable[[Path, int], None]) -> None:
    """A report that finds no room is said to be missing; what is there of it is whole."""
    reports = person.folder / "reports"
    reports.mkdir()
    mount(reports, 1)
    ended = person.check(person.manifest(), "--report", str(reports))
    assert ended.status == 2, ended.printed
    assert "No space left on device" in ended.sentence("--report ")
    for written in reports.iterdir():
        assert json.loads(written.read_text("utf-8"))["exit_status"] == 0
