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
WHERE_HIDDEN = """
def pytest_runtest_teardown(item):
    __tracebackhide__ = True  # as pluggy's own frames are
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


def test_hidden(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """An interruption within frames that pytest hides ends in order as well, with the last place that it shows."""
    project.pytester.makeconftest(WHERE_HIDDEN)
    with pytest.raises(KeyboardInterrupt):
        project.run(project.manifest(claims=("no-loss",)), "-k", "holds")
    printed = capsys.readouterr().out
    assert ": KeyboardInterrupt" in printed
    assert "Interrupted: 1 pass in " in printed
