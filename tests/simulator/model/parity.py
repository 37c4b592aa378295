"""The model beside a real RabbitMQ: the same commands to both, and what a client sees of each.

Every step ends with a barrier that both take part in: each queue the model knows is asked for its
counts, and each channel for its flow; RabbitMQ answers those only after what went before. Compared
are, per step and channel, deliveries in order per consumer, every other answer in order, confirms
as a set, and the counts of every queue.
"""

from __future__ import annotations

import re
import socket
import time
from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pamqp import body, frame, header
from pamqp import commands as pamqp_commands

from simulator.model import Broker, Message, commands, events
from tests.simulator.model.lab import Properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from simulator.model import Version

ANSWER_SECONDS = 10.0
SETTLE_SECONDS = 1.0
"""How long RabbitMQ has, after it has answered, for what it does behind its answers."""
PAUSE_SECONDS = 0.01
PROBE = 9
"""The channel on which the barrier asks, on the observer's or an exclusive queue's connection."""
OBSERVER = 0
CAPABILITIES: dict[str, Any] = {
    "capabilities": {"consumer_cancel_notify": True, "basic.nack": True, "publisher_confirms": True}
}
INTEGER_TYPE = re.compile(r"\b(byte|short|signedint|long)\b")
"""pamqp writes an integer as the smallest type it fits, and RabbitMQ's errors name the type."""
GENERATED = re.compile(r"amq\.(?:gen|ctag)-([\w-]{22})")
ANSWERS = (events.ChannelFlowOk, events.ChannelCloseOk, events.TxCommitOk)
RENAMED = {"type": "exchange_type"}
CLASSES = ("Connection", "Channel", "Exchange", "Queue", "Basic", "Confirm", "Tx")


def pamqp_class(command: object) -> type[Any]:
    """Return the pamqp method named as a command's class: QueueDeclare is Queue.Declare."""
    name = type(command).__name__
    if isinstance(command, commands.BasicRecover) and command.asynchronous:
        name = "BasicRecoverAsync"
    prefix = next(each for each in CLASSES if name.startswith(each))
    found: type[Any] = getattr(getattr(pamqp_commands, prefix), name.removeprefix(prefix))
    return found


def encode(command: Any) -> bytes:
    """Return a channel command as the frames a client sends."""
    if isinstance(command, commands.BasicPublish):
        return encode_publish(command)
    given = {
        RENAMED.get(each.name, each.name): getattr(command, each.name)
        for each in fields(command)
        if each.name not in {"connection", "channel", "asynchronous"}
    }
    if isinstance(command, commands.ChannelClose):
        given = {"reply_code": 200, "reply_text": "", "class_id": 0, "method_id": 0}
    return frame.marshal(pamqp_class(command)(**given), command.channel)


def encode_publish(command: commands.BasicPublish) -> bytes:
    """Return a publish as the frames a client sends."""
    message = command.message
    publish = pamqp_commands.Basic.Publish(
        exchange=message.exchange,
        routing_key=message.routing_key,
        mandatory=command.mandatory,
        immediate=command.immediate,
    )
    properties = pamqp_commands.Basic.Properties(
        **{name: value for name, value in vars(message.properties).items() if value is not None}
    )
    parts: list[Any] = [publish, header.ContentHeader(0, len(message.body), properties)]
    if message.body:
        parts.append(body.ContentBody(message.body))
    return b"".join(frame.marshal(part, command.channel) for part in parts)


