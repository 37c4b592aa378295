"""Two sessions and a broker, without a socket, an event loop or a clock that runs by itself."""

import pytest

from tests.simulator.session.virtual import USER, Peer, World, never
from warren.simulator import wire
from warren.simulator.model import commands
from warren.simulator.session import HIGH_WATER, Session
from warren.simulator.session.memory import Memory
from warren.simulator.session.properties import Properties
from warren.simulator.session.session import (
    CLOSING_TIMEOUT,
    CREDIT,
    HANDSHAKE_TIMEOUT,
    LOST_SYNC_TIMEOUT,
    READ_LIMIT,
)

DAY = 86_400.0


def pair(world: World, *capable_of: str) -> tuple[Peer, Peer]:
    """Return a publisher and a consumer of the queue q, with a channel each."""
    publisher, consumer = world.connect(), world.connect()
    publisher.log_in(0, *capable_of)
    consumer.log_in()
    consumer.send(wire.QueueDeclare("q"))
    return publisher, consumer


def bodies(heard: list[wire.Content]) -> list[bytes]:
    """Return the bodies in what was heard; each is one frame."""
    return [content for content in heard if isinstance(content, bytes)]


def test_a_message_goes_through() -> None:
    """What one client publishes the other gets, its ack settles it, and nothing is due any more."""
    world = World()
    publisher, consumer = pair(world)
    consumer.send(wire.BasicConsume("q", "tag"))
    publisher.publish(b"body")
    deliver, header, body = consumer.heard[-3:]
    assert deliver == wire.BasicDeliver("tag", 1, routing_key="q")
    assert isinstance(header, wire.ContentHeader)
    assert body == b"body"
    consumer.send(wire.BasicAck(1))
    queue = world.hub.broker.vhosts["/"].queues["q"]
    assert (len(queue.ready), sum(map(len, _unacked(world)))) == (0, 0)
    assert never(world)


def _unacked(world: World) -> list[dict[int, object]]:
    return [
        {**channel.unacked}
        for connection in world.hub.broker.connections.values()
        for channel in connection.channels.values()
    ]


def test_the_same_octets_twice() -> None:
    """Two worlds that are told the same say the same: nothing here is left to chance."""

    def story() -> list[wire.Content]:
        world = World()
        publisher, consumer = pair(world)
        consumer.send(wire.QueueDeclare(""))
        consumer.send(wire.BasicConsume("q"))
        publisher.publish(b"x", times=3)
        world.pass_time(DAY)
        return [*publisher.heard, *consumer.heard]

    assert story() == story()


def test_confirms_of_a_turn_are_joined() -> None:
    """What came together is confirmed by one ack; what comes later by another."""
    publisher, _ = pair(World())
    publisher.send(wire.ConfirmSelect())
    assert publisher.publish(b"x", times=3) == [wire.BasicAck(3, multiple=True)]
    assert publisher.publish(b"x") == [wire.BasicAck(4)]


def test_heartbeats() -> None:
    """A broker beats twice an interval; a client that is silent for two whole ones is cut off."""
    world = World()
    silent, lively = world.connect(), world.connect()
    for peer in (silent, lively):
        peer.log_in(heartbeat=10)
    begin = len(lively.heard)
    for _ in range(5):
        world.pass_time(5)
        lively.send_octets(wire.HEARTBEAT_FRAME)
    assert lively.heard[begin:] == [wire.Heartbeat()] * 5
    assert silent.ended == ""
    world.pass_time(5)
    assert (silent.ended, lively.ended) == ("Abort", "")


def test_deadlines() -> None:
    """Who does not finish the handshake, or does not answer a close, is cut off after its time."""
    world = World()
    slow = world.connect()
    world.pass_time(HANDSHAKE_TIMEOUT - 0.1)
    assert slow.ended == ""
    world.pass_time(0.1)
    assert slow.ended == "Abort"
    stubborn, garbled = world.connect(), world.connect()
    for peer in (stubborn, garbled):
        peer.log_in()
    assert isinstance(stubborn.send(wire.BasicQosOk())[-1], wire.ConnectionClose)
    assert isinstance(garbled.send_octets(b"no frame")[-1], wire.ConnectionClose)
    world.pass_time(LOST_SYNC_TIMEOUT)
    assert (stubborn.ended, garbled.ended) == ("", "Abort")
    world.pass_time(CLOSING_TIMEOUT - LOST_SYNC_TIMEOUT)
    assert stubborn.ended == "Abort"


