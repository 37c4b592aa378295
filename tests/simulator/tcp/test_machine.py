"""The memory that messages may take by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.tcp import machine
from warren.simulator.tcp.options import parse

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_part_of_the_memory_by_default() -> None:
    """Without a word there is a limit that leaves most of the memory to others; `none` takes it away."""
    assert parse([]).memory_limit == machine.memory_limit()
    assert parse(["--memory-limit=none"]).memory_limit is None
    assert parse(["--memory-limit=64M"]).memory_limit == 64 << 20


def test_a_container_has_less(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where a container may have less than the machine, that counts; where it has no limit, the machine's memory."""
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "_CONTAINER_LIMITS", (limit, tmp_path / "none"))
    physical = machine.memory_limit()
    limit.write_text("max\n", "ascii")
    assert machine.memory_limit() == physical
    limit.write_text("1000000\n", "ascii")
    assert machine.memory_limit() == 400_000
