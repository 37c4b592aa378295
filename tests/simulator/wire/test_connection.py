"""The broker's end of a connection: what comes when, at any split of the octets, and what if not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.simulator import wire
from warren.simulator.wire.assembler import MAX_BODY_SIZE
from warren.simulator.wire.connection import Connection, State
from warren.simulator.wire.connection_events import (
    Ended,
    Failed,
    Login,
    Send,
    Tuned,
    WireEvent,
)
from warren.simulator.wire.connection_tune import Limits

PLAIN = b"\0guest\0secret"
AMQP_1_0 = b"AMQP\x03\x01\x00\x00"
CAPABLE = {"capabilities": {"authentication_failure_close": True}}


def method(method: wire.Method, channel: int = 0) -> bytes:
    """Write a method frame."""
    return wire.encode_method_frame(channel, method)


def start_ok(response: bytes = PLAIN, mechanism: str = "PLAIN", **properties: object) -> bytes:
    """Write a client's start-ok."""
    return method(
        wire.ConnectionStartOk(properties or CAPABLE, mechanism, response)  # type: ignore[arg-type]  # any table
    )


def tune_ok(channel_max: int = 2047, frame_max: int = 131_072, heartbeat: int = 60) -> bytes:
    """Write a client's tune-ok."""
    return method(wire.ConnectionTuneOk(channel_max, frame_max, heartbeat))


def sent(events: list[WireEvent]) -> list[object]:
    """Read what the broker sends, as methods."""
    parser = wire.FrameParser()
    octets = b"".join(event.octets for event in events if isinstance(event, Send))
    return [wire.decode_frame(frame) for frame in parser.feed(octets)]


def messages(events: list[WireEvent]) -> list[tuple[int, wire.Method, bytes]]:
    """Return channel, method and body of what the client has said."""
    return [
        (event.channel, event.method, event.body)
        for event in events
        if isinstance(event, wire.Message)
    ]


def waiting(
    frame_min: int = 4096,
    other_protocol: bytes = AMQP_1_0,
    mechanisms: tuple[str, ...] = ("PLAIN", "AMQPLAIN"),
    **server_properties: str,
) -> Connection:
    """Return a connection that waits for its client."""
    return Connection(
        Limits(),
        {**server_properties},
        frame_min=frame_min,
        other_protocol=other_protocol,
        mechanisms=mechanisms,
    )


def greeted(frame_min: int = 4096) -> Connection:
    """Return a connection that has sent connection.start."""
    connection = waiting(frame_min)
    connection.receive(wire.PROTOCOL_HEADER)
    return connection


def tuning(frame_min: int = 4096) -> Connection:
    """Return a connection that has let its client in."""
    connection = greeted(frame_min)
    connection.receive(start_ok())
    connection.accept_login()
    return connection


def running(**choice: int) -> Connection:
    """Return an open connection."""
    connection = tuning()
    connection.receive(tune_ok(**choice) + method(wire.ConnectionOpen("/")))
    return connection


def close_of(events: list[WireEvent]) -> wire.ConnectionClose:
    """Return the connection.close that is sent, which must be the last thing said."""
    found = sent(events)[-1]
    assert isinstance(found, wire.ConnectionClose)
    return found


def message(body: bytes, channel: int = 1, frame_max: int = 0) -> bytes:
    """Write a whole publish."""
    header = wire.ContentHeader(60, len(body))
    return wire.encode_message(channel, wire.BasicPublish("", "q"), header, body, frame_max)


def test_handshake() -> None:
    """Header, start-ok, tune-ok and open lead to a running connection, each with its answer."""
    connection = waiting(product="RabbitMQ")
    start = sent(connection.receive(wire.PROTOCOL_HEADER))[0]
    assert isinstance(start, wire.ConnectionStart)
    assert (start.server_properties, start.mechanisms) == (
        {"product": "RabbitMQ"},
        b"PLAIN AMQPLAIN",
    )
    assert connection.receive(start_ok()) == [Login("guest", "secret", "PLAIN")]
    tune = wire.decode_frame(wire.FrameParser().feed(connection.accept_login())[0])
    assert tune == wire.ConnectionTune(2047, 131_072, 60)
    chosen = Limits(10, 4096, 5)
    assert connection.receive(tune_ok(10, 4096, 5)) == [Tuned(chosen)]
    opened = wire.ConnectionOpen("/")
    assert messages(connection.receive(method(opened))) == [(0, opened, b"")]
    assert (connection.state, connection.limits) == (State.RUNNING, chosen)


