"""Fixed command scripts about quorum queues beside others: limits of a channel, and what waits.

As in `scripts`: a queue name `q` and an exchange name `x` in, commands out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.model.queue_type_scripts import RIGHT, TYPES, declare
from tests.simulator.model.scripts import HERE, Script, publish
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable


def channel_limit(q: str, _x: str) -> Script:
    """Limit a channel as a whole that consumes from queues of two types already."""
    classic = f"{q}classic"
    return [
        declare(q),
        declare(classic, None),
        *(publish(q, b"%d" % each) for each in range(3)),
        c.BasicConsume(*HERE, q, "a"),
        c.BasicConsume(*HERE, classic, "b"),
        c.BasicQos(*HERE, 1, global_=True),
        *(publish(q, b"%d" % each) for each in range(3, 6)),
        *(publish(classic, b"%d" % each) for each in range(6)),
        c.BasicAck(*HERE, 1),
        c.BasicAck(*HERE, 2),
        c.BasicNack(*HERE, 3, requeue=False),
        *(c.BasicAck(*HERE, tag) for tag in range(4, 9)),
        publish(q, b"more"),
        publish(q, b"more"),
        c.BasicAck(*HERE, 0, multiple=True),
        *(publish(classic, b"%d" % each) for each in range(6, 15)),
    ]


def foreign_arguments(q: str, _x: str) -> Script:
    """Declare with arguments of all types, and again without the one that was refused."""
    names = sorted(RIGHT.keys() - {"x-queue-master-locator"}, reverse=True)
    return [
        c.QueueDeclare(
            *HERE,
            q,
            durable=True,
            arguments={"x-queue-type": kind} | {name: RIGHT[name] for name in names[:count]},
        )
        for kind in TYPES
        for count in range(len(names), 4, -5)
    ]


QUORUM_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (channel_limit, foreign_arguments)
