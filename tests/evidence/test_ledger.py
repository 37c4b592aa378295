"""The ledger: frames become deliveries, and a settlement finds the deliveries that it settles."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import Wire
from warren.evidence.frames import (
    ConnectionEnded,
    ConnectionOpened,
    Direction,
    FrameHeld,
    FrameLost,
    FrameReleased,
    FrameSeen,
)
from warren.evidence.ledger import Beat, most_unacked
from warren.evidence.ledger_reader import LedgerReader
from warren.simulator.wire import (
    BasicAck,
    BasicConsume,
    BasicConsumeOk,
    BasicDeliver,
    BasicNack,
    BasicPublish,
    BasicRecover,
    BasicRecoverOk,
    BasicReject,
    ChannelClose,
    ChannelCloseOk,
    ConnectionClose,
    ConnectionTuneOk,
    ContentHeader,
    Heartbeat,
    QueueDeclare,
    TxCommitOk,
    TxRollbackOk,
    TxSelectOk,
)

TO_BROKER, TO_CLIENT = Direction.TO_BROKER, Direction.TO_CLIENT


@dataclass
class Channel:
    """What a broker knows of a channel: the tags that are not settled, and how the others were."""

    delivered: int = 0
    unsettled: list[int] = field(default_factory=list)
    settled: dict[int, tuple[str, bool]] = field(default_factory=dict)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["deliver", "ack", "nack", "reject"]),
            st.integers(1, 2),
            st.integers(0, 6),
            st.booleans(),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_settlements(steps: list[tuple[str, int, int, bool, bool]]) -> None:
    """Each delivery is settled as the broker of that channel understands it, and only once."""
    wire = Wire()
    channels = {1: Channel(), 2: Channel()}
    for kind, number, tag, multiple, requeue in steps:
        channel = channels[number]
        if kind == "deliver":
            channel.delivered += 1
            channel.unsettled.append(channel.delivered)
            wire.deliver(channel.delivered, channel=number)
            continue
        if kind == "reject":
            wire.frame(TO_BROKER, BasicReject(tag, requeue), number)
            covered = [t for t in channel.unsettled if t == tag]
        else:
            method = BasicAck(tag, multiple) if kind == "ack" else BasicNack(tag, multiple, requeue)
            wire.frame(TO_BROKER, method, number)
            every = multiple and tag == 0
            covered = [t for t in channel.unsettled if every or t == tag or (multiple and t < tag)]
        for covered_tag in covered:
            channel.unsettled.remove(covered_tag)
            channel.settled[covered_tag] = kind, requeue and kind != "ack"
    found = {
        (d.channel, d.tag): (d.settlement.kind, d.settlement.requeue) if d.settlement else None
        for d in wire.ledger.deliveries
    }
    assert found == {
        (number, tag): channel.settled.get(tag)
        for number, channel in channels.items()
        for tag in range(1, channel.delivered + 1)
    }


@given(st.lists(st.binary(max_size=10), max_size=5))
def test_bodies(bodies: list[bytes]) -> None:
    """Bodies in many frames, and in none, are put together."""
    wire = Wire()
    for tag, body in enumerate(bodies, 1):
        wire.deliver(tag, body)
    assert [d.body for d in wire.ledger.deliveries] == bodies


def test_two_ways_at_once() -> None:
    """Frames of a publish between those of a delivery on the same channel belong to the publish."""
    wire = Wire()
    wire.frame(TO_CLIENT, BasicDeliver("consumer", 1, False, "", "queue"))
    wire.frame(TO_BROKER, BasicPublish("exchange", "key", True))
    wire.frame(TO_CLIENT, ContentHeader(60, 2))
    wire.frame(TO_BROKER, ContentHeader(60, 3))
    wire.frame(TO_BROKER, b"out")
    wire.frame(TO_CLIENT, b"in")
    ledger = wire.ledger
    assert [d.body for d in ledger.deliveries] == [b"in"]
    (published,) = ledger.published_by("part-1")
    assert (published.exchange, published.mandatory, published.body) == ("exchange", True, b"out")
    assert ledger.published_by("part-2") == ()
    assert published.passed_at == published.at


def test_incomplete() -> None:
    """A delivery of which not all octets came is none."""
    wire = Wire()
    wire.frame(TO_CLIENT, BasicDeliver("consumer", 1, False, "", "queue"))
    wire.frame(TO_CLIENT, ContentHeader(60, 5))
    wire.frame(TO_CLIENT, b"four")
    assert wire.ledger.deliveries == ()


def test_held_and_released() -> None:
    """A delivery that waits on its line was not passed on, until it is released."""
    wire = Wire()
    method = wire.frame(TO_CLIENT, BasicDeliver("consumer", 1, False, "", "queue"))
    wire.facts.append(FrameHeld(0.5, method))
    wire.frame(TO_CLIENT, ContentHeader(60, 0))
    assert wire.ledger.deliveries[0].passed_at is None
    wire.facts.append(FrameReleased(7.0, method))
    assert wire.ledger.deliveries[0].passed_at == 7.0


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in part"])
def test_released_early(whole: bool) -> None:
    """It makes no difference whether a delivery was seen whole when it was released."""
    wire = Wire()
    method = wire.frame(TO_CLIENT, BasicDeliver("consumer", 1, False, "", "queue"))
    wire.facts.append(FrameHeld(0.5, method))
    wire.facts += [] if whole else [FrameReleased(0.7, method)]
    wire.frame(TO_CLIENT, ContentHeader(60, 0))
    wire.facts += [FrameReleased(0.7, method)] if whole else []
    assert wire.ledger.deliveries[0].passed_at is not None


def test_held_publish() -> None:
    """A publish that waits on its line has not reached the broker: it has a time when it is passed on, none if lost."""
    wire = Wire()
    methods = []
    for key in ("first", "second"):
        methods.append(wire.frame(TO_BROKER, BasicPublish("exchange", key)))
        wire.facts.append(FrameHeld(0.5, methods[-1]))
        wire.frame(TO_BROKER, ContentHeader(60, 1))
        wire.frame(TO_BROKER, b"x")
    assert [p.passed_at for p in wire.ledger.publishes] == [None, None]
    assert all(str(p).endswith(", which has not reached the broker") for p in wire.ledger.publishes)
    wire.facts += [FrameReleased(7.0, methods[0]), FrameLost(7.0, methods[1])]
    assert [p.passed_at for p in wire.ledger.publishes] == [7.0, None]
    assert str(wire.ledger.publishes[0]).endswith('"first", without a confirm')


def test_held_settlement() -> None:
    """An ack that waits on its line was asked for when it was seen, and is passed on later."""
    wire = Wire()
    wire.deliver(1)
    ack = wire.frame(TO_BROKER, BasicAck(1))
    plain = wire.ledger.deliveries[0]
    wire.facts.append(FrameHeld(0.5, ack))
    held = wire.ledger.deliveries[0].settlement
    wire.facts.append(FrameReleased(7.0, ack))
    passed = wire.ledger.deliveries[0].settlement
    assert held is not None
    assert passed is not None
    assert (held.at, held.is_held, held.passed_at) == (ack.at, True, None)
    assert (passed.at, passed.is_held, passed.passed_at) == (ack.at, True, 7.0)
    assert wire.ledger.deliveries == (plain,), "as evidence it is the same line before and after"


def test_order_on_the_wire() -> None:
    """A publish, an ack and a delivery know which of them came first, also where their time is one."""
    wire = Wire()
    wire.deliver(1)
    wire.frame(TO_BROKER, BasicAck(1))
    wire.frame(TO_BROKER, BasicPublish("exchange", "key"))
    wire.frame(TO_BROKER, ContentHeader(60, 0))
    (delivery,), (publish,) = wire.ledger.deliveries, wire.ledger.publishes
    assert delivery.settlement is not None
    assert 0 < delivery.order < delivery.settlement.order < publish.order


def test_lost_settlement() -> None:
    """An ack that the rig lost did not reach the broker; a lost delivery reached nobody."""
    wire = Wire()
    wire.deliver(1)
    delivery = wire.deliver(2)
    ack = wire.frame(TO_BROKER, BasicAck(1))
    wire.facts += [FrameLost(9.0, ack), FrameLost(9.0, delivery)]
    first, second = wire.ledger.deliveries
    assert first.settlement is not None
    assert not first.settlement.reached
    assert "ack, lost on its way" in str(first)
    assert not wire.ledger.settled(first.message)
    assert second.passed_at is None


def test_no_ack_consumer() -> None:
    """What is delivered to a consumer without acks is marked, and on no other channel."""
    wire = Wire()
    wire.frame(TO_BROKER, BasicConsume("queue", "consumer", no_ack=True), 1)
    wire.frame(TO_CLIENT, BasicConsumeOk("consumer"), 1)
    wire.deliver(1, channel=1)
    wire.deliver(1, channel=2)
    assert [d.auto_ack for d in wire.ledger.deliveries] == [True, False]


def test_rest_of_the_wire() -> None:
    """The client's tuned interval, dead-letter queues and ends are kept."""
    wire = Wire()
    wire.frame(TO_BROKER, ConnectionTuneOk(heartbeat=5), 0)
    wire.frame(TO_BROKER, QueueDeclare("plain"))
    wire.frame(TO_BROKER, QueueDeclare("kept", arguments={"x-dead-letter-exchange": ""}))
    end = ConnectionEnded(9.0, "part-1", 1, "broker", "close", "320")
    wire.facts.append(end)
    ledger = wire.ledger
    assert ledger.negotiated == {("part-1", 1): 5}
    assert ledger.dead_letters == ("kept",)
    assert ledger.ends == (end,)