def test_octets_after_goodbye() -> None:
    """Who sends what is no frame after close-ok is hung up on in three seconds, and who sends frames is not."""
    world = World()
    orderly, garbled = world.connect(), world.connect()
    for peer in (orderly, garbled):
        peer.log_in()
        peer.send(wire.ConnectionClose(200, "bye"), channel=0)
    orderly.publish(b"late")
    garbled.send_octets(b"x" * 100)
    world.pass_time(LOST_SYNC_TIMEOUT / 2)
    garbled.send_octets(b"x" * 100)
    world.pass_time(LOST_SYNC_TIMEOUT / 2)
    assert (orderly.ended, garbled.ended) == ("", "Abort")


def test_methods_of_connections_on_a_channel() -> None:
    """A method of class connection on another channel than 0 closes with 503."""
    world = World()
    peer = world.connect()
    peer.log_in()
    (close,) = peer.send(wire.ConnectionOpen("/"), channel=1)
    assert isinstance(close, wire.ConnectionClose)
    assert (close.reply_code, close.class_id, close.method_id) == (503, 10, 40)


@pytest.mark.parametrize(
    ("heartbeat", "seconds"), [(0, CLOSING_TIMEOUT), (60, CLOSING_TIMEOUT), (5, 5)]
)
def test_goodbye(heartbeat: int, seconds: float) -> None:
    """After close-ok the broker reads on until the client hangs up, or for a heartbeat, or half a minute."""
    world = World()
    peer = world.connect()
    peer.log_in(heartbeat)
    (close_ok,) = peer.send(wire.ConnectionClose(200, "bye"), channel=0)
    assert close_ok == wire.ConnectionCloseOk()
    peer.publish(b"under way", times=10)
    assert peer.send(wire.ConnectionClose(200, "bye"), channel=0) == [close_ok]
    assert (peer.ended, peer.rests) == ("", False)
    world.pass_time(seconds - 0.1)
    assert peer.ended == ""
    world.pass_time(0.1)
    assert peer.ended == "Close"
    world.pass_time(LOST_SYNC_TIMEOUT)
    assert peer.ended == "Abort"
    peer.hang_up()
    assert never(world)
    assert not world.hub.sessions


def test_who_hangs_up_after_close_ok_leaves_nothing() -> None:
    """Nothing is due any more for a client that is gone, and a memory alarm does not keep one from going."""
    world = World(memory_limit=10_000)
    peer = world.connect()
    peer.log_in()
    peer.send(wire.QueueDeclare("q"))
    header = wire.ContentHeader(60, 20_000)
    message = wire.encode_message(1, wire.BasicPublish("", "q"), header, b"x" * 20_000)
    peer.send_octets(message + wire.encode_method_frame(0, wire.ConnectionClose(200, "bye")))
    assert (peer.heard[-1], peer.rests) == (wire.ConnectionCloseOk(), False)
    peer.hang_up()
    world.hub.do(commands.DeleteVhost("/"))
    world.pass_time(1)
    assert never(world)


def test_credit() -> None:
    """A consumer that does not read gets so much and no more; the rest stays in its queue."""
    world = World()
    publisher, consumer = pair(world)
    publisher.publish(b"x" * 10_000, times=200)
    consumer.reads = False
    consumer.send(wire.BasicConsume("q", "tag", no_ack=True))
    queue = world.hub.broker.vhosts["/"].queues["q"]
    assert HIGH_WATER < len(consumer.unread) < HIGH_WATER + CREDIT + 20_000
    assert len(queue.ready) > 100
    consumer.read_on()
    assert len(bodies(consumer.heard)) == 200


