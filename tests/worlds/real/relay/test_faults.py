"""Faults over real sockets: each is in force when its call returns, and the log has the proof."""

import socket
import time
from typing import Any

import pytest

from tests.worlds.real.relay.peers import (
    DEADLINE,
    Peer,
    ScriptedBroker,
    client_of,
    deliver_octets,
    method_octets,
)
from warren.evidence.frames import (
    ConnectionEnded,
    Direction,
    FrameHeld,
    FrameLost,
    FrameReleased,
    FrameSeen,
)
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    BasicAck,
    BasicDeliver,
    BasicNack,
    BasicProperties,
    BasicPublish,
    BasicQos,
    BasicReject,
    ContentHeader,
    Heartbeat,
    QueueDeclare,
    encode_message,
)
from warren.worlds.line.rules import (
    Match,
    acks,
    declaration,
    delivery,
    method,
    publish,
    settlements,
)
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Tap


def facts_of(log: FrameLog, kind: Any) -> list[Any]:
    """Give the facts of a kind."""
    return [fact for fact in log.snapshot() if isinstance(fact, kind)]


def publish_octets(body: bytes = b"body", exchange: str = "exchange", key: str = "key") -> bytes:
    """Write a publish, as a client does."""
    header = ContentHeader(60, len(body), BasicProperties())
    return encode_message(1, BasicPublish(exchange, key), header, body)


def test_cut(
    tap: Tap, ends: tuple[Peer, Peer], log: FrameLog, scripted_broker: ScriptedBroker
) -> None:
    """Cut resets both sides, is logged when it returns, and lets new connections through."""
    client, broker = ends
    assert tap.cut() == 1
    (fact,) = facts_of(log, ConnectionEnded)
    assert (fact.by, fact.how) == ("rig", "cut")
    assert client.how_it_ends() == "reset"
    assert broker.how_it_ends() == "reset"
    with client_of(tap.port):
        scripted_broker.accept().receive(1)


def test_cut_without_connections(tap: Tap) -> None:
    """Cut with nothing to cut says so."""
    assert tap.cut() == 0