def test_settled_for_good() -> None:
    """A message is settled when its last delivery was, without requeue."""
    wire = Wire()
    wire.deliver(1, message_id="m")
    wire.frame(TO_BROKER, BasicReject(1, requeue=True))
    assert not wire.ledger.settled("m")
    wire.deliver(2, message_id="m")
    assert not wire.ledger.settled("m")
    wire.frame(TO_BROKER, BasicAck(2))
    assert wire.ledger.settled("m")
    assert [d.tag for d in wire.ledger.of("m")] == [1, 2]
    assert not wire.ledger.settled("another")


def test_most_unacked() -> None:
    """What an instance holds at once counts, on whatever channels, not what it holds one after the other."""
    wire = Wire()
    for tag in (1, 2, 3):
        wire.deliver(tag)
        if tag != 2:
            wire.frame(TO_BROKER, BasicAck(tag))
    wire.frame(TO_BROKER, BasicAck(2))
    wire.deliver(1, channel=2)
    number, held = most_unacked(wire.ledger.deliveries)
    assert number == 2
    assert [(d.channel, d.tag) for d in held] == [(1, 2), (1, 3)]
    assert most_unacked([]) == (0, ())


def test_most_unacked_by_two_consumers() -> None:
    """What two consumers of one instance hold counts together."""
    wire = Wire()
    wire.deliver(1, consumer="one")
    wire.deliver(1, channel=2, consumer="other")
    assert most_unacked(wire.ledger.deliveries)[0] == 2


