"""One client's connection: its socket, the wire's state machine, and its place at the node.

What the client says goes to the node as commands; what the node has for it goes out as frames.
Nothing is decided here but how fast: who does not read is sent no more deliveries.
"""

# The table of what is more than a frame stands below its class, and names its methods.
# ruff: noqa: SLF001

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from warren.simulator import wire
from warren.simulator.model import commands, events
from warren.simulator.tcp.heartbeats import Heartbeats
from warren.simulator.tcp.properties import Properties
from warren.simulator.tcp.translation import TO_COMMAND, to_octets, to_publish
from warren.simulator.wire.connection import Connection
from warren.simulator.wire.connection_events import Ended, Failed, Login, Send, Tuned

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.simulator.tcp.node import Node
    from warren.simulator.wire.connection_events import WireEvent

HANDSHAKE_TIMEOUT = 10.0
CLOSING_TIMEOUT = 30.0
LOST_SYNC_TIMEOUT = 3.0
"""Seconds, all three RabbitMQ's: until a connection must be open; for a client's close-ok; and to
read why it is closed, for one whose frames cannot be told apart any more."""
HIGH_WATER = 256 * 1024
"""Octets that may wait for one socket before deliveries to it stop."""
CREDIT = HIGH_WATER
"""Octets of deliveries that may be on their way to one socket; the last one may be more."""
READ_LIMIT = 16 * HIGH_WATER
"""Octets that may wait for one socket before nothing more is read from it."""
_REMEMBERED = 256  # how many different properties of its publishes are kept,
_REMEMBERED_SIZE = 1024  # and no longer ones: they outlive the messages, and no limit counts them


