"""What a broker holds. What acts on it: `methods`, driven by `broker`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from warren.simulator.model.routing import Meter
from warren.simulator.model.semantics import SEMANTICS, Version
from warren.simulator.model.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import Enum

    from warren.simulator.errors import AmqpError
    from warren.simulator.model.access import User
    from warren.simulator.model.changes import Changes
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.connection import Connection
    from warren.simulator.model.events import Event
    from warren.simulator.model.patterns import Compile
    from warren.simulator.model.tables import FieldTypes
    from warren.simulator.model.vhost import VHost


class Waiting(Protocol):
    """Whoever may wait for a time."""

    def on_timer(self, timer: Any, /) -> None:
        """Do what it has waited for."""


class Onward(Protocol):
    """What goes on when a command is done: a dead letter that has left its queue, or policies for many queues."""

    def send(self) -> int:
        """Send it to the queues that get it, perhaps to the first of them; return how much work that was."""

    def lay_aside(self) -> None:
        """Put it where its way has led it, and do nothing more: the broker ends."""


class State:
    """The broker's memory.

    `now` is the time of the command in hand, `events` what it has caused so far. `onward` are dead
    letters that have left their queues, and policies for queues. They go on one after another when the
    command is done: a chain of queues, however long, needs no call within a call. `failing` are channels
    that are to be closed for what time has done. `changes` are for whoever keeps what is durable.
    `consumer_timeout` is how many milliseconds a delivery may be unsettled. `engine` reads regular
    expressions. `meter` counts the work that all commands so far have been, an ordinary publish being 1.
    """

    __slots__ = (
        "changes",
        "connections",
        "consumer_timeout",
        "engine",
        "events",
        "failing",
        "field_types",
        "meter",
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
        engine: Compile,
    ) -> None:
        """Begin with nothing at all."""
        self.semantics = SEMANTICS[semantics]
        self.names = names
        self.field_types = field_types
        self.now = 0.0
        self.meter = Meter()
        self.events: list[Event] = []
        self.changes: Changes | None = None
        self.consumer_timeout = consumer_timeout
        self.engine = engine
        self.failing: list[tuple[Channel, AmqpError]] = []
        self.timers: Timers[tuple[Enum, Waiting]] = Timers()
        self.vhosts: dict[str, VHost] = {}
        self.users: dict[str, User] = {}
        self.connections: dict[int, Connection] = {}
        self.reply_channels: dict[str, Channel] = {}  # by direct reply-to name
        self.onward: deque[Onward] = deque()