class Client:
    """One connection to a real broker, frame by frame; it gives the model's events."""

    def __init__(self, url: str, number: int) -> None:
        """Open a connection, known to the model as `number`."""
        self.number = number
        self.closed = False
        parts = urlsplit(url)
        self.user, self.password = (
            unquote(parts.username or "guest"),
            unquote(parts.password or "guest"),
        )
        self.vhost = unquote(parts.path[1:]) or "/"
        self._socket = socket.create_connection(
            (parts.hostname, parts.port or 5672), ANSWER_SECONDS
        )
        self._octets = b""
        self._waiting: dict[int, tuple[Any, Any, bytes]] = {}
        self._unconfirmed: dict[int, set[int]] = {}
        self.events: list[Any] = []
        self.open_channels: set[int] = set()
        self._pending: dict[int, int] = {}  # channel: answers to come before it is quiet
        self._committing: set[int] = set()
        self._open()

    def _open(self) -> None:
        self._socket.sendall(frame.marshal(header.ProtocolHeader(0, 9, 1), 0))
        start = self._next()[1]
        self.version = str(start.server_properties["version"])
        response = f"\0{self.user}\0{self.password}"
        self._send(pamqp_commands.Connection.StartOk(CAPABILITIES, "PLAIN", response, "en_US"))
        self._next()
        self._send(pamqp_commands.Connection.TuneOk(2047, 131072, 0))
        self._send(pamqp_commands.Connection.Open(self.vhost))
        self._next()

    def _send(self, method: Any) -> None:
        self._socket.sendall(frame.marshal(method, 0))

    def send(self, command: Any) -> None:
        """Send a channel command; a connection the broker has closed swallows it."""
        if isinstance(command, commands.ChannelOpen):
            self.open_channels.add(command.channel)
        if isinstance(command, commands.ChannelClose):
            self.open_channels.discard(command.channel)
            self._expect_answer(command.channel)
        if isinstance(command, commands.TxCommit):
            self._committing.add(command.channel)
            self._expect_answer(command.channel)
        try:
            self._socket.sendall(encode(command))
        except OSError:
            self.closed = True

    def ask(self) -> None:
        """Ask every open channel for its flow, which it answers after all that went before.

        A channel that commits must not be asked anything else; its answer is waited for anyway.
        """
        for channel in self.open_channels - self._committing:
            self.send(commands.ChannelFlow(self.number, channel, active=True))
            self._expect_answer(channel)

    def answer(self) -> None:
        """Read events until everything asked is answered, or the broker hangs up."""
        while self._pending and not self.closed:
            try:
                channel, got = self._next()
            except ConnectionError:
                self.closed = True
                return
            for event in self._events(channel, got):
                self.events.append(event)
                self._note(event)

    def _expect_answer(self, channel: int) -> None:
        self._pending[channel] = self._pending.get(channel, 0) + 1

    def _note(self, event: Any) -> None:
        channel = getattr(event, "channel", 0)
        if isinstance(event, events.ChannelClose):
            self.open_channels.discard(channel)
            self._pending.pop(channel, None)
            self._unconfirmed.pop(channel, None)
            self._committing.discard(channel)
        elif isinstance(event, ANSWERS) and channel in self._pending:
            if isinstance(event, events.TxCommitOk):
                self._committing.discard(channel)
            self._pending[channel] -= 1
            if not self._pending[channel]:
                del self._pending[channel]

    def confirm(self, channel: int, tag: int) -> None:
        """Remember that a publish with this number waits for its confirm."""
        self._unconfirmed.setdefault(channel, set()).add(tag)

    def _next(self) -> tuple[int, Any]:
        while True:
            try:
                consumed, channel, got = frame.unmarshal(self._octets)
            except Exception:  # noqa: BLE001 - pamqp raises several kinds for octets that are too few
                consumed = 0
            if consumed:
                self._octets = self._octets[consumed:]
                return channel, got
            received = self._socket.recv(1 << 16)
            if not received:
                raise ConnectionError("the broker has hung up")
            self._octets += received

    def _events(self, channel: int, got: Any) -> list[Any]:
        if isinstance(got, header.ContentHeader):
            self._waiting[channel] = (self._waiting[channel][0], got, b"")
            return [] if got.body_size else [self._message_event(channel)]
        if isinstance(got, body.ContentBody):
            method, head, octets = self._waiting[channel]
            octets += got.value
            self._waiting[channel] = (method, head, octets)
            return [self._message_event(channel)] if len(octets) == head.body_size else []
        name = got.name.replace(".", "")
        if name in {"BasicDeliver", "BasicReturn", "BasicGetOk"}:
            self._waiting[channel] = (got, None, b"")
            return []
        if name in {"BasicAck", "BasicNack"}:
            return self._confirms(channel, name, got)
        kind = getattr(events, name)
        names = [each.name for each in fields(kind) if each.name not in {"connection", "channel"}]
        given = {each: getattr(got, each) for each in names}
        if name == "ConnectionClose":
            self.closed = True
            self._send(pamqp_commands.Connection.CloseOk())
            return [kind(self.number, **given)]
        return [kind(self.number, channel, **given)]

    def _confirms(self, channel: int, name: str, got: Any) -> list[Any]:
        waiting = self._unconfirmed.get(channel, set())
        tags = (
            {tag for tag in waiting if tag <= got.delivery_tag}
            if got.multiple
            else {got.delivery_tag}
        )
        waiting -= tags
        return [getattr(events, name)(self.number, channel, tag) for tag in sorted(tags)]

    def _message_event(self, channel: int) -> Any:
        method: Any
        method, head, octets = self._waiting.pop(channel)
        known = {each.name for each in fields(Properties)}
        values = {
            name: value
            for name, value in dict(head.properties).items()
            if name in known and value is not None
        }
        message = Message(method.exchange, method.routing_key, Properties(**values), octets)
        name = method.name.replace(".", "")
        if name == "BasicDeliver":
            return events.BasicDeliver(
                self.number,
                channel,
                method.consumer_tag,
                method.delivery_tag,
                method.redelivered,
                message,
            )
        if name == "BasicGetOk":
            return events.BasicGetOk(
                self.number,
                channel,
                method.delivery_tag,
                method.redelivered,
                method.message_count,
                message,
            )
        return events.BasicReturn(
            self.number, channel, method.reply_code, method.reply_text, message
        )

    def hang_up(self) -> str:
        """End the connection without a word; return the broker's version."""
        self._socket.close()
        self.closed = True
        return self.version


