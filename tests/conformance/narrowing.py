"""A plugin for a run of the suite over all faulty implementations: which cases each of them meets.

Every defect meets the cases that must catch it. One of each design meets every case, so that what
it leaves alone is seen to hold. With `WARREN_FAULTY=complete` this plugin is left out: every defect
meets every case of its designs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.selection import subject_of
from tests.conformance.breaks import BREAKS

if TYPE_CHECKING:
    import pytest

REPRESENTATIVES = frozenset(
    {"overshoots-bound", "early-package-row", "misroutes-tasks", "hands-out-late-replies"}
)
"""Defects that leave the most of `blocking`, `parts`, `task` and `rpc` alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that a faulty implementation need not meet."""
    left_out = [item for item in items if not _is_wanted(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_wanted(item: pytest.Item) -> bool:
    subject = subject_of(item)
    if subject is None or subject.implementation.name in REPRESENTATIVES:
        return True
    broken = {one.requirement for one in BREAKS[subject.implementation.name]}
    judged = {i for marker in item.iter_markers("requirement") for i in marker.args}
    return bool(broken & judged)
