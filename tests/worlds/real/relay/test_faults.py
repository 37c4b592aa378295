"""Faults over real sockets: each is in force when its call returns, and the log has the proof."""

import socket
import time
from typing import Any

import pytest

from tests.worlds.line.octets import deliver_octets, method_octets
from tests.worlds.real.relay.peers import (
    DEADLINE,
    Peer,
    ScriptedBroker,
    caught,
    client_of,
)
from warren.evidence.frames import (
    ConnectionEnded,
    FrameHeld,
    FrameLost,
    FrameReleased,
    FrameSeen,
)
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    BasicAck,
    BasicDeliver,
    ContentHeader,
    Heartbeat,
    QueueDeclare,
)
from warren.worlds.line.rules import (
    acks,
    declaration,
    delivery,
)
from warren.worlds.real.relay import FrameLog, RealLine


def facts_of(log: FrameLog, kind: Any) -> list[Any]:
    """Give the facts of a kind."""
    return [fact for fact in log.snapshot() if isinstance(fact, kind)]


def test_cut(
    line: RealLine, ends: tuple[Peer, Peer], log: FrameLog, scripted_broker: ScriptedBroker
) -> None:
    """Cut resets both sides, is logged when it returns, and lets new connections through."""
    client, broker = ends
    assert line.cut() == 1
    (fact,) = facts_of(log, ConnectionEnded)
    assert (fact.by, fact.how) == ("rig", "cut")
    assert client.how_it_ends() == "reset"
    assert broker.how_it_ends() == "reset"
    with client_of(line.port):
        scripted_broker.accept().receive(1)


def test_cut_without_connections(line: RealLine) -> None:
    """Cut with nothing to cut says so."""
    assert line.cut() == 0


