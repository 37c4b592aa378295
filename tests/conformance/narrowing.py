"""A plugin for a run of the suite over all faulty implementations: which cases each of them meets.

Every defect meets the cases that must catch it. A few meet every case of a design, so that what they
leave alone is seen to hold, and that who does nothing passes none. With `WARREN_FAULTY=complete` this
plugin is left out: every defect meets every case of its designs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.breaks import BREAKS
from warren.plugin.selection import subject_of

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
"""The defects, with a design of each, that meet every case of it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases that a faulty implementation need not meet."""
    left_out = [item for item in items if not _is_wanted(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_wanted(item: pytest.Item) -> bool:
    subject = subject_of(item)
    if subject is None or (subject.implementation.name, subject.workload.slug) in MEET_ALL:
        return True
    broken = {one.requirement for one in BREAKS[subject.implementation.name]}
    judged = {i for marker in item.iter_markers("requirement") for i in marker.args}
    return bool(broken & judged)