def test_recovered() -> None:
    """What is unsettled on a channel that recovers is given back, and comes as a new delivery."""
    wire = Wire()
    wire.deliver(1)
    wire.frame(TO_BROKER, BasicRecover(requeue=True))
    recovered = wire.frame(TO_CLIENT, BasicRecoverOk())
    wire.deliver(2)
    wire.frame(TO_BROKER, BasicAck(2))
    old, new = wire.ledger.deliveries
    assert (old.settlement, old.given_back_at) == (None, recovered.at)
    assert new.settlement is not None
    assert most_unacked(wire.ledger.deliveries)[0] == 1


def test_settled_in_a_transaction() -> None:
    """Between tx.select and tx.commit nothing is settled; the commit settles what was asked for since."""
    wire = Wire()
    wire.frame(TO_CLIENT, TxSelectOk())
    wire.deliver(1)
    wire.frame(TO_BROKER, BasicAck(1))
    assert wire.ledger.deliveries[0].settlement is None
    wire.frame(TO_CLIENT, TxRollbackOk())
    wire.frame(TO_CLIENT, TxCommitOk())
    assert wire.ledger.deliveries[0].settlement is None
    wire.frame(TO_BROKER, BasicAck(1))
    committed = wire.frame(TO_CLIENT, TxCommitOk())
    settlement = wire.ledger.deliveries[0].settlement
    assert settlement is not None
    assert settlement.at == committed.at


def test_transaction_that_ends_with_its_channel() -> None:
    """What was not committed when the channel ended is given back; the channel's next life is in no tx mode."""
    wire = Wire()
    wire.frame(TO_CLIENT, TxSelectOk())
    wire.deliver(1)
    wire.frame(TO_BROKER, BasicAck(1))
    closed = wire.frame(TO_BROKER, ChannelClose())
    wire.deliver(1)
    wire.frame(TO_BROKER, BasicAck(1))
    old, new = wire.ledger.deliveries
    assert (old.settlement, old.given_back_at) == (None, closed.at)
    assert new.settlement is not None


