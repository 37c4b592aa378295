"""Clients on a bench, who pour octets into the broker's loop, and what that was for work."""

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import Bench, Socket
from warren.simulator import wire
from warren.simulator.tcp.client import Client

PUBLISH = b"".join(sessions.publish("", "q", b"x"))


def come(on_bench: Bench) -> tuple[Client, Socket]:
    """Connect, and have a queue."""
    client, socket = on_bench.node.new_client(), Socket(on_bench.clock)
    socket.connect(client)
    for piece in sessions.handshake():
        socket.feed(piece)
    socket.feed(sessions.method(wire.QueueDeclare("q")))
    return client, socket


def read(client: Client, octets: bytes) -> bytes:
    """Let the event loop read as much as the client has room for; return the rest."""
    room = client.get_buffer(-1)
    size = min(len(room), len(octets))
    room[:size] = octets[:size]
    client.buffer_updated(size)
    return octets[size:]


def work(on_bench: Bench) -> int:
    """Return how much was done so far."""
    return on_bench.node.broker.meter.work


def pour(on_bench: Bench, client: Client, socket: Socket, octets: bytes) -> list[int]:
    """Let the loop go round until all of it is done; return the work of each time."""
    done = []
    while octets or on_bench.clock.is_soon:
        before = work(on_bench)
        on_bench.clock.run_once()
        if octets and not socket.paused:
            octets = read(client, octets)
        done.append(work(on_bench) - before)
    return done