def test_cut_loses_what_was_held(tap: Tap, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """What a hold kept when the connection was cut is lost, and logged as such."""
    _, broker = ends
    held = tap.hold(delivery())
    broker.send(deliver_octets(1))
    assert held.wait(DEADLINE)
    tap.cut()
    assert [type(fact.frame.content) for fact in facts_of(log, FrameLost)] == [
        BasicDeliver,
        ContentHeader,
        bytes,
    ]
    held.release()


def test_refuse_and_accept(
    tap: Tap, ends: tuple[Peer, Peer], scripted_broker: ScriptedBroker
) -> None:
    """While refused, the old connection is reset and new ones are refused; then they pass."""
    client, _ = ends
    tap.refuse()
    assert client.how_it_ends() == "reset"
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", tap.port), DEADLINE)
        tap.refuse()
    tap.accept()
    tap.accept()
    with client_of(tap.port):
        scripted_broker.accept().receive(1)


def test_half_open_and_restore(tap: Tap, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """Half open, nothing passes and nobody sees an end; restored, all of it goes on in order."""
    client, broker = ends
    tap.half_open()
    broker.send(deliver_octets(1) + HEARTBEAT_FRAME)
    client.send(method_octets(BasicAck(7)))
    assert log.wait_for(lambda facts: sum(isinstance(f, FrameHeld) for f in facts) == 5, DEADLINE)
    assert client.is_quiet()
    assert broker.is_quiet()
    tap.restore()
    assert [type(content) for content in client.receive(4)][::3] == [BasicDeliver, Heartbeat]
    assert broker.receive(1) == [BasicAck(7)]
    assert len(facts_of(log, FrameReleased)) == 5


def test_half_open_hides_an_end(tap: Tap, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A broker that gives up while half open is logged; the client learns it when restored."""
    client, broker = ends
    tap.half_open()
    client.send(method_octets(BasicAck(7)))
    assert log.wait_for(lambda facts: isinstance(facts[-1], FrameHeld), DEADLINE)
    broker.sock.close()
    assert log.wait_for(lambda facts: any(isinstance(f, FrameLost) for f in facts), DEADLINE)
    assert [end.by for end in facts_of(log, ConnectionEnded)] == ["broker"]
    assert client.is_quiet()
    assert [fact.frame.content for fact in facts_of(log, FrameLost)] == [BasicAck(7)]
    tap.restore()
    assert client.how_it_ends() in {"eof", "reset"}


def test_restore_meets_resets_on_both_sides(tap: Tap, ends: tuple[Peer, Peer]) -> None:
    """Sides that were reset while half open, and ended before, do not trouble the call."""
    client, broker = ends
    tap.half_open()
    client.sock.shutdown(socket.SHUT_WR)
    client.reset()
    broker.reset()
    tap.restore()
    assert tap.cut() <= 1


def test_half_open_for_new_connections(tap: Tap, scripted_broker: ScriptedBroker) -> None:
    """A connection made while half open gets nowhere until restored."""
    tap.half_open()
    with client_of(tap.port):
        broker = scripted_broker.accept()
        assert broker.is_quiet()
        tap.restore()
        assert len(broker.receive(1)) == 1


def test_delay(tap: Tap, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """Delayed frames come so much later, in order, and the log says when they went on."""
    client, broker = ends
    tap.delay(0.2)
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
    tap.delay(0)
    broker.send(deliver_octets(3))
    client.receive(3)
    assert len(facts_of(log, FrameHeld)) == 6


def test_hold_and_release(tap: Tap, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A held delivery does not reach the client until it is released; heartbeats do."""
    client, broker = ends
    held = tap.hold(delivery(exchange="exchange", routing_key="key", redelivered=False))
    broker.send(deliver_octets(1))
    assert held.wait(DEADLINE)
    broker.send(HEARTBEAT_FRAME)
    assert client.receive(1) == [Heartbeat()]
    assert client.is_quiet()
    held.release()
    assert isinstance(client.receive(3)[0], BasicDeliver)
    assert facts_of(log, FrameReleased)[0].frame is held.seen


def test_hold_a_declaration(tap: Tap, ends: tuple[Peer, Peer]) -> None:
    """The declaration of one queue is held; that of another, and one that only asks for it, is not."""
    client, broker = ends
    held = tap.hold(declaration("q"))
    pass_on = [QueueDeclare("other"), QueueDeclare("q", passive=True)]
    client.send(b"".join(map(method_octets, [*pass_on, QueueDeclare("q")])))
    assert broker.receive(2) == pass_on
    assert held.wait(DEADLINE)
    held.release()
    assert broker.receive(1) == [QueueDeclare("q")]


def test_hold_does_not_wait_for_ever(tap: Tap) -> None:
    """A hold that caught nothing says so at its deadline; taken away, it catches nothing."""
    held = tap.hold(delivery())
    assert not held.wait(0.05)
    assert held.seen is None
    held.release()
    held.lose()


def test_withdrawn_hold_catches_nothing(tap: Tap, ends: tuple[Peer, Peer]) -> None:
    """A hold released before its catch lets the delivery pass."""
    client, broker = ends
    tap.hold(delivery()).release()
    broker.send(deliver_octets(1))
    assert len(client.receive(3)) == 3


def test_lose_an_ack(tap: Tap, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A lost ack never reaches the broker, the log tells both, and what follows passes."""
    client, broker = ends
    lost = tap.lose(acks())
    client.send(method_octets(BasicAck(1)) + method_octets(QueueDeclare("q")))
    assert broker.receive(1) == [QueueDeclare("q")]
    assert lost.wait(DEADLINE)
    assert lost.seen is not None
    assert lost.seen.content == BasicAck(1)
    (fact,) = facts_of(log, FrameLost)
    assert fact.frame is lost.seen
    assert lost.seen in facts_of(log, FrameSeen)
    client.send(method_octets(BasicAck(2)))
    assert broker.receive(1) == [BasicAck(2)]


def test_hold_then_lose(tap: Tap, ends: tuple[Peer, Peer]) -> None:
    """A held delivery can still be lost, with its content; the next one passes."""
    client, broker = ends
    held = tap.hold(delivery())
    broker.send(deliver_octets(1) + deliver_octets(2))
    assert held.wait(DEADLINE)
    held.lose()
    first = client.receive(3)[0]
    assert isinstance(first, BasicDeliver)
    assert first.delivery_tag == 2


def test_clear(tap: Tap, ends: tuple[Peer, Peer]) -> None:
    """Clear ends every fault at once."""
    client, broker = ends
    held = tap.hold(delivery())
    broker.send(deliver_octets(1))
    assert held.wait(DEADLINE)
    tap.hold(delivery())
    tap.half_open()
    tap.delay(60)
    tap.clear()
    broker.send(deliver_octets(2))
    assert len(client.receive(6)) == 6


@pytest.mark.parametrize(
    ("match", "octets", "is_caught"),
    [
        (publish(), publish_octets(), True),
        (publish(exchange="exchange", routing_key="key"), publish_octets(), True),
        (publish(exchange="other"), publish_octets(), False),
        (publish(body=lambda body: b"od" in body), publish_octets(), True),
        (publish(body=lambda body: b"xx" in body), publish_octets(), False),
        (acks(), method_octets(BasicNack(1)), False),
        (settlements(), method_octets(BasicNack(1)), True),
        (settlements(), method_octets(BasicReject(1)), True),
        (settlements(), method_octets(BasicAck(1)), True),
        (method(QueueDeclare, direction=Direction.TO_BROKER), method_octets(QueueDeclare()), True),
        (method(QueueDeclare, direction=Direction.TO_CLIENT), method_octets(QueueDeclare()), False),
        (delivery(), deliver_octets(1), False),
    ],
)
def test_rules(
    tap: Tap, ends: tuple[Peer, Peer], match: Match, octets: bytes, is_caught: bool
) -> None:
    """A match takes what it describes, and only in its direction."""
    client, broker = ends
    held = tap.hold(match)
    client.send(octets + method_octets(BasicQos()))
    if is_caught:
        assert held.wait(DEADLINE)
        held.release()
    while broker.receive(1) != [BasicQos()]:
        pass
    assert (held.seen is not None) is is_caught
