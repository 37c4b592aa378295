"""Fixed command scripts for both brokers: what is rare in programs, and was once told otherwise by the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.model.scripts import HERE, Script, publish
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPLY_TO = "amq.rabbitmq.reply-to"
WAIT = 0.5
"""Seconds in which what may not live at all has gone where it goes, and a queue has said that it is full."""


def onward(queue: str, **more: int) -> Mapping[str, object]:
    """Return the arguments of a queue whose dead letters go to another."""
    given = {f"x-{name.replace('_', '-')}": value for name, value in more.items()}
    return {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue, **given}


def long_histories(q: str, _x: str) -> Script:
    """Reject a message from queue to queue, and some twice: 3.10 turns the entries round at each death."""
    names = [f"{q}{number}" for number in range(5)]
    following = [*names[1:], names[1]]
    script: Script = [
        c.QueueDeclare(*HERE, name, durable=True, arguments=onward(next_one))
        for name, next_one in zip(names, following, strict=True)
    ]
    script.append(publish(names[0], b"m", expiration="100000"))
    for tag, number in enumerate([0, 1, 2, 3, 4, 1, 2], start=1):
        script += [c.BasicGet(*HERE, names[number]), c.BasicReject(*HERE, tag, requeue=False)]
    return [*script, c.BasicGet(*HERE, names[3])]


def a_detour_between_retries(q: str, _x: str) -> Script:
    """Retry by way of two queues with a TTL: 3.10 takes the second time for a circle, and drops it."""
    work, first, second = q, f"{q}a", f"{q}b"
    declare = [
        c.QueueDeclare(*HERE, work, durable=True, arguments=onward(first)),
        c.QueueDeclare(*HERE, first, durable=True, arguments=onward(second, message_ttl=0)),
        c.QueueDeclare(*HERE, second, durable=True, arguments=onward(work, message_ttl=0)),
    ]
    script: Script = [*declare, publish(work, b"m")]
    for _ in range(2):
        script += [
            c.BasicGet(*HERE, work),
            c.BasicNack(*HERE, 0, multiple=True, requeue=False),
            WAIT,
        ]
    return [*script, c.BasicGet(*HERE, work)]


def full_in_a_transaction(q: str, _x: str) -> Script:
    """Commit more than a quorum queue wants: it takes what comes before it can refuse, and loses the rest."""
    limited = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    script: Script = [
        c.QueueDeclare(*HERE, q, durable=True, arguments=limited),
        c.TxSelect(*HERE),
        *(publish(q, body) for body in (b"1", b"2", b"3", b"4")),
        c.TxCommit(*HERE),
        WAIT,
        publish(q, b"5"),
        c.TxCommit(*HERE),
        WAIT,
        c.QueueDeclare(*HERE, q, passive=True),
    ]
    return [*script, *(c.BasicGet(*HERE, q, no_ack=True) for _ in range(5))]


def least_priorities(q: str, _x: str) -> Script:
    """Publish with priorities to a queue that has none but 0, which later releases take for 1."""
    script: Script = [c.QueueDeclare(*HERE, q, durable=True, arguments={"x-max-priority": 0})]
    script += [publish(q, b"%d" % priority, priority=priority) for priority in (0, 1, 2, 0, 1)]
    return [*script, *(c.BasicGet(*HERE, q, no_ack=True) for _ in range(5))]


def types_that_are_none(q: str, _x: str) -> Script:
    """Name no type where a type is named, at first and again, and for a queue without a name."""
    given: tuple[object, ...] = (None, True, 5, [1], {"a": 1}, [], {})
    kinds: Script = [c.QueueDeclare(*HERE, q, durable=True)]
    for value in given:
        arguments = {"x-queue-type": value}
        kinds += [
            c.QueueDeclare(*HERE, q, durable=True, arguments=arguments),
            c.QueueDeclare(*HERE, f"{q}new", durable=True, arguments=arguments),
        ]
        if value is not None and not isinstance(
            value, bool
        ):  # the name it would have is in the text
            kinds.append(c.QueueDeclare(*HERE, "", durable=True, arguments=arguments))
    retry: Script = []
    for value in ([1], {"a": 1}, 5):
        arguments = {"x-queue-type": "quorum", "x-delayed-retry-type": value}
        retry += [
            c.QueueDeclare(*HERE, f"{q}q", durable=True, arguments=arguments),
            c.QueueDelete(*HERE, f"{q}q"),
        ]
    return kinds + retry


def reply_consumers_twice(q: str, _x: str) -> Script:
    """Take direct replies by tags that are taken, and refuse what cannot be recovered."""
    return [
        c.QueueDeclare(*HERE, q, durable=True),
        c.BasicConsume(*HERE, REPLY_TO, "r", no_ack=True),
        c.BasicConsume(*HERE, q, "r"),
        c.BasicConsume(*HERE, REPLY_TO, "s", no_ack=True),
        c.BasicConsume(*HERE, REPLY_TO, "r", no_ack=True),
        c.BasicConsume(*HERE, REPLY_TO, "r", no_ack=True),
        c.BasicConsume(*HERE, q, "t"),
        c.BasicConsume(*HERE, REPLY_TO, "t", no_ack=True),
        c.BasicRecover(*HERE, requeue=False, asynchronous=True),
    ]


ODD_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (
    long_histories,
    a_detour_between_retries,
    full_in_a_transaction,
    least_priorities,
    types_that_are_none,
    reply_consumers_twice,
)