def plain(value: Any) -> Any:
    """Return a header value without the times of deaths, which cannot be the same."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in sorted(value.items()) if key != "time"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def normal(event: Any) -> Any:
    """Return an event in a form that compares across the two brokers."""
    message = getattr(event, "message", None)
    rest = {
        each.name: getattr(event, each.name) for each in fields(event) if each.name != "message"
    }
    if "reply_text" in rest:
        rest["reply_text"] = INTEGER_TYPE.sub("integer", rest["reply_text"])
    if message is not None:
        properties = {
            name: plain(value)
            for name, value in vars(message.properties).items()
            if value is not None
        }
        rest["message"] = (message.exchange, message.routing_key, properties, bytes(message.body))
    return (type(event).__name__, rest)


def by_stream(all_events: Iterable[Any]) -> dict[Any, list[Any]]:
    """Sort events by what orders them: deliveries by consumer, the rest by channel."""
    streams: dict[Any, list[Any]] = {}
    for event in all_events:
        kind = type(event).__name__
        if kind == "ChannelFlowOk":
            continue  # the barrier's own
        where: tuple[Any, ...] = (event.connection, getattr(event, "channel", 0))
        if kind == "BasicDeliver":
            where = (*where, "deliver", event.consumer_tag)
        elif kind in {"BasicAck", "BasicNack"}:
            where = (*where, "confirm")
        elif kind == "BasicCancel":
            where = (*where, "cancel", event.consumer_tag)
        streams.setdefault(where, []).append(normal(event))
    for where, stream in streams.items():
        if "confirm" in where:
            stream.sort(key=str)
    return streams


def without_races(streams: Mapping[Any, Any]) -> Any:
    """Return streams without what depends on which of RabbitMQ's processes was first.

    That is the delivery tags, when two queues deliver to one channel, and what is still delivered
    to a channel or connection that is being closed.
    """
    closed = {where for where, stream in streams.items() if stream[-1][0] == "ChannelClose"}
    hung_up = {where[0] for where, stream in streams.items() if stream[-1][0] == "ConnectionClose"}
    return {
        where: [
            (name, {**rest, "delivery_tag": 0} if name == "BasicDeliver" else rest)
            for name, rest in stream
        ]
        for where, stream in streams.items()
        if "deliver" not in where or not (where[:2] in closed or where[0] in hung_up)
    }


@dataclass
class Pair:
    """A model and a real broker that are given the same commands."""

    url: str
    version: str = field(init=False)
    """The real broker's, as it says itself; the model gets the semantics of that line."""
    model: Broker = field(init=False)
    names: deque[str] = field(init=False, default_factory=deque)
    clients: dict[int, Client] = field(init=False, default_factory=dict)
    now: float = field(init=False, default=1e9)
    log: list[Any] = field(init=False, default_factory=list)
    difference: str | None = field(init=False, default=None)
    raced: bool = field(init=False, default=False)
    """Whether they differed in what `without_races` leaves out: then nothing more can be said."""
    longest: float = field(init=False, default=0.0)
    """The longest real time between two waits, in seconds; the model's clock stood still in it."""
    _known_names: set[str] = field(init=False, default_factory=set)
    _waited: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Ask the real broker for its version and make a model of that."""
        self.version = Client(self.url, OBSERVER).hang_up()
        semantics: Version = "3.10" if self.version.startswith("3.") else "4.3"
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
            self.clients[command.connection].send(command)
        self._ask_real()
        self._learn_names()
        return self._finish(given)

    def lose(self, number: int) -> list[Any]:
        """Cut a connection on both sides.

        Its channels end one by one on RabbitMQ, and what one held may reach another that is still
        to end, and be lost there when that acknowledges automatically.
        """
        channels = self.model.connections[number].channels.values()  # the probe's among them
        takers = [each for channel in channels for each in channel.consumers.values()]
        if len(channels) > 2 and any(each.no_ack for each in takers):
            self.raced = True
        self.clients.pop(number).hang_up()
        return self._finish((commands.ConnectionLost(number),))

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass on both sides; the model's stands still otherwise."""
        self._note_time()
        time.sleep(seconds)
        self._waited = time.monotonic()
        self.now += seconds
        return self._finish((), self.model.tick(self.now))

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
        caused = [*caused, *self._tell_model(*given)]
        probes = self._probes()
        expected = by_stream(caused + self._tell_model(*probes))
        seen: list[Any] = []
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            self._ask_real(*probes)
            seen = [event for event in seen if getattr(event, "channel", None) != PROBE]
            for client in self.clients.values():
                seen += client.events
                client.events.clear()
            real = by_stream(seen)
            if real == expected or time.monotonic() > deadline:
                break
            time.sleep(PAUSE_SECONDS)
        self._note_time()
        self._compare(expected, real)
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

    def _probes(self) -> list[Any]:
        """Return the commands that ask for every queue's counts, on the channel that may."""
        probes = []
        for queue in self.model.vhosts[self.vhost].queues.values():
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

    def _compare(self, model: Any, real: Any) -> None:
        if model == real or self.difference is not None:
            return
        if without_races(model) == without_races(real):
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