@pytest.mark.parametrize("response", [b"", b"anybody"])
def test_anonymous(response: bytes) -> None:
    """ANONYMOUS is the default user with the default password, where it is offered; otherwise it is no way in."""
    offered = waiting(mechanisms=("ANONYMOUS", "PLAIN"))
    offered.receive(wire.PROTOCOL_HEADER)
    assert offered.receive(start_ok(response, "ANONYMOUS")) == [
        Login("guest", "guest", "ANONYMOUS")
    ]
    assert greeted().receive(start_ok(response, "ANONYMOUS")) == [Ended()]


def test_undecodable_arguments() -> None:
    """A method whose table cannot be decoded ends the connection without a word, as on RabbitMQ."""
    payload = wire.encode_method(wire.QueueDeclare("q")).removesuffix(bytes(4)) + b"\0\0\0\3\1aZ"
    events = running().receive(wire.encode_frame(wire.FrameKind.METHOD, 1, payload))
    assert [type(event) for event in events] == [Failed, Ended]


def test_amqplain() -> None:
    """AMQPLAIN carries user and password in a table without its length."""
    table = wire.encode_table({"LOGIN": "guest", "PASSWORD": "secret"})[4:]
    assert greeted().receive(start_ok(table, "AMQPLAIN")) == [Login("guest", "secret", "AMQPLAIN")]


@pytest.mark.parametrize(
    ("response", "mechanism"),
    [
        (b"guest", "PLAIN"),
        (PLAIN + b"\0", "PLAIN"),
        (b"\0" + PLAIN, "PLAIN"),
        (b"guest" + PLAIN, "PLAIN"),
        (b"\xff", "AMQPLAIN"),
        (wire.encode_table({"LOGIN": "guest"})[4:], "AMQPLAIN"),
        (wire.encode_table({"LOGIN": 1, "PASSWORD": "guest"})[4:], "AMQPLAIN"),
        (PLAIN, "EXTERNAL"),
    ],
)
def test_unreadable_login(response: bytes, mechanism: str) -> None:
    """Who cannot even log in in form is cut off without a word."""
    assert greeted().receive(start_ok(response, mechanism)) == [Ended()]


def test_login_that_is_no_text() -> None:
    """Names and passwords of any octets can be read; whose they are is the owner's to judge."""
    (plain,) = greeted().receive(start_ok(b"\0gu\xffest\0\xfe"))
    assert plain == Login("gu\udcffest", "\udcfe", "PLAIN")
    table = wire.encode_table({"LOGIN": b"\xff", "PASSWORD": 5})[4:]
    assert greeted().receive(start_ok(table, "AMQPLAIN")) == [Login("\udcff", "", "AMQPLAIN")]


def test_pipelined_handshake() -> None:
    """What comes with start-ok waits for the login's answer, then is read in order and by the new limits."""
    connection = waiting()
    large = message(b"x" * 100_000)
    rest = tune_ok() + method(wire.ConnectionOpen("/")) + large + large[:50]
    heard = connection.receive(wire.PROTOCOL_HEADER + start_ok() + rest)
    assert heard[1:] == [Login("guest", "secret", "PLAIN")]
    assert connection.receive(large[50:60]) == []
    connection.accept_login()
    tuned, opened, first, second = connection.receive(large[60:])
    assert tuned == Tuned(Limits())
    assert [len(body) for _, _, body in messages([opened, first, second])] == [0, 100_000, 100_000]


def test_pipelined_behind_a_refused_login() -> None:
    """What comes with a start-ok that is refused is not heard."""
    connection = greeted()
    connection.receive(start_ok(capabilities={"authentication_failure_close": True}) + tune_ok())
    assert connection.close(403, "ACCESS_REFUSED", 0, 0)
    assert connection.receive(b"") == []
    assert connection.receive(method(wire.ConnectionCloseOk())) == [Ended()]


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (b"AMQP\x00\x00\x09\x02", wire.PROTOCOL_HEADER),
        (b"AMQP\x00\x00\x0a\x00", wire.PROTOCOL_HEADER),
        (b"AMQP\x00\x00\x08\x00", AMQP_1_0),
        (b"AMQP\x00\x01\x00\x00", AMQP_1_0),
        (b"GET / HT", AMQP_1_0),
        (AMQP_1_0, wire.PROTOCOL_HEADER),
    ],
)
def test_other_protocol(header: bytes, answer: bytes) -> None:
    """Another protocol is answered with ours if it is near, else with the release's, and the end."""
    connection = waiting(other_protocol=AMQP_1_0)
    assert connection.receive(header) == [Send(answer), Ended()]
    assert connection.receive(b"more") == []


