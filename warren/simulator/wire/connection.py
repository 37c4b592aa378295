"""The broker's end of one connection as a state machine: octets in, events out.

It knows the order of things: protocol header, start, tune, open, then methods, each with its
content, until one side closes; and what to say to a client that breaks it. It does not know users,
vhosts, queues, sockets or clocks: their owner answers the events.

Source: AMQP 0-9-1, sections 2.2.4 (connection) and 2.3 (transport); where the specification leaves
it open, RabbitMQ (``rabbit_reader``).
"""

# The table of steps stands below its class, and names its methods.
# ruff: noqa: SLF001

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from warren.simulator.errors import (
    AmqpError,
    ReplyCode,
    UndecodableError,
    frame_error,
    unexpected_frame,
)
from warren.simulator.wire.assembler import StrictAssembler
from warren.simulator.wire.connection_events import (
    Ended,
    Failed,
    Login,
    Send,
    Tuned,
    WireEvent,
)
from warren.simulator.wire.connection_login import LoginError, capabilities, read_login
from warren.simulator.wire.connection_tune import Limits, check_choice
from warren.simulator.wire.constants import PROTOCOL_HEADER, FrameKind
from warren.simulator.wire.contents import encode_method_frame
from warren.simulator.wire.fields import FieldTable
from warren.simulator.wire.frames import Frame, FrameParser
from warren.simulator.wire.message import Message
from warren.simulator.wire.methods import decode_method
from warren.simulator.wire.methods.connection import (
    ConnectionClose,
    ConnectionCloseOk,
    ConnectionOpen,
    ConnectionStart,
    ConnectionStartOk,
    ConnectionTune,
    ConnectionTuneOk,
    ConnectionUpdateSecret,
)
from warren.simulator.wire.methods.declaration import Method


class State(StrEnum):
    """What the broker waits for; the words are RabbitMQ's, and stand in its reply texts."""

    HANDSHAKE = "handshake"  # the protocol header
    STARTING = "starting"  # start-ok
    SECURING = "securing"  # the owner's word on the login
    TUNING = "tuning"  # tune-ok
    OPENING = "opening"  # open, and the owner's word on the vhost
    RUNNING = "running"
    CLOSED = "closed"  # close-ok; everything else is thrown away
    ENDED = "ended"  # nothing: the socket can be closed


_HANDSHAKE: Final = frozenset({State.HANDSHAKE, State.STARTING, State.TUNING, State.OPENING})
"""In these each frame is read by what the one before it has settled."""
_SETTLED: Final = frozenset({State.RUNNING, State.CLOSED, State.ENDED})
"""In these whatever comes is read at once; while a login waits for its answer nothing is."""


def _is_silent(error: AmqpError) -> bool:
    """Tell whether RabbitMQ fails without a word: over what cannot be decoded, and a method that AMQP does not have."""
    return isinstance(error, UndecodableError) or error.reply_code is ReplyCode.NOT_IMPLEMENTED


SAYS_WHY: Final[Mapping[State, Callable[[AmqpError], bool]]] = {
    State.TUNING: lambda error: error.reply_code is ReplyCode.NOT_ALLOWED,
    State.OPENING: lambda error: not isinstance(error, UndecodableError),
    State.RUNNING: lambda error: not _is_silent(error),
}
"""Which errors a client is told in which state; it is cut off without a word in all others, and for a method that
AMQP does not have."""


Step: TypeAlias = "Callable[[Connection, Method, list[WireEvent]], None]"


