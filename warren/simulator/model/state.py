"""What a broker holds. What acts on it: `methods`, driven by `broker`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from warren.simulator.model.semantics import SEMANTICS, Version
from warren.simulator.model.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from enum import Enum

    from warren.simulator.errors import AmqpError
    from warren.simulator.model.access import User
    from warren.simulator.model.changes import Changes
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.connection import Connection
    from warren.simulator.model.events import Event
    from warren.simulator.model.message import Message
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.tables import FieldTypes
    from warren.simulator.model.vhost import VHost


class Waiting(Protocol):
    """Whoever may wait for a time."""

    def on_timer(self, timer: Any, /) -> None:
        """Do what it has waited for."""


class State:
    """The broker's memory.

    `now` is the time of the command in hand, `events` what it has caused so far. `onward` are dead
    letters on their way to queues. They go there one after another when the command is done: a chain
    of queues, however long, needs no call within a call. `failing` are channels that are to be closed
    for what time has done. `changes` are for whoever keeps what is durable. `consumer_timeout` is how
    many milliseconds a delivery may be unsettled.
    """

    __slots__ = (
        "changes",
        "connections",
        "consumer_timeout",
        "events",
        "failing",
        "field_types",
        "names",
        "now",
        "onward",
        "reply_channels",
        "semantics",
        "timers",
        "users",
        "vhosts",
    )

    def __init__(
        self,
        semantics: Version,
        names: Iterator[str],
        field_types: FieldTypes,
        consumer_timeout: int | None,
    ) -> None:
        """Begin with nothing at all."""
        self.semantics = SEMANTICS[semantics]
        self.names = names
        self.field_types = field_types
        self.now = 0.0
        self.events: list[Event] = []
        self.changes: Changes | None = None
        self.consumer_timeout = consumer_timeout
        self.failing: list[tuple[Channel, AmqpError]] = []
        self.timers: Timers[tuple[Enum, Waiting]] = Timers()
        self.vhosts: dict[str, VHost] = {}
        self.users: dict[str, User] = {}
        self.connections: dict[int, Connection] = {}
        self.reply_channels: dict[str, Channel] = {}  # by direct reply-to name
        self.onward: deque[tuple[Message, Collection[Queue]]] = deque()
