"""The model beside a real RabbitMQ: the same commands to both, and what a client sees of each.

Every step ends with a barrier that both take part in: each queue the model knows is asked for its
counts, and each channel for its flow; RabbitMQ answers those only after what went before. Compared
are, per step and channel, deliveries in order per consumer, every other answer in order, confirms
as a set, and the counts of every queue.
"""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests.simulator.model.races import (
    Namesakes,
    comes_again,
    counts,
    greedy,
    held_to_stay,
    leaves_alone,
    overtakes,
    passing_on,
    settles_for_two,
    short_lived_in,
)
from tests.simulator.model.real import ANSWER_SECONDS, Client
from tests.simulator.model.streams import by_stream, without_counts, without_races
from warren.simulator.model import SEMANTICS, Broker, commands, events
from warren.simulator.model.settlement import is_full
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from warren.simulator.model import Version
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue

SETTLE_SECONDS = 1.0
"""What RabbitMQ has, after it has answered, for what it does behind its answers, where no more is
worth the wait: where messages expire meanwhile, and where a difference will be excused."""
PAUSE_SECONDS = 0.01
STEP_SECONDS = 0.002
"""What goes by on the model's clock with each step: more than a message lives in a quorum queue that may live 0 ms."""
PROBE = 9
"""The channel on which the barrier asks, on the observer's or an exclusive queue's connection."""
OBSERVER = 0
NOT_FOUND = 404
GENERATED = re.compile(r"amq\.(?:gen|ctag)-([\w-]{22})")


