"""Instances that make trouble: the sentence says which one, what it did, and what to do."""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warren.evidence.text import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.trouble.person import Person


def test_nothing_wrong(person: Person) -> None:
    """The consumer that all these are made of is judged, holds, and leaves nothing."""
    ended = person.check(person.manifest())
    assert ended.status == 0, ended.printed
    assert person.runs
    assert person.left_behind() == []


@pytest.mark.parametrize("command", ["smoke", "check"])
def test_exits_at_once(person: Person, command: str) -> None:
    """An instance that ends with status 1 is inconclusive: its status and its words are shown."""
    ended = getattr(person, command)(person.manifest("exits"))
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("instance stream-1: ")
    assert "ended with exit status 1 before it was ready" in sentence
    assert "the configuration is wrong" in sentence
    assert "warren smoke" not in sentence
    assert person.left_behind() == []


def test_unsupported(person: Person) -> None:
    """An instance that exits with 127 says it is unsupported, which a claim forbids."""
    smoked = person.smoke(person.manifest("unsupported"))
    assert smoked.status == 0, smoked.printed
    assert smoked.sentence("blocking: unsupported: instance stream-1")
    checked = person.check(person.manifest("unsupported"))
    assert checked.status == 1, checked.printed
    assert "exit status 127" in checked.sentence("claimed but unsupported: ")
    assert person.left_behind() == []


@pytest.mark.waits
def test_never_ready(person: Person) -> None:
    """An instance that never consumes is given a minute, and is ended."""
    ended = person.smoke(person.manifest("idles"))
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("instance stream-1: ")
    assert "not ready within 60 s: no consumer on its queue" in sentence
    assert "waiting for nothing" in sentence
    assert person.left_behind() == []


@pytest.mark.parametrize("trouble", ["stubborn", "forks", "erases"])
def test_does_not_go_by_itself(person: Person, trouble: str) -> None:
    """Children in sessions of their own, marked or not, and one that ignores SIGTERM, are gone after the case."""
    ended = person.smoke(person.manifest(trouble))
    assert ended.status == 0, ended.printed
    assert person.left_behind() == []


def test_floods(person: Person) -> None:
    """Hundreds of mebibytes on standard output fill no disk and hide no message."""
    largest = 0

    def ended() -> bool:
        nonlocal largest
        largest = max(largest, *_sizes(person.temporary), 0)
        return command.process.poll() is not None

    command = person.begin("warren", "smoke", person.manifest("floods"), *person.servers)
    person.see(ended)
    assert command.end().status == 0, command.printed
    assert 0 < largest < 2 << 20
    assert person.left_behind() == []


def test_drums(person: Person) -> None:
    """Who floods the relay is named in the verdict of its case, and the next implementation is judged."""
    other = person.manifest().rename(person.folder / "other.toml")
    other.write_text(other.read_text("utf-8").replace('"troubled"', '"other"'), "utf-8")
    ended = person.check(
        person.manifest("drums"), "--implementation", str(other), "--report", str(person.folder)
    )
    sentence = ended.sentence("instance stream-1: it sent more than 10000 frames within a second")
    assert "so its line to the broker was closed; find the loop that sends them" in sentence
    report = json.loads((person.folder / "report.json").read_text("utf-8"))
    outcomes = {(f["implementation"], f["verdict"]["outcome"]) for f in report["findings"]}
    assert {outcome for name, outcome in outcomes if name == "troubled"} == {"inconclusive"}
    assert ("other", "pass") in outcomes
    assert person.left_behind() == []


def test_tells_its_secrets(person: Person) -> None:
    """What an instance prints is shown without the passwords that it was given."""
    xml = person.folder / "junit.xml"
    ended = person.check(
        person.manifest("tells"), "--report", str(person.folder), "--", f"--junitxml={xml}"
    )
    report = (person.folder / "report.json").read_text("utf-8")
    for shown in (ended.printed, xml.read_text("utf-8"), report):
        assert REDACTED in shown
        assert "I was given amqp://" in shown
        assert person.broker.password not in shown
    assert ended.status == 2


def _sizes(folder: Path) -> Iterator[int]:
    """Give the sizes of the files of output below a folder, any of which may go at any moment."""
    for parent, _, names in os.walk(folder):
        for name in fnmatch.filter(names, "*.out"):
            with contextlib.suppress(FileNotFoundError):
                yield (Path(parent) / name).stat().st_size