@pytest.mark.parametrize(("capable", "told"), [(True, True), (False, False)])
def test_refused_login(capable: bool, told: bool) -> None:
    """A wrong password is told to a client that has said it can be told, to no other."""
    connection = greeted()
    connection.receive(start_ok(capabilities={"authentication_failure_close": capable}))
    assert bool(connection.close(403, "ACCESS_REFUSED", 0, 0)) is told
    assert connection.state is (State.CLOSED if told else State.ENDED)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ((2048, 131_072, 0), "negotiated channel_max = 2048 is higher than the maximum"),
        ((0, 131_072, 0), "negotiated channel_max = 0 (no limit) is higher than the maximum"),
        ((2047, 131_073, 0), "negotiated frame_max = 131073 is higher than the maximum"),
        ((2047, 4095, 0), "negotiated frame_max = 4095 is lower than the minimum"),
    ],
)
def test_refused_limits(choice: tuple[int, int, int], words: str) -> None:
    """Limits beyond the broker's are 530."""
    close = close_of(tuning().receive(tune_ok(*choice)))
    assert (close.reply_code, words in close.reply_text) == (530, True)
    assert (close.class_id, close.method_id) == (10, 30)


@pytest.mark.parametrize("frame_min", [4096, 8192])
def test_least_frame_max(frame_min: int) -> None:
    """A client may choose the least frame_max of the release, and no less."""
    assert tuning(frame_min).receive(tune_ok(frame_max=frame_min)) == [
        Tuned(Limits(frame_max=frame_min))
    ]
    close = close_of(tuning(frame_min).receive(tune_ok(frame_max=frame_min - 1)))
    assert close.reply_code == 530


@pytest.mark.parametrize("frame_min", [4096, 8192])
def test_frame_before_tune_ok(frame_min: int) -> None:
    """Before tune-ok no frame may be larger than the least frame_max; the client is told nothing."""
    room = frame_min - len(start_ok(padding="")) + wire.FRAME_OVERHEAD
    largest, larger = (start_ok(padding="x" * length) for length in (room, room + 1))
    (login,) = greeted(frame_min).receive(largest)
    assert isinstance(login, Login)
    assert [type(event) for event in greeted(frame_min).receive(larger)] == [
        Failed,
        Ended,
    ]


def test_methods_and_contents_of_several_channels() -> None:
    """Contents of different channels may interleave; each comes out whole."""
    one, two = message(b"one" * 3000, 1, 4096), message(b"two", 2)
    before = len(message(b"one" * 3000, 1)) - 9008  # octets before the first piece of its body
    events = running().receive(one[:before] + two + one[before:])
    assert [(channel, body) for channel, _, body in messages(events)] == [
        (2, b"two"),
        (1, b"one" * 3000),
    ]


@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_split(cuts: list[int]) -> None:
    """The same octets mean the same, however they are cut."""
    script = (
        tune_ok(frame_max=4096)
        + method(wire.ConnectionOpen("/"))
        + method(wire.ChannelOpen(), 1)
        + message(b"")
        + wire.HEARTBEAT_FRAME
        + message(b"body")
        + method(wire.ConnectionClose(200, "bye"))
    )
    whole, pieces = tuning(), tuning()
    places = [0, *sorted(min(cut, len(script)) for cut in cuts), len(script)]
    together = [
        event for begin, end in pairwise(places) for event in pieces.receive(script[begin:end])
    ]
    at_once = whole.receive(script)
    assert messages(together) == messages(at_once)
    assert [type(event) for event in together] == [type(event) for event in at_once]
    assert len(messages(together)) == 5


