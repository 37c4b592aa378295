"""Connections and channels: heartbeats, what is negotiated, and the right reply code at the right scope.

The notes leave open what a channel is ("contains most of the API (???)") and never speak of heartbeats; the statements
are AMQP 0-9-1's, as RabbitMQ keeps them.
"""

from __future__ import annotations

import pika
import pytest
from pika.exceptions import ProbableAccessDeniedError, ProbableAuthenticationError

from warren.rigs.brokers import BrokerRig, RawClient, wire

from .releases import release_of

LATE = 3.0
"""Seconds that a busy machine may be late with a heartbeat's tick."""
CHANNEL_MAX, OFFERED_FRAME_MAX = 2047, 131_072
"""What every release offers."""
FRAME_MAX = 8192
"""The least that every release takes."""


def _beat(broker: BrokerRig, client: RawClient, seconds: float) -> None:
    """Answer each of the broker's heartbeats with one of the client's."""
    began = broker.now()
    while broker.now() - began < seconds:
        assert isinstance(client.read(), wire.Heartbeat)
        client.send_octets(wire.HEARTBEAT_FRAME)


def _cut_off(client: RawClient, code: int) -> None:
    """See the end of the connection, with `code` or without a word: RabbitMQ explains itself to some clients only."""
    said = client.read()
    assert said is None or isinstance(said, wire.ConnectionClose), f"it was answered {said!r}"
    assert said is None or said.reply_code == code, f"it was told {said}"


@pytest.mark.requirement("connection.silent-closed")
def test_silent_client(broker: BrokerRig) -> None:
    """A client that says nothing is cut off after two intervals of its heartbeat, and within three."""
    heartbeat = broker.pace.heartbeat
    client = broker.open.raw()
    client.log_in()
    client.tune(heartbeat=heartbeat)
    before = broker.now()
    client.open_channel()  # the broker hears it between these times
    after = broker.now()
    end = client.wait_for_end(within=3 * heartbeat + LATE)
    assert end - before > 2 * heartbeat - 0.2, f"cut off after {end - before:.2f} s"
    assert end - after < 3 * heartbeat + LATE, f"cut off after {end - after:.2f} s"


@pytest.mark.requirement("connection.heard-kept")
def test_heartbeats_keep_a_connection(broker: BrokerRig) -> None:
    """A client that sends nothing but heartbeats keeps its connection beyond three intervals."""
    heartbeat = broker.pace.heartbeat
    client = broker.open.raw_channel(heartbeat=heartbeat)
    _beat(broker, client, seconds=4 * heartbeat)
    client.send(1, wire.QueueDeclare(queue="still-here", durable=True))
    client.expect(wire.QueueDeclareOk)


@pytest.mark.requirement("connection.broker-heartbeats")
def test_broker_sends_heartbeats(broker: BrokerRig) -> None:
    """Where the broker has nothing else to say it sends heartbeats, at least one in each interval."""
    heartbeat = broker.pace.heartbeat
    client = broker.open.raw_channel(heartbeat=heartbeat)
    for _ in range(3):
        assert isinstance(client.read(within=heartbeat + LATE), wire.Heartbeat)
        client.send_octets(wire.HEARTBEAT_FRAME)


@pytest.mark.requirement("connection.no-heartbeat")
def test_no_heartbeat(broker: BrokerRig) -> None:
    """With a heartbeat of 0 neither side sends any, and silence is no reason to close."""
    silent = broker.open.raw_channel(heartbeat=0)
    _beat(broker, broker.open.raw_channel(heartbeat=1), seconds=4)
    silent.send(1, wire.QueueDeclare(queue="still-here", durable=True))
    assert isinstance(silent.read(), wire.QueueDeclareOk), "a heartbeat came though none was agreed"


@pytest.mark.requirement("connection.wrong-password")
def test_wrong_password(broker: BrokerRig) -> None:
    """A wrong password is answered with 403, if the client has the capability authentication_failure_close."""
    with pytest.raises(ProbableAuthenticationError) as refusal:
        broker.open.connection(credentials=pika.PlainCredentials(broker.user, "wrong"))
    assert "403" in str(refusal.value)
    assert "ACCESS_REFUSED" in str(refusal.value)


