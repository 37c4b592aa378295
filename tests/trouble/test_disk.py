"""A disk that is full or cannot be written: one sentence, and no verdict from half a case."""

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

ONE_PAGE = f"size={os.sysconf('SC_PAGE_SIZE')}"


@pytest.fixture
def mount() -> Iterator[Callable[[Path, str], None]]:
    """Make a folder a disk of its own, with these options of `mount`."""
    mounted: list[Path] = []

    def make_disk(folder: Path, options: str) -> None:
        argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            if os.environ.get("CI") == "true" and os.geteuid() == 0:
                pytest.fail(f"no file system can be mounted: {done.stderr}")
            pytest.skip("mounting a small file system takes root")
        mounted.append(folder)

    yield make_disk
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_full(person: Person, mount: Callable[[Path, str], None]) -> None:
    """A run that finds no room for what it must write says where, and what to do."""
    mount(person.temporary, ONE_PAGE)
    ended = person.check(person.manifest())
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("warren: ")
    assert str(person.temporary) in sentence
    assert "no space is left on the disk; free some, or set TMPDIR" in sentence
    assert person.left_behind() == []


def test_full_of_output(person: Person, mount: Callable[[Path, str], None]) -> None:
    """Where an instance's output finds no room, the instance is judged all the same."""
    mount(person.temporary, "size=64k")
    ended = person.smoke(person.manifest("floods"))
    assert ended.status == 0, ended.printed
    assert person.left_behind() == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [(ONE_PAGE, "No space left on device"), ("ro", "Read-only file system")],
    ids=["full", "read-only"],
)
def test_no_report(
    person: Person, mount: Callable[[Path, str], None], options: str, reason: str
) -> None:
    """A report that cannot be written is said to be missing; what is there of it is whole."""
    reports = person.folder / "reports"
    reports.mkdir()
    mount(reports, options)
    ended = person.check(person.manifest(), "--report", str(reports))
    assert ended.status == 2, ended.printed
    assert reason in ended.sentence("--report ")
    for written in reports.iterdir():
        assert json.loads(written.read_text("utf-8"))["exit_status"] == 0
