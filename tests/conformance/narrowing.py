"""A plugin for a run of the suite over all faulty implementations: which cases each of them meets.

Every defect meets the cases that must catch it, and what only looks like one those that must not. A few meet
every quick case of a design, so that what they leave alone is seen to hold, and that who does nothing passes
none. With `WARREN_FAULTY=complete` every defect meets every quick case of its designs, and of the full set
those that must catch it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.breaks import BREAKS, HOLDS
from warren.plugin.selection import subject_of
from warren.plugin.sets import is_full

if TYPE_CHECKING:
    import pytest

MEET_ALL = frozenset(
    {
        ("overshoots-bound", "blocking"),
        ("early-package-row", "parts"),
        ("misroutes-tasks", "task"),
        ("hands-out-late-replies", "rpc"),
        ("does-nothing", "blocking"),
        ("does-nothing", "rpc"),
    }
)
"""The defects, with a design of each, that meet every quick case of it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that a faulty implementation need not meet."""
    left_out = [item for item in items if not _is_wanted(item, is_complete=config.option.full)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_wanted(item: pytest.Item, *, is_complete: bool) -> bool:
    subject = subject_of(item)
    if subject is None:
        return True
    name, design = subject.implementation.name, subject.workload.slug
    if (is_complete or (name, design) in MEET_ALL) and not is_full(item, design):
        return True
    broken = [one for one in BREAKS.get(name, ()) if is_complete or not one.full]
    wanted = {*HOLDS.get(name, ()), *(one.requirement for one in broken)}
    judged = {i for marker in item.iter_markers("requirement") for i in marker.args}
    return bool(wanted & judged)
