"""Which cases stand on one worker, so that they share a broker, or a database server, that they may restart."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

CHAINS = 2
"""How many workers have a broker of their own where one takes seconds to start: the cases of each stand in a row."""


def group_restarts(items: Iterable[pytest.Item], *, is_light: bool) -> None:
    """Spread the cases that restart a broker over as many workers as may have one of their own.

    Where a broker `is_light`, that is every worker, and no case waits for another. Those that restart a database server
    share one.
    """
    chains = cycle(range(CHAINS))
    for item in items:
        if item.get_closest_marker("restarts_broker") and not is_light:
            item.add_marker(pytest.mark.xdist_group(f"restarts_broker-{next(chains)}"))
        elif item.get_closest_marker("restarts_database"):
            item.add_marker(pytest.mark.xdist_group("restarts_database"))
