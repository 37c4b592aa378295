"""Methods and frames that a client should not send, or hardly any does."""

import pytest

from tests.simulator.session.virtual import Peer, World
from warren.simulator import wire


def one() -> Peer:
    """Return a client with a channel, and the queue q."""
    client = World().connect()
    client.log_in()
    client.send(wire.QueueDeclare("q"))
    return client


def test_a_ticket() -> None:
    """A client that asks for a ticket, as those of AMQP 0-8 did, is given one."""
    client = one()
    assert client.send(wire.AccessRequest()) == [wire.AccessRequestOk(1)]


BROKERS = (wire.QueueDeclareOk("q"), wire.BasicCancelOk("tag"), wire.ConnectionClose(200))


@pytest.mark.parametrize("method", BROKERS, ids=lambda method: method.NAME)
@pytest.mark.parametrize(("channel", "code"), [(1, 503), (2, 504)], ids=["open", "not-open"])
def test_a_method_that_no_client_may_send(method: wire.Method, channel: int, code: int) -> None:
    """It is 503 on an open channel, and 504 on another, as any method is; the close names it."""
    client = one()
    (close,) = client.send(method, channel=channel)
    assert isinstance(close, wire.ConnectionClose)
    named = (close.reply_code, close.class_id, close.method_id)
    assert named == (code, method.CLASS_ID, method.METHOD_ID)


def test_a_failed_channel_hears_no_method() -> None:
    """What comes on a channel that the broker closes means nothing, whatever it is."""
    client = one()
    (close,) = client.send(wire.QueueDeclare("none", passive=True))
    assert isinstance(close, wire.ChannelClose)
    assert client.send(wire.QueueDeclareOk("q")) == []


@pytest.mark.parametrize(("payload", "code"), [(b"", 505), (b"x", 501)])
@pytest.mark.parametrize("begun", [False, True], ids=["between", "in-a-message"])
def test_a_heartbeat_on_a_channel(payload: bytes, code: int, begun: bool) -> None:
    """A heartbeat belongs to no channel, and no method is to blame for it; with a payload it is no frame at all."""
    client = one()
    if begun:
        client.send(wire.BasicPublish("", "q"))
    (close,) = client.send_octets(wire.encode_frame(wire.FrameKind.HEARTBEAT, 1, payload))
    assert isinstance(close, wire.ConnectionClose)
    assert (close.reply_code, close.class_id, close.method_id) == (code, 0, 0)