@dataclass
class Pair:
    """A model and a real broker that are given the same commands."""

    url: str
    settle: float = ANSWER_SECONDS
    """How long RabbitMQ has for what it does behind its answers, in seconds."""
    drawn: bool = True
    """Whether the commands are drawn, and so may meet what RabbitMQ 3.10.8 fails at now and then (`comes_again`)."""
    version: str = field(init=False)
    """The real broker's, as it says itself; the model gets the semantics of that line."""
    model: Broker = field(init=False)
    names: deque[str] = field(init=False, default_factory=deque)
    clients: dict[int, Client] = field(init=False, default_factory=dict)
    now: float = field(init=False, default=1e9)
    log: list[Any] = field(init=False, default_factory=list)
    difference: str | None = field(init=False, default=None)
    raced: bool = field(init=False, default=False)
    """Whether what is chance on RabbitMQ made or may make a difference: nothing more can be said."""
    lenient: bool = field(init=False, default=False)
    """Whether a difference would have been excused somewhere, because chance decides there."""
    late: bool = field(init=False, default=False)
    """Whether the commands between two waits took so long that nothing can be said."""
    longest: float = field(init=False, default=0.0)
    """The longest real time between two waits, in seconds; the model's clock stood still in it."""
    _chance: bool = field(init=False, default=False)
    """Whether RabbitMQ may do the last command's work in one order or another."""
    _known_names: set[str] = field(init=False, default_factory=set)
    _streams: set[str] = field(init=False, default_factory=set)
    """The names that streams have had."""
    _namesakes: Namesakes = field(init=False, default_factory=Namesakes)
    _fleeting: deque[set[str]] = field(init=False, default_factory=lambda: deque(maxlen=5))
    """The quorum queues that the last commands brought a message that lives for 1 ms: it may be still to come."""
    _waited: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Ask the real broker for its version and make a model of that."""
        self.version = Client(self.url, OBSERVER).hang_up()
        line: Any = ".".join(self.version.split(".")[:2])
        semantics: Version = line if line in SEMANTICS else max(SEMANTICS)
        self.model = Broker(semantics, iter(self._next_name, ""))
        parts = urlsplit(self.url)
        user, self.vhost = unquote(parts.username or "guest"), unquote(parts.path[1:]) or "/"
        self._tell_model(commands.AddVhost(self.vhost), commands.AddUser(user, "secret"))
        self._tell_model(commands.SetPermissions(user, self.vhost))
        self.user = user
        self.connect(OBSERVER)

    def _tell_model(self, *given: Any) -> list[Any]:
        return [event for command in given for event in self.model.handle(command, self.now)]

    def connect(self, number: int) -> None:
        """Open a connection on both sides, with its probe channel."""
        self.clients[number] = Client(self.url, number)
        self._tell_model(
            commands.ConnectionStartOk(number, self.user, "secret"),
            commands.ConnectionOpen(number, self.vhost),
        )
        self.step(commands.ChannelOpen(number, PROBE))

    def step(self, *given: Any) -> list[Any]:
        """Give commands to both, wait until both are done, compare; return the model's events."""
        for command in given:
            self._note_confirms(command)
            self._note_chance(command)
            if self._namesakes.mislead(self.model, command) or counts(self._fleeting, command):
                self.raced = self._chance = True
            self.raced |= leaves_alone(self.model, self.vhost, command)
            if self.drawn and self.version.startswith("3.10.") and comes_again(self.model, command):
                self.raced = self._chance = True
            self.clients[command.connection].send(command)
        self._ask_real()
        self._learn_names()
        return self._finish(given)

    def lose(self, number: int) -> list[Any]:
        """Cut a connection on both sides.

        Its channels end one by one on RabbitMQ. What one held may reach another that is still to
        end, and be lost there when that acknowledges automatically; or be the head of its queue
        until another gives back what was before it, and be found to have expired there.
        """
        channels = self.model.connections[number].channels.values()
        held = [each for channel in channels for each in channel.unacked.values()]
        holders = Counter(
            queue
            for channel in channels
            for queue in {each.queue for each in channel.unacked.values()}
        )
        expired = {
            each.queue
            for each in held
            if each.expires_at is not None and each.expires_at <= self.now
        }
        self._chance = number in greedy(self.model) or any(holders[queue] > 1 for queue in expired)
        self.clients.pop(number).hang_up()
        return self._finish((commands.ConnectionLost(number),))

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass on both sides; the model's stands still otherwise, and what is due then happens in time."""
        self._note_time()
        time.sleep(seconds)
        self._waited = time.monotonic()
        end, caused = self.now + seconds, []
        while (deadline := self.model.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            caused += self.model.tick(self.now)
        self.now = end
        return self._finish((), caused)

    def restart(self, restart_real: Callable[[], object]) -> None:
        """Stop and start both; every connection is gone then, and the observer comes back."""
        for client in self.clients.values():
            client.hang_up()
        self.clients.clear()
        restart_real()
        self.log.append("restart")
        self._tell_model(commands.Restart())
        self.connect(OBSERVER)

    def _note_time(self) -> None:
        self.longest = max(self.longest, time.monotonic() - self._waited)

    def _finish(self, given: tuple[Any, ...], caused: Iterable[Any] = ()) -> list[Any]:
        self.log += given or ("wait",)
        before, held, taken = self._short_lived(), self._held(), self._taken()
        losing, passing = greedy(self.model), passing_on(self.model)
        staying = held_to_stay(self.model)
        caused = [*caused, *self._tell_model(*given)]
        self.now += STEP_SECONDS
        caused += self.model.tick(self.now)
        closed = {each.connection for each in caused if isinstance(each, events.ConnectionClose)}
        self._chance |= bool(closed & losing)
        lost = {each.connection for each in given if isinstance(each, commands.ConnectionLost)}
        if (closed | lost) & passing:
            self.raced = self._chance = True
        if settles_for_two(self.model, caused) or overtakes(self._fleeting, staying):
            self.raced = self._chance = True
        self._note_release(held)
        self._note_overtaking(given, taken)
        self._note_chunks(taken)
        self._fleeting.append(short_lived_in(given, taken, self._taken()))
        self._wait_until_gone(before - self._short_lived())
        probes = self._probes()
        expected = by_stream(caused + self._tell_model(*probes), self._streams)
        seen: list[Any] = []
        patience = time.monotonic() + SETTLE_SECONDS

        def is_settled() -> bool:
            self._ask_real(*probes)
            seen[:] = without_counts(seen, PROBE)
            for client in self.clients.values():
                seen.extend(client.events)
                client.events.clear()
            real = by_stream(seen, self._streams)
            return real == expected or (
                time.monotonic() > patience and self._excuses(expected, real)
            )

        wait_until(is_settled, timeout=self.settle, interval=PAUSE_SECONDS)
        self._note_time()
        self._compare(expected, by_stream(seen, self._streams))
        self.lenient |= self._chance
        self._chance = False
        for number in [n for n, client in self.clients.items() if client.closed]:
            self.clients.pop(number).hang_up()
        return caused

    def _note_confirms(self, command: Any) -> None:
        if isinstance(command, commands.BasicPublish):
            connection = self.model.connections.get(command.connection)
            channel = None if connection is None else connection.channels.get(command.channel)
            if channel is not None and channel.confirming:
                client = self.clients[command.connection]
                client.confirm(command.channel, channel.next_publish_tag)

    def _note_chance(self, command: Any) -> None:
        """See whether the command may make room on a channel for which several queues wait.

        RabbitMQ 3.10 tells them in random order, and there may be room for the first alone. And a
        queue may be told of the room before the messages that come back reach it.
        """
        channel = self.model.connections[command.connection].channels.get(command.channel)
        consumers = () if channel is None or not is_full(channel) else channel.consumers.values()
        waiting = {each.queue for each in consumers if each.blocked}
        self._chance |= len(waiting) > 1
        if getattr(command, "requeue", False):
            self._chance |= any(queue.ready for queue in waiting)

    def _taken(self) -> dict[Queue, int]:
        """Return how many messages each queue has ever taken in."""
        queues = self.model.vhosts[self.vhost].queues.values()
        return {queue: queue.next_position for queue in queues}

    def _note_overtaking(self, given: tuple[Any, ...], taken: dict[Queue, int]) -> None:
        """See whether one publish has brought a queue several messages: copies, and dead letters they caused.

        A quorum queue sends its dead letters in its own time, and they may be there first.
        """
        if not any(isinstance(command, commands.BasicPublish) for command in given):
            return
        now = self._taken()
        if any(queue.kind.replicated for queue in now) and any(
            count - taken.get(queue, count) > 1 for queue, count in now.items()
        ):
            self.raced = self._chance = True

    def _note_chunks(self, taken: dict[Queue, int]) -> None:
        """See whether a stream took several messages at once: RabbitMQ 3.10 delivers them all for one credit."""
        streams = {q: n for q, n in self._taken().items() if q.kind.name == "stream"}
        self._streams |= {queue.name for queue in streams}
        if self.version.startswith("3.10.") and any(
            count - taken.get(queue, count) > 1 for queue, count in streams.items()
        ):
            self.raced = self._chance = True

    def _held(self) -> dict[tuple[Channel, bool], dict[Queue, int]]:
        """Return the queues that each channel consumes from or has messages of.

        With each, how many messages it has ever taken in. A channel's key says also whether it is
        closing, so that the key goes when the channel lets go.
        """
        held: dict[tuple[Channel, bool], dict[Queue, int]] = {}
        for connection in self.model.connections.values():
            for channel in connection.channels.values():
                queues = [each.queue for each in channel.consumers.values()]
                queues += [each.queue for each in channel.unacked.values()]
                positions = {queue: queue.next_position for queue in queues}
                held[channel, channel.closing] = positions
        return held

    def _note_release(self, held: dict[tuple[Channel, bool], dict[Queue, int]]) -> None:
        """See whether channels that ended have let one queue dead-letter to another they held.

        RabbitMQ tells the queues one after another, and the dead letter may come to one that is
        still to be told: it overtakes what comes back to that, or goes first to a consumer that is
        ending and is redelivered. The model does not imitate who is told first. Queues that are
        consumed from are, by falling process id: the youngest, but only until the node restarts.
        The others are told by the end of the channel's process, and several channels at once. The
        redelivered flag may be seen only much later, so nothing more is compared after this.
        """
        ended = held.keys() - self._held().keys()
        queues = {queue: taken for key in ended for queue, taken in held[key].items()}
        if len(queues) > 1 and any(each.next_position > taken for each, taken in queues.items()):
            self.raced = self._chance = True

    def _short_lived(self) -> set[str]:
        """Return the queues that end with a connection or their last consumer."""
        queues = self.model.vhosts[self.vhost].queues.values()
        return {queue.name for queue in queues if queue.auto_delete or queue.owner is not None}

    def _wait_until_gone(self, names: Iterable[str]) -> None:
        """Wait for queues that have ended by themselves: RabbitMQ deletes them in its own time."""
        for name in names:
            client, channels = Client(self.url, OBSERVER), count(1)

            def is_gone(
                client: Client = client, channels: Any = channels, name: str = name
            ) -> bool:
                channel = next(channels)
                client.send(commands.ChannelOpen(OBSERVER, channel))
                client.send(commands.QueueDeclare(OBSERVER, channel, name, passive=True))
                client.ask()
                client.answer()
                return bool(getattr(client.events[-1], "reply_code", 0) == NOT_FOUND)

            gone = wait_until(is_gone, timeout=ANSWER_SECONDS, interval=PAUSE_SECONDS)
            assert gone, f"queue {name} outlives what it was for"
            client.hang_up()

    def _probes(self) -> list[Any]:
        """Return the commands that ask for every queue's counts, on the channel that may.

        A stream is not asked: RabbitMQ says what it had up to five seconds ago.
        """
        probes = []
        for queue in self.model.vhosts[self.vhost].queues.values():
            if queue.kind.name == "stream":
                continue
            owner = OBSERVER if queue.owner is None else queue.owner
            if owner in self.clients and not self.clients[owner].closed:
                probes.append(commands.QueueDeclare(owner, PROBE, queue.name, passive=True))
        return probes

    def _ask_real(self, *probes: Any) -> None:
        for probe in probes:
            self.clients[probe.connection].send(probe)
        for ask in (Client.ask, Client.answer):
            for client in self.clients.values():
                ask(client)

    def _learn_names(self) -> None:
        """Let the model give the names that RabbitMQ has just given."""
        self.names.clear()
        for event in [event for client in self.clients.values() for event in client.events]:
            texts = (getattr(event, name, "") for name in ("queue", "consumer_tag", "reply_text"))
            for token in GENERATED.findall(" ".join(texts)):
                if token not in self._known_names:
                    self._known_names.add(token)
                    self.names.append(token)

    def _next_name(self) -> str:
        return self.names.popleft() if self.names else "given-but-not-seen"

    def _excuses(self, model: Any, real: Any) -> bool:
        """Tell whether chance may have made the difference, by the last command or by one before it."""
        return self.raced or self._chance or bool(without_races(model) == without_races(real))

    def _compare(self, model: Any, real: Any) -> None:
        if model == real or self.difference is not None:
            return
        if self._excuses(model, real):
            self.raced = True
            return
        lines = [f"after {self.log[-1]!r}:"]
        for where in sorted({*model, *real}, key=str):
            if model.get(where) != real.get(where):
                lines += [f"  at {where}"]
                lines += [f"    model {model.get(where)}", f"    real  {real.get(where)}"]
        self.difference = "\n".join(lines)

    def close(self) -> None:
        """Delete what the commands have made, and hang up."""
        client = Client(self.url, -1)
        client.send(commands.ChannelOpen(-1, 1))
        vhost = self.model.vhosts[self.vhost]
        for other in self.clients.values():
            other.hang_up()
        for queue in [queue for queue in vhost.queues.values() if queue.owner is None]:
            client.send(commands.QueueDelete(-1, 1, queue.name, nowait=True))
        for exchange in [name for name in vhost.exchanges if name and not name.startswith("amq.")]:
            client.send(commands.ExchangeDelete(-1, 1, exchange, nowait=True))
        client.ask()
        client.answer()
        client.hang_up()
