"""Fixed command scripts about types of queue: what each may be declared with, and what a quorum queue does.

As in `scripts`: a queue name `q` and an exchange name `x` in, commands out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.simulator.model.scripts import HERE, Script, publish
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TYPES = ("classic", "quorum", "stream")
RIGHT: dict[str, object] = {
    "x-expires": 600_000,
    "x-message-ttl": 600_000,
    "x-dead-letter-exchange": "",
    "x-dead-letter-strategy": "at-most-once",
    "x-max-length": 5,
    "x-max-length-bytes": 5000,
    "x-max-in-memory-length": 5,
    "x-max-in-memory-bytes": 5,
    "x-max-priority": 3,
    "x-overflow": "reject-publish",
    "x-queue-mode": "lazy",
    "x-queue-version": 2,
    "x-single-active-consumer": True,
    "x-quorum-initial-group-size": 1,
    "x-delivery-limit": 3,
    "x-queue-leader-locator": "balanced",
    "x-queue-master-locator": "client-local",
    "x-consumer-timeout": 60_000,
    "x-consumer-disconnected-timeout": 60_000,
    "x-delayed-retry-type": "all",
    "x-delayed-retry-min": 1000,
    "x-delayed-retry-max": 2000,
    "x-max-age": "1h",
    "x-stream-max-segment-size-bytes": 1_000_000,
    "x-stream-filter-size-bytes": 32,
    "x-initial-cluster-size": 1,
    "x-cancel-on-ha-failover": True,
    "x-unheard-of": 1,
}
"""Every argument that some type of some release knows, and one that none knows, with a value that fits."""
WRONG: tuple[tuple[str, object], ...] = (
    ("x-dead-letter-strategy", "twice"),
    ("x-dead-letter-strategy", 1),
    ("x-max-in-memory-length", -1),
    ("x-max-in-memory-bytes", "5"),
    ("x-quorum-initial-group-size", 0),
    ("x-quorum-initial-group-size", "1"),
    ("x-delivery-limit", "three"),
    ("x-delivery-limit", -1),
    ("x-queue-leader-locator", "elsewhere"),
    ("x-queue-leader-locator", 1),
    ("x-queue-version", "2"),
    ("x-queue-version", -2),
    ("x-consumer-timeout", -1),
    ("x-consumer-timeout", "60000"),
    ("x-max-age", "1 hour"),
    ("x-max-age", "0s"),
    ("x-max-age", 1),
    ("x-stream-max-segment-size-bytes", -1),
    ("x-initial-cluster-size", 0),
    ("x-message-ttl", datetime(2020, 1, 1, tzinfo=UTC)),
    ("x-max-length", True),
    ("x-overflow", "reject-publish-dlx"),
    ("x-single-active-consumer", 1),
)


def declare(name: str, kind: str | None = "quorum", /, **options: Any) -> Any:
    """Return a declaration of a durable queue; an underscore in an argument stands for a hyphen."""
    flags = {
        key: options.pop(key) for key in ("durable", "exclusive", "auto_delete") if key in options
    }
    arguments = {key.replace("_", "-"): value for key, value in options.items()}
    if kind is not None:
        arguments = {"x-queue-type": kind, **arguments}
    return c.QueueDeclare(*HERE, name, **{"durable": True, **flags}, arguments=arguments)


def with_argument(name: str, kind: str | None, key: str, value: object) -> Any:
    """Return a declaration with one argument beside the type."""
    given = {} if kind is None else {"x-queue-type": kind}
    return c.QueueDeclare(*HERE, name, durable=True, arguments={**given, key: value})


def right_arguments(q: str, _x: str) -> Script:
    """Give every argument to every type."""
    pairs = [(kind, key) for kind in TYPES for key in RIGHT]
    return [
        command
        for number, (kind, key) in enumerate(pairs)
        for command in (
            with_argument(f"{q}{number}", kind, key, RIGHT[key]),
            c.QueueDelete(*HERE, f"{q}{number}"),
        )
    ]


def wrong_arguments(q: str, _x: str) -> Script:
    """Give every type what is no value of an argument."""
    pairs = [(kind, *each) for kind in TYPES for each in WRONG]
    return [
        command
        for number, (kind, key, value) in enumerate(pairs)
        for command in (
            with_argument(f"{q}{number}", kind, key, value),
            c.QueueDelete(*HERE, f"{q}{number}"),
        )
    ]


def flags(q: str, _x: str) -> Script:
    """Declare queues that are not durable, not everybody's, or without a name."""
    return [
        command
        for kind in TYPES[1:]
        for command in (
            declare(q, kind, durable=False),
            declare(q, kind, exclusive=True),
            declare(q, kind, auto_delete=True),
            declare(q, kind, auto_delete=True, exclusive=True, durable=False),
            declare(q, kind, exclusive=True, durable=False, x_max_priority=3),
            declare("", kind),
            declare("", kind, x_max_priority=3),
            declare("amq.own", kind),
        )
    ]