def test_lost_in_a_transaction() -> None:
    """A commit settles nothing whose ack the rig lost on its way."""
    wire = Wire()
    wire.frame(TO_CLIENT, TxSelectOk())
    wire.deliver(1)
    ack = wire.frame(TO_BROKER, BasicAck(1))
    wire.facts.append(FrameLost(9.0, ack))
    wire.frame(TO_CLIENT, TxCommitOk())
    assert wire.ledger.deliveries[0].settlement is None


@pytest.mark.parametrize("direction", Direction)
def test_closed_channel(direction: Direction) -> None:
    """What was unsettled on a closed channel is given back; what comes when its number is used again is new."""
    wire = Wire()
    wire.deliver(1)
    wire.deliver(1, channel=2)
    other = TO_CLIENT if direction is TO_BROKER else TO_BROKER
    closed = wire.frame(direction, ChannelClose())
    wire.frame(other, ChannelCloseOk())
    wire.deliver(1)
    wire.frame(TO_BROKER, BasicAck(0, multiple=True))
    old, elsewhere, new = wire.ledger.deliveries
    assert (old.settlement, old.given_back_at, old.open_until) == (None, closed.at, closed.at)
    assert "unsettled when its channel ended" in str(old)
    assert elsewhere.open_until == float("inf")
    assert new.settlement is not None
    assert most_unacked(wire.ledger.deliveries)[0] == 2


def test_ended_connection() -> None:
    """What was unsettled on a connection that ended is given back, and no later ack settles it."""
    wire = Wire()
    wire.deliver(1)
    wire.deliver(1, channel=2)
    wire.facts.append(ConnectionEnded(9.0, "part-1", 1, "client", "eof", ""))
    wire.facts.append(ConnectionEnded(9.5, "part-1", 1, "client", "eof", ""))
    wire.frame(TO_BROKER, BasicAck(1))
    assert [(d.settlement, d.given_back_at) for d in wire.ledger.deliveries] == [(None, 9.0)] * 2


def test_delivered_to_an_ended_connection() -> None:
    """What a broker sends before it knows of a connection's end is given back at once, and waits for nobody."""
    wire = Wire()
    wire.facts.append(ConnectionEnded(0.5, "part-1", 1, "client", "eof", ""))
    wire.deliver(1)
    (late,) = wire.ledger.deliveries
    assert late.open_until == late.given_back_at == late.at


def test_read_as_it_comes() -> None:
    """A ledger stays as it was when the reader reads on."""
    wire, reader = Wire(), LedgerReader()
    wire.deliver(1)
    for fact in wire.facts:
        reader.take(fact)
    before = reader.ledger()
    reader.take(wire.frame(TO_BROKER, ConnectionTuneOk(heartbeat=5), 0))
    reader.take(wire.frame(TO_BROKER, BasicAck(1)))
    assert (before.deliveries[0].settlement, before.negotiated) == (None, {})
    assert reader.ledger().deliveries[0].settlement is not None


def test_settled_after_connection_close() -> None:
    """What a client settles after its connection.close does not count: a broker ignores it."""
    wire = Wire()
    wire.deliver(1)
    wire.deliver(2)
    wire.frame(TO_BROKER, BasicAck(1))
    wire.frame(TO_BROKER, ConnectionClose(200, "bye", 0, 0), channel=0)
    wire.frame(TO_BROKER, BasicAck(2))
    in_time, late = wire.ledger.deliveries
    assert str(in_time).endswith("ack at 8.000")
    assert str(late).endswith("ack, ignored, for it came after connection.close at 10.000")
    assert not wire.ledger.settled(late.message)


def test_connections_and_heartbeats() -> None:
    """Every connection that ever was is kept with its time, and every heartbeat with its way."""
    reader = LedgerReader()
    reader.take(ConnectionOpened(0.5, "part-1", 1))
    reader.take(FrameSeen(1.0, "part-1", 1, TO_BROKER, 0, Heartbeat()))
    reader.take(FrameSeen(1.5, "part-1", 1, TO_CLIENT, 0, Heartbeat()))
    reader.take(ConnectionEnded(2.0, "part-1", 1, "client", "eof", ""))
    ledger = reader.ledger()
    assert ledger.opened == (ConnectionOpened(0.5, "part-1", 1),)
    assert ledger.heartbeats == (
        Beat(1.0, "part-1", 1, TO_BROKER),
        Beat(1.5, "part-1", 1, TO_CLIENT),
    )
    assert not ledger.connections