@pytest.mark.requirement("connection.unknown-vhost")
def test_unknown_vhost(broker: BrokerRig) -> None:
    """A vhost that is not there, or not for this user, is answered 530."""
    with pytest.raises(ProbableAccessDeniedError) as refusal:
        broker.open.connection(virtual_host="nowhere")
    assert "530" in str(refusal.value)


@pytest.mark.requirement("connection.protocol-header")
@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"AMQP\x00\x01\x00\x00", id="amqp-1-0-without-sasl"),
        pytest.param(b"AMQP\x01\x01\x09\x02", id="none"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="http"),
    ],
)
def test_other_protocol(broker: BrokerRig, octets: bytes) -> None:
    """A client that begins with another protocol is told one that the broker speaks (the release's), and cut off."""
    client = broker.open.raw()
    client.send_octets(octets)
    assert client.expect(wire.ProtocolHeader).octets == release_of(broker.version).other_protocol
    client.wait_for_end()


@pytest.mark.requirement("connection.protocol-header")
@pytest.mark.parametrize("version", [b"\x00\x09\x02", b"\x00\x0a\x00"], ids=["0-9-2", "0-10"])
def test_other_version(broker: BrokerRig, version: bytes) -> None:
    """Another version of AMQP from 0-9 on is told 0-9-1, and cut off."""
    client = broker.open.raw()
    client.send_octets(b"AMQP\x00" + version)
    assert client.expect(wire.ProtocolHeader).octets == b"AMQP\x00\x00\x09\x01"
    client.wait_for_end()


@pytest.mark.requirement("connection.frame-max")
def test_frame_max(broker: BrokerRig) -> None:
    """The broker cuts bodies so that no frame is larger than what was agreed."""
    queue = broker.declare.queue()
    body = bytes(range(256)) * 100
    broker.publish(body, queue)
    client = broker.open.raw_channel(frame_max=FRAME_MAX)
    client.send(1, wire.BasicGet(queue=queue, no_ack=True))
    client.expect(wire.BasicGetOk)
    message = client.read_body()
    assert message.body == body
    assert len(message.pieces) > 1
    assert max(map(len, message.pieces)) + wire.FRAME_OVERHEAD <= FRAME_MAX


@pytest.mark.requirement("connection.frame-max-minimum")
def test_least_frame_max(broker: BrokerRig) -> None:
    """The release's least frame_max may be chosen; with less the client is cut off, after a word (530) or without."""
    least = release_of(broker.version).frame_min
    broker.open.raw_channel(frame_max=least)
    client = broker.open.raw()
    client.log_in()
    client.send(0, wire.ConnectionTuneOk(CHANNEL_MAX, least - 1, 0))
    client.send(0, wire.ConnectionOpen(broker.vhost))
    _cut_off(client, 530)


@pytest.mark.requirement("connection.frame-before-tune")
def test_frame_before_tune(broker: BrokerRig) -> None:
    """Before tune-ok a payload has at most the octets of the least frame_max; a larger one gets the client cut off."""
    least = release_of(broker.version).frame_min
    broker.open.raw().log_in(payload=least)
    client = broker.open.raw()
    client.start(payload=least + 1)
    _cut_off(client, 501)


@pytest.mark.requirement("connection.frame-too-large")
def test_frame_too_large(broker: BrokerRig) -> None:
    """A frame larger than agreed closes the connection with 501."""
    client = broker.open.raw_channel(frame_max=FRAME_MAX)
    client.send(1, wire.BasicPublish(routing_key="nowhere"))
    header = wire.encode_frame(
        wire.FrameKind.HEADER, 1, b"\x00\x3c\x00\x00" + (2 * FRAME_MAX).to_bytes(8) + b"\0\0"
    )
    client.send_octets(header + wire.encode_frame(wire.FrameKind.BODY, 1, bytes(2 * FRAME_MAX)))
    assert client.expect(wire.ConnectionClose).reply_code == 501


@pytest.mark.requirement("connection.channel-max")
def test_channel_max(broker: BrokerRig) -> None:
    """A channel beyond the agreed number closes the connection with 530."""
    client = broker.open.raw_channel(channel_max=2)
    client.open_channel(2)
    client.send(3, wire.ChannelOpen())
    assert client.expect(wire.ConnectionClose).reply_code == 530


