"""Copying one file: whole or not there, and nothing from outside the source."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pika
import pytest

from reference_impl.background_copy import FileCopier
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError, TryAgainError
from reference_impl.messages import MalformedError, MisshapenError

OCTETS = bytes(range(256)) * 1000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a main storage with a file in a folder."""
    folder = tmp_path / "main"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "photo.jpg").write_bytes(OCTETS)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Give an empty second store."""
    folder = tmp_path / "backup"
    folder.mkdir()
    return folder


def delivery(body: bytes) -> Delivery:
    """Make a delivery that nobody settles here."""
    channel: Any = None
    return Delivery(channel, 1, redelivered=False, properties=pika.BasicProperties(), body=body)


def naming(path: str) -> Delivery:
    """Make a delivery that names a file."""
    return delivery(json.dumps({"path": path}).encode())


def files(folder: Path) -> list[str]:
    """Give every file there is, finished or not."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_copied(source: Path, target: Path) -> None:
    """The copy has the same octets and no other file is left; again is as good as once."""
    for _ in range(2):
        FileCopier(source, target).handle(naming("a/photo.jpg"))
        assert (target / "a" / "photo.jpg").read_bytes() == OCTETS
        assert files(target) == ["a/photo.jpg"]


def test_newer(source: Path, target: Path) -> None:
    """A file that is there already is replaced."""
    (target / "a").mkdir()
    (target / "a" / "photo.jpg").write_bytes(b"older and torn")
    FileCopier(source, target).handle(naming("a/photo.jpg"))
    assert (target / "a" / "photo.jpg").read_bytes() == OCTETS


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../secret", "a/../../secret", "/etc/passwd", "link", "missing", "a"]
)
def test_no_file_below_the_source(source: Path, target: Path, path: str) -> None:
    """What is no file below the source is rejected, and nothing is written."""
    (source.parent / "secret").write_bytes(b"secret")
    (source / "link").symlink_to(source.parent / "secret")
    with pytest.raises(RejectedError):
        FileCopier(source, target).handle(naming(path))
    assert files(target) == []


def test_bad_messages(source: Path, target: Path) -> None:
    """A body that is no JSON, and one of another shape, are told apart."""
    copier = FileCopier(source, target)
    with pytest.raises(MalformedError):
        copier.handle(delivery(b"{"))
    with pytest.raises(MisshapenError):
        copier.handle(delivery(b'{"path":1}'))


def test_leftovers(source: Path, target: Path) -> None:
    """What a dead copier left of the same file is removed, and of no other."""
    for name in (".photo.jpg.copying-dead", ".other.jpg.copying-dead"):
        (target / "a").mkdir(exist_ok=True)
        (target / "a" / name).write_bytes(b"half")
    FileCopier(source, target).handle(naming("a/photo.jpg"))
    assert files(target) == ["a/.other.jpg.copying-dead", "a/photo.jpg"]


def test_full(source: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second store takes no more, it is tried again later, and nothing is left."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TryAgainError, match="No space left"):
        FileCopier(source, target).handle(naming("a/photo.jpg"))
    assert files(target) == []
