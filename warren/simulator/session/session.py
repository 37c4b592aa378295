"""One client's connection at the broker, from the first octet to the last.

What the client says becomes commands for the model, what the model has for it becomes frames.
Nothing is decided here but how fast: who does not read is sent no more deliveries. The hub calls
all of this; nothing here calls the hub.
"""

# The tables of what is more than a frame stand below the class, and name its methods.
# ruff: noqa: SLF001

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.simulator import wire
from warren.simulator.model import commands, events
from warren.simulator.model.methods.access import BrokersMethod
from warren.simulator.session.heartbeats import Heartbeats
from warren.simulator.session.portions import Portioned
from warren.simulator.session.properties import Properties
from warren.simulator.session.translation import TO_COMMAND, to_octets, to_publish
from warren.simulator.session.wishes import Abort, Close, Rest, Resume, Send
from warren.simulator.wire.connection import Connection, State
from warren.simulator.wire.connection_events import Ended, Failed, Login, Tuned
from warren.simulator.wire.connection_events import Send as WireSend

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.simulator.session.alarms import Alarms
    from warren.simulator.session.terms import Terms
    from warren.simulator.session.wishes import Wish
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
_CLOSING = frozenset({State.CLOSED, State.ENDED})
_REMEMBERED = 256  # how many different properties of its publishes are kept,
_REMEMBERED_SIZE = 1024  # and no longer ones: they outlive the messages, and no limit counts them


