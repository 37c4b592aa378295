"""A plugin for a run of the suite over all faulty implementations: which cases each of them meets.

Every defect meets the quick cases that must catch it, and what only looks like one those that must not. A few
meet every quick case of a design, so that what they leave alone is seen to hold, and that who does nothing passes
none. `WARREN_FAULTY` says what they meet besides: with `due` every case that must catch them, those of the full
set too; with `complete` every quick case of their designs as well.
"""

from __future__ import annotations

import os

import pytest

from tests.conformance.breaks import BREAKS, HOLDS
from tests.conformance.suite import NARROWING
from warren.plugin.selection import is_first, subject_of
from warren.plugin.sets import is_full

DUE, COMPLETE = "due", "complete"
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
    left_out = [item for item in items if not _is_wanted(item, extent())]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def extent() -> str:
    """Return what the environment says that the defects meet: nothing, `due` or `complete`."""
    asked = os.environ.get(NARROWING, "")
    if asked not in {"", DUE, COMPLETE}:
        raise pytest.UsageError(f"{NARROWING} is {asked!r}, not {DUE} or {COMPLETE}")
    return asked


def _is_wanted(item: pytest.Item, asked: str) -> bool:
    subject = subject_of(item)
    if subject is None:
        return True
    name, design = subject.implementation.name, subject.workload.slug
    is_wide = asked == COMPLETE or (name, design) in MEET_ALL
    if is_wide and not is_full(item, design, is_first=is_first(subject)):
        return True
    broken = [one for one in BREAKS.get(name, ()) if asked or not one.full]
    wanted = {*HOLDS.get(name, ()), *(one.requirement for one in broken)}
    judged = {i for marker in item.iter_markers("requirement") for i in marker.args}
    return bool(wanted & judged)