def redeclarations(q: str, _x: str) -> Script:
    """Declare again with one argument more, less or other."""
    script: Script = []
    for kind in (None, *TYPES[:2]):
        name = f"{q}{kind}"
        script += [declare(name, kind)]
        script += [declare(name, other) for other in (None, *TYPES)]
        script += [with_argument(name, kind, key, value) for key, value in RIGHT.items()]
    given = {"x_delivery_limit": 3, "x_max_length": 5}
    return [
        *script,
        declare(q, **given),
        declare(q, **given),
        declare(q, x_delivery_limit=4, x_max_length=5),
        declare(q, x_max_length=5),
        declare(q, x_delivery_limit=3, x_max_length=5, x_unheard_of=1),
        declare(q, "classic", **given),
        declare(q, None, **given),
        declare(q, durable=False, **given),
        declare(q, auto_delete=True, **given),
        declare(q, exclusive=True, **given),
        declare(q, "no-such-type", **given),
        declare(q, x_max_priority=5, **given),
    ]


def uses(q: str, _x: str) -> Script:
    """Do to a quorum queue what only a classic one lets be done."""
    return [
        declare(q),
        publish(q),
        c.QueueDelete(*HERE, q, if_unused=True),
        c.QueueDelete(*HERE, q, if_empty=True),
        c.QueueDelete(*HERE, q, if_unused=True, if_empty=True),
        c.BasicConsume(*HERE, q, "a", exclusive=True),
        c.BasicConsume(*HERE, q, "b", exclusive=True),
        c.BasicQos(1, 2, 5, global_=True),
        c.BasicConsume(1, 2, q, "c"),
        c.BasicCancel(1, 2, "c"),  # so that it takes nothing from the first channel when both end
        declare(f"{q}single", x_single_active_consumer=True),
        c.BasicGet(*HERE, f"{q}single"),
        publish(f"{q}single"),
        c.BasicGet(*HERE, f"{q}single"),
        c.BasicConsume(*HERE, f"{q}single", "a", exclusive=True),
        c.BasicConsume(*HERE, f"{q}single", "b", exclusive=True),
        *(
            c.BasicConsume(*HERE, name, "d", arguments={key: value})
            for name in (q, f"{q}classic")
            for key, value in (
                ("x-priority", "high"),
                ("x-consumer-timeout", 60_000),
                ("x-consumer-timeout", -1),
                ("x-stream-offset", "first"),
                ("x-cancel-on-ha-failover", True),
                ("x-cancel-on-ha-failover", 1),
                ("x-unheard-of", 1),
            )
        ),
        c.QueuePurge(*HERE, q),
        c.QueueDelete(*HERE, q),
    ]


