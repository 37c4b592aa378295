"""Fixed command scripts about streams: where consumers begin, what settling does, what is refused.

As in `scripts`: a queue name `q` and an exchange name `x` in, commands out. Each consumer has a channel of its
own, since two on one race for delivery tags on RabbitMQ. Messages for a stream are published one by one, each confirmed
before the next: what comes at once is one chunk, whose first is the "last" offset, of which all are delivered that
a filter value is asked of, and which RabbitMQ 3.10 delivers whole for one credit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.simulator.model.lab import message
from tests.simulator.model.queue_type_scripts import declare
from tests.simulator.model.scripts import HERE, Script, publish
from warren.simulator.model import commands as c

if TYPE_CHECKING:
    from collections.abc import Callable

WRITER = (1, 31)
"""The connection and the channel that fill a stream."""
OFFSETS: tuple[Any, ...] = (
    *("first", "last", "next", 0, 2, 3, 5, 100, -1, "1h", "1Y"),
    *(datetime(year, 1, 1, tzinfo=UTC) for year in (1990, 2100)),
)
NO_OFFSETS: tuple[Any, ...] = (
    *("0", "1 h", "0s", "-1h", "abc", "", "FIRST", "1H"),
    *(1.5, True, None, [1], {"a": 1}),
)
SIZES: tuple[tuple[str, object], ...] = (
    *(("x_max_age", value) for value in ("1Y", "01h", "0s", "1h2m", "", "-1h", "1H", 1)),
    *(("x_max_length_bytes", value) for value in (0, 1, -1, "1")),
    *(("x_stream_max_segment_size_bytes", v) for v in (0, 3_000_000_000, 3_000_000_001, "1")),
    *(("x_stream_filter_size_bytes", value) for value in (15, 16, 255, 256)),
    *(("x_initial_cluster_size", value) for value in (3, 0, -1, "1")),
    *(("x_single_active_consumer", value) for value in (True, False)),
)


def read(
    q: str,
    channel: int,
    offset: Any = "first",
    prefetch: int = 20,
    *,
    no_ack: bool = False,
    **more: Any,
) -> Script:
    """Consume on a channel; an underscore in an argument stands for a hyphen."""
    arguments = {name.replace("_", "-"): value for name, value in more.items()}
    if offset != "":
        arguments["x-stream-offset"] = offset
    where = (1, channel)
    consume = c.BasicConsume(*where, q, "c", no_ack=no_ack, arguments=arguments)
    return [c.BasicQos(*where, prefetch), consume]


def append(q: str, body: bytes = b"m", **properties: Any) -> Any:
    """Return a publish on the channel that waits for each confirm."""
    return c.BasicPublish(*WRITER, message(q, body, **properties))


def filled(q: str, count: int = 4) -> Script:
    """Declare a stream and publish one message after another."""
    messages = (append(q, b"%d" % number) for number in range(count))
    return [declare(q, "stream"), c.ConfirmSelect(*WRITER), *messages]


def stream_offsets(q: str, _x: str) -> Script:
    """Begin wherever a consumer may, and see what comes then."""
    script = filled(q)
    for number, offset in enumerate(OFFSETS, start=2):
        script += read(q, number, offset)
    script += [c.BasicQos(1, 30, 5), c.BasicConsume(1, 30, q, "none")]
    return [*script, *(append(q, b"%d" % number) for number in (4, 5, 6))]


def stream_offsets_refused(q: str, _x: str) -> Script:
    """Begin where no consumer may."""
    script = filled(q, 1)
    for offset in NO_OFFSETS:
        arguments = {"x-stream-offset": offset}
        script += [c.BasicQos(1, 2, 5), c.BasicConsume(1, 2, q, "c", arguments=arguments)]
    return script


def stream_refusals(q: str, _x: str) -> Script:
    """Do to a stream what only other queues let be done."""
    arguments: tuple[dict[str, Any], ...] = (
        {"x_priority": 1},
        {"x_consumer_timeout": 60_000},
        {"x_cancel_on_ha_failover": True},
        {"x_unheard_of": 1},
        {"x_credit": 1},
    )
    return [
        *filled(q),
        c.BasicGet(*HERE, q),
        c.BasicGet(*HERE, q, no_ack=True),
        c.QueuePurge(*HERE, q),
        c.BasicConsume(1, 2, q, "c"),
        c.BasicConsume(1, 2, q, "c", no_ack=True),
        *read(q, 2, no_ack=True),
        c.BasicQos(1, 2, 5, global_=True),
        c.BasicConsume(1, 2, q, "c"),
        c.ChannelClose(1, 2),
        c.BasicQos(1, 2, 5),
        c.BasicQos(1, 2, 5, global_=True),
        c.BasicConsume(1, 2, q, "c", no_ack=True),
        *(command for each in arguments for command in (*read(q, 3, **each), c.ChannelClose(1, 3))),
        c.BasicQos(1, 4, 5),
        c.BasicConsume(1, 4, q, "a", exclusive=True),
        c.BasicQos(1, 5, 5),
        c.BasicConsume(1, 5, q, "b", exclusive=True),
        publish(q, b"to both"),
        c.QueueDelete(*HERE, q, if_unused=True, if_empty=True),
    ]


def stream_sizes(q: str, _x: str) -> Script:
    """Declare streams of sizes and ages that there are, and that there are not."""
    return [
        command
        for number, (key, value) in enumerate(SIZES)
        for command in (
            declare(f"{q}{number}", "stream", **{key: value}),
            c.QueueDelete(*HERE, f"{q}{number}"),
        )
    ]


def stream_redeclarations(q: str, _x: str) -> Script:
    """Declare a stream again with one argument more, less or other."""
    given = {"x_max_age": "1h", "x_max_length_bytes": 5000}
    return [
        declare(q, "stream", **given),
        declare(q, "stream", **given),
        declare(q, "stream", x_max_age="60m", x_max_length_bytes=5000),
        declare(q, "stream", x_max_age="2h", x_max_length_bytes=5000),
        declare(q, "stream", x_max_length_bytes=5000),
        declare(q, "stream", **given, x_unheard_of=1),
        declare(q, "stream", **given, x_initial_cluster_size=1),
        declare(q, None),
        declare(q, "quorum"),
        c.QueueDeclare(*HERE, q, passive=True),
    ]


def stream_settlements(q: str, _x: str) -> Script:
    """Settle deliveries in every way."""
    ways: tuple[Callable[[int], Any], ...] = (
        lambda tag: c.BasicAck(1, 2, tag),
        lambda tag: c.BasicNack(1, 2, tag),
        lambda tag: c.BasicNack(1, 2, tag, requeue=False),
        lambda tag: c.BasicReject(1, 2, tag),
        lambda tag: c.BasicReject(1, 2, tag, requeue=False),
        lambda tag: c.BasicNack(1, 2, tag, multiple=True),
        lambda _: c.BasicAck(1, 2, 0, multiple=True),
        lambda _: c.BasicRecover(1, 2),
        lambda _: c.BasicAck(1, 2, 77),
    )
    script = filled(q, 6)
    for way in ways:
        script += [*read(q, 2, 0, 2), c.BasicQos(1, 2, 3), way(2), append(q), c.ChannelClose(1, 2)]
    return script


def stream_transactions(q: str, _x: str) -> Script:
    """Publish and settle in transactions."""
    return [
        *filled(q),
        *read(q, 3, "next"),
        c.TxSelect(*HERE),
        publish(q, b"in time"),
        c.TxCommit(*HERE),
        publish(q, b"never"),
        c.TxRollback(*HERE),
        *read(q, 2, 0, 1),
        c.TxSelect(1, 2),
        c.BasicAck(1, 2, 1),
        c.TxRollback(1, 2),
        c.BasicAck(1, 2, 1),
        c.TxCommit(1, 2),
        c.BasicNack(1, 2, 2),
        c.TxCommit(1, 2),
    ]


def stream_gone_at_the_commit(q: str, _x: str) -> Script:
    """Delete a stream to which a transaction publishes."""
    return [
        declare(q, "stream"),
        c.TxSelect(1, 2),
        c.BasicPublish(1, 2, message(q, b"late")),
        c.QueueDelete(*HERE, q),
        c.TxCommit(1, 2),
    ]


def stream_consumers(q: str, _x: str) -> Script:
    """Cancel and come again by the same tag; fail a channel that reads."""
    return [
        *filled(q, 8),
        *read(q, 2, 0, 2),
        c.BasicCancel(1, 2, "c"),
        c.BasicAck(1, 2, 1),
        *read(q, 2, 0, 2),
        c.BasicAck(1, 2, 2),
        c.BasicAck(1, 2, 0, multiple=True),
        c.BasicCancel(1, 2, "c"),
        append(q, b"8"),
        *read(q, 3, "next"),
        c.BasicAck(1, 3, 77),
        append(q, b"9"),
        *read(q, 4, 0),
        c.QueueDelete(*HERE, q),
        c.BasicAck(1, 4, 0, multiple=True),
        declare(q, "stream"),
        publish(q, b"anew"),
        *read(q, 4, 0),
    ]


def stream_messages(q: str, x: str) -> Script:
    """Publish all kinds of properties, and see what is left of them."""
    given: tuple[dict[str, Any], ...] = (
        {},
        {"delivery_mode": 1},
        {"delivery_mode": 2, "priority": 200, "content_type": "text/plain", "reply_to": "r"},
        {"expiration": "1"},
        {"headers": {}},
        {"headers": {"n": 1, "s": "text", "b": True, "v": None, "f": 1.5}},
        {"headers": {"list": [1, "a"], "table": {"a": 1}, "n": 1}},
        {"headers": {"x-list": [1, "a"], "x-table": {"a": 1}, "x-n": 1}},
        {"headers": {"CC": [f"{q}none"], "BCC": [f"{q}none"]}},
        {"headers": {"x-stream-offset": 99, "x-stream-filter-value": "a"}},
        {"headers": {"x-death": [{"count": 1}]}},
    )
    return [
        declare(q, "stream"),
        c.ExchangeDeclare(*HERE, x, "fanout"),
        c.QueueBind(*HERE, q, x, "k"),
        *read(q, 2),
        c.ConfirmSelect(*HERE),
        *(publish(q, b"%d" % number, **each) for number, each in enumerate(given)),
        c.BasicPublish(*HERE, message("key", b"", x), mandatory=True),
        publish(q, b"x" * 5000),
    ]


def stream_filters(q: str, _x: str) -> Script:
    """Ask for some filter values."""
    script = filled(q, 0)
    for number, value in enumerate(("a", "b", None, "a", "c", 5)):
        headers = {} if value is None else {"x-stream-filter-value": value}
        script.append(append(q, b"%d" % number, headers=headers))
    asked: tuple[dict[str, Any], ...] = (
        {"x_stream_filter": "a"},
        {"x_stream_filter": ["a", "c"]},
        {"x_stream_filter": ["a", 1]},
        {"x_stream_filter": "zz"},
        {"x_stream_filter": ""},
        {"x_stream_filter": 1},
        {"x_stream_filter": "a", "x_stream_match_unfiltered": True},
        {"x_stream_filter": "a", "x_stream_match_unfiltered": False},
        {"x_stream_match_unfiltered": True},
    )
    for channel, each in enumerate(asked, start=2):
        script += read(q, channel, **each)
    script.append(append(q, b"later", headers={"x-stream-filter-value": "a"}))
    return [*script, *read(q, 20, x_stream_filter=[]), *read(q, 20, x_stream_filter=[1])]


def stream_channel_limit(q: str, _x: str) -> Script:
    """Limit a channel as a whole that consumes from a stream already."""
    return [
        *filled(q, 1),
        *read(q, 2, prefetch=2),
        c.BasicQos(1, 2, 1, global_=True),
        *(append(q, b"%d" % number) for number in range(4)),
        c.BasicAck(1, 2, 1),
        c.BasicAck(1, 2, 0, multiple=True),
        c.BasicAck(1, 2, 0, multiple=True),
    ]


def stream_dead_letters(q: str, _x: str) -> Script:
    """Let messages of other queues die into a stream."""
    script: Script = [declare(q, "stream")]
    for kind in ("classic", "quorum"):
        name = f"{q}{kind}"
        onward = {"x_dead_letter_exchange": "", "x_dead_letter_routing_key": q}
        script += [declare(name, kind, **onward)]
        script += [publish(name, b"dead", headers={"mine": 1}, expiration="600000")]
        script += [
            c.BasicGet(1, 3, name),
            c.BasicNack(1, 3, 1, requeue=False),
            c.ChannelClose(1, 3),
        ]
    return [*script, *read(q, 2), publish(q, b"alive")]


STREAM_SCRIPTS: tuple[Callable[[str, str], Script], ...] = (
    stream_offsets,
    stream_offsets_refused,
    stream_refusals,
    stream_sizes,
    stream_redeclarations,
    stream_settlements,
    stream_transactions,
    stream_gone_at_the_commit,
    stream_consumers,
    stream_messages,
    stream_filters,
    stream_channel_limit,
    stream_dead_letters,
)
