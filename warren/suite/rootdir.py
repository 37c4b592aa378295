"""How a pytest run finds Warren where pytest alone does not.

pytest looks for its root folder and its conftest.py before it knows our options. Two ways lead it past Warren: the
path in `--implementation PATH`, which it takes for tests, and `--pyargs warren.suite.conformance`, for which it reads
no conftest.py. So this plugin is loaded in every pytest run of the environment (an entry point, see pyproject.toml).
It is small, imports nothing of ours but where the suite is, and adds nothing to other projects' runs: all that Warren
does is `warren.plugin.hooks`'s.
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

_PLUGIN = "warren.plugin.hooks"
_SUITE = "warren.suite"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, object, object]:
    """Load Warren's plugin where the suite is named as a package; raise UsageError where an option led astray."""
    if early_config.known_args_namespace.pyargs:
        paths = [_as_path(argument) for argument in args]
        if paths != args:
            early_config.pluginmanager.import_plugin(_PLUGIN)
            args[:] = paths
    result = yield
    started = early_config.invocation_params
    if early_config.pluginmanager.has_plugin(_PLUGIN) or not _is_ours(started.dir):
        return result
    for option, path in pairwise(map(str, started.args)):
        place = started.dir / path
        if option in PATH_OPTIONS and place.exists() and not _is_ours(place):
            raise pytest.UsageError(
                f"pytest took {path} for its tests, and did not find Warren there; write {option}={path}"
            )
    return result


def _as_path(argument: str) -> str:
    """Give the path of a module of the suite, with what follows it; any other argument as it is."""
    name, colons, rest = argument.partition("::")
    if name != _SUITE and not name.startswith(f"{_SUITE}."):
        return argument
    path = ROOT.joinpath(*name.split(".")[2:])
    return f"{path if path.is_dir() else path.with_suffix('.py')}{colons}{rest}"


def _is_ours(place: Path) -> bool:
    return place.resolve().is_relative_to(ROOT)
