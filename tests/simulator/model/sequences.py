"""Random command sequences as lists of small numbers, made into commands when they are run.

A step is an operation's name and four numbers; what they pick depends on the state the steps before
have left. So any list of steps can be run, and shrinks well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.simulator.model.lab import Properties
from tests.simulator.model.parity import SETTLE_SECONDS
from tests.simulator.model.queue_options import (
    ODD_ARGUMENTS,
    classic_options,
    quorum_options,
    stream_options,
)
from warren.simulator.model import Message, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.simulator.model.parity import Pair
    from warren.simulator.model.channel import Channel

NEVER = 600_000
"""Milliseconds of life in a sequence that does not wait: nothing expires."""
TTL = 1500
"""The same in one that waits: more than the steps between two waits take, less than a wait."""
WAIT_SECONDS = 2.0


class Step(NamedTuple):
    """One operation and four numbers to pick by."""

    operation: str
    who: int
    what: int
    how: int
    more: int


class World(NamedTuple):
    """What steps are made into commands for; names begin with `prefix`, so that runs keep apart."""

    pair: Pair
    prefix: str
    ttl: int
    kind: str = "classic"
    """The type of most queues."""
    confirms: bool = False
    """Whether a channel begins to confirm, or a transaction, before its first publish."""

    def queue(self, number: int) -> str:
        """Return one of three queue names."""
        return f"{self.prefix}q{number % 3}"

    def exchange(self, number: int) -> str:
        """Return one of three exchange names."""
        return f"{self.prefix}x{number % 3}"

    def any_exchange(self, number: int) -> str:
        """Return an exchange name, also a predeclared one."""
        names = ("", "amq.topic", "amq.fanout", "amq.headers", "amq.direct")
        return self.exchange(number) if number % 8 < 3 else names[number % 8 - 3]

    def key(self, number: int) -> str:
        """Return a routing key; some are queue names."""
        keys = ("a", "b", "a.b", "a.b.c", "", self.queue(0), self.queue(1), self.queue(2))
        return keys[number % len(keys)]


OPTIONS = {"classic": classic_options, "quorum": quorum_options, "stream": stream_options}
OFFSETS = ("first", "first", "next", 0, 1, 2, 5, -1)
"""Where a consumer of a stream may begin. What `last` finds depends on what was written together."""
BINDING_KEYS = ("a", "b", "a.b", "a.*", "*", "#", "a.#", "#.c", "*.b.#", "")
BINDING_ARGUMENTS: tuple[Mapping[str, object], ...] = (
    {},
    {"x-match": "all", "h": 1},
    {"x-match": "any", "h": 1, "g": "s"},
    {"x-match": "any-with-x", "x-h": 1, "g": "s"},
    {"x-match": "all-with-x", "x-h": 1, "h": 1},
    {"h": True},
    {"h": None},
    {"x-match": "some"},
)
HEADERS: tuple[dict[str, object], ...] = (
    {"h": 1},
    {"h": 2, "g": "s"},
    {"x-h": 1, "g": "t"},
    {"x-h": 1, "h": 1, "g": "s"},
    {"h": True},
    {"h": 1.0},
)


def declare_queue(world: World, channel: Channel, step: Step) -> Any:
    """Declare a queue, passively or without a name at times."""
    kind = world.kind if step.more % 4 else "classic"
    options = OPTIONS[kind](world, step.how)
    odd = ODD_ARGUMENTS.get(step.more % 32) if kind != "stream" else None
    if odd is not None:
        options["arguments"] = {**options["arguments"], **odd[step.how % len(odd)]}
    name = "" if step.more % 16 == 1 else world.queue(step.what)
    if step.more % 16 == 0:
        options = {"passive": True}
    return commands.QueueDeclare(*where(channel), name, **options)


def declare_exchange(world: World, channel: Channel, step: Step) -> Any:
    """Declare an exchange."""
    kinds = ("direct", "fanout", "topic", "headers")
    options: tuple[dict[str, Any], ...] = (
        {},
        {"durable": True},
        {"durable": True, "auto_delete": True},
        {"internal": True},
        {"durable": True, "arguments": {"alternate-exchange": world.exchange(step.what + 1)}},
        {"passive": True},
    )
    name = "amq.mine" if step.more % 32 == 0 else world.exchange(step.what)
    kind = kinds[step.what % 4] if step.more % 8 else kinds[step.more % 4]
    return commands.ExchangeDeclare(*where(channel), name, kind, **options[step.how % len(options)])


def bind_queue(world: World, channel: Channel, step: Step) -> Any:
    """Bind or unbind a queue."""
    kind = commands.QueueBind if step.more % 4 else commands.QueueUnbind
    return kind(
        *where(channel),
        world.queue(step.what),
        world.any_exchange(step.how),
        BINDING_KEYS[step.more % len(BINDING_KEYS)],
        arguments=BINDING_ARGUMENTS[step.how // 8 % len(BINDING_ARGUMENTS)],
    )


def bind_exchange(world: World, channel: Channel, step: Step) -> Any:
    """Bind or unbind an exchange."""
    kind = commands.ExchangeBind if step.more % 4 else commands.ExchangeUnbind
    return kind(
        *where(channel),
        world.exchange(step.what),
        world.exchange(step.how),
        BINDING_KEYS[step.more % len(BINDING_KEYS)],
    )


def delete_queue(world: World, channel: Channel, step: Step) -> Any:
    """Delete a queue, under a condition at times."""
    return commands.QueueDelete(
        *where(channel),
        world.queue(step.what),
        if_unused=step.how % 3 == 1,
        if_empty=step.how % 3 == 2,
    )


def delete_exchange(world: World, channel: Channel, step: Step) -> Any:
    """Delete an exchange, under a condition at times."""
    return commands.ExchangeDelete(
        *where(channel), world.exchange(step.what), if_unused=step.how % 2 == 1
    )


def purge(world: World, channel: Channel, step: Step) -> Any:
    """Purge a queue; seldom a stream, which ends the connection."""
    if world.kind == "stream" and step.how % 4:
        return None
    return commands.QueuePurge(*where(channel), world.queue(step.what))


def publish(world: World, channel: Channel, step: Step) -> Any:
    """Publish with one of many kinds of properties."""
    given: tuple[dict[str, Any], ...] = (
        {},
        {"delivery_mode": 2},
        {"delivery_mode": 1},
        {"priority": step.more % 6},
        {"priority": step.more % 6},
        {"expiration": "0"},
        {"expiration": str(world.ttl)},
        {"headers": HEADERS[step.more % len(HEADERS)]},
        {"headers": {"CC": [world.key(step.more), world.queue(step.more)]}},
        {"headers": {"BCC": [world.key(step.more), world.queue(step.more)]}},
        {"content_type": "text/plain", "headers": {}},
    )
    exchange = "" if step.what % 2 else world.any_exchange(step.what // 2)
    key = world.queue(step.more) if not exchange else world.key(step.more)
    body = f"{len(world.pair.log)}".encode()
    message = Message(exchange, key, Properties(**given[step.how % len(given)]), body)
    return commands.BasicPublish(*where(channel), message, mandatory=step.how % 3 == 0)


def consume(world: World, channel: Channel, step: Step) -> Any:
    """Consume, seldom with a tag that is taken."""
    tag = f"c{step.more % 5}"
    taken = tag in channel.consumers and step.how % 16  # 530 ends the connection: seldom
    arguments: dict[str, object] = {"x-priority": step.how // 16 % 3} if step.how % 4 == 1 else {}
    if world.kind == "stream" and step.how % 8:
        arguments = {"x-stream-offset": OFFSETS[step.more % len(OFFSETS)]}
    return commands.BasicConsume(
        *where(channel),
        world.queue(step.what),
        f"{tag}-{len(world.pair.log)}" if taken else tag,
        no_ack=step.how % 5 == 0,
        exclusive=step.how % 11 == 0,
        arguments=arguments,
    )


def cancel(_world: World, channel: Channel, step: Step) -> Any:
    """Cancel a consumer, or nobody."""
    tags = [*channel.consumers]
    tag = tags[step.what % len(tags)] if tags and step.how % 8 else "nobody"
    return commands.BasicCancel(*where(channel), tag)


def get(world: World, channel: Channel, step: Step) -> Any:
    """Get a message; seldom of a stream, which ends the connection."""
    if world.kind == "stream" and step.how % 4:
        return None
    return commands.BasicGet(*where(channel), world.queue(step.what), no_ack=step.how % 4 == 0)


def a_tag(channel: Channel, step: Step) -> int | None:
    """Return an unacknowledged delivery tag, seldom a wrong one; None when there is none."""
    if step.how % 40 == 0:
        return 77
    tags = sorted(channel.unacked)
    return tags[step.what % len(tags)] if tags else None


def ack(_world: World, channel: Channel, step: Step) -> Any:
    """Acknowledge one, several or all."""
    tag = a_tag(channel, step)
    if step.how % 16 == 1:
        return commands.BasicAck(*where(channel), 0, multiple=True)
    return tag and commands.BasicAck(*where(channel), tag, multiple=step.more % 4 == 0)


def nack(_world: World, channel: Channel, step: Step) -> Any:
    """Refuse one or several."""
    tag = a_tag(channel, step)
    multiple = step.more % 4 == 0
    return tag and commands.BasicNack(
        *where(channel), tag, multiple=multiple, requeue=step.more % 2 == 0
    )


def reject(_world: World, channel: Channel, step: Step) -> Any:
    """Reject one."""
    tag = a_tag(channel, step)
    return tag and commands.BasicReject(*where(channel), tag, requeue=step.more % 2 == 0)


def recover(_world: World, channel: Channel, step: Step) -> Any:
    """Requeue all."""
    return commands.BasicRecover(*where(channel), asynchronous=step.how % 2 == 0)


def qos(_world: World, channel: Channel, step: Step) -> Any:
    """Set a prefetch count."""
    return commands.BasicQos(*where(channel), step.what % 4, global_=step.how % 4 == 0)


def confirm_select(_world: World, channel: Channel, _step: Step) -> Any:
    """Begin to confirm."""
    return commands.ConfirmSelect(*where(channel))


def tx(_world: World, channel: Channel, step: Step) -> Any:
    """Begin, commit or roll back a transaction."""
    kinds = (commands.TxCommit, commands.TxRollback, commands.TxCommit, commands.TxSelect)
    return (commands.TxSelect if channel.tx is None and step.how % 8 else kinds[step.what % 4])(
        *where(channel)
    )


def close_channel(_world: World, channel: Channel, _step: Step) -> Any:
    """Close the channel."""
    return commands.ChannelClose(*where(channel))


OPERATIONS: dict[str, Callable[[World, Channel, Step], Any]] = {
    "declare queue": declare_queue,
    "declare exchange": declare_exchange,
    "bind queue": bind_queue,
    "bind exchange": bind_exchange,
    "delete queue": delete_queue,
    "delete exchange": delete_exchange,
    "purge": purge,
    "publish": publish,
    "consume": consume,
    "cancel": cancel,
    "get": get,
    "ack": ack,
    "nack": nack,
    "reject": reject,
    "recover": recover,
    "qos": qos,
    "confirm": confirm_select,
    "tx": tx,
    "close channel": close_channel,
}
WEIGHTS = {
    "declare queue": 6,
    "declare exchange": 3,
    "bind queue": 4,
    "bind exchange": 1,
    "publish": 14,
    "consume": 6,
    "get": 4,
    "ack": 6,
    "nack": 4,
    "reject": 3,
    "qos": 2,
    "cancel": 2,
}
PLAIN = tuple(name for name in OPERATIONS for _ in range(WEIGHTS.get(name, 1)))
"""Every operation, the frequent ones several times."""
DELIVERING = tuple(
    name
    for name in ("publish", "consume", "ack", "nack", "reject", "qos", "cancel", "get", "recover")
    for _ in range(WEIGHTS.get(name, 1))
)
"""Only what moves messages, so that many are on their way at once."""
SETTLING = ("ack", "nack", "reject", "recover")
LOSSES = ("lose connection",)
WAITS = ("wait", "wait")


def where(channel: Channel) -> tuple[int, int]:
    """Return what a command on the channel begins with."""
    return channel.connection.number, channel.number


def run(
    pair: Pair, prefix: str, steps: list[Step], *, kind: str = "classic", confirms: bool = False
) -> str | None:
    """Run `steps` on both brokers until they differ; return how."""
    waits = any(step.operation == "wait" for step in steps)
    if waits:
        pair.settle = SETTLE_SECONDS
    world = World(pair, prefix, TTL if waits else NEVER, kind, confirms)
    run_step(world, Step("declare queue", 0, 0, 0, 2))
    run_step(world, Step("declare queue", 0, 1, 0, 2))
    for step in steps:
        if pair.difference is None and not pair.raced:
            run_step(world, step)
    pair.late = too_slow(world)
    return None if pair.late else pair.difference


def too_slow(world: World) -> bool:
    """Tell whether what should have lived until a wait may have expired on the real broker."""
    return world.pair.longest > world.ttl / 1000 * 0.8


def run_step(world: World, step: Step) -> None:
    """Run one step, after whatever must be open for it is opened."""
    pair = world.pair
    if step.operation == "wait":
        pair.wait(WAIT_SECONDS)
        return
    number, channel_number = step.who % 2 + 1, step.who // 2 % 2 + 1
    if number not in pair.clients:
        pair.connect(number)
    if step.operation == "lose connection":
        pair.lose(number)
        return
    channels = pair.model.connections[number].channels
    if channel_number in channels and channels[channel_number].closing:
        pair.step(commands.ChannelCloseOk(number, channel_number))
    if channel_number not in channels:
        pair.step(commands.ChannelOpen(number, channel_number))
        if world.kind == "stream":  # nobody reads one without a prefetch count
            pair.step(commands.BasicQos(number, channel_number, 2))
    command = OPERATIONS[step.operation](world, channels[channel_number], step)
    if isinstance(command, commands.BasicPublish) and world.confirms:
        begin_to_confirm(world, channels[channel_number], step)
    if command:
        pair.step(command)


def begin_to_confirm(world: World, channel: Channel, step: Step) -> None:
    """Have a publish answered once its queues have it, so that the next one is another chunk of a stream."""
    if channel.confirming or channel.tx is not None:
        return
    begin = commands.TxSelect if step.how % 8 == 7 else commands.ConfirmSelect
    world.pair.step(begin(*where(channel)))