def test_cut_loses_what_was_held(line: RealLine, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """What a hold kept when the connection was cut is lost, and logged as such."""
    _, broker = ends
    held = line.hold(delivery())
    broker.send(deliver_octets(1))
    assert caught(held)
    line.cut()
    assert [type(fact.frame.content) for fact in facts_of(log, FrameLost)] == [
        BasicDeliver,
        ContentHeader,
        bytes,
    ]
    held.release()


def test_refuse_and_accept(
    line: RealLine, ends: tuple[Peer, Peer], scripted_broker: ScriptedBroker
) -> None:
    """While refused, the old connection is reset and new ones are refused; then they pass."""
    client, _ = ends
    line.refuse()
    assert client.how_it_ends() == "reset"
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", line.port), DEADLINE)
        line.refuse()
    line.accept()
    line.accept()
    with client_of(line.port):
        scripted_broker.accept().receive(1)


def test_half_open_and_restore(line: RealLine, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """Half open, nothing passes and nobody sees an end; restored, all of it goes on in order."""
    client, broker = ends
    line.half_open()
    broker.send(deliver_octets(1) + HEARTBEAT_FRAME)
    client.send(method_octets(BasicAck(7)))
    assert log.wait_for(lambda facts: sum(isinstance(f, FrameHeld) for f in facts) == 5, DEADLINE)
    assert client.is_quiet()
    assert broker.is_quiet()
    line.restore()
    assert [type(content) for content in client.receive(4)][::3] == [BasicDeliver, Heartbeat]
    assert broker.receive(1) == [BasicAck(7)]
    assert len(facts_of(log, FrameReleased)) == 5


def test_half_open_hides_an_end(line: RealLine, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A broker that gives up while half open is logged; the client learns it when restored."""
    client, broker = ends
    line.half_open()
    client.send(method_octets(BasicAck(7)))
    assert log.wait_for(lambda facts: isinstance(facts[-1], FrameHeld), DEADLINE)
    broker.sock.close()
    assert log.wait_for(lambda facts: any(isinstance(f, FrameLost) for f in facts), DEADLINE)
    assert [end.by for end in facts_of(log, ConnectionEnded)] == ["broker"]
    assert client.is_quiet()
    assert [fact.frame.content for fact in facts_of(log, FrameLost)] == [BasicAck(7)]
    line.restore()
    assert client.how_it_ends() in {"eof", "reset"}


def test_restore_meets_resets_on_both_sides(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """Sides that were reset while half open, and ended before, do not trouble the call."""
    client, broker = ends
    line.half_open()
    client.sock.shutdown(socket.SHUT_WR)
    client.reset()
    broker.reset()
    line.restore()
    assert line.cut() <= 1


def test_half_open_for_new_connections(line: RealLine, scripted_broker: ScriptedBroker) -> None:
    """A connection made while half open gets nowhere until restored."""
    line.half_open()
    with client_of(line.port):
        broker = scripted_broker.accept()
        assert broker.is_quiet()
        line.restore()
        assert len(broker.receive(1)) == 1


def test_let_die(line: RealLine, scripted_broker: ScriptedBroker) -> None:
    """Connections that there are get nowhere, whatever is restored; new ones are let through."""
    with client_of(line.port):
        silent = scripted_broker.accept()
        silent.receive(1)
        line.let_die()
        line.restore()
        silent.send(deliver_octets(1))
        with client_of(line.port):
            assert len(scripted_broker.accept().receive(1)) == 1
        assert silent.is_quiet()
    assert line.cut() <= 2


def test_leave_unanswered(line: RealLine, scripted_broker: ScriptedBroker) -> None:
    """The next connection gets nowhere, whatever is restored; the one after it is let through."""
    line.leave_unanswered()
    with client_of(line.port):
        silent = scripted_broker.accept()
        line.restore()
        assert silent.is_quiet()
        with client_of(line.port):
            assert len(scripted_broker.accept().receive(1)) == 1
        assert silent.is_quiet()


def test_delay(line: RealLine, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """Delayed frames come so much later, in order, and the log says when they went on."""
    client, broker = ends
    line.delay(0.2)
    begun = time.monotonic()
    broker.send(deliver_octets(1) + deliver_octets(2))
    tags = [c.delivery_tag for c in client.receive(6) if isinstance(c, BasicDeliver)]
    assert tags == [1, 2]
    assert time.monotonic() - begun >= 0.2
    assert log.wait_for(
        lambda facts: sum(isinstance(f, FrameReleased) for f in facts) == 6, DEADLINE
    )
    for fact in facts_of(log, FrameReleased):
        assert fact.at - fact.frame.at >= 0.2
    line.delay(0)
    broker.send(deliver_octets(3))
    client.receive(3)
    assert len(facts_of(log, FrameHeld)) == 6


def test_hold_and_release(line: RealLine, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A held delivery does not reach the client until it is released; heartbeats do."""
    client, broker = ends
    held = line.hold(delivery(exchange="exchange", routing_key="key", redelivered=False))
    broker.send(deliver_octets(1))
    assert caught(held)
    broker.send(HEARTBEAT_FRAME)
    assert client.receive(1) == [Heartbeat()]
    assert client.is_quiet()
    held.release()
    assert isinstance(client.receive(3)[0], BasicDeliver)
    assert facts_of(log, FrameReleased)[0].frame is held.seen


def test_hold_a_declaration(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """The declaration of one queue is held; that of another, and one that only asks for it, is not."""
    client, broker = ends
    held = line.hold(declaration("q"))
    pass_on = [QueueDeclare("other"), QueueDeclare("q", passive=True)]
    client.send(b"".join(map(method_octets, [*pass_on, QueueDeclare("q")])))
    assert broker.receive(2) == pass_on
    assert caught(held)
    held.release()
    assert broker.receive(1) == [QueueDeclare("q")]


def test_hold_that_caught_nothing(line: RealLine) -> None:
    """A hold that caught nothing says so; it can be taken away, in either way and again."""
    held = line.hold(delivery())
    assert held.seen is None
    held.release()
    held.lose()


def test_withdrawn_hold_catches_nothing(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """A hold released before its catch lets the delivery pass."""
    client, broker = ends
    line.hold(delivery()).release()
    broker.send(deliver_octets(1))
    assert len(client.receive(3)) == 3


def test_lose_an_ack(line: RealLine, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A lost ack never reaches the broker, the log tells both, and what follows passes."""
    client, broker = ends
    lost = line.lose(acks())
    client.send(method_octets(BasicAck(1)) + method_octets(QueueDeclare("q")))
    assert broker.receive(1) == [QueueDeclare("q")]
    assert caught(lost)
    assert lost.seen is not None
    assert lost.seen.content == BasicAck(1)
    (fact,) = facts_of(log, FrameLost)
    assert fact.frame is lost.seen
    assert lost.seen in facts_of(log, FrameSeen)
    client.send(method_octets(BasicAck(2)))
    assert broker.receive(1) == [BasicAck(2)]


def test_hold_then_lose(line: RealLine, ends: tuple[Peer, Peer]) -> None:
    """A held delivery can still be lost, with its content; the next one passes."""
    client, broker = ends
    held = line.hold(delivery())
    broker.send(deliver_octets(1) + deliver_octets(2))
    assert caught(held)
    held.lose()
    first = client.receive(3)[0]
    assert isinstance(first, BasicDeliver)
    assert first.delivery_tag == 2
