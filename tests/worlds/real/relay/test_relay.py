"""A line between two scripted ends over real sockets: transparent, and truthful about every end."""

import asyncio
import concurrent.futures
import contextlib
import resource
import socket
import threading
from collections.abc import Sequence

import pytest

from tests.worlds.line.octets import deliver_octets, method_octets
from tests.worlds.real.relay.peers import (
    DEADLINE,
    Peer,
    ScriptedBroker,
    client_of,
    sees_a_reset,
)
from warren.errors import RelayError
from warren.evidence.frames import (
    ConnectionEnded,
    ConnectionOpened,
    Direction,
    Fact,
    FrameSeen,
    Undecodable,
)
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    PROTOCOL_HEADER,
    BasicAck,
    BasicDeliver,
    ConnectionClose,
    ConnectionCloseOk,
    ContentHeader,
    ProtocolHeader,
)
from warren.worlds.line.rules import delivery
from warren.worlds.real.relay import FrameLog, RealLine, Relay
from warren.worlds.real.relay.line import MOST_CONNECTIONS
from warren.worlds.real.relay.link import END_SECONDS, Side
from warren.worlds.real.relay.meter import MOST_FRAMES
from warren.worlds.real.relay.relay import ANSWER_SECONDS
from warren.worlds.real.runs.processes import wait_until


def frames_of(log: FrameLog) -> list[FrameSeen]:
    """Give the frames that were seen."""
    return [fact for fact in log.snapshot() if isinstance(fact, FrameSeen)]


def end_of(log: FrameLog, connection: int = 1) -> ConnectionEnded:
    """Wait for the end of a connection and give it."""

    def ended(facts: Sequence[Fact]) -> list[ConnectionEnded]:
        return [f for f in facts if isinstance(f, ConnectionEnded) and f.connection == connection]

    assert log.wait_for(lambda facts: bool(ended(facts)), DEADLINE), log.snapshot()
    (fact,) = ended(log.snapshot())
    return fact