@pytest.mark.parametrize("at_once", [100, 20_000])
def test_who_asks_and_does_not_read(at_once: int) -> None:
    """Is not read from any more once too many answers wait; everything is done when it reads."""
    world = World()
    peer = world.connect()
    peer.log_in()
    name = "q" * 250
    peer.send(wire.QueueDeclare(name))
    peer.reads = False
    ask = wire.encode_method_frame(1, wire.QueueDeclare(name, passive=True))
    begin, asked = len(peer.heard), 0
    while not peer.rests and asked < 100_000:
        peer.send_octets(ask * at_once)
        asked += at_once
    assert READ_LIMIT < len(peer.unread) < READ_LIMIT + 300 * 200
    peer.read_on()
    assert not peer.rests
    assert len(peer.heard) - begin == asked


def test_blocked_and_unblocked() -> None:
    """A publisher is blocked while messages take too much, told so, and not taken for dead."""
    world = World(memory_limit=100_000)
    publisher, consumer = pair(world, "connection.blocked")
    for _ in range(20):
        publisher.publish(b"x" * 10_000)
    assert publisher.heard[-1:] == [wire.ConnectionBlocked("low on memory")]
    assert (publisher.rests, consumer.rests) == (True, False)
    assert world.hub.memory.alarm
    world.pass_time(60)
    assert publisher.rests
    consumer.send(wire.QueuePurge("q"))
    assert publisher.rests, "it is counted at intervals only"
    world.pass_time(0.2)
    assert publisher.heard[-1:] == [wire.ConnectionUnblocked()]
    assert not publisher.rests
    assert never(world)


def test_rung() -> None:
    """Who publishes while the alarm is rung is blocked, whatever is in use, until it is taken back."""
    world = World(memory_limit=None)
    publisher, consumer = pair(world, "connection.blocked")
    world.hub.memory.is_rung = True
    world.perform()
    publisher.publish(b"x")
    assert publisher.heard[-1:] == [wire.ConnectionBlocked("low on memory")]
    assert (publisher.rests, consumer.rests) == (True, False)
    world.hub.memory.is_rung = False
    world.perform()
    assert publisher.heard[-1:] == [wire.ConnectionUnblocked()]
    assert not publisher.rests


@pytest.mark.parametrize(
    ("memory", "reason"), [(False, "low on disk"), (True, "low on disk & memory")]
)
def test_a_full_disk(reason: str, *, memory: bool) -> None:
    """A publisher hears what is short, once, and of the end when nothing is any more."""
    world = World(memory_limit=None)
    publisher, _consumer = pair(world, "connection.blocked")
    alarms = world.hub.memory
    alarms.disk_is_low, alarms.is_rung = True, memory
    world.perform()
    publisher.publish(b"x")
    assert publisher.heard[-1:] == [wire.ConnectionBlocked(reason)]
    alarms.is_rung = not memory
    world.perform()
    alarms.disk_is_low = False
    world.perform()
    assert publisher.rests is not memory
    alarms.is_rung = False
    world.perform()
    assert publisher.heard[-2:] == [wire.ConnectionBlocked(reason), wire.ConnectionUnblocked()]
    assert not publisher.rests


def test_who_published_earlier() -> None:
    """An alarm blocks nobody for what was published before it: acks and deliveries go on until the next publish."""
    world = World(memory_limit=None)
    first, second = pair(world, "connection.blocked")
    first.publish(b"mine", times=3)
    first.send(wire.BasicQos(prefetch_count=1), wire.BasicConsume("q", "tag"))
    octets = wire.encode_message(1, wire.BasicPublish("", "q"), wire.ContentHeader(60, 4), b"half")
    second.send_octets(octets[:-3])
    world.hub.memory.is_rung = True
    world.perform()
    first.send(wire.BasicAck(1))
    first.send(wire.BasicAck(2))
    second.send_octets(octets[-3:])
    assert (bodies(first.heard), first.rests, second.rests) == ([b"mine"] * 3, False, False)
    assert wire.ConnectionBlocked("low on memory") not in first.heard
    second.send_octets(octets[:-3])
    first.publish(b"more")
    assert (first.rests, second.rests) == (True, True)
    assert first.heard[-1:] == [wire.ConnectionBlocked("low on memory")]


