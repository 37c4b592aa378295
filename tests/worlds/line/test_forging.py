"""Forged frames: where they are put, what is swallowed for them, and that both sides agree afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.worlds.line.octets import deliver_octets, method_octets, publish_octets
from tests.worlds.line.virtual import Clock, VirtualLine
from warren.evidence.frames import Direction, FrameForged, FrameLost
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    PROTOCOL_HEADER,
    BasicAck,
    BasicCancel,
    BasicCancelOk,
    BasicConsume,
    BasicConsumeOk,
    BasicNack,
    ChannelClose,
    ChannelCloseOk,
    ChannelOpen,
    ChannelOpenOk,
    ConnectionBlocked,
    ConnectionOpen,
    ConnectionOpenOk,
    ConnectionStartOk,
    ConnectionTune,
    ConnectionTuneOk,
    ConnectionUnblocked,
    Method,
    QueueDeclare,
    QueueDeclareOk,
)
from warren.worlds.line.plan import Entry
from warren.worlds.line.rules import delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CAPABLE = {"consumer_cancel_notify": True, "connection.blocked": True}
ASKED = method_octets(ChannelClose(200, "closed by the rig"))
REFUSED = method_octets(ChannelClose(406, "unknown delivery tag 9"))


@dataclass
class Ends:
    """The two ends of the first connection of a line: what they say, and what they have been given since last asked."""

    line: VirtualLine
    clock: Clock

    def __post_init__(self) -> None:
        """Connect."""
        self.lanes = self.line.connect()

    def client(self, *said: Method | bytes, channel: int = 1) -> None:
        """Have the client send methods, on a channel, or octets as they are."""
        for each in said:
            octets = each if isinstance(each, bytes) else method_octets(each, channel)
            self.lanes.to_broker.receive(octets, self.clock.now())

    def broker(self, *said: Method | bytes, channel: int = 1) -> None:
        """Have the broker send the like."""
        for each in said:
            octets = each if isinstance(each, bytes) else method_octets(each, channel)
            self.lanes.to_client.receive(octets, self.clock.now())

    def at_broker(self) -> bytes:
        """Give what has come to the broker since the last call."""
        return self._take(Direction.TO_BROKER)

    def at_client(self) -> bytes:
        """Give what has come to the client since the last call."""
        return self._take(Direction.TO_CLIENT)

    def _take(self, way: Direction) -> bytes:
        octets = b"".join(each for _, each in self.line.arrived[way] if each != PROTOCOL_HEADER)
        self.line.arrived[way].clear()
        return octets

    def log_in(self, capabilities: dict[str, bool]) -> None:
        """Open the connection and channel 1, and consume there."""
        self.client(ConnectionStartOk({"capabilities": capabilities}), channel=0)
        self.broker(ConnectionOpenOk(), channel=0)
        self.client(ChannelOpen())
        self.broker(ChannelOpenOk())
        self.client(BasicConsume("work", "ctag"))
        self.broker(BasicConsumeOk("ctag"))
        self.at_broker()
        self.at_client()


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Give both ends of a connection with a consumer; in the end nothing waits on it."""
    clock = Clock()
    ends = Ends(VirtualLine(clock), clock)
    ends.log_in(CAPABLE)
    yield ends
    assert all(lane.idle for lane in ends.lanes)


def test_cancel(ends: Ends) -> None:
    """The broker is asked to cancel; its answer is swallowed, and the client told in its place."""
    assert ends.line.cancel_consumer(1, 1, "ctag")
    assert ends.at_broker() == method_octets(BasicCancel("ctag"))
    ends.broker(deliver_octets(1))
    ends.broker(method_octets(BasicCancelOk("ctag")) + method_octets(BasicAck(1), 2))
    told = method_octets(BasicCancel("ctag", no_wait=True))
    assert ends.at_client() == deliver_octets(1) + told + method_octets(BasicAck(1), 2)
    ends.client(BasicAck(1))
    assert ends.at_broker() == method_octets(BasicAck(1))


def test_cancelled_is_known(ends: Ends) -> None:
    """The ledger knows that the consumer ended, and takes what was forged for the rig's word."""
    ends.line.cancel_consumer(1, 1, "ctag")
    ends.broker(BasicCancelOk("ctag"))
    ledger = ends.line.ledger()
    assert not ledger.active_consumers("stream-1")
    assert ledger.consuming("stream-1")
    (forged,) = ledger.forged
    words = "0.000 the rig had basic.cancel sent to stream-1 (connection 1, channel 1)"
    assert str(forged) == words
    assert "basic.cancel, forged" in str(ledger.connections[0])
    lost = [fact.frame.content for fact in ends.line.facts if isinstance(fact, FrameLost)]
    assert lost == [BasicCancelOk("ctag")]