def test_loop_is_made_in_its_thread(log: FrameLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C reaches the main thread only, and so finds no event loop half made."""
    threads: list[str] = []
    make = asyncio.new_event_loop

    def noted() -> asyncio.AbstractEventLoop:
        threads.append(threading.current_thread().name)
        return make()

    monkeypatch.setattr(asyncio, "new_event_loop", noted)
    with Relay(("127.0.0.1", 1), log):
        assert threads == ["relay"]


def test_both_directions(ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """Frames go through both ways, and the log has them, with instance, number and time."""
    client, broker = ends
    broker.send(deliver_octets(1))
    assert [type(content) for content in client.receive(3)] == [BasicDeliver, ContentHeader, bytes]
    client.send(method_octets(BasicAck(1)))
    assert broker.receive(1) == [BasicAck(1)]
    assert log.wait_for(lambda facts: len(facts) == 6, DEADLINE)
    assert isinstance(log.snapshot()[0], ConnectionOpened)
    frames = frames_of(log)
    assert isinstance(frames[0].content, ProtocolHeader)
    assert {(fact.instance, fact.connection) for fact in frames} == {("stream-1", 1)}
    assert [fact.at for fact in frames] == sorted(fact.at for fact in frames)
    assert frames[-1].direction is Direction.TO_BROKER


def test_a_megabyte_each_way(ends: tuple[Peer, Peer]) -> None:
    """Much more than a socket buffer arrives whole, both ways at once."""
    client, broker = ends
    to_client, to_broker = bytes(range(256)) * 8192, bytes(reversed(range(256))) * 8192
    got = {}

    def receive(name: str, peer: Peer) -> None:
        got[name] = peer.receive_octets(2 << 20)

    threads = [
        threading.Thread(target=receive, args=("client", client)),
        threading.Thread(target=receive, args=("broker", broker)),
        threading.Thread(target=client.send, args=(to_broker,)),
        threading.Thread(target=broker.send, args=(to_client,)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert got == {"client": to_client, "broker": to_broker}


def test_a_slow_reader_stops_the_writer(ends: tuple[Peer, Peer]) -> None:
    """A target that does not read stops its source: the relay does not store a flood."""
    client, broker = ends
    broker.sock.settimeout(1.0)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 64 << 20:
            sent += broker.sock.send(bytes(1 << 20))
    assert sent < 64 << 20
    assert len(client.receive_octets(sent)) == sent


def test_broken_octets_pass(ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """What is no AMQP is passed on as it came, and logged as such."""
    client, broker = ends
    client.send(b"this is no AMQP frame")
    assert broker.receive_octets(21) == b"this is no AMQP frame"
    assert log.wait_for(lambda facts: len(facts) == 3, DEADLINE)
    assert isinstance(frames_of(log)[-1].content, Undecodable)


@pytest.mark.parametrize("by", ["client", "broker"])
def test_orderly_close(ends: tuple[Peer, Peer], log: FrameLog, by: str) -> None:
    """A connection that was closed in order counts as closed by who said so, with its words."""
    closing, agreeing = ends if by == "client" else reversed(ends)
    closing.send(method_octets(ConnectionClose(320, "shut down"), 0))
    agreeing.receive(1)
    agreeing.send(method_octets(ConnectionCloseOk(), 0))
    closing.receive(1)
    agreeing.sock.close()
    fact = end_of(log)
    assert (fact.by, fact.how, fact.detail) == (by, "close", "320 shut down")


@pytest.mark.parametrize("by", ["client", "broker"])
def test_end_of_stream(ends: tuple[Peer, Peer], log: FrameLog, by: str) -> None:
    """A side that just ends is seen to, and the other side sees it as well."""
    ending, other = ends if by == "client" else reversed(ends)
    ending.sock.close()
    assert other.how_it_ends() == "eof"
    fact = end_of(log)
    assert (fact.by, fact.how) == (by, "eof")


def test_client_resets(ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A client's reset is logged as one; what it had sent still reaches the broker."""
    client, broker = ends
    client.send(method_octets(BasicAck(1)))
    assert broker.receive(1) == [BasicAck(1)]
    client.reset()
    assert broker.how_it_ends() == "eof"
    assert (end_of(log).by, end_of(log).how) == ("client", "reset")


def test_broker_resets(ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """A broker's reset is a reset for the client too."""
    client, broker = ends
    broker.reset()
    assert client.how_it_ends() == "reset"
    assert (end_of(log).by, end_of(log).how) == ("broker", "reset")


def test_half_closed_still_answers(ends: tuple[Peer, Peer]) -> None:
    """A client that ends its sending alone still gets what the broker sends."""
    client, broker = ends
    client.sock.shutdown(socket.SHUT_WR)
    assert broker.how_it_ends() == "eof"
    broker.send(deliver_octets(1))
    assert len(client.receive(3)) == 3


def test_upstream_refuses(line: RealLine, scripted_broker: ScriptedBroker, log: FrameLog) -> None:
    """Where the broker cannot be reached the client sees a reset, and the log says why."""
    scripted_broker.stop_listening()
    assert sees_a_reset(line.port)
    fact = end_of(log)
    assert (fact.by, fact.how) == ("broker", "reset")
    assert "cannot connect to the broker at 127.0.0.1" in fact.detail


def test_connections_are_numbered(
    line: RealLine, scripted_broker: ScriptedBroker, log: FrameLog
) -> None:
    """Several connections of one instance have numbers from one."""
    for _ in range(2):
        with client_of(line.port):
            scripted_broker.accept().receive(1)
    numbers = [f.connection for f in log.snapshot() if isinstance(f, ConnectionOpened)]
    assert numbers == [1, 2]


def test_two_taps_share_a_log(relay: Relay, scripted_broker: ScriptedBroker, log: FrameLog) -> None:
    """The facts of two instances stand in one log, each under its name."""
    for name in ("part-1", "part-2"):
        with client_of(relay.open(name).port):
            scripted_broker.accept().receive(1)
    assert log.wait_for(lambda _: len(frames_of(log)) == 2, DEADLINE)
    assert {fact.instance for fact in frames_of(log)} == {"part-1", "part-2"}


def test_upstream_may_move(line: RealLine, relay: Relay) -> None:
    """A new connection goes to where the broker is now."""
    with socket.create_server(("127.0.0.1", 0)) as moved:
        moved.settimeout(DEADLINE)
        relay.upstream = moved.getsockname()
        with client_of(line.port):
            accepted, _ = moved.accept()
            accepted.close()


def test_close_ends_everything(scripted_broker: ScriptedBroker) -> None:
    """After the relay no thread, no port and no connection is left; twice is once."""
    log = FrameLog()
    before = set(threading.enumerate())
    relay = Relay(scripted_broker.address, log)
    line = relay.open("stream-1")
    with client_of(line.port) as client:
        broker = scripted_broker.accept()
        broker.receive(1)
        relay.close()
        assert client.how_it_ends() == "reset"
        assert broker.how_it_ends() == "reset"
    relay.close()
    line.close()
    assert before.issuperset(threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", line.port), DEADLINE)
    assert (end_of(log).by, end_of(log).how) == ("rig", "cut")


def test_a_closed_relay_says_so(scripted_broker: ScriptedBroker) -> None:
    """A fault asked of a closed relay is one clear sentence; ending a hold is nothing."""
    relay = Relay(scripted_broker.address, FrameLog())
    line = relay.open("stream-1")
    held = line.hold(delivery())
    relay.close()
    held.release()
    with pytest.raises(RelayError, match="it is closed; open a new one"):
        line.cut()


def test_closing_a_tap_leaves_the_others(relay: Relay, scripted_broker: ScriptedBroker) -> None:
    """One line can be closed alone."""
    first, second = relay.open("part-1"), relay.open("part-2")
    first.close()
    first.close()
    first.accept()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", first.port), DEADLINE)
    with client_of(second.port):
        scripted_broker.accept().receive(1)


@pytest.mark.parametrize("turns", range(6))
def test_refuse_while_one_is_accepted(relay: Relay, line: RealLine, turns: int) -> None:
    """However far a connection has come when its line ends, it is reset, and its end is waited for only until then."""

    async def end_in_between() -> socket.socket:
        client = socket.create_connection(("127.0.0.1", line.port), DEADLINE)
        for _ in range(turns):
            await asyncio.sleep(0)
        await line.end()
        return client

    client = relay.call(end_in_between)
    with contextlib.closing(client), pytest.raises(ConnectionResetError):
        client.recv(1)
    assert line.cut() == 0


def test_a_link_that_never_ends(
    line: RealLine, ends: tuple[Peer, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link whose sockets are never seen as closed counts as ended all the same, before a call must be answered."""
    assert END_SECONDS < ANSWER_SECONDS
    with monkeypatch.context() as patch:
        patch.setattr(Side, "connection_lost", lambda _side, _error: None)
        assert line.cut() == len(ends) // 2
        assert line.cut() == 0


def test_no_descriptor_is_left(line: RealLine, relay: Relay) -> None:
    """A connection that there was no file descriptor for is taken in as soon as there is one."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as knocking:
        knocking.settimeout(DEADLINE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (knocking.fileno() + 1, limits[1]))
        try:
            knocking.connect(("127.0.0.1", line.port))
            relay.call(_a_turn)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert wait_until(lambda: line.cut() == 1, timeout=DEADLINE)


async def _a_turn() -> None:
    await asyncio.sleep(0.01)


def test_flood(line: RealLine, relay: Relay, ends: tuple[Peer, Peer], log: FrameLog) -> None:
    """Who sends more than the relay can bear loses its line for good, is told in the log why, and harms nobody else."""
    client, _ = ends
    with pytest.raises(ConnectionError):
        client.send(HEARTBEAT_FRAME * (100 * MOST_FRAMES))
    end = end_of(log)
    words = f"it sent more than {MOST_FRAMES} frames within a second, the last a heartbeat"
    assert (end.by, end.how, end.detail) == ("rig", "cut", words)
    assert line.flood == words
    assert len(frames_of(log)) <= MOST_FRAMES + 1
    line.accept()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", line.port), DEADLINE)
    assert line.cut() == 0
    assert not relay.open("part-1").flood


def test_a_crowd_is_refused(line: RealLine, log: FrameLog) -> None:
    """Connections without number cost a bounded number of sockets and one word in the log; the first ones live."""
    with contextlib.ExitStack() as stack:
        crowd = [
            stack.enter_context(socket.create_connection(("127.0.0.1", line.port), DEADLINE))
            for _ in range(MOST_CONNECTIONS)
        ]
        for _ in range(100):
            with pytest.raises(ConnectionResetError):  # while it connects, or after
                stack.enter_context(
                    socket.create_connection(("127.0.0.1", line.port), DEADLINE)
                ).recv(1)
        refused = end_of(log, MOST_CONNECTIONS + 1)
        assert (refused.by, refused.how) == ("rig", "cut")
        assert f"{MOST_CONNECTIONS} connections at once" in refused.detail
        assert refused.at <= log.now()
        assert sum(isinstance(f, ConnectionEnded) for f in log.snapshot()) == 1
        assert sum(isinstance(f, ConnectionOpened) for f in log.snapshot()) == MOST_CONNECTIONS + 1
        line.close()
        with pytest.raises(ConnectionResetError):
            crowd[0].recv(1)


def test_room_again(line: RealLine, scripted_broker: ScriptedBroker, log: FrameLog) -> None:
    """Once one of a crowd has gone, a new connection is let through."""
    with contextlib.ExitStack() as stack:
        crowd = [
            stack.enter_context(socket.create_connection(("127.0.0.1", line.port), DEADLINE))
            for _ in range(MOST_CONNECTIONS)
        ]
        assert log.wait_for(lambda facts: len(facts) == MOST_CONNECTIONS, DEADLINE)
        for _ in range(MOST_CONNECTIONS):
            stack.callback(scripted_broker.accept().sock.close)
        assert line.cut() == MOST_CONNECTIONS
        crowd[0].close()
        with client_of(line.port):
            assert scripted_broker.accept().receive(1) == [ProtocolHeader(PROTOCOL_HEADER)]


def test_knows_its_pauses(relay: Relay) -> None:
    """When the relay's thread was kept from running is known while it lasts and afterwards, in the log's time."""
    release = threading.Event()

    async def occupy() -> None:
        release.wait(DEADLINE)  # nothing else runs meanwhile

    def known(since: float) -> bool:
        return any(p.seconds > 0.7 and p.ended > since for p in relay.pauses())

    asked = relay.log.now()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(relay.call, occupy)
        try:
            assert wait_until(lambda: known(asked), timeout=DEADLINE)
            released = relay.log.now()
        finally:
            release.set()
    assert wait_until(lambda: known(released), timeout=DEADLINE)
    relay.close()
    assert known(released)
    assert all(p.ended < relay.log.now() for p in relay.pauses())