class Connection:
    """One client's connection, seen from the broker.

    Feed it with `receive` and do what the events ask for, in order. ``client_properties`` and
    ``limits`` are known once the client has told them.
    """

    __slots__ = (
        "_assembler",
        "_frame_min",
        "_is_lost",
        "_mechanisms",
        "_other_protocol",
        "_parser",
        "_server_properties",
        "client_properties",
        "limits",
        "state",
    )

    def __init__(
        self,
        limits: Limits,
        server_properties: FieldTable,
        *,
        frame_min: int,
        other_protocol: bytes,
        mechanisms: tuple[str, ...],
        checks_size: bool = True,
    ) -> None:
        """Wait for a client; ``limits`` are what the broker offers.

        ``frame_min``: octets, the least frame_max to choose, and the largest payload before that.
        ``other_protocol``: the header that a client is answered with whose own is not that of AMQP 0-9 or later.
        ``checks_size``: whether a body may not be larger than its header says.
        ``mechanisms``: the ways to log in.
        """
        self.state = State.HANDSHAKE
        self.limits = limits
        self.client_properties: FieldTable = {}
        self._server_properties = server_properties
        self._frame_min = frame_min
        self._other_protocol = other_protocol
        self._mechanisms = mechanisms
        self._parser = FrameParser(frame_max=frame_min, opening=True)
        self._assembler = StrictAssembler(limits.channel_max, checks_size=checks_size)
        self._is_lost = False

    # Octets in

    def receive(self, data: bytes) -> list[WireEvent]:
        """Take the next octets of the client; return what they mean, in order.

        Nothing follows a `Login`, which waits for the owner's word: what the client has said beyond it
        is kept, and comes from the next call, for which no octet need have come.
        """
        events: list[WireEvent] = []
        if self.state in _SETTLED:
            self._receive_frames(self._parser.feed(data), events)
        else:  # each frame may change how the next one is to be read
            self._parser.put(data)
            while self.state in _HANDSHAKE and (frames := self._parser.feed(b"", most=1)):
                self._receive_frames(frames, events)
            if self.state in _SETTLED:
                self._receive_frames(self._parser.feed(b""), events)
        if self._parser.error is not None and not (self._is_lost or self.ended):
            self._is_lost = True
            if self.state is State.CLOSED:
                events.append(Failed(self._parser.error))
            else:
                self._fail(self._parser.error, events)
        return events

    def _receive_frames(self, frames: list[Frame], events: list[WireEvent]) -> None:
        for frame in frames:
            if self.ended:
                return
            try:
                if self.state is State.RUNNING and frame.channel:
                    message = self._assembler.take(frame)
                    if message is not None:
                        events.append(message)
                else:
                    self._receive_outside(frame, events)
            except AmqpError as error:
                error.channel = frame.channel
                self._fail(error, events)

    @property
    def ended(self) -> bool:
        """Whether nothing more will be said."""
        return self.state is State.ENDED

    @property
    def is_lost(self) -> bool:
        """Whether frames cannot be told apart any more: no close-ok will be read."""
        return self._is_lost

    @property
    def unfinished(self) -> int:
        """How many octets of messages that are not whole yet are held; O(those messages)."""
        return self._assembler.held

    @property
    def begun(self) -> int:
        """How many messages the client has begun to publish so far."""
        return self._assembler.begun

    def capable(self, capability: str) -> bool:
        """Tell whether the client has said that it can do this."""
        return capabilities(self.client_properties).get(capability) is True

    # Octets out, when the owner has decided

    def accept_login(self) -> bytes:
        """Let the client in: connection.tune."""
        self.state = State.TUNING
        limits = self.limits
        tune = ConnectionTune(limits.channel_max, limits.frame_max, limits.heartbeat)
        return encode_method_frame(0, tune)

    def close(self, reply_code: int, reply_text: str, class_id: int, method_id: int) -> bytes:
        """Close from the broker's side; return what to send, nothing when the client is not told why.

        Why a login failed is told only to clients that have said they understand it.
        """
        silent = self.state is State.HANDSHAKE or (
            self.state in {State.STARTING, State.SECURING}
            and not self.capable("authentication_failure_close")
        )
        if self.state in {State.CLOSED, State.ENDED} or silent:
            self.state = State.ENDED
            return b""
        self.state = State.CLOSED
        self._assembler.clear()
        return encode_method_frame(0, ConnectionClose(reply_code, reply_text, class_id, method_id))

    # The handshake, channel 0, the end

    def _receive_outside(self, frame: Frame, events: list[WireEvent]) -> None:
        kind, channel, payload = frame
        if kind is FrameKind.PROTOCOL_HEADER:
            self._greet(payload, events)
        elif self.state is State.CLOSED and (channel or kind is not FrameKind.METHOD):
            pass
        elif kind is FrameKind.HEARTBEAT and not channel:
            if payload:
                raise frame_error("a heartbeat has a payload")
        elif channel or kind is not FrameKind.METHOD:
            raise unexpected_frame(f"type {kind.value} on channel {channel}")
        else:
            method = decode_method(payload)
            STEPS.get((self.state, type(method)), Connection._refuse)(self, method, events)

    def _greet(self, header: bytes, events: list[WireEvent]) -> None:
        if header not in KNOWN_PROTOCOLS:
            self.state = State.ENDED
            events += [Send(_answer(header, self._other_protocol)), Ended()]
            return
        self.state = State.STARTING
        mechanisms = " ".join(self._mechanisms).encode()
        start = ConnectionStart(server_properties=self._server_properties, mechanisms=mechanisms)
        events.append(Send(encode_method_frame(0, start)))

    def _start_ok(self, method: Method, events: list[WireEvent]) -> None:
        assert isinstance(method, ConnectionStartOk)
        self.client_properties = method.client_properties
        self.state = State.SECURING
        try:
            user, password = read_login(method.mechanism, method.response, self._mechanisms)
        except LoginError:
            self.state = State.ENDED
            events.append(Ended())
            return
        events.append(Login(user, password, method.mechanism))

    def _tune_ok(self, method: Method, events: list[WireEvent]) -> None:
        assert isinstance(method, ConnectionTuneOk)
        chosen = Limits(method.channel_max, method.frame_max, method.heartbeat)
        check_choice(self.limits, chosen, self._frame_min)
        self.limits = chosen
        self._parser.frame_max = chosen.frame_max
        self._assembler.channel_max = chosen.channel_max
        self.state = State.OPENING
        events.append(Tuned(chosen))

    def _open(self, method: Method, events: list[WireEvent]) -> None:
        # What follows open before its answer is taken for what a running connection says: RabbitMQ
        # reads on only when it has answered, and so does an owner that answers at once.
        self.state = State.RUNNING
        events.append(Message(0, method))

    def _pass_on(self, method: Method, events: list[WireEvent]) -> None:
        events.append(Message(0, method))

    def _close(self, method: Method, events: list[WireEvent]) -> None:
        self.state = State.CLOSED
        events.append(Message(0, method))

    def _close_again(self, _method: Method, events: list[WireEvent]) -> None:
        events.append(Send(encode_method_frame(0, ConnectionCloseOk())))

    def _close_ok(self, _method: Method, events: list[WireEvent]) -> None:
        self.state = State.ENDED
        events.append(Ended())

    def _refuse(self, method: Method, _events: list[WireEvent]) -> None:
        if self.state is not State.CLOSED:
            raise AmqpError(
                ReplyCode.CHANNEL_ERROR,
                f"unexpected method in connection state {self.state}",
                class_id=method.CLASS_ID,
                method_id=method.METHOD_ID,
            )

    def _fail(self, error: AmqpError, events: list[WireEvent]) -> None:
        says_why = SAYS_WHY.get(self.state)
        if says_why is not None and says_why(error):
            octets = self.close(error.reply_code, error.reply_text, error.class_id, error.method_id)
            events += [Send(octets), Failed(error)]
        elif self.state is not State.CLOSED:
            self.state = State.ENDED
            events += [Failed(error), Ended()]


def _answer(header: bytes, other_protocol: bytes) -> bytes:
    """Return the protocol to try instead: ours to AMQP from 0-9 on, or where the other was tried."""
    later = header[:6] == PROTOCOL_HEADER[:6] and header[6] >= PROTOCOL_HEADER[6]
    return PROTOCOL_HEADER if later or header == other_protocol else other_protocol


KNOWN_PROTOCOLS: Final = frozenset({PROTOCOL_HEADER, b"AMQP\x01\x01\x00\x09"})
"""0-9-1 and, as RabbitMQ does, 0-9, which is the same but for its header."""

STEPS: Final[Mapping[tuple[State, type[Method]], Step]] = {
    (State.STARTING, ConnectionStartOk): Connection._start_ok,
    (State.TUNING, ConnectionTuneOk): Connection._tune_ok,
    (State.OPENING, ConnectionOpen): Connection._open,
    (State.RUNNING, ConnectionUpdateSecret): Connection._pass_on,
    (State.RUNNING, ConnectionClose): Connection._close,
    (State.CLOSED, ConnectionClose): Connection._close_again,
    (State.CLOSED, ConnectionCloseOk): Connection._close_ok,
}
"""What may come on channel 0, and when; everything else is 504."""
