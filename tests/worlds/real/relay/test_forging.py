"""Forged frames over real sockets: both ends see what `tests/worlds/line` has octet by octet."""

import socket

from tests.worlds.line.octets import method_octets, publish_octets
from tests.worlds.real.relay.peers import Peer
from warren.simulator.wire import (
    BasicAck,
    BasicCancel,
    BasicCancelOk,
    BasicPublish,
    ChannelClose,
    ChannelCloseOk,
    ChannelOpenOk,
    ConnectionBlocked,
    ConnectionOpenOk,
    ConnectionStartOk,
    ConnectionUnblocked,
)
from warren.worlds.real.relay import RealLine

CAPABLE = {"capabilities": {"connection.blocked": True, "consumer_cancel_notify": True}}


def log_in(client: Peer, broker: Peer) -> None:
    """Open the connection and channel 1."""
    client.send(method_octets(ConnectionStartOk(CAPABLE), 0))
    broker.receive(1)
    broker.send(method_octets(ConnectionOpenOk(), 0) + method_octets(ChannelOpenOk()))
    client.receive(2)


def test_cancelled_and_closed(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """A consumer is cancelled and a channel closed at both ends; where there is none, that is said."""
    client, broker = ends
    assert not line.close_channel(1, 1, 406, "late")
    log_in(client, broker)
    assert line.cancel_consumer(1, 1, "ctag")
    assert broker.receive(1) == [BasicCancel("ctag")]
    broker.send(method_octets(BasicCancelOk("ctag")))
    assert client.receive(1) == [BasicCancel("ctag", no_wait=True)]
    assert line.close_channel(1, 1, 406, "late")
    assert broker.receive(1) == [ChannelClose(200, "closed by the rig")]
    broker.send(method_octets(ChannelCloseOk()))
    assert client.receive(1) == [ChannelClose(406, "late")]


def test_cancelled_as_it_leaves(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """What would be asked in the name of a client that has ended its sending is lost, and no error of ours."""
    client, broker = ends
    log_in(client, broker)
    client.sock.shutdown(socket.SHUT_WR)
    assert broker.how_it_ends() == "eof"
    assert line.cancel_consumer(1, 1, "ctag")
    assert line.close_channel(1, 1, 406, "late")


def test_blocked(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """A publisher is told, and read no more after its publish, until it is told otherwise."""
    client, broker = ends
    log_in(client, broker)
    line.block("low on memory")
    client.send(publish_octets() + method_octets(BasicAck(1)))
    assert isinstance(broker.receive(3)[0], BasicPublish)
    assert client.receive(1) == [ConnectionBlocked("low on memory")]
    line.unblock()
    assert broker.receive(1) == [BasicAck(1)]
    assert client.receive(1) == [ConnectionUnblocked()]