@pytest.mark.requirement("connection.tune-too-much")
@pytest.mark.parametrize(
    ("channel_max", "frame_max"),
    [
        pytest.param(CHANNEL_MAX + 1, FRAME_MAX, id="channels"),
        pytest.param(CHANNEL_MAX, OFFERED_FRAME_MAX + 1, id="frame"),
        pytest.param(CHANNEL_MAX, 0, id="frame-without-limit"),
    ],
)
def test_tune_beyond_the_broker(broker: BrokerRig, channel_max: int, frame_max: int) -> None:
    """A client that answers tune with more than it was offered is cut off, after a word (530) or without."""
    client = broker.open.raw()
    offered = client.log_in()
    assert (offered.channel_max, offered.frame_max) == (CHANNEL_MAX, OFFERED_FRAME_MAX)
    client.send(0, wire.ConnectionTuneOk(channel_max, frame_max, 0))
    client.send(0, wire.ConnectionOpen(broker.vhost))
    _cut_off(client, 530)


BAD_END = wire.encode_method_frame(1, wire.QueueDeclare())[:-1] + b"\x00"


@pytest.mark.requirement("connection.wrong-frame")
@pytest.mark.parametrize(
    ("octets", "code"),
    [
        pytest.param(BAD_END, 501, id="end"),
        pytest.param(b"\x09" + BAD_END[1:-1] + b"\xce", 501, id="type"),
        pytest.param(
            wire.encode_frame(wire.FrameKind.METHOD, 1, b"\x00\x32\x00\x0a\x00"),
            501,
            id="cut-short",
        ),
    ],
)
def test_wrong_frame(broker: BrokerRig, octets: bytes, code: int) -> None:
    """A frame with a wrong end, of a wrong type or cut short closes the connection with 501."""
    client = broker.open.raw_channel()
    client.send_octets(octets)
    assert client.expect(wire.ConnectionClose).reply_code == code


@pytest.mark.requirement("connection.unknown-method")
def test_unknown_method(broker: BrokerRig) -> None:
    """A method that AMQP does not have ends the connection without a word."""
    client = broker.open.raw_channel()
    client.send_octets(wire.encode_frame(wire.FrameKind.METHOD, 1, b"\x00\x32\x00\x63"))
    assert client.read() is None


@pytest.mark.requirement("connection.longer-body")
def test_longer_body(broker: BrokerRig) -> None:
    """More body than announced is 501 on 4.3; before, the message goes on for ever: the next method is 505."""
    client = broker.open.raw_channel()
    client.send(1, wire.BasicPublish(routing_key="nowhere"))
    header = wire.encode_frame(
        wire.FrameKind.HEADER, 1, b"\x00\x3c\x00\x00" + (3).to_bytes(8) + b"\0\0"
    )
    client.send_octets(header + wire.encode_frame(wire.FrameKind.BODY, 1, b"five!"))
    client.send(1, wire.QueueDeclare())
    expected = 501 if release_of(broker.version).checks_body_size else 505
    assert client.expect(wire.ConnectionClose).reply_code == expected


@pytest.mark.requirement("connection.octets-after-close")
def test_octets_after_close(broker: BrokerRig) -> None:
    """After close-ok frames are read and thrown away; at octets that are none the broker hangs up in seconds."""
    client = broker.open.raw_channel()
    client.send(0, wire.ConnectionClose())
    client.expect(wire.ConnectionCloseOk)
    client.send(1, wire.BasicPublish(routing_key="nowhere"))
    client.send_octets(b"x" * 1000)
    assert client.read(within=10) is None


