"""A small catalogue and a way to write manifests, for the tests of `warren.claims.manifest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import Catalogue, Guarantee, Level, Requirement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def catalogue() -> Catalogue:
    """Two guarantees of `blocking` and one of `task`."""
    guarantees = (
        Guarantee("no-loss", "Nothing is lost", ("blocking", "task")),
        Guarantee("heartbeat-safe", "Heartbeats flow while work runs", ("blocking",)),
        Guarantee("accepts-async", "The answer comes before the work", ("task",)),
    )
    requirements = (
        Requirement("no-loss.crash-during-work", Level.MUST, "It comes again.", "1, 3.2"),
        Requirement("no-loss.frozen-during-work", Level.MUST, "It comes again.", "1, 3.2"),
        Requirement("heartbeat-safe.long-work", Level.MUST, "It stays.", "1, 3.2"),
        Requirement(
            "no-loss.splitter-killed", Level.MUST, "Its parts come.", "1, 3.2", designs=("task",)
        ),
    )
    return Catalogue({g.slug: g for g in guarantees}, {r.id: r for r in requirements})


MANIFEST = """
protocol = 1
name = "orders"
language = "PHP 8.2"

[designs.blocking]
claims = ["no-loss"]
denies = ["heartbeat-safe"]
[designs.blocking.roles.stream]
command = ["php", "consumer.php", "stream"]
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """Write the manifest, with something replaced, and something added at its end."""

    def write(old: str = "", new: str = "", more: str = "") -> Path:
        assert old in MANIFEST
        path = tmp_path / "implementation.toml"
        path.write_text(MANIFEST.replace(old, new) + more if old else MANIFEST + more, "utf-8")
        return path

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with the files that the manifest names."""
    (tmp_path / "order.json").write_text('{"ref": "{id}"}')
    (tmp_path / "plain.txt").write_text("hello")
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (ref text)")
    (tmp_path / "config.ini.template").write_text("host = {host}")
    return tmp_path
