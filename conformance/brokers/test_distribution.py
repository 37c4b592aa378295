"""Who gets the next message (document 2: distributed queues, round-robin, the five tasks of one video)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig

VIDEO = [b"mp4", b"webm", b"ogv", b"metadata", b"icons"]


@pytest.mark.requirement("distribution.round-robin")
def test_round_robin(broker: BrokerRig) -> None:
    """The consumers of one queue get its messages in turn."""
    queue = broker.declare.queue()
    inboxes = [broker.consume(queue) for _ in range(3)]
    broker.fill(queue, b"0", b"1", b"2", b"3", b"4", b"5")
    broker.wait.deliveries(6, *inboxes)
    turns = sorted(inbox.bodies for inbox in inboxes)
    assert turns == [[b"0", b"3"], [b"1", b"4"], [b"2", b"5"]]


@pytest.mark.requirement("distribution.fanout-copies")
def test_fanout_is_not_round_robin(broker: BrokerRig) -> None:
    """A fanout exchange copies to every queue; it is the consumers of one queue who share, whatever the exchange."""
    exchange = broker.declare.exchange("video", "fanout")
    shared, own = broker.declare.queue("shared"), broker.declare.queue("own")
    for queue in (shared, own):
        broker.declare.binding(queue, exchange)
    sharing = [broker.consume(shared), broker.consume(shared)]
    alone = broker.consume(own)
    for number in range(4):
        broker.publish(b"%d" % number, "", exchange)
    broker.wait.deliveries(4, alone)
    broker.wait.deliveries(4, *sharing)
    assert alone.bodies == [b"0", b"1", b"2", b"3"]
    assert [len(inbox.received) for inbox in sharing] == [2, 2]


@pytest.mark.requirement("distribution.blind-to-work")
def test_round_robin_is_blind_to_work(broker: BrokerRig) -> None:
    """Without a prefetch count all messages are sent out at once, in turn, also to a consumer that does nothing."""
    queue = broker.declare.queue()
    idle, busy = broker.consume(queue), broker.consume(queue)
    broker.fill(queue, b"0", b"1", b"2", b"3", b"4", b"5")
    broker.wait.deliveries(6, idle, busy)
    assert (len(idle.received), len(busy.received)) == (3, 3)


@pytest.mark.requirement("distribution.prefetch-consumer")
def test_prefetch_per_consumer(broker: BrokerRig) -> None:
    """A consumer holds no more unacked messages than its prefetch count; each ack makes room for one."""
    queue = broker.declare.queue()
    broker.fill(queue, b"0", b"1", b"2", b"3", b"4", b"5")
    inbox = broker.consume(queue, prefetch=2)
    broker.wait.deliveries(2, inbox)
    assert broker.look.ready(queue) == 4
    inbox.channel.basic_ack(inbox.received[0].tag)
    broker.wait.deliveries(3, inbox)
    assert broker.look.ready(queue) == 3
    second = broker.consume(queue, inbox.channel)
    broker.wait.deliveries(2, second)
    assert broker.look.ready(queue) == 1, "the count is each consumer's own"


@pytest.mark.requirement("distribution.prefetch-channel")
def test_prefetch_per_channel(broker: BrokerRig) -> None:
    """A global prefetch count is shared by the channel's consumers, or is each one's own: that differs by release."""
    queue = broker.declare.queue()
    broker.fill(queue, b"0", b"1", b"2", b"3", b"4", b"5")
    channel = broker.open.channel()
    channel.basic_qos(prefetch_count=2, global_qos=True)
    inboxes = [broker.consume(queue, channel), broker.consume(queue, channel)]
    shared = release_of(broker.version).global_prefetch
    held = 2 if shared else 4
    broker.wait.deliveries(held, *inboxes)
    assert broker.look.ready(queue) == 6 - held


@pytest.mark.requirement("distribution.get-ignores-prefetch")
def test_get_ignores_prefetch(broker: BrokerRig) -> None:
    """basic.get is not limited by a prefetch count."""
    queue = broker.declare.queue()
    broker.fill(queue, *VIDEO)
    channel = broker.open.channel()
    channel.basic_qos(prefetch_count=1)
    assert [broker.expect.held(queue, channel).body for _ in VIDEO] == VIDEO


@pytest.mark.requirement("distribution.whoever-is-free")
def test_five_tasks_of_one_video(broker: BrokerRig) -> None:
    """With prefetch 1 the five tasks go to whoever is free: one works on the first all the time, two do the others."""
    queue = broker.declare.queue()
    workers = [broker.consume(queue, prefetch=1) for _ in range(3)]
    broker.fill(queue, *VIDEO)
    broker.wait.until(lambda: all(worker.received for worker in workers), "a task for each worker")
    busy = next(worker for worker in workers if worker.bodies[0] == b"mp4")
    free = [worker for worker in workers if worker is not busy]
    for worker in free:
        worker.ack()
    broker.wait.deliveries(4, *free)
    assert busy.bodies == [b"mp4"], "the busy worker was given more"
    assert sorted(body for worker in free for body in worker.bodies) == sorted(VIDEO[1:])
    assert broker.look.state(queue).unacked == 3
