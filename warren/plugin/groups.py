"""Which cases stand on one worker, so that they share a broker, or a database server, that they may restart.

They share the broker, and none of its restarts. One restart serves all guarantees of one design at once; it does not
serve two designs. A case begins it when its own instances have what it asks for on the way: an ack, a publish, half of
some work. That lasts for a moment. To restart under six designs at once, their cases would have to be one item of
pytest, which waits for the slowest and holds the others where they are by more faults; what went wrong in one would
be the end of all, and each has its own vhost, line, clock and verdicts. A restart takes a few seconds of a case whose
instances start, work and come back for three times as long, and two chains halve that.
"""

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
