"""Rules: which messages a line's plan holds or loses, and the handle to what was caught.

A `Match` chooses messages; a message is a method with its content, if it carries any. A rule (`Held`) is a match and
what is to be done to what it takes. Rules are tried in the order in which they were made. The first whose match takes
a message decides on it, and is used up by that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from warren.evidence.frames import Direction
from warren.simulator.wire import (
    BasicAck,
    BasicConsume,
    BasicConsumeOk,
    BasicDeliver,
    BasicNack,
    BasicProperties,
    BasicPublish,
    BasicReject,
    ChannelClose,
    ConnectionOpen,
    Message,
    Method,
    QueueDeclare,
    QueueDeclareOk,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import FrameSeen


SETTLEMENTS: Final = (BasicAck, BasicNack, BasicReject)
"""By what a client settles what it was given."""


@dataclass(frozen=True, slots=True)
class Match:
    """Chooses messages: one direction, some methods, and a condition on the whole message.

    ``queue``: only deliveries to a consumer of that queue, and what settles them; None for all.
    """

    direction: Direction
    methods: tuple[type[Method], ...]
    condition: Callable[[Message[BasicProperties]], bool] = lambda _: True
    queue: str | None = None

    def may_take(self, seen: FrameSeen) -> bool:
        """Tell from the method frame alone whether the rest is worth waiting for."""
        return seen.direction is self.direction and isinstance(seen.content, self.methods)

    def takes(self, message: Message[BasicProperties], queue: str) -> bool:
        """Decide on a whole message that `may_take` has let through.

        ``queue`` is the one that the consumer of a delivery, or of what is settled, reads, "" for everything else.
        """
        return self.queue in (None, queue) and self.condition(message)


def delivery(
    *,
    queue: str | None = None,
    exchange: str | None = None,
    routing_key: str | None = None,
    redelivered: bool | None = None,
    body: Callable[[bytes], bool] | None = None,
) -> Match:
    """Choose a ``basic.deliver``; what is ``None`` may be anything."""

    def condition(message: Message[BasicProperties]) -> bool:
        method = message.method
        return (
            isinstance(method, BasicDeliver)
            and exchange in (None, method.exchange)
            and routing_key in (None, method.routing_key)
            and redelivered in (None, method.redelivered)
            and (body is None or body(message.body))
        )

    return Match(Direction.TO_CLIENT, (BasicDeliver,), condition, queue)


def publish(
    *,
    exchange: str | None = None,
    routing_key: str | None = None,
    body: Callable[[bytes], bool] | None = None,
) -> Match:
    """Choose a ``basic.publish`` of the client; what is ``None`` may be anything."""

    def condition(message: Message[BasicProperties]) -> bool:
        method = message.method
        return (
            isinstance(method, BasicPublish)
            and exchange in (None, method.exchange)
            and routing_key in (None, method.routing_key)
            and (body is None or body(message.body))
        )

    return Match(Direction.TO_BROKER, (BasicPublish,), condition)


def acks() -> Match:
    """Choose a ``basic.ack`` of the client."""
    return Match(Direction.TO_BROKER, (BasicAck,))


def settlements() -> Match:
    """Choose a ``basic.ack``, ``basic.nack`` or ``basic.reject`` of the client."""
    return Match(Direction.TO_BROKER, SETTLEMENTS)


def declaration(queue: str) -> Match:
    """Choose a ``queue.declare`` of the client that would make that queue: one that is not passive."""

    def condition(message: Message[BasicProperties]) -> bool:
        method = message.method
        return isinstance(method, QueueDeclare) and method.queue == queue and not method.passive

    return Match(Direction.TO_BROKER, (QueueDeclare,), condition)


def opening() -> Match:
    """Choose a ``connection.open`` of the client, which every connection has one of."""
    return Match(Direction.TO_BROKER, (ConnectionOpen,))


def consuming() -> Match:
    """Choose a ``basic.consume`` of the client."""
    return Match(Direction.TO_BROKER, (BasicConsume,))


def declared() -> Match:
    """Choose a ``queue.declare-ok`` of the broker."""
    return Match(Direction.TO_CLIENT, (QueueDeclareOk,))


def consumed() -> Match:
    """Choose a ``basic.consume-ok`` of the broker."""
    return Match(Direction.TO_CLIENT, (BasicConsumeOk,))


def confirms() -> Match:
    """Choose a ``basic.ack`` of the broker, which confirms a publish."""
    return Match(Direction.TO_CLIENT, (BasicAck,))


def refusal() -> Match:
    """Choose a ``channel.close`` of the broker, which refuses what was asked on that channel."""
    return Match(Direction.TO_CLIENT, (ChannelClose,))


def method(*types: type[Method], direction: Direction) -> Match:
    """Choose any of these methods."""
    return Match(direction, types)


def passing(match: Match, number: int) -> Match:
    """Choose what a match chooses, but for the first so many. It counts, so it is for one rule on one line."""
    seen = count()

    def condition(message: Message[BasicProperties]) -> bool:
        return match.condition(message) and next(seen) >= number

    return replace(match, condition=condition)


@dataclass(eq=False, slots=True)
class Held:
    """A rule, and what it caught: the first message that matches, on any connection of its line.

    Everything behind it on its connection, in its direction, waits with it; heartbeats pass unless asked otherwise.
    Made by the line's plan. To wait for a catch, let the world wait until `seen` is there.
    """

    match: Match
    resolve: Callable[[Held, bool], None]
    """How the line is told that this one may go (True), or is lost (False)."""
    lose_at_once: bool = False
    heartbeats_pass: bool = True
    seen: FrameSeen | None = None
    """The method frame that was caught; the lane writes it, after the log tells of it."""

    def release(self) -> None:
        """Let it and everything behind it go; before a catch: take the rule away."""
        self.resolve(self, True)

    def lose(self) -> None:
        """Drop it with its content, let the rest go; before a catch: take the rule away."""
        self.resolve(self, False)