class Client(asyncio.Protocol):
    """A connection from the first octet to the last.

    `number` is the model's name for it, `name` the management API's.
    """

    def __init__(self, node: Node, number: int) -> None:
        """Wait for the socket."""
        self.number = number
        self.name = f"connection {number}"
        self.octets_in = 0
        self.octets_out = 0
        self.published = False
        self.blocked = False
        self.wire = Connection(
            node.limits,
            node.server_properties,
            frame_min=node.semantics.frame_min,
            other_protocol=node.semantics.other_protocol,
        )
        self._node = node
        self._loop = node.loop
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._asked = 0  # octets of what is in there but deliveries, which have their own limit
        self._backlog: list[WireEvent] = []  # what is not done yet because the client does not read
        self._confirm: events.BasicAck | None = None  # not written yet: more may be said at once
        self._credit = CREDIT
        self._writing_paused = False
        self._heartbeats: Heartbeats | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._properties: dict[bytes, Properties] = {}

    @property
    def waiting(self) -> int:
        """How many octets wait for the socket."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    @property
    def publishes(self) -> bool:
        """Whether it has published, or has begun to."""
        return self.published or self.wire.unfinished > 0

    # The socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        self.name = _name(self._transport)
        self._end_after(HANDSHAKE_TIMEOUT)
        self._node.enter(self)

    def data_received(self, data: bytes) -> None:
        """Do all that these octets ask for, then write all that came of it."""
        self.octets_in += len(data)
        self._node.memory.received(len(data))
        with self._node.turn(self):
            events_in = self.wire.receive(data)
            if self._backlog:
                self._backlog += events_in
            else:
                self._work(events_in)

    def connection_lost(self, exc: Exception | None) -> None:
        """Release all the client held."""
        del exc  # why it went makes no difference
        self._transport = None
        self._out.clear()
        self._backlog.clear()
        if self._deadline is not None:
            self._deadline.cancel()
        if self._heartbeats is not None:
            self._heartbeats.stop()
        self._node.leave(self)

    def pause_writing(self) -> None:
        """Deliver no more for now: the client does not read."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Go on delivering and reading."""
        self._writing_paused = False
        with self._node.turn(self):
            self._node.touch(self)
            backlog, self._backlog = self._backlog, []
            self._work(backlog)
        if self._transport is not None and not self.blocked and not self._backlog:
            self._transport.resume_reading()

    # What the client says

    def _work(self, events_in: list[WireEvent]) -> None:
        """Do what the client says, as long as it also listens."""
        for done, event in enumerate(events_in, start=1):
            if type(event) is wire.Message:
                self._command(event)
            else:
                self._answer(event)
            if self._asked > READ_LIMIT:
                self.flush()
                if self.waiting > READ_LIMIT:
                    self._backlog = events_in[done:]
                    return

    def _command(self, said: wire.Message[bytes]) -> None:
        channel, method = said.channel, said.method
        node = self._node
        if type(method) is wire.BasicPublish:
            octets = said.properties or b""
            properties = self._properties.get(octets) or self._read_properties(octets)
            self.published = True
            node.do(to_publish(self.number, channel, method, properties, said.body))
            return
        translate = TO_COMMAND.get(type(method))
        if translate is not None:
            node.do(translate(self.number, channel, method))
        elif isinstance(method, wire.ConnectionOpen):
            self._end_after(None)
            limit = self.wire.limits.channel_max
            node.do(commands.ConnectionOpen(self.number, method.virtual_host, limit))
            node.do(commands.GrantCredit(self.number, self._credit))
        elif isinstance(method, wire.ConnectionClose):
            node.do(commands.ConnectionClose(self.number))
        elif isinstance(method, wire.ConnectionUpdateSecret):
            # Passwords of ours do not expire, so, as with RabbitMQ's own users, any secret will do.
            self._put(wire.encode_method_frame(0, wire.ConnectionUpdateSecretOk()))
            node.touch(self)
        else:
            self._close_with(
                wire.AmqpError(
                    wire.ReplyCode.COMMAND_INVALID,
                    "unimplemented method",
                    class_id=method.CLASS_ID,
                    method_id=method.METHOD_ID,
                )
            )

    def _read_properties(self, octets: bytes) -> Properties:
        try:
            properties = Properties(octets)
        except wire.AmqpError as error:
            self._close_with(error)
            return Properties(b"\0\0")
        if len(self._properties) < _REMEMBERED and len(octets) <= _REMEMBERED_SIZE:
            self._properties[octets] = properties
        return properties

    def _answer(self, event: WireEvent) -> None:
        if isinstance(event, Send):
            self._put(event.octets)
            self._node.touch(self)
        elif isinstance(event, Login):
            notify = self.wire.capable("consumer_cancel_notify")
            self._node.do(
                commands.ConnectionStartOk(
                    self.number, event.user, event.password, event.mechanism, notify
                )
            )
        elif isinstance(event, Tuned):
            if event.limits.heartbeat:
                self._heartbeats = Heartbeats(self._loop, self, event.limits.heartbeat)
        elif isinstance(event, Failed):
            lost_sync = event.error.reply_code == wire.ReplyCode.FRAME_ERROR
            self._node.do(commands.ConnectionLost(self.number))
            self._end_after(LOST_SYNC_TIMEOUT if lost_sync else CLOSING_TIMEOUT)
        elif isinstance(event, Ended):
            self._node.do(commands.ConnectionLost(self.number))
            self._hang_up()

    def _close_with(self, error: wire.AmqpError) -> None:
        """Close because of what only we can see is wrong."""
        self._node.do(commands.ConnectionLost(self.number))
        octets = self.wire.close(
            error.reply_code, error.reply_text, error.class_id, error.method_id
        )
        self._put(octets)
        self._node.touch(self)
        self._end_after(CLOSING_TIMEOUT)

    # What the node says

    def say(self, event: events.Event) -> None:
        """Put an event into the frames that `flush` writes."""
        kind = type(event)
        if isinstance(event, events.BasicDeliver):
            self._credit -= event.message.size
            self._out.append(to_octets(event, self.wire.limits.frame_max))
        elif isinstance(event, events.BasicAck) and not event.multiple:
            self._confirm_later(event)
        else:
            say = _SAY.get(kind)
            if say is not None:
                say(self, event)
                return
            octets = to_octets(event, self.wire.limits.frame_max)
            self._asked += len(octets)
            if kind is events.BasicReturn:
                self._out.append(octets)
            else:
                self._put(octets)

    def _confirm_later(self, event: events.BasicAck) -> None:
        """Join confirms of one turn: a client counts them, not their frames."""
        pending = self._confirm
        if pending is not None:
            if pending.channel == event.channel and pending.delivery_tag + 1 == event.delivery_tag:
                event = events.BasicAck(
                    event.connection, event.channel, event.delivery_tag, multiple=True
                )
            else:
                self._write_confirm()
        self._confirm = event

    def _write_confirm(self) -> None:
        if self._confirm is not None:
            self._out.append(to_octets(self._confirm, 0))
            self._confirm = None

    def _put(self, octets: bytes) -> None:
        """Say what comes after the confirm, if one still waits."""
        self._write_confirm()
        self._out.append(octets)

    def _say_tune(self, _event: events.ConnectionTune) -> None:
        self._put(self.wire.accept_login())

    def _say_close(self, event: events.ConnectionClose) -> None:
        octets = self.wire.close(
            event.reply_code, event.reply_text, event.class_id, event.method_id
        )
        self._put(octets)
        self._unblock_reading()
        self._end_after(CLOSING_TIMEOUT)
        if self.wire.ended:
            self._hang_up()

    def _say_close_ok(self, event: events.ConnectionCloseOk) -> None:
        self._put(to_octets(event, 0))
        self._hang_up()

    def flush(self) -> None:
        """Write what there is; make room for more deliveries if the socket has taken these."""
        self._write_confirm()
        if self._transport is None:
            self._out.clear()
            return
        self._asked = 0
        if self._out:
            octets = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            self.write(octets)
        if self._writing_paused:
            if self._transport.get_write_buffer_size() > READ_LIMIT:
                self._transport.pause_reading()
        elif self._credit <= CREDIT // 2:
            self._credit = CREDIT
            self._node.do(commands.GrantCredit(self.number, CREDIT))

    def write(self, octets: bytes) -> None:
        """Hand octets to the socket."""
        if self._transport is not None:
            self.octets_out += len(octets)
            self._transport.write(octets)

    # Heartbeats, memory, the end

    def send_heartbeat(self) -> None:
        """Show that the broker is alive."""
        self.write(wire.HEARTBEAT_FRAME)

    def miss_heartbeats(self) -> None:
        """Cut a silent client off, without a word, as RabbitMQ does."""
        self.abort()

    def block(self) -> None:
        """Read no more, because the client publishes and memory is short."""
        self.blocked = True
        if self.wire.capable("connection.blocked"):
            self.write(wire.encode_method_frame(0, wire.ConnectionBlocked("low on memory")))
        if self._transport is not None:
            self._transport.pause_reading()
        if self._heartbeats is not None:
            self._heartbeats.pause()

    def unblock(self) -> None:
        """Read again."""
        if self.wire.capable("connection.blocked"):
            self.write(wire.encode_method_frame(0, wire.ConnectionUnblocked()))
        self._unblock_reading()

    def _unblock_reading(self) -> None:
        if self.blocked:
            self.blocked = False
            if self._transport is not None:
                self._transport.resume_reading()
            if self._heartbeats is not None:
                self._heartbeats.resume()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _hang_up(self) -> None:
        """Close the socket once this turn's frames are written."""
        self._node.touch(self)
        self._loop.call_soon(self._close_socket)

    def _close_socket(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._end_after(LOST_SYNC_TIMEOUT)  # a client that does not read keeps no socket

    def _end_after(self, seconds: float | None) -> None:
        """Let the connection end then, whatever happens; None: no more."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if seconds is not None:
            self._deadline = self._loop.call_later(seconds, self.abort)


_SAY: dict[type[events.Event], Callable[[Client, Any], None]] = {
    events.ConnectionTune: Client._say_tune,
    events.ConnectionClose: Client._say_close,
    events.ConnectionCloseOk: Client._say_close_ok,
}
"""Events that are more than a frame."""


def _name(transport: asyncio.Transport) -> str:
    """Name a connection as RabbitMQ does: "127.0.0.1:40312 -> 127.0.0.1:5672"."""
    peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    return f"{peer[0]}:{peer[1]} -> {here[0]}:{here[1]}"