@pytest.mark.requirement("connection.wrong-channel")
@pytest.mark.parametrize(
    ("channel", "method"),
    [
        pytest.param(2, wire.QueueDeclare(), id="not-open"),
        pytest.param(2, wire.ChannelCloseOk(), id="close-ok-of-none"),
        pytest.param(2, wire.QueueDeclareOk("q"), id="a-brokers-method"),
        pytest.param(2, wire.ConnectionClose(200), id="of-the-connection"),
        pytest.param(1, wire.ChannelOpen(), id="open-twice"),
    ],
)
def test_wrong_channel(broker: BrokerRig, channel: int, method: wire.Method) -> None:
    """A method on a channel that is not open, or a second open of one that is, closes the connection with 504."""
    client = broker.open.raw_channel()
    client.send(channel, method)
    assert client.expect(wire.ConnectionClose).reply_code == 504


@pytest.mark.requirement("connection.wrong-order")
@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(
            wire.encode_frame(wire.FrameKind.HEADER, 1, b"\x00\x3c\x00\x00" + bytes(10)),
            id="header-first",
        ),
        pytest.param(wire.encode_frame(wire.FrameKind.BODY, 1, b"x"), id="body-first"),
        pytest.param(
            wire.encode_method_frame(1, wire.BasicPublish())
            + wire.encode_method_frame(1, wire.QueueDeclare()),
            id="method-for-header",
        ),
    ],
)
def test_wrong_order(broker: BrokerRig, octets: bytes) -> None:
    """A frame where another is due closes the connection with 505."""
    client = broker.open.raw_channel()
    client.send_octets(octets)
    assert client.expect(wire.ConnectionClose).reply_code == 505


@pytest.mark.requirement("connection.before-open")
def test_method_before_open(broker: BrokerRig) -> None:
    """A connection.open before tune-ok is out of order: the client is cut off, after a word (503) or without."""
    client = broker.open.raw()
    client.log_in()
    client.send(0, wire.ConnectionOpen(broker.vhost))
    _cut_off(client, 503)


@pytest.mark.requirement("connection.channel-scope")
def test_channel_error_stays_in_its_channel(broker: BrokerRig) -> None:
    """An error of a channel closes that channel alone; its number may be opened again after close-ok."""
    client = broker.open.raw_channel()
    client.open_channel(2)
    client.send(1, wire.QueueDeclare(queue="nothing", passive=True))
    closed = client.expect(wire.ChannelClose)
    assert closed.reply_code == 404
    assert (closed.class_id, closed.method_id) == (50, 10), "it names queue.declare"
    client.send(2, wire.QueueDeclare(queue="fine", durable=True))
    client.expect(wire.QueueDeclareOk)
    client.send(1, wire.QueueDeclare(queue="ignored", durable=True), wire.ChannelCloseOk())
    client.open_channel(1)
    assert not broker.look.has_queue("ignored"), "a closing channel's method was done"


@pytest.mark.requirement("connection.channel-scope")
def test_closes_that_cross(broker: BrokerRig) -> None:
    """Client and broker close a channel at once: the client gets its close-ok, and still owes the broker one."""
    queue = broker.declare.queue()
    client = broker.open.raw_channel()
    client.send(1, wire.QueueDeclare(queue="nothing", passive=True))
    client.send_message(
        1, wire.BasicPublish(routing_key=queue), wire.ContentHeader(body_size=1), b"x"
    )
    client.send(1, wire.ChannelClose(), wire.QueueDeclare(queue="ignored", durable=True))
    assert client.expect(wire.ChannelClose).reply_code == 404
    client.expect(wire.ChannelCloseOk)
    client.send(1, wire.ChannelCloseOk())
    client.open_channel(1)
    assert not broker.look.has_queue("ignored"), "a closing channel's method was done"
    assert broker.drain(queue) == [], "a closing channel's message was routed"


@pytest.mark.requirement("connection.ends-its-channels")
def test_connection_error_ends_all_channels(broker: BrokerRig) -> None:
    """An error of the connection ends all its channels: what they held is ready again."""
    queue = broker.declare.queue()
    broker.publish(b"held", queue)
    client = broker.open.raw_channel()
    client.send(1, wire.BasicGet(queue=queue))
    client.expect(wire.BasicGetOk)
    client.read_body()
    client.open_channel(2)
    client.send_octets(wire.encode_frame(wire.FrameKind.BODY, 2, b"x"))
    assert client.expect(wire.ConnectionClose).reply_code == 505
    client.close()
    broker.wait.ready(queue, 1, "the held message to be ready again")
