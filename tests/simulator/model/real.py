"""A real broker's client, frame by frame: the model's commands out, the model's events in.

It knows what must be answered before RabbitMQ can be said to be done. Comparing is in `parity`.
"""

from __future__ import annotations

import socket
from dataclasses import fields
from typing import Any
from urllib.parse import unquote, urlsplit

from pamqp import body, frame, header
from pamqp import commands as pamqp_commands

from tests.simulator.model.lab import Properties
from warren.simulator.model import Message, commands, events

ANSWER_SECONDS = 10.0
CAPABILITIES: dict[str, Any] = {
    "capabilities": {"consumer_cancel_notify": True, "basic.nack": True, "publisher_confirms": True}
}
ANSWERS = (events.ChannelFlowOk, events.ChannelCloseOk, events.TxCommitOk)
OF_THE_MODEL = {"asynchronous", "portion", "dropped"}
"""Fields of commands that no client says."""
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
        if each.name not in {"connection", "channel", *OF_THE_MODEL}
    }
    if isinstance(command, commands.BasicRecover):
        del given["delivery_tag"]
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
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._octets = b""
        self._out: list[bytes] = []
        self._waiting: dict[int, tuple[Any, Any, bytes]] = {}
        self._unconfirmed: dict[int, set[int]] = {}
        self.events: list[Any] = []
        self.open_channels: set[int] = set()
        self._pending: dict[int, int] = {}  # channel: answers to come before it is quiet
        self._committing: set[int] = set()
        self._closed: set[int] = set()  # by the broker, until opened again
        self._open()

    def _open(self) -> None:
        self._out.append(frame.marshal(header.ProtocolHeader(0, 9, 1), 0))
        start = self._next()[1]
        self.version = str(start.server_properties["version"])
        response = f"\0{self.user}\0{self.password}"
        self._send(pamqp_commands.Connection.StartOk(CAPABILITIES, "PLAIN", response, "en_US"))
        self._next()
        self._send(pamqp_commands.Connection.TuneOk(2047, 131072, 0))
        self._send(pamqp_commands.Connection.Open(self.vhost))
        self._next()

    def _send(self, method: Any) -> None:
        self._out.append(frame.marshal(method, 0))

    def _flush(self) -> None:
        """Write all at once what was sent; a connection the broker has closed swallows it."""
        octets, self._out = b"".join(self._out), []
        if octets:
            try:
                self._socket.sendall(octets)
            except OSError:
                self.closed = True

    def send(self, command: Any) -> None:
        """Send a channel command, by the next `ask` at the latest."""
        if isinstance(command, commands.ChannelOpen):
            self.open_channels.add(command.channel)
        if isinstance(command, commands.ChannelClose):
            self.open_channels.discard(command.channel)
            self._expect_answer(command.channel)
        if isinstance(command, commands.TxCommit):
            self._committing.add(command.channel)
            self._expect_answer(command.channel)
        self._out.append(encode(command))

    def ask(self) -> None:
        """Ask every open channel for its flow, which it answers after all that went before.

        A channel that commits must not be asked anything else; its answer is waited for anyway.
        """
        for channel in self.open_channels - self._committing:
            self.send(commands.ChannelFlow(self.number, channel, active=True))
            self._expect_answer(channel)
        self._flush()

    def answer(self) -> None:
        """Read events until everything asked is answered, or the broker hangs up."""
        while self._pending and not self.closed:
            try:
                channel, got = self._next()
            except ConnectionError:
                self.closed = True
                return
            for event in self._events(channel, got):
                if not self._is_said_again(event):
                    self.events.append(event)
                    self._note(event)

    def _is_said_again(self, event: Any) -> bool:
        """Tell whether it closes a channel once more.

        RabbitMQ 3.10 and 4.0 do so each time they look for late deliveries, until close-ok comes.
        """
        if isinstance(event, events.ChannelOpenOk):
            self._closed.discard(event.channel)
        if not isinstance(event, events.ChannelClose):
            return False
        known = event.channel in self._closed
        self._closed.add(event.channel)
        return known

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
        self._flush()
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
            self._flush()
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