def test_cancel_meets_the_clients_own(ends: Ends) -> None:
    """A client that cancels at the same time has its own answer too."""
    ends.line.cancel_consumer(1, 1, "ctag")
    ends.client(BasicCancel("ctag"))
    ends.broker(BasicCancelOk("ctag"), BasicCancelOk("ctag"))
    told = method_octets(BasicCancel("ctag", no_wait=True))
    assert ends.at_client() == told + method_octets(BasicCancelOk("ctag"))


def test_cancel_of_who_cannot_be_told() -> None:
    """A client that has not asked for it is not told, as RabbitMQ does; its consumer ends all the same."""
    clock = Clock()
    ends = Ends(VirtualLine(clock), clock)
    ends.log_in({})
    ends.line.cancel_consumer(1, 1, "ctag")
    ends.broker(BasicCancelOk("ctag"))
    assert ends.at_client() == b""
    assert not ends.line.ledger().active_consumers("stream-1")


def test_close_channel(ends: Ends) -> None:
    """Each side sees a close of the other's, and its answer; what is sent to a closed channel is lost."""
    ends.broker(deliver_octets(1))
    ends.at_client()
    assert ends.line.close_channel(1, 1, 406, "unknown delivery tag 9")
    assert ends.at_broker() == ASKED
    ends.client(publish_octets(), BasicAck(1))
    ends.client(BasicAck(5), channel=2)
    assert ends.at_broker() == method_octets(BasicAck(5), 2)
    ends.broker(ChannelCloseOk())
    assert ends.at_client() == REFUSED
    ends.client(ChannelCloseOk())
    assert ends.at_broker() == b""
    ends.client(ChannelOpen())
    assert ends.at_broker() == method_octets(ChannelOpen())
    ends.broker(ChannelOpenOk())
    assert ends.at_client() == method_octets(ChannelOpenOk())
    ledger = ends.line.ledger()
    assert not ledger.active_consumers("stream-1")
    assert ledger.deliveries[0].settlement is not None
    assert not ledger.deliveries[0].settlement.reached


def test_unsettled_when_its_channel_closes(ends: Ends) -> None:
    """What the consumer had in hand is given back."""
    ends.broker(deliver_octets(1))
    ends.line.close_channel(1, 1, 406, "unknown delivery tag 9")
    ends.clock.pass_time(1.0)
    ends.broker(ChannelCloseOk())
    assert ends.line.ledger().deliveries[0].given_back_at == 1.0
    ends.client(ChannelCloseOk())


def test_both_close_at_once(ends: Ends) -> None:
    """A client that closes its channel before it is told has the broker's answer for its own."""
    ends.line.close_channel(1, 1, 406, "unknown delivery tag 9")
    ends.client(ChannelClose(200, "bye"))
    assert ends.at_broker() == ASKED
    ends.broker(ChannelCloseOk())
    assert ends.at_client() == method_octets(ChannelCloseOk())
    ends.client(ChannelOpen())
    assert ends.at_broker() == method_octets(ChannelOpen())


def test_client_closes_while_it_is_told(ends: Ends) -> None:
    """A client whose close crosses the broker's is answered, and answers itself; neither reaches the broker."""
    ends.line.close_channel(1, 1, 406, "unknown delivery tag 9")
    ends.broker(ChannelCloseOk())
    ends.client(ChannelClose(200, "bye"), ChannelCloseOk())
    assert ends.at_client() == REFUSED + method_octets(ChannelCloseOk())
    assert ends.at_broker() == ASKED


def test_a_channel_opened_without_a_word(ends: Ends) -> None:
    """A client that opens the number again, and has not answered, is let through."""
    ends.line.close_channel(1, 1, 406, "unknown delivery tag 9")
    ends.broker(ChannelCloseOk())
    ends.client(ChannelOpen(), BasicConsume("work", "again"))
    opened = method_octets(ChannelOpen()) + method_octets(BasicConsume("work", "again"))
    assert ends.at_broker() == ASKED + opened


def test_no_such_channel(ends: Ends) -> None:
    """Nothing is forged for a channel or a connection that is not there, or that is closed already."""
    assert not ends.line.cancel_consumer(2, 1, "ctag")
    assert not ends.line.close_channel(1, 2, 406, "")
    ends.line.close_channel(1, 1, 406, "")
    assert not ends.line.cancel_consumer(1, 1, "ctag")
    ends.at_broker()
    ends.client(ChannelCloseOk())
    assert ends.at_broker() == b""


