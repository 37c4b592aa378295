"""A run that is interrupted says so, also where it is told twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.project import Project

pytest_plugins = ["pytester"]
INTERRUPTED = """
def pytest_runtest_teardown(item):
    raise KeyboardInterrupt
"""
TWICE = """
def pytest_keyboard_interrupt(excinfo):
    raise KeyboardInterrupt
"""


@pytest.mark.parametrize("again", ["", TWICE], ids=["once", "twice"])
def test_interrupted(project: Project, capsys: pytest.CaptureFixture[str], again: str) -> None:
    """What held before the interruption is not taken for all that was asked for, however often the signal came."""
    project.pytester.makeconftest(INTERRUPTED + again)
    with pytest.raises(KeyboardInterrupt):
        project.run(project.manifest(claims=("no-loss",)), "-k", "holds")
    printed = capsys.readouterr().out
    assert "Interrupted: 1 pass in " in printed
    assert "All claims hold" not in printed
