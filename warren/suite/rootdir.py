"""Says what to write where an option has led pytest away from Warren's folder.

pytest looks for its root folder and its conftest.py before it knows our options, and takes the path in
`--implementation PATH` for tests: outside Warren's folder Warren is then not there. So this plugin is loaded in every
pytest run of the environment (an entry point, see pyproject.toml): a module of its own, which imports nothing of ours,
for others have folders called `fixtures` too. All that Warren does is `warren.plugin.hooks`'s.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from warren.suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PATH_OPTIONS = frozenset({"--implementation", "--report"})


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Raise UsageError where Warren's conftest.py should have been loaded and was not."""
    yield
    started = early_config.invocation_params
    if early_config.pluginmanager.has_plugin("warren.plugin.hooks") or not _is_ours(started.dir):
        return
    for option, path in pairwise(map(str, started.args)):
        place = started.dir / path
        if option in PATH_OPTIONS and place.exists() and not _is_ours(place):
            raise pytest.UsageError(
                f"pytest took {path} for its tests, and did not find Warren there; write {option}={path}"
            )


def _is_ours(place: Path) -> bool:
    return place.resolve().is_relative_to(ROOT)