@pytest.mark.parametrize("sent", range(1, len(publish_octets(b"some body"))))
def test_no_frame_is_split_and_no_content(ends: Ends, sent: int) -> None:
    """What is forged waits until the publish that is under way has gone, wherever it had come to."""
    octets = publish_octets(b"some body")
    ends.client(octets[:sent])
    ends.line.close_channel(1, 1, 406, "unknown delivery tag 9")
    assert ends.at_broker() == octets[:sent]
    ends.client(octets[sent:])
    assert ends.at_broker() == octets[sent:] + ASKED
    ends.broker(ChannelCloseOk())
    ends.client(ChannelCloseOk())


def test_behind_what_is_held(ends: Ends) -> None:
    """What is forged comes behind what a rule holds, and is logged when it has gone."""
    held = ends.line.hold(delivery())
    ends.broker(deliver_octets(1))
    ends.line.block("low on memory", tells_all=True)
    assert ends.at_client() == b""
    assert not ends.line.ledger().forged
    ends.clock.pass_time(2.0)
    held.release()
    blocked = method_octets(ConnectionBlocked("low on memory"), 0)
    assert ends.at_client() == deliver_octets(1) + blocked
    assert ends.line.ledger().forged[0].at == 2.0
    ends.line.unblock()


@pytest.mark.parametrize("multiple", [True, False])
def test_nacked(ends: Ends, multiple: bool) -> None:
    """The next confirm becomes a nack of the same publishes, in its place; what follows is as it came."""
    ends.line.nack()
    ends.client(BasicAck(1))
    assert ends.at_broker() == method_octets(BasicAck(1))
    confirms = method_octets(BasicAck(2, multiple)) + method_octets(BasicAck(3))
    ends.broker(deliver_octets(1), confirms, deliver_octets(2))
    nacked = method_octets(BasicNack(2, multiple)) + method_octets(BasicAck(3))
    given = ends.at_client()
    assert given == deliver_octets(1) + nacked + deliver_octets(2)
    assert [f.method for f in ends.line.ledger().forged] == [BasicNack(2, multiple)]


def test_blocked_publisher(ends: Ends) -> None:
    """Who publishes is read up to the end of that publish; heartbeats alone pass until all goes on in order."""
    ends.line.block("low on memory")
    ends.client(BasicAck(1), publish_octets(b"one")[:-1])
    assert ends.at_client() == b""
    ends.client(publish_octets(b"one")[-1:])
    assert ends.at_client() == method_octets(ConnectionBlocked("low on memory"), 0)
    assert ends.at_broker() == method_octets(BasicAck(1)) + publish_octets(b"one")
    ends.client(publish_octets(b"two"), HEARTBEAT_FRAME, BasicAck(2))
    assert ends.at_broker() == HEARTBEAT_FRAME
    ends.broker(deliver_octets(3))
    assert ends.at_client() == deliver_octets(3)
    ends.line.unblock()
    assert ends.at_broker() == publish_octets(b"two") + method_octets(BasicAck(2))
    assert ends.at_client() == method_octets(ConnectionUnblocked(), 0)
    ends.client(publish_octets(b"three"), BasicAck(3))
    assert ends.at_broker() == publish_octets(b"three") + method_octets(BasicAck(3))


def test_who_has_published(ends: Ends) -> None:
    """Who has published before is told, and read no more, at once; but a frame that is half sent has its end."""
    begun = method_octets(BasicAck(1))
    ends.client(publish_octets(), begun[:4])
    ends.at_broker()
    ends.line.block("low on memory")
    assert ends.at_client() == method_octets(ConnectionBlocked("low on memory"), 0)
    ends.client(begun[4:], HEARTBEAT_FRAME, BasicAck(2), HEARTBEAT_FRAME)
    assert ends.at_broker() == begun[4:] + HEARTBEAT_FRAME + HEARTBEAT_FRAME
    ends.line.unblock()
    assert ends.at_broker() == method_octets(BasicAck(2))


@pytest.mark.parametrize("tells_all", [True, False])
def test_blocked_consumer(ends: Ends, tells_all: bool) -> None:
    """Who only acks is told where all are, and read as before."""
    ends.line.block("low on memory", tells_all=tells_all)
    ends.client(BasicAck(1), BasicAck(2))
    assert ends.at_broker() == method_octets(BasicAck(1)) + method_octets(BasicAck(2))
    ends.line.unblock()
    blocked = method_octets(ConnectionBlocked("low on memory"), 0)
    told = blocked + method_octets(ConnectionUnblocked(), 0)
    assert ends.at_client() == (told if tells_all else b"")