def test_who_is_being_closed_is_not_blocked() -> None:
    """A publisher that the broker closes while memory is short is read from: its close-ok must come through."""
    world = World(memory_limit=10_000)
    publisher, _ = pair(world, "connection.blocked")
    publisher.publish(b"x" * 20_000)
    publisher.publish(b"x")
    assert publisher.rests
    world.hub.do(commands.DeleteUser(USER))
    world.perform()
    assert isinstance(publisher.heard[-1], wire.ConnectionClose)
    assert not publisher.rests


def test_blocked_is_not_silent() -> None:
    """Nobody listens to a blocked client, so its silence counts from the end of the alarm on."""
    world = World(memory_limit=10_000)
    publisher, consumer = world.connect(), world.connect()
    publisher.log_in(heartbeat=10)
    consumer.log_in()
    consumer.send(wire.QueueDeclare("q"))
    publisher.publish(b"x" * 20_000)
    publisher.publish(b"x")
    assert publisher.rests
    world.pass_time(100)
    consumer.send(wire.QueuePurge("q"))
    world.pass_time(29)
    assert publisher.ended == ""
    world.pass_time(2)
    assert publisher.ended == "Abort"


def test_broker_closes() -> None:
    """An error of one connection is told to it alone; what it held goes to the other."""
    world = World()
    publisher, consumer = pair(world)
    publisher.publish(b"mine")
    publisher.send(wire.BasicConsume("q", "tag"))
    consumer.send(wire.BasicConsume("q", "tag"))
    close = publisher.send(wire.BasicQosOk())[-1]
    assert isinstance(close, wire.ConnectionClose)
    assert (close.reply_code, close.reply_text) == (503, "COMMAND_INVALID - unimplemented method")
    assert bodies(consumer.heard) == [b"mine"]


def test_a_mistake_of_ours_ends_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told by name, its connection ends, and the other goes on."""
    world = World()
    publisher, consumer = pair(world)
    translate = Session.translate

    def fail(session: Session, event: object) -> object:
        if session is publisher.session:
            raise ValueError("a mistake")
        return translate(session, event)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(Session, "translate", fail)
    publisher.publish(b"x")
    ((name, error),) = [(mistake.name, str(mistake.error)) for mistake in world.mistakes]
    assert (name, error) == ("client", "a mistake")
    assert (publisher.ended, consumer.ended) == ("Abort", "")
    publisher.hang_up()
    assert consumer.send(wire.QueueDeclare("q", passive=True)) == [wire.QueueDeclareOk("q", 0, 0)]


def test_memory_is_counted_the_less_often_the_more_there_is_to_count() -> None:
    """To count a hundred thousand queues takes long: so much more must come before it is done again."""
    memory = Memory(1 << 30)
    memory.counted(0, 100_000, now=0)
    memory.received(1 << 20)
    assert not memory.must_count(0)
    memory.received(100_000 * 256)
    assert memory.must_count(0)


def test_properties_written_anew() -> None:
    """From 4.0 on headers go out in the order of their octets, each name once, `L` as `l`; on 3.10 as they came."""
    came = b"\x20\x02" + (22).to_bytes(4) + b"\1bt\2\1aL" + bytes(8) + b"\1bt\0\0t\1"
    anew = b"\x20\x00" + (18).to_bytes(4) + b"\0t\1\1al" + bytes(8) + b"\1bt\1"
    assert Properties(came).octets == came
    assert Properties.rewritten(came).octets == anew


def test_what_was_read_is_done_though_the_client_is_gone() -> None:
    """Publishes that wait for their turn when their connection is lost come to their queue all the same."""
    world = World()
    publisher, _ = pair(world)
    publish = wire.encode_message(1, wire.BasicPublish("", "q"), wire.ContentHeader(60, 1), b"x")
    world.hub.receive(publisher.session, publish * 1000, world.now)
    queue = world.hub.broker.vhosts["/"].queues["q"]
    assert queue.message_count < 1000
    publisher.hang_up()
    assert queue.message_count == 1000
    assert publisher.session.number not in world.hub.sessions
