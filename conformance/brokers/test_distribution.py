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
    queue = broker.queue()
    inboxes = [broker.consume(queue) for _ in range(3)]
    for number in range(6):
        broker.publish(b"%d" % number, queue)
    broker.until(lambda: sum(len(i.messages) for i in inboxes) == 6, "six deliveries")
    turns = sorted(inbox.bodies for inbox in inboxes)
    assert turns == [[b"0", b"3"], [b"1", b"4"], [b"2", b"5"]]


@pytest.mark.requirement("distribution.fanout-copies")
def test_fanout_is_not_round_robin(broker: BrokerRig) -> None:
    """A fanout exchange copies to every queue; it is the consumers of one queue who share, whatever the exchange."""
    exchange = broker.exchange("video", "fanout")
    shared, own = broker.queue("shared"), broker.queue("own")
    for queue in (shared, own):
        broker.bind(queue, exchange)
    sharing = [broker.consume(shared), broker.consume(shared)]
    alone = broker.consume(own)
    for number in range(4):
        broker.publish(b"%d" % number, "", exchange)
    broker.arrive(alone, 4)
    broker.until(lambda: sum(len(i.messages) for i in sharing) == 4, "four deliveries")
    assert alone.bodies == [b"0", b"1", b"2", b"3"]
    assert [len(inbox.messages) for inbox in sharing] == [2, 2]


@pytest.mark.requirement("distribution.blind-to-work")
def test_round_robin_is_blind_to_work(broker: BrokerRig) -> None:
    """Without a prefetch count the queue is dealt out at once, also to a consumer that does nothing."""
    queue = broker.queue()
    idle, busy = broker.consume(queue), broker.consume(queue)
    for number in range(6):
        broker.publish(b"%d" % number, queue)
    broker.until(lambda: len(idle.messages) + len(busy.messages) == 6, "six deliveries")
    assert (len(idle.messages), len(busy.messages)) == (3, 3)


@pytest.mark.requirement("distribution.prefetch-consumer")
def test_prefetch_per_consumer(broker: BrokerRig) -> None:
    """A consumer holds no more unacked messages than its prefetch count; each ack makes room for one."""
    queue = broker.queue()
    for number in range(6):
        broker.publish(b"%d" % number, queue)
    inbox = broker.consume(queue, prefetch=2)
    broker.arrive(inbox, 2)
    assert broker.ready(queue) == 4
    inbox.channel.basic_ack(inbox.messages[0].tag)
    broker.arrive(inbox, 3)
    assert broker.ready(queue) == 3
    second = broker.consume(queue, inbox.channel)
    broker.arrive(second, 2)
    assert broker.ready(queue) == 1, "the count is each consumer's own"


@pytest.mark.requirement("distribution.prefetch-channel")
def test_prefetch_per_channel(broker: BrokerRig) -> None:
    """A global prefetch count is shared by the channel's consumers, or, by the release, is each one's own."""
    queue = broker.queue()
    for number in range(6):
        broker.publish(b"%d" % number, queue)
    channel = broker.channel()
    channel.basic_qos(prefetch_count=2, global_qos=True)
    inboxes = [broker.consume(queue, channel), broker.consume(queue, channel)]
    shared = release_of(broker.version).global_prefetch
    held = 2 if shared else 4
    broker.until(lambda: sum(len(i.messages) for i in inboxes) == held, f"{held} deliveries")
    assert broker.ready(queue) == 6 - held


@pytest.mark.requirement("distribution.get-ignores-prefetch")
def test_get_ignores_prefetch(broker: BrokerRig) -> None:
    """basic.get is not limited by a prefetch count."""
    queue = broker.queue()
    for body in VIDEO:
        broker.publish(body, queue)
    channel = broker.channel()
    channel.basic_qos(prefetch_count=1)
    got = [broker.get(queue, channel, auto_ack=False) for _ in VIDEO]
    assert [message.body for message in got if message] == VIDEO


@pytest.mark.requirement("distribution.whoever-is-free")
def test_five_tasks_of_one_video(broker: BrokerRig) -> None:
    """With prefetch 1 the five tasks go to whoever is free: one works on the first all the time, two do the others."""
    queue = broker.queue()
    workers = [broker.consume(queue, prefetch=1) for _ in range(3)]
    for body in VIDEO:
        broker.publish(body, queue)
    broker.until(lambda: all(worker.messages for worker in workers), "a task for each worker")
    busy = next(worker for worker in workers if worker.bodies[0] == b"mp4")
    free = [worker for worker in workers if worker is not busy]
    for worker in free:
        worker.ack()
    broker.until(lambda: sum(len(w.messages) for w in free) == 4, "the other four tasks")
    assert busy.bodies == [b"mp4"], "the busy worker was given more"
    assert sorted(body for worker in free for body in worker.bodies) == sorted(VIDEO[1:])
    assert broker.state(queue).unacked == 3
