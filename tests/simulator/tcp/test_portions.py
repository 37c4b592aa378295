"""How much one connection may have done in a turn, counted in commands and what they cause."""

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import Bench, Socket, bench
from warren.simulator import wire
from warren.simulator.tcp.client import (
    LEAST_OCTETS,
    MOST_OCTETS,
    WORK_OF_A_TURN,
    Client,
    portion_after,
)


def pour(on_bench: Bench, client: Client, octets: bytes) -> list[int]:
    """Let the event loop read all of it, as much at a time as the client has room for; return the work of each turn."""
    done, hub = [], on_bench.node.hub
    while octets:
        room = client.get_buffer(-1)
        size = min(len(room), len(octets))
        room[:size] = octets[:size]
        octets, before = octets[size:], hub.work
        client.buffer_updated(size)
        done.append(hub.work - before)
    return done


def test_a_flood_of_small_publishes_is_read_in_small_portions() -> None:
    """However much a publisher writes, no turn does more than a few times what a turn is for."""
    with bench() as on_bench:
        client, socket = on_bench.node.new_client(), Socket(on_bench.clock)
        socket.connect(client)
        for piece in sessions.handshake():
            socket.feed(piece)
        socket.feed(sessions.method(wire.QueueDeclare("q")))
        one = b"".join(sessions.publish("", "q", b"x"))
        done = pour(on_bench, client, one * 5000)
        assert sum(done) >= 5000
        assert max(done) <= 2 * WORK_OF_A_TURN
        body = b"".join(sessions.publish("", "q", b"x" * 100_000))
        assert len(pour(on_bench, client, body * 100)) < 100 * len(body) / MOST_OCTETS + 100
        assert max(pour(on_bench, client, one * 20_000)[1:]) <= 2 * WORK_OF_A_TURN


def test_portions() -> None:
    """A turn with too much work makes the next one smaller, a whole portion with little work a larger one."""
    assert portion_after(MOST_OCTETS, MOST_OCTETS, 10 * WORK_OF_A_TURN) == MOST_OCTETS // 10
    assert portion_after(LEAST_OCTETS, LEAST_OCTETS, 1) == 2 * LEAST_OCTETS
    assert portion_after(LEAST_OCTETS, 8, 1) == LEAST_OCTETS
    assert portion_after(LEAST_OCTETS, LEAST_OCTETS, 10 * WORK_OF_A_TURN) == LEAST_OCTETS
    assert portion_after(MOST_OCTETS, MOST_OCTETS, 1) == MOST_OCTETS