class Session:
    """A connection; `number` is the model's name for it, `name` that for people.

    `waiting` tells how many octets wait for its socket. `full` is set by the socket's owner, while it
    takes no more; `Hub.drained` ends that.
    """

    def __init__(
        self, number: int, name: str, terms: Terms, alarms: Alarms, waiting: Callable[[], int]
    ) -> None:
        """Begin to wait for the handshake."""
        self.number = number
        self.name = name
        self.waiting = waiting
        self.full = False
        self.opened_at = alarms.now
        self.octets_in = 0
        self.octets_out = 0
        self.blocked = False
        self._rewrites = terms.rewrites_properties
        self._begun_before = 0  # messages, when memory got short
        self.wire = Connection(
            terms.limits,
            terms.server_properties,
            frame_min=terms.frame_min,
            other_protocol=terms.other_protocol,
            checks_size=terms.checks_size,
            mechanisms=terms.mechanisms,
        )
        # What waits for another turn, or for the client to read, and the rest of what was done in part.
        self.backlog: list[WireEvent | Portioned] = []
        self.heard = 0  # how many events at the last time
        self.heard_in = 0  # which round
        self.waits_for_turn = False
        self.asked = 0  # octets of what is in `_out` but deliveries, which have their own limit
        self._alarms = alarms
        self._out: list[bytes] = []
        self.wished: list[Wish] = []  # and not taken by `flush` yet
        self._confirm: events.BasicAck | None = None  # not written yet: more may be said at once
        self._credit = CREDIT
        self._resting = False
        self._is_slow = False  # since it was stuck
        self._ended = False
        self._heartbeats: Heartbeats | None = None
        self._properties: dict[bytes, Properties] = {}
        self._end_after(HANDSHAKE_TIMEOUT)

    def publishes(self, most: float) -> bool:
        """Tell whether it has begun to publish since memory is short; who is being closed publishes no more.

        So it does where what it had begun before takes more than `most` octets alone.
        """
        if self.wire.state in _CLOSING:
            return False
        return self.wire.begun > self._begun_before or self.wire.unfinished > most

    def run_short(self) -> None:
        """Note that memory is short from now on: who publishes after this is blocked, not who did before."""
        self._begun_before = self.wire.begun

    # What the client says

    def hear(self, octets: bytes) -> list[WireEvent]:
        """Take the client's next octets; return what they say, to be translated."""
        self.octets_in += len(octets)
        events = self.wire.receive(octets)
        self.heard = len(events)
        return events

    def translate(self, event: WireEvent | Portioned) -> commands.Command | None:
        """Return what the model has to do about it; None when it has nothing to do with it."""
        if type(event) is not wire.Message:
            return event if isinstance(event, Portioned) else self._answer(event)
        channel, method = event.channel, event.method
        if type(method) is wire.BasicPublish:
            octets = event.properties or b""
            properties = self._properties.get(octets)
            if properties is None:
                try:
                    properties = self._read_properties(octets)
                except wire.AmqpError as error:
                    return self._close_with(error)
            return to_publish(self.number, channel, method, properties, event.body)
        to_command = TO_COMMAND.get(type(method))
        if to_command is not None:
            return to_command(self.number, channel, method)
        if channel:
            return BrokersMethod(self.number, channel, method.CLASS_ID, method.METHOD_ID)
        return self._of_connection(method)

    def _of_connection(self, method: wire.Method) -> commands.Command | None:
        """Translate what is no method of a channel."""
        if isinstance(method, wire.ConnectionOpen):
            self._end_after(None)
            limit = self.wire.limits.channel_max
            return commands.ConnectionOpen(self.number, method.virtual_host, limit, self._credit)
        if isinstance(method, wire.ConnectionClose):
            return commands.ConnectionClose(self.number)
        if isinstance(method, wire.ConnectionUpdateSecret):
            # Passwords of ours do not expire, so, as with RabbitMQ's own users, any secret will do.
            self._put(wire.encode_method_frame(0, wire.ConnectionUpdateSecretOk()))
            return None
        return self._refuse(method)

    def _refuse(self, method: wire.Method) -> commands.Command:
        """Close because the method may not come from a client, or not on this channel."""
        return self._close_with(
            wire.AmqpError(
                wire.ReplyCode.COMMAND_INVALID,
                "unimplemented method",
                class_id=method.CLASS_ID,
                method_id=method.METHOD_ID,
            )
        )

    def _read_properties(self, octets: bytes) -> Properties:
        properties = (Properties.rewritten if self._rewrites else Properties)(octets)
        if len(self._properties) < _REMEMBERED and len(octets) <= _REMEMBERED_SIZE:
            self._properties[octets] = properties
        return properties

    def _answer(self, event: WireEvent) -> commands.Command | None:
        if isinstance(event, WireSend):
            self._put(event.octets)
        elif isinstance(event, Login):
            notify = self.wire.capable("consumer_cancel_notify")
            return commands.ConnectionStartOk(
                self.number, event.user, event.password, event.mechanism, notify
            )
        elif isinstance(event, Tuned):
            if event.limits.heartbeat:
                self._begin_heartbeats(event.limits.heartbeat)
        elif isinstance(event, Failed):
            self._end_after(LOST_SYNC_TIMEOUT if self.wire.is_lost else CLOSING_TIMEOUT)
            return commands.ConnectionLost(self.number)
        elif isinstance(event, Ended):
            self._hang_up()
            return commands.ConnectionLost(self.number)
        return None

    def _close_with(self, error: wire.AmqpError) -> commands.Command:
        """Close because of what only we can see is wrong; the model is told that it is gone."""
        octets = self.wire.close(
            error.reply_code, error.reply_text, error.class_id, error.method_id
        )
        self._put(octets)
        self._end_after(CLOSING_TIMEOUT)
        return commands.ConnectionLost(self.number)

    # What the model says

    def say(self, event: events.Event) -> None:
        """Write an event as frames, for the next `flush`."""
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
            self.asked += len(octets)
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
        self._unblock()
        self._end_after(CLOSING_TIMEOUT)
        if self.wire.ended:
            self._hang_up()

    def _say_close_ok(self, event: events.ConnectionCloseOk) -> None:
        """Say goodbye and read on: a socket that closes on unread octets takes close-ok from the client."""
        self._put(to_octets(event, 0))
        self._unblock()
        heartbeat = self.wire.limits.heartbeat
        seconds = min(heartbeat, CLOSING_TIMEOUT) if heartbeat else CLOSING_TIMEOUT
        self._alarms.after(seconds, self, Session._hang_up)

    # What is asked of the socket

    def flush(self, wishes: list[Wish]) -> None:
        """Add what there is to send, and what else there is to wish."""
        self._write_confirm()
        self.asked = 0
        if self._out:
            if not self._ended:
                octets = self._out[0] if len(self._out) == 1 else b"".join(self._out)
                self.octets_out += len(octets)
                wishes.append(Send(self.number, octets))
            self._out.clear()
        if self.wished:
            self._ended = self._ended or any(isinstance(w, Close | Abort) for w in self.wished)
            wishes += self.wished
            self.wished.clear()

    def fit(self) -> None:
        """Fit to what the socket has taken: rest, or read again."""
        self._is_slow = self.is_stuck or (self._is_slow and self.full)
        rests = bool(self.backlog) or self._is_slow
        if rests and not self._resting:
            self._resting = True
            self.wished.append(Rest(self.number))
        elif self._resting and not rests:
            self._resting = False
            self._read_again()

    @property
    def is_stuck(self) -> bool:
        """Whether so much waits for its socket that nothing more is done for it."""
        return self.full and self.waiting() > READ_LIMIT

    @property
    def is_thirsty(self) -> bool:
        """Whether it may take more deliveries than it has credit for."""
        return self._credit <= CREDIT // 2 and not self.full

    def drink(self) -> commands.Command:
        """Return the command for more deliveries."""
        self._credit = CREDIT
        return commands.GrantCredit(self.number, CREDIT)

    def block(self, reason: str) -> None:
        """Read no more, because the client publishes and something is short: the reason that it is told."""
        self.blocked = True
        if self.wire.capable("connection.blocked"):
            self._put(wire.encode_method_frame(0, wire.ConnectionBlocked(reason)))
        self.wished.append(Rest(self.number))
        self._alarms.cancel(self, Session._listen)

    def unblock(self) -> None:
        """Read again."""
        if self.wire.capable("connection.blocked"):
            self._put(wire.encode_method_frame(0, wire.ConnectionUnblocked()))
        self._unblock()

    def _unblock(self) -> None:
        if self.blocked:
            self.blocked = False
            self._read_again()
            if self._heartbeats is not None:
                self._heartbeats.restart()
                self._alarms.after(self._heartbeats.listen_every, self, Session._listen)

    def _read_again(self) -> None:
        if not self.blocked and not self._resting:
            self.wished.append(Resume(self.number))

    # Heartbeats and the end

    def _begin_heartbeats(self, interval: int) -> None:
        self._heartbeats = heartbeats = Heartbeats(interval)
        self._alarms.after(heartbeats.send_every, self, Session._beat)
        self._alarms.after(heartbeats.listen_every, self, Session._listen)

    def _beat(self) -> None:
        """Show that the broker is alive, if nothing else does."""
        assert self._heartbeats is not None
        self._alarms.after(self._heartbeats.send_every, self, Session._beat)
        if self._heartbeats.must_send(self.octets_out):
            self._put(wire.HEARTBEAT_FRAME)

    def _listen(self) -> None:
        """Look whether the client is alive."""
        assert self._heartbeats is not None
        if self._heartbeats.is_missing(self.octets_in):
            self.miss_heartbeats()
        else:
            self._alarms.after(self._heartbeats.listen_every, self, Session._listen)

    def miss_heartbeats(self) -> None:
        """Cut a silent client off, without a word, as RabbitMQ does."""
        self.abort()

    def abort(self) -> None:
        """Drop the connection at once."""
        self.wished.append(Abort(self.number))

    def lose(self) -> None:
        """Note that the connection is gone: nothing is due any more."""
        for duty in (Session.abort, Session._hang_up, Session._beat, Session._listen):
            self._alarms.cancel(self, duty)

    def _hang_up(self) -> None:
        """Have the socket closed once everything is sent."""
        self.wished.append(Close(self.number))
        self._end_after(LOST_SYNC_TIMEOUT)  # a client that does not read keeps no socket

    def _end_after(self, seconds: float | None) -> None:
        """Let the connection end then, whatever happens; None: no more."""
        if seconds is None:
            self._alarms.cancel(self, Session.abort)
        else:
            self._alarms.after(seconds, self, Session.abort)


_SAY: dict[type[events.Event], Callable[[Session, Any], None]] = {
    events.ConnectionTune: Session._say_tune,
    events.ConnectionClose: Session._say_close,
    events.ConnectionCloseOk: Session._say_close_ok,
}
"""Events that are more than a frame."""
