"""Fixed command scripts about quorum queues beside others: limits of a channel, and what waits.

As in `scripts`: a queue name `q` and an exchange name `x` in, commands out.
"""

from __future__ import annotations

from dataclasses import replace
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


KEPT: dict[str, object] = {
    "x_dead_letter_exchange": "",
    "x_dead_letter_strategy": "at-least-once",
    "x_overflow": "reject-publish",
}


def expired_behind_what_is_dropped(q: str, _x: str) -> Script:
    """Drop the oldest message of a queue that is too long; the one behind it has expired."""
    return [
        declare(q, x_max_length=2),
        publish(q, b"dropped"),
        publish(q, b"expired", expiration="0"),
        publish(q, b"left"),
        *(c.BasicGet(*HERE, q, no_ack=True) for _ in range(2)),
    ]


def kept_dead_letters(q: str, _x: str) -> Script:
    """Let messages die that must arrive: where they can, where nobody is, and where they are refused."""
    names = [f"{q}{each}" for each in ("there", "nowhere", "full")]
    script: Script = [c.ConfirmSelect(*HERE)]
    for name in names:
        given = {**KEPT, "x_dead_letter_routing_key": f"{name}dead", "x_max_length": 3}
        script += [declare(name, **given), *(publish(name, b"%d" % each) for each in range(3))]
    script += [
        declare(f"{names[0]}dead"),
        declare(f"{names[2]}dead", "classic", x_max_length=1, x_overflow="reject-publish"),
        publish(f"{names[2]}dead", b"full"),
    ]
    for number, name in enumerate(names):
        script += [
            c.BasicGet(*HERE, name),
            c.BasicGet(*HERE, name),
            c.BasicReject(*HERE, 4 * number + 1),
            c.BasicGet(*HERE, name),
            c.BasicGet(*HERE, name),
            c.BasicNack(*HERE, 4 * number + 4, multiple=True, requeue=False),
            *(publish(name, b"%d" % each) for each in range(3, 7)),
            c.QueuePurge(*HERE, name),
            *(publish(name, b"%d" % each) for each in range(7, 12)),
        ]
    return [*script, *(c.BasicGet(*HERE, f"{each}dead", no_ack=True) for each in names * 4)]


def not_kept_dead_letters(q: str, _x: str) -> Script:
    """Let messages die that need not arrive: the queue drops what is too much, or has nowhere to send them."""
    given: tuple[dict[str, object], ...] = (
        KEPT | {"x_overflow": "drop-head"},
        {name: value for name, value in KEPT.items() if name != "x_dead_letter_exchange"},
        KEPT | {"x_dead_letter_strategy": "at-most-once"},
    )
    script: Script = [c.ConfirmSelect(*HERE)]
    for number, each in enumerate(given):
        name = f"{q}{number}"
        script += [
            declare(name, x_max_length=1, **each),
            publish(name, b"first"),
            c.BasicGet(*HERE, name),
            c.BasicNack(*HERE, number + 1, requeue=False),
            publish(name, b"1"),
            publish(name, b"2"),
            publish(name, b"3"),
            c.QueuePurge(*HERE, name),
        ]
    return script


def delayed_retries(q: str, _x: str) -> Script:
    """Return messages to queues that wait before they serve them again, and see how they are counted."""
    script: Script = [c.ConfirmSelect(*HERE)]
    settle = (c.BasicNack, c.BasicReject)
    for number, kind in enumerate(("all", "failed", "returned", "disabled")):
        name = f"{q}{kind}"
        script += [
            declare(name, x_delayed_retry_type=kind, x_delayed_retry_min=1000, x_max_length=3),
            publish(name, b"nacked"),
            publish(name, b"rejected"),
            *(c.BasicGet(*HERE, name) for _ in range(2)),
            *(how(*HERE, number * 2 + tag) for tag, how in enumerate(settle, 1)),
        ]
    names = [f"{q}{kind}" for kind in ("all", "failed", "returned", "disabled")]
    script += [publish(name, b"%d" % each) for each in range(2) for name in names]
    script += [1.3]
    return [*script, *(c.BasicGet(*HERE, name, no_ack=True) for name in names for _ in range(4))]