def returns(q: str, _x: str, **arguments: Any) -> Script:
    """Return a message in every way, and look at it each time; the last way is to lose it."""
    ways: tuple[Callable[[int], Any], ...] = (
        lambda tag: c.BasicNack(*HERE, tag),
        lambda tag: c.BasicReject(*HERE, tag),
        lambda _: c.BasicRecover(*HERE),
        lambda tag: c.BasicNack(*HERE, tag),
        lambda tag: c.BasicReject(*HERE, tag),
    )
    script: Script = [
        declare(q, **arguments),
        publish(q, b"1", headers={"mine": 1}),
        publish(q, b"2"),
    ]
    for tag, way in enumerate(ways, start=1):
        script += [c.BasicGet(*HERE, q), way(tag)]
    return [
        *script,
        c.BasicGet(*HERE, q),
        c.ChannelClose(*HERE),
        c.BasicConsume(*HERE, q, "c"),
        c.BasicNack(*HERE, 1),
        c.BasicNack(*HERE, 0, multiple=True),
        c.BasicCancel(*HERE, "c"),
        c.ChannelClose(*HERE),
        c.BasicGet(*HERE, q, no_ack=True),
        c.BasicGet(*HERE, q, no_ack=True),
        c.BasicGet(*HERE, q, no_ack=True),
    ]


def returns_within_a_limit(q: str, x: str) -> Script:
    """As `returns`, in a queue that gives up after three failures."""
    return returns(q, x, x_delivery_limit=3)


def returns_without_a_limit(q: str, x: str) -> Script:
    """As `returns`, in a queue whose limit is negative."""
    return returns(q, x, x_delivery_limit=-1)


def poison(q: str, _x: str) -> Script:
    """Reject a message until its queue gives it up, with and without a dead-letter exchange."""
    dead = {"x_dead_letter_exchange": "", "x_dead_letter_routing_key": f"{q}dead"}
    script: Script = [declare(f"{q}dead")]
    limits: tuple[dict[str, Any], ...] = (
        {},
        dead,
        {"x_delivery_limit": 2, **dead},
        {"x_delivery_limit": 0, **dead},
    )
    for number, limit in enumerate(limits):
        name = f"{q}{number}"
        script += [declare(name, **limit), publish(name, b"poison", headers={"mine": 1})]
        script += [c.BasicConsume(*HERE, name, "c")]
        script += [c.BasicReject(*HERE, tag) for tag in range(1, 24)]
        script += [
            c.BasicGet(*HERE, f"{q}dead"),
            c.BasicNack(*HERE, 2),
            c.BasicGet(*HERE, f"{q}dead", no_ack=True),
        ]
        script += [c.ChannelClose(*HERE)]
    return script


def order(q: str, _x: str) -> Script:
    """Return several messages in odd orders, with priorities, and see in which order they come."""

    def gets(count: int) -> Iterator[Any]:
        return (c.BasicGet(*HERE, q) for _ in range(count))

    return [
        declare(q),
        *(publish(q, b"%d" % each, priority=each) for each in (0, 1, 4, 5, 9, 31, 32, 255)),
        publish(q, b"none"),
        *(publish(q, b"low %d" % each, priority=1) for each in range(3)),
        *gets(12),
        c.BasicNack(*HERE, 5),
        c.BasicNack(*HERE, 2),
        c.BasicReject(*HERE, 9),
        c.BasicNack(*HERE, 4, multiple=True),
        c.BasicRecover(*HERE),
        publish(q, b"new", priority=9),
        *gets(14),
        c.ChannelClose(*HERE),
        *gets(14),
    ]