def test_connects_while_blocked(ends: Ends) -> None:
    """Where all are told a new connection is so as soon as it is open, and not before."""
    ends.line.block("low on memory", tells_all=True)
    later = Ends(ends.line, ends.clock)
    ends.at_client()
    later.client(ConnectionStartOk({"capabilities": CAPABLE}), channel=0)
    assert later.at_client() == b""
    later.broker(ConnectionOpenOk(), channel=0)
    blocked = method_octets(ConnectionBlocked("low on memory"), 0)
    assert later.at_client() == method_octets(ConnectionOpenOk(), 0) + blocked
    ends.line.unblock()


def test_nobody_to_tell(ends: Ends) -> None:
    """What is forged for a client that has gone is no fact."""
    ends.lanes.to_client.lose_target()
    ends.line.block("low on memory", tells_all=True)
    assert not [fact for fact in ends.line.facts if isinstance(fact, FrameForged)]
    ends.line.unblock()


ENTRY = Entry("case-7", "rig", "secret", heartbeat=2)


def entering() -> Ends:
    """Give both ends of a connection that has not been opened, on a line that lets in as `ENTRY` has it."""
    clock = Clock()
    line = VirtualLine(clock)
    line.let_in(ENTRY)
    return Ends(line, clock)


def test_let_in_as_another() -> None:
    """A client that names its own vhost and login is let into the case's, and offered the case's heartbeat."""
    ends = entering()
    start_ok = ConnectionStartOk({"product": "p"}, "AMQPLAIN", b"whatever", "en_US")
    ends.client(start_ok, channel=0)
    asked = replace(start_ok, mechanism="PLAIN", response=b"\0rig\0secret")
    assert ends.at_broker() == method_octets(asked, 0)
    ends.broker(ConnectionTune(2047, 131_072, 60), channel=0)
    assert ends.at_client() == method_octets(ConnectionTune(2047, 131_072, 2), 0)
    ends.client(ConnectionTuneOk(2047, 131_072, 2), ConnectionOpen("/"), channel=0)
    tuned = method_octets(ConnectionTuneOk(2047, 131_072, 2), 0)
    assert ends.at_broker() == tuned + method_octets(ConnectionOpen("case-7"), 0)
    ends.broker(ConnectionOpenOk(), channel=0)
    assert ends.at_client() == method_octets(ConnectionOpenOk(), 0)
    ledger = ends.line.ledger()
    assert ledger.negotiated == {("stream-1", 1): 2}
    assert ledger.forged == ()


def test_no_heartbeat_is_longer_than_any() -> None:
    """A broker that wants no heartbeat has the case's offered in its name, and a shorter one is left as it is."""
    for heartbeat, offered in ((0, 2), (1, 1)):
        ends = entering()
        ends.broker(ConnectionTune(0, 0, heartbeat), channel=0)
        assert ends.at_client() == method_octets(ConnectionTune(0, 0, offered), 0)


def test_let_in_elsewhere() -> None:
    """Who asks for another vhost than the work's waits until it is there, and its queues are not the work's."""
    asked: list[str] = []
    answers = []

    def others(name: str, is_there: Callable[[str], None]) -> bool:
        asked.append(name)
        answers.append(is_there)
        return name == "billing"

    ends = entering()
    ends.line.let_in(replace(ENTRY, others=others))
    for vhost in ("billing", "orders"):
        ends.lanes = ends.line.connect()
        ends.client(ConnectionOpen(vhost), channel=0)
        let_in = b"" if vhost == "billing" else method_octets(ConnectionOpen("case-7"), 0)
        assert ends.at_broker() == let_in
        if vhost == "billing":
            answers[0]("case-8")
            assert ends.at_broker() == method_octets(ConnectionOpen("case-8"), 0)
        ends.broker(ConnectionOpenOk(), channel=0)
        ends.client(QueueDeclare("work"), BasicConsume("work", "t"))
        ends.broker(QueueDeclareOk("work"), BasicConsumeOk("t"))
        held = ends.line.hold(delivery(queue="work"))
        ends.broker(deliver_octets(1, consumer="t"))
        assert (held.seen is None) == (vhost == "billing")
        held.release()
        ends.at_broker()
    assert asked == ["billing", "orders"]
    ledger = ends.line.ledger()
    names = ["work in vhost billing", "work"]
    assert [c.queue for c in ledger.consumers] == names
    assert [d.name for d in ledger.declarations] == names
    assert [d.queue for d in ledger.deliveries] == names
    assert ledger.elsewhere == {("stream-1", 2): "billing"}
