"""What the tests of the command share."""

from __future__ import annotations

import pytest


@pytest.fixture
def to_pytest(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take what is said to pytest, in whose stead all claims hold but one."""
    taken: list[str] = []

    def take(arguments: list[str]) -> int:
        taken.extend(arguments)
        return 1

    monkeypatch.setattr("pytest.main", take)
    return taken