def limits(q: str, _x: str) -> Script:
    """Fill queues beyond what they hold."""
    names = [f"{q}{each}" for each in ("head", "reject", "octets", "dlx")]
    kinds: tuple[dict[str, Any], ...] = (
        {"x_max_length": 2},
        {"x_max_length": 2, "x_overflow": "reject-publish"},
        {"x_max_length_bytes": 10},
        {"x_max_length": 1, "x_overflow": "reject-publish-dlx"},
    )
    script: Script = [c.ConfirmSelect(*HERE)]
    for name, given in zip(names, kinds, strict=True):
        onward = {"x_dead_letter_exchange": "", "x_dead_letter_routing_key": f"{name}dead"}
        script += [declare(f"{name}dead"), declare(name, **given, **onward)]
    return [
        *script,
        *(publish(name, b"%d---" % each) for name in names for each in range(5)),
        *(c.BasicGet(*HERE, names[1], no_ack=True) for _ in range(2)),
        *(publish(names[1], b"%d---" % each) for each in range(5, 9)),
        *(c.BasicGet(*HERE, name) for name in names for _ in range(2)),
        *(publish(name, b"%d---" % each) for name in names for each in range(9, 12)),
        c.BasicNack(*HERE, 0, multiple=True),
        *(c.BasicGet(*HERE, name, no_ack=True) for name in names for _ in range(5)),
        *(c.BasicGet(*HERE, f"{name}dead", no_ack=True) for name in names for _ in range(9)),
    ]


def deaths(q: str, _x: str) -> Script:
    """Let messages die between queues of both types, and see what they remember."""
    names = [f"{q}quorum", f"{q}classic"]
    script: Script = []
    for name, kind, other in zip(names, ("quorum", "classic"), names[::-1], strict=True):
        script.append(
            declare(name, kind, x_dead_letter_exchange="", x_dead_letter_routing_key=other)
        )
    script.append(publish(names[0], b"m", delivery_mode=2))
    for tag in range(1, 13, 2):
        name = names[tag // 2 % 2]
        script += [
            c.BasicGet(*HERE, name),
            c.BasicReject(*HERE, tag),
            c.BasicGet(*HERE, name),
            (c.BasicReject if tag % 4 == 1 else c.BasicNack)(*HERE, tag + 1, requeue=False),
        ]
    return [*script, *(c.BasicGet(*HERE, name, no_ack=True) for name in names)]


def single_active(q: str, _x: str) -> Script:
    """Let consumers with priorities come and go at a queue with a single active one."""
    return [
        declare(q, x_single_active_consumer=True),
        c.BasicQos(*HERE, 1),
        c.BasicConsume(*HERE, q, "a"),
        c.BasicConsume(*HERE, q, "b", arguments={"x-priority": 5}),
        publish(q, b"1"),
        publish(q, b"2"),
        c.BasicConsume(*HERE, q, "c", arguments={"x-priority": 9}),
        c.BasicAck(*HERE, 1),
        c.BasicAck(*HERE, 2),
        publish(q, b"3"),
        c.BasicCancel(*HERE, "b"),
        c.BasicCancel(*HERE, "c"),
        publish(q, b"4"),
        c.BasicNack(*HERE, 3),
        c.BasicAck(*HERE, 4),
        c.BasicAck(*HERE, 5),
    ]


def consumers(q: str, _x: str) -> Script:
    """Count consumers, cancelled ones that hold messages among them."""
    return [
        declare(q),
        *(publish(q, b"%d" % each) for each in range(5)),
        c.BasicGet(*HERE, q),
        c.BasicQos(*HERE, 2),
        c.BasicConsume(*HERE, q, "a"),
        c.BasicCancel(*HERE, "a"),
        c.BasicAck(*HERE, 2),
        c.BasicConsume(*HERE, q, "b", no_ack=True),
        c.BasicCancel(*HERE, "a"),
        c.BasicAck(*HERE, 0, multiple=True),
        c.BasicCancel(*HERE, "b"),
    ]


TYPE_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (
    right_arguments,
    wrong_arguments,
    flags,
    redeclarations,
    uses,
    returns,
    returns_within_a_limit,
    returns_without_a_limit,
    poison,
    order,
    limits,
    deaths,
    single_active,
    consumers,
)
