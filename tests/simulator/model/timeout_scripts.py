"""Fixed command scripts about deliveries that nobody settles in time; they wait longer than `TIMEOUT`.

As in `scripts`. What happens differs by release: a channel closed with 406 on 3.10 and 4.0, a cancelled consumer of a
quorum queue on 4.3, where classic queues wait for ever. Nobody holds deliveries that came at several times, or acks
some in time: then it is chance on 4.3.6 when its queue looks again, and a delivery may stay for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.model.queue_type_scripts import declare
from tests.simulator.model.scripts import HERE, Script, publish
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 2.0
"""Seconds that the node lets a delivery be unsettled."""
LONGER = 3.5
"""A wait after which RabbitMQ has looked for late deliveries."""


def _late_consumer(q: str, kind: str | None) -> Script:
    """Ack one of two deliveries too late and one never; then consume again."""
    return [
        declare(q, kind),
        *(publish(q, b"%d" % each) for each in range(2)),
        c.BasicConsume(*HERE, q, "late"),
        LONGER,
        c.BasicAck(*HERE, 1),
        c.BasicGet(*HERE, q, no_ack=True),
        c.BasicConsume(*HERE, q, "again"),
        publish(q, b"more"),
    ]


def late_for_a_classic_queue(q: str, _x: str) -> Script:
    """Be late for a classic queue."""
    return _late_consumer(q, None)


def late_for_a_quorum_queue(q: str, _x: str) -> Script:
    """Be late for a quorum queue."""
    return _late_consumer(q, "quorum")


def got_and_late(q: str, _x: str) -> Script:
    """Get messages of both types, and settle none of them."""
    other = f"{q}quorum"
    return [
        declare(q, None),
        publish(q),
        c.BasicGet(*HERE, q),
        LONGER,
        declare(other),
        publish(other),
        c.BasicGet(*HERE, other),
        LONGER,
        c.BasicGet(*HERE, q, no_ack=True),
        c.BasicGet(*HERE, other, no_ack=True),
    ]


def settled_in_time(q: str, _x: str) -> Script:
    """Settle all in time, in each way; nobody is late for what acknowledges itself."""
    return [
        declare(q),
        c.BasicConsume(*HERE, q, "prompt"),
        *(publish(q, b"%d" % each) for each in range(3)),
        c.BasicAck(*HERE, 1),
        c.BasicReject(*HERE, 2, requeue=False),
        c.BasicNack(*HERE, 3, requeue=False),
        c.BasicConsume(1, 2, q, "careless", no_ack=True),
        *(publish(q, b"%d" % each) for each in range(3, 5)),
        c.BasicAck(*HERE, 4),
        LONGER,
        publish(q, b"more"),
    ]


def one_of_two_is_late(q: str, _x: str) -> Script:
    """Let one consumer be late while another on a channel of its own has room."""
    return [
        declare(q),
        c.BasicConsume(*HERE, q, "late"),
        publish(q, b"1"),
        c.BasicConsume(1, 2, q, "other"),
        LONGER,
        c.BasicAck(1, 2, 1),
        publish(q, b"2"),
    ]


def late_and_cancelled(q: str, _x: str) -> Script:
    """Cancel a consumer that has messages of a quorum queue, and be late for them."""
    return [
        declare(q),
        *(publish(q, b"%d" % each) for each in range(2)),
        c.BasicConsume(*HERE, q, "gone"),
        c.BasicCancel(*HERE, "gone"),
        LONGER,
        c.BasicGet(*HERE, q, no_ack=True),
    ]


def late_at_once(q: str, _x: str) -> Script:
    """Be late for what has come at one time."""
    return [
        declare(q),
        *(publish(q, b"%d" % each) for each in range(3)),
        c.BasicConsume(*HERE, q, "late"),
        LONGER,
        c.BasicAck(*HERE, 0, multiple=True),
        publish(q, b"more"),
    ]


TIMEOUT_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (
    late_for_a_classic_queue,
    late_for_a_quorum_queue,
    got_and_late,
    settled_in_time,
    one_of_two_is_late,
    late_and_cancelled,
    late_at_once,
)
