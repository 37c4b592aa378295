"""One method for thousands of messages: settled, committed or purged in turns, and what its client says next waits."""

from itertools import pairwise

import pytest

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import Bench, bench
from tests.simulator.tcp.pouring import PUBLISH, come, pour, read
from warren.simulator import wire
from warren.simulator.session.portions import DROPPED_AT_ONCE
from warren.simulator.session.portions import PORTION as AT_ONCE
from warren.simulator.tcp.client import Client


@pytest.mark.parametrize("requeue", [True, False])
@pytest.mark.parametrize("tag", [0, 5000])
def test_many_deliveries_are_settled_in_portions(tag: int, *, requeue: bool) -> None:
    """One nack for thousands of deliveries takes several turns, and what its client says next waits for the last."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 5000)
        pour(on_bench, client, socket, sessions.method(wire.BasicGet("q")) * 5000)
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        nack = wire.BasicNack(tag, multiple=True, requeue=requeue)
        rest = read(client, sessions.method(nack) + sessions.method(wire.QueueDeclare("after")))
        left = [queue.unacked_count]
        while on_bench.clock.is_soon:
            assert "after" not in on_bench.node.broker.vhosts[sessions.VHOST].queues
            on_bench.clock.run_once()
            left.append(queue.unacked_count)
        assert rest == b""
        assert max(a - b for a, b in pairwise([5000, *left])) == AT_ONCE
        assert (left[-1], queue.message_count) == (0, 5000 if requeue else 0)
        assert "after" in on_bench.node.broker.vhosts[sessions.VHOST].queues


def test_many_deliveries_are_recovered_in_portions() -> None:
    """One recover for thousands of deliveries takes several turns, its answer comes with the last, once."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 5000)
        pour(on_bench, client, socket, sessions.method(wire.BasicGet("q")) * 5000)
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        socket.feed(sessions.method(wire.BasicAck(5000)))
        answer, before = sessions.method(wire.BasicRecoverOk()), len(socket.heard)
        read(client, sessions.method(wire.BasicRecover(requeue=True)))
        left = [queue.unacked_count]
        while on_bench.clock.is_soon:
            assert answer not in bytes(socket.heard[before:])
            on_bench.clock.run_once()
            left.append(queue.unacked_count)
        assert max(a - b for a, b in pairwise([4999, *left])) == AT_ONCE
        assert (left[-1], queue.message_count) == (0, 4999)
        assert bytes(socket.heard[before:]).count(answer) == 1


def test_what_is_recovered_between_two_portions_is_not_again() -> None:
    """A recover means what was there when it came: what it brings back is delivered again once."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 2000)
        socket.feed(sessions.method(wire.BasicConsume("q", "tag")))
        read(client, sessions.method(wire.BasicRecover(requeue=True)))
        while on_bench.clock.is_soon:
            on_bench.clock.run_once()
        connection = on_bench.node.broker.connections[client.session.number]
        (channel,) = connection.channels.values()
        assert sorted(channel.unacked) == [*range(2001, 4001)]


def test_a_nack_of_all_when_the_last_is_settled() -> None:
    """The last delivery of all may be settled already: the others come back, and the channel stays."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 2000)
        pour(on_bench, client, socket, sessions.method(wire.BasicGet("q")) * 2000)
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        socket.feed(sessions.method(wire.BasicAck(2000)))
        read(client, sessions.method(wire.BasicNack(0, multiple=True, requeue=True)))
        while on_bench.clock.is_soon:
            on_bench.clock.run_once()
        assert (queue.unacked_count, queue.message_count) == (0, 1999)
        socket.feed(sessions.method(wire.QueueDeclare("after")))
        assert "after" in on_bench.node.broker.vhosts[sessions.VHOST].queues


def test_what_comes_between_two_portions_is_not_settled() -> None:
    """A nack of all there is means what was there when it came: what it brings back is delivered and stays."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 2000)
        socket.feed(sessions.method(wire.BasicConsume("q", "tag")))
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        assert queue.unacked_count == 2000
        back = wire.BasicNack(0, multiple=True, requeue=True)
        pour(on_bench, client, socket, sessions.method(back))
        assert (queue.unacked_count, queue.message_count) == (2000, 0)
        assert socket.heard.count(b"\x03tag") == 1 + 2 * 2000


def count_of(on_bench: Bench) -> int:
    """Return how many messages the queue has."""
    return on_bench.node.broker.vhosts[sessions.VHOST].queues["q"].message_count


def turns_of(on_bench: Bench, client: Client, method: wire.Method) -> list[int]:
    """Say something, and then that a queue is to be made; return how many messages the queue had after each turn."""
    rest = read(client, sessions.method(method) + sessions.method(wire.QueueDeclare("after")))
    counts = [count_of(on_bench)]
    while on_bench.clock.is_soon:
        assert "after" not in on_bench.node.broker.vhosts[sessions.VHOST].queues
        on_bench.clock.run_once()
        counts.append(count_of(on_bench))
    assert rest == b""
    assert "after" in on_bench.node.broker.vhosts[sessions.VHOST].queues
    return counts


def test_a_large_transaction_is_committed_in_portions() -> None:
    """A commit of thousands of publishes and acks takes turns; its answer comes once, and what is said next waits."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        pour(on_bench, client, socket, PUBLISH * 3000)
        pour(on_bench, client, socket, sessions.method(wire.BasicGet("q")) * 3000)
        socket.feed(sessions.method(wire.TxSelect()))
        pour(on_bench, client, socket, PUBLISH * 5000)
        pour(on_bench, client, socket, sessions.method(wire.BasicAck(0, multiple=True)))
        queue = on_bench.node.broker.vhosts[sessions.VHOST].queues["q"]
        assert (queue.message_count, queue.unacked_count) == (0, 3000)
        before = len(socket.heard)
        counts = turns_of(on_bench, client, wire.TxCommit())
        assert max(b - a for a, b in pairwise([0, *counts])) <= AT_ONCE
        assert (queue.message_count, queue.unacked_count) == (5000, 0)
        assert bytes(socket.heard[before:]).count(sessions.method(wire.TxCommitOk())) == 1


def test_who_goes_while_it_commits_has_committed() -> None:
    """What was asked for before the connection was lost is done: the whole transaction."""
    with bench() as on_bench:
        client, socket = come(on_bench)
        socket.feed(sessions.method(wire.TxSelect()))
        pour(on_bench, client, socket, PUBLISH * 5000)
        read(client, sessions.method(wire.TxCommit()))
        assert 0 < count_of(on_bench) <= AT_ONCE
        socket.hang_up()
        assert count_of(on_bench) == 5000


def test_what_is_kept_is_purged_in_portions() -> None:
    """A purge of thousands of messages that are in a file takes turns, and its answer counts them all."""
    with bench() as on_bench:
        on_bench.node.broker.record()
        client, socket = come(on_bench)
        socket.feed(sessions.method(wire.QueueDelete("q")))
        socket.feed(sessions.method(wire.QueueDeclare("q", durable=True)))
        pour(on_bench, client, socket, PUBLISH * 20_000)
        before = len(socket.heard)
        counts = turns_of(on_bench, client, wire.QueuePurge("q"))
        assert max(a - b for a, b in pairwise([20_000, *counts])) == DROPPED_AT_ONCE
        assert counts[-1] == 0
        assert sessions.method(wire.QueuePurgeOk(20_000)) in bytes(socket.heard[before:])
