"""The document's use case: files copied from the main storage to a second one, in the background.

A copier is a process of the program `background-copy`. To make one die in the middle of a file, the case has it copy a
named pipe, and writes only half.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from warren.rigs.brokers import BrokerRig, RunningProgram

QUEUE = "background-copy"
START = 60.0
"""Seconds that a copier may take to begin on a busy machine."""
BLOCK = 1 << 16


def _stores(broker: BrokerRig) -> tuple[Path, Path]:
    source, target = broker.programs.folder / "main", broker.programs.folder / "backup"
    source.mkdir()
    target.mkdir()
    return source, target


def _copier(broker: BrokerRig, name: str, source: Path, target: Path) -> RunningProgram:
    return broker.programs.start("background-copy", name, source, target)


def _publish(broker: BrokerRig, path: str) -> None:
    broker.publish(json.dumps({"path": path}).encode(), QUEUE, delivery_mode=2)


def _files(folder: Path) -> dict[str, bytes]:
    """Give the content of each finished file, by its path."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.requirement("background-copy.all")
def test_every_file_is_copied(broker: BrokerRig) -> None:
    """Two copiers bring every file to the second store, octet for octet; an empty one and one in a folder, too."""
    source, target = _stores(broker)
    sent = {f"{n}.bin": bytes(range(256)) * (n * 100) for n in range(6)} | {"a/б.txt": b"deep"}
    (source / "a").mkdir()
    broker.declare.queue(QUEUE)
    for path, octets in sent.items():
        (source / path).write_bytes(octets)
        _publish(broker, path)
    for name in ("one", "two"):
        _copier(broker, name, source, target)
    broker.wait.empty(QUEUE, within=START)
    assert _files(target) == sent


@pytest.mark.requirement("background-copy.never-torn", "background-copy.nothing-lost")
def test_a_copier_dies_in_the_middle(broker: BrokerRig) -> None:
    """Killed half-way, a copier leaves nothing under the file's name, and another one copies it whole."""
    source, target = _stores(broker)
    octets = bytes(range(256)) * 2000
    os.mkfifo(source / "photo.jpg")
    (source / "next.jpg").write_bytes(octets)
    broker.declare.queue(QUEUE)
    _publish(broker, "photo.jpg")
    _publish(broker, "next.jpg")
    dying = _copier(broker, "dying", source, target)
    with broker.wait.reader(source / "photo.jpg", within=START) as pipe:
        pipe.write(octets[:BLOCK])
        broker.wait.until(lambda: _size(target) >= BLOCK, "half of the file at the second store")
        assert _files(target) == {}, "a file that is not whole stands under its name"
        dying.kill()
    broker.wait.ready(QUEUE, 2, "the file in hand to be ready again")
    assert _files(target) == {}, "the dead copier left a torn file"
    (source / "photo.jpg").unlink()
    (source / "photo.jpg").write_bytes(octets)
    _copier(broker, "second", source, target)
    broker.wait.empty(QUEUE, within=START)
    assert _files(target) == {"photo.jpg": octets, "next.jpg": octets}
    assert _size(target) == 2 * len(octets), "the dead copier's leftover is still there"


def _size(folder: Path) -> int:
    """Count the octets of all files, finished or not."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