HEADER = wire.encode_frame(wire.FrameKind.HEADER, 1, wire.join_header(60, 4, b"\x00\x00"))
PUBLISH = method(wire.BasicPublish("", "q"), 1)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (HEADER, 505),
        (wire.encode_body(1, b"x", 0), 505),
        (PUBLISH + PUBLISH, 505),
        (PUBLISH + wire.encode_body(1, b"x", 0), 505),
        (PUBLISH + HEADER + PUBLISH, 505),
        (PUBLISH + HEADER + wire.encode_body(1, b"five!", 0), 501),
        (
            PUBLISH
            + wire.encode_frame(wire.FrameKind.HEADER, 1, wire.join_header(50, 4, b"\x00\x00")),
            505,
        ),
        (
            PUBLISH
            + wire.encode_frame(
                wire.FrameKind.HEADER, 1, wire.join_header(60, MAX_BODY_SIZE + 1, b"\x00\x00")
            ),
            501,
        ),
        (wire.HEARTBEAT_FRAME[:-1] + b"\x00", 501),
        (b"\x07\x00\x00\x00\x00\x00\x00\xce", 501),
        (wire.encode_frame(wire.FrameKind.HEARTBEAT, 1, b""), 505),
        (wire.encode_frame(wire.FrameKind.HEARTBEAT, 0, b"x"), 501),
        (wire.encode_frame(wire.FrameKind.BODY, 0, b"x"), 505),
        (method(wire.ConnectionOpen("/")), 504),
        (start_ok(), 504),
    ],
)
def test_broken_rule(octets: bytes, code: int) -> None:
    """Each breach has its reply code, said once; what follows it is not heard."""
    connection = running()
    events = connection.receive(octets)
    assert close_of(events).reply_code == code
    assert isinstance(events[-1], Failed)
    assert connection.receive(PUBLISH + HEADER) == []


@pytest.mark.parametrize("channel", [0, 1, 7])
def test_silence_for_a_method_that_there_is_not(channel: int) -> None:
    """Who sends a method that AMQP does not have is told nothing."""
    unknown = wire.encode_frame(wire.FrameKind.METHOD, channel, b"\x00\x3c\x03\xe7")
    assert [type(event) for event in running().receive(unknown)] == [Failed, Ended]


def test_garbage_after_the_end_is_noticed_once() -> None:
    """After a close the first octet that belongs to no frame is said to the owner; what follows is not heard."""
    connection = running()
    connection.receive(method(wire.ConnectionClose()))
    assert [type(event) for event in connection.receive(b"no frame")] == [Failed]
    assert connection.is_lost
    assert connection.receive(b"no frame") == []


def test_silence_before_tune() -> None:
    """Who breaks a rule before it is let in is told nothing."""
    events = greeted().receive(method(wire.ConnectionOpen("/")))
    assert [type(event) for event in events] == [Failed, Ended]


def test_frame_max_holds_after_tune_ok() -> None:
    """A frame above the negotiated size is 501."""
    body = wire.encode_frame(wire.FrameKind.BODY, 1, b"x" * 4097)
    events = running(frame_max=4096).receive(PUBLISH + body)
    assert close_of(events).reply_code == 501


def test_unfinished_messages_are_limited() -> None:
    """No client holds more messages open than it may have channels."""
    connection = running(channel_max=2)
    publishes = [method(wire.BasicPublish("", "q"), channel) for channel in (1, 2, 3)]
    assert connection.receive(publishes[0] + publishes[1]) == []
    assert close_of(connection.receive(publishes[2])).reply_code == 530


def test_close_by_broker() -> None:
    """After the broker's close only close and close-ok are heard."""
    connection = running()
    assert connection.close(320, "CONNECTION_FORCED - bye", 0, 0)
    assert connection.receive(message(b"late")) == []
    assert sent(connection.receive(method(wire.ConnectionClose()))) == [wire.ConnectionCloseOk()]
    assert connection.receive(method(wire.ConnectionCloseOk())) == [Ended()]
    assert connection.close(320, "again", 0, 0) == b""


def test_close_by_client() -> None:
    """The client's close is its last word."""
    connection = running()
    said = connection.receive(method(wire.ConnectionClose(200, "bye")) + message(b"late"))
    assert messages(said) == [(0, wire.ConnectionClose(200, "bye"), b"")]


@given(st.binary(max_size=300))
def test_garbage(octets: bytes) -> None:
    """Any octets at any stage end in events, never in an exception."""
    for connection in (waiting(), greeted(), tuning(), running()):
        for event in connection.receive(octets):
            assert not isinstance(event, Login)
