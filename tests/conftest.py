"""What all tests share: which run together on one worker, and how patient Hypothesis is. No fixture lives here."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

_TESTS = Path(__file__).parent
_SHARING = ("docker", "postgresql", "mysql")

# A busy machine must not fail a property: no deadline for an example, and no health check of speed.
hypothesis.settings.register_profile(
    "warren", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("warren")


@pytest.hookimpl(tryfirst=True)  # xdist reads the group of an item in this hook too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a server on one worker, a folder together, so that it is started once.

    Those that wait for long come first, or they would be what the run waits for in the end.
    """
    items.sort(key=lambda item: item.get_closest_marker("waits") is None)
    for item in items:
        if _TESTS in item.path.parents and any(map(item.get_closest_marker, _SHARING)):
            item.add_marker(pytest.mark.xdist_group(str(item.path.parent.relative_to(_TESTS))))
