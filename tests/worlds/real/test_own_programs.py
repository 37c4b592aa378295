"""The directory in which instances of somebody's own consumer run: one copy for all, or one for each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from warren.claims.implementation import Program
from warren.workloads import Role, Route
from warren.worlds.real.own_programs import OwnPrograms

if TYPE_CHECKING:
    from pathlib import Path

ROLE = Role("orders", Route("", "orders"))


def started(folder: Path, *, keeps_to_itself: bool) -> tuple[OwnPrograms, list[Path]]:
    """Give the directories of three instances, in each of which its name was left in a file of its own and of all."""
    source = folder / "source"
    source.mkdir()
    (source / "orders.py").write_text("pass")
    place: Any = SimpleNamespace(folder=folder / "case", vhost="case-1", make_vhost=str)
    unused: Any = None
    own = OwnPrograms(
        place, lambda: 0.0, {}, (), make_containers=unused, await_connected=lambda *_: None
    )
    program = Program(("run",), source, has_placeholders=True, keeps_to_itself=keeps_to_itself)
    directories = []
    for name in ("orders-1", "orders-2"):
        directory = own.directory_of(program, ROLE, name)
        assert (directory / "orders.py").read_text() == "pass"
        for file in (name, "last"):
            (directory / file).write_text(name)
        directories.append(directory)
    assert not (source / "last").exists()
    return own, directories


def test_shared(tmp_path: Path) -> None:
    """Instances share one copy, and a file is what the last has made of it."""
    own, (one, other) = started(tmp_path, keeps_to_itself=False)
    assert one == other == own.directory
    assert own.file("last") == b"orders-2"


def test_one_each(tmp_path: Path) -> None:
    """With a copy for each, none finds what another left; a file is looked for in all, and is what all have made."""
    own, (one, other) = started(tmp_path, keeps_to_itself=True)
    assert not (other / "orders-1").exists()
    assert (one / "last").read_text() == "orders-1"
    assert own.file("orders-1") == b"orders-1"
    assert own.file("last") == b"orders-1\norders-2"
    assert own.file("none") is None