def delayed_and_purged(q: str, _x: str) -> Script:
    """Purge a queue while messages wait in it."""
    return [
        declare(q, x_delayed_retry_type="all", x_delayed_retry_min=1000),
        *(publish(q, b"%d" % each) for each in range(3)),
        c.BasicGet(*HERE, q),
        c.BasicGet(*HERE, q),
        c.BasicNack(*HERE, 2, multiple=True),
        c.QueuePurge(*HERE, q),
        1.3,
        c.BasicGet(*HERE, q),
    ]


OTHER = (1, 2)
"""Another channel."""


def room_again(q: str, _x: str) -> Script:
    """Have a consumer be full and have room again while another one is served."""
    return [
        declare(q),
        c.BasicQos(*HERE, 1),
        c.BasicConsume(*HERE, q, "a"),
        c.BasicConsume(*OTHER, q, "b"),
        *(publish(q, body) for body in (b"1", b"2")),
        c.BasicAck(*HERE, 1),
        *(publish(q, body) for body in (b"3", b"4", b"5")),
    ]


def room_at_once(q: str, _x: str) -> Script:
    """Have a consumer acknowledge automatically, beside another, what comes back at once and what comes by itself."""
    return [
        declare(q),
        *(publish(q, b"%d" % each) for each in range(5)),
        *[c.BasicGet(*OTHER, q)] * 5,
        c.BasicQos(*HERE, 1),
        c.BasicConsume(*HERE, q, "a", no_ack=True),
        c.BasicConsume(*OTHER, q, "b"),
        c.BasicNack(*OTHER, 0, multiple=True),
        *(publish(q, b"%d" % each) for each in range(5, 12)),
    ]


def place_of_a_cancelled(q: str, _x: str) -> Script:
    """Cancel a consumer that holds a message, have another one come, and then one of the old tag."""
    return [
        declare(q),
        c.BasicConsume(*HERE, q, "a"),
        publish(q, b"1"),
        c.BasicCancel(*HERE, "a"),
        c.BasicConsume(*OTHER, q, "b"),
        c.BasicConsume(*HERE, q, "a"),
        *(publish(q, body) for body in (b"2", b"3", b"4")),
    ]


def place_passed_by(q: str, _x: str) -> Script:
    """As `place_of_a_cancelled`, but its turn has come before there is one of the old tag again."""
    *before, again, second, third, fourth = place_of_a_cancelled(q, _x)
    return [*before, second, again, third, fourth]


def place_of_lower_priority(q: str, _x: str) -> Script:
    """As `place_of_a_cancelled`, with other priorities."""
    *before, other, again, second, third, fourth = place_of_a_cancelled(q, _x)
    first, second_best = {"x-priority": 2}, {"x-priority": 1}
    return [
        *before,
        replace(other, arguments=second_best),
        replace(again, arguments=first),
        *(second, third, fourth),
    ]


def more_than_its_limit(q: str, _x: str) -> Script:
    """Cancel a consumer that holds three messages, and have one of its tag come that may hold two."""
    return [
        declare(q),
        c.BasicConsume(*HERE, q, "a"),
        *(publish(q, b"%d" % each) for each in range(3)),
        c.BasicCancel(*HERE, "a"),
        c.BasicQos(*HERE, 2),
        c.BasicConsume(*HERE, q, "a"),
        *(publish(q, b"%d" % each) for each in range(3, 12)),
        c.BasicNack(*HERE, 3, requeue=False),
        c.BasicAck(*HERE, 2),
        c.BasicAck(*HERE, 0, multiple=True),
        c.BasicAck(*HERE, 0, multiple=True),
    ]


QUORUM_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (
    channel_limit,
    foreign_arguments,
    expired_behind_what_is_dropped,
    kept_dead_letters,
    not_kept_dead_letters,
    delayed_retries,
    delayed_and_purged,
    room_again,
    room_at_once,
    place_of_a_cancelled,
    place_passed_by,
    place_of_lower_priority,
    more_than_its_limit,
)
