"""Acknowledging, requeueing, discarding; what is redelivered and to whom."""

from typing import Any

import pytest

from tests.simulator.model.lab import Lab, bodies, closed
from warren.simulator.model import commands, events


@pytest.fixture
def lab() -> Any:
    """Return a broker with three messages in the queue q."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    for body in (b"1", b"2", b"3"):
        client.publish("q", body)
    return lab


def test_ack_ends_a_delivery(lab: Lab) -> None:
    """An acknowledged message is gone, and another may take its place in the prefetch."""
    client = lab.channel()
    client.qos(1)
    assert bodies(client.consume("q")) == [b"1"]
    assert bodies(client.ack(1)) == [b"2"]
    assert lab.broker.vhosts["/"].queues["q"].unacked_count == 1


def test_unacked_is_invisible_until_the_channel_closes(lab: Lab) -> None:
    """What a consumer holds nobody else gets; when its channel closes it is Ready, redelivered."""
    holder, other = lab.channel(1), lab.channel(2)
    holder.consume("q")
    assert isinstance(other.get("q"), events.BasicGetEmpty)
    holder.do(commands.ChannelClose)
    assert lab.ready("q") == [b"1", b"2", b"3"]
    assert other.get("q").redelivered


def test_a_lost_connection_gives_back_what_it_held(lab: Lab) -> None:
    """A connection that vanishes loses nothing but what was acknowledged automatically."""
    lab.channel(2).get("q", no_ack=True)
    lab.channel(2).get("q")
    assert lab.do(commands.ConnectionLost(2)) == []
    assert lab.ready("q") == [b"2", b"3"]


def test_automatic_ack_cannot_be_returned(lab: Lab) -> None:
    """A delivery without acknowledgement is gone when it is sent: its tag is unknown."""
    client = lab.channel()
    assert bodies(client.consume("q", no_ack=True)) == [b"1", b"2", b"3"]
    assert closed(client.nack(1)) == ("channel", 406, "unknown delivery tag 1")


def test_requeue_returns_to_the_old_place(lab: Lab) -> None:
    """A requeued message stands where it stood, before what came after it."""
    client = lab.channel()
    tags = [client.get("q").delivery_tag for _ in range(2)]
    client.nack(tags[1])
    client.nack(tags[0])
    assert lab.ready("q") == [b"1", b"2", b"3"]


def test_requeue_comes_back_at_once_to_the_only_consumer(lab: Lab) -> None:
    """The only consumer gets what it requeues again, redelivered."""
    client = lab.channel()
    client.qos(1)
    client.consume("q")
    (again,) = client.nack(1)
    assert (again.message.body, again.delivery_tag, again.redelivered) == (b"1", 2, True)


def test_nack_without_requeue_drops(lab: Lab) -> None:
    """Without a dead-letter exchange a message refused without requeue is gone."""
    client = lab.channel()
    client.nack(client.get("q").delivery_tag, requeue=False)
    assert lab.ready("q") == [b"2", b"3"]
    assert lab.broker.vhosts["/"].queues["q"].unacked_count == 0


def test_multiple_means_all_up_to_the_tag(lab: Lab) -> None:
    """`multiple` ends every delivery up to its tag, and 0 ends all."""
    client = lab.channel()
    client.consume("q")
    client.ack(2, multiple=True)
    assert [*lab.broker.connections[1].channels[1].unacked] == [3]
    client.ack(0, multiple=True)
    assert lab.broker.connections[1].channels[1].unacked == {}


@pytest.mark.parametrize("multiple", [False, True])
def test_acknowledging_twice_closes_the_channel(lab: Lab, multiple: bool) -> None:
    """A delivery tag that is not outstanding is 406, and the other deliveries go back."""
    client = lab.channel()
    client.consume("q")
    client.ack(1)
    assert closed(client.ack(1, multiple=multiple)) == ("channel", 406, "unknown delivery tag 1")
    assert lab.ready("q") == [b"2", b"3"]


def test_reject_is_for_one(lab: Lab) -> None:
    """basic.reject ends exactly the delivery it names."""
    client = lab.channel()
    client.consume("q")
    client.do(commands.BasicReject, 2, requeue=False)
    assert sorted(lab.broker.connections[1].channels[1].unacked) == [1, 3]


def test_recover_requeues_all(lab: Lab) -> None:
    """basic.recover requeues everything unacknowledged; without requeue it is not implemented."""
    client = lab.channel()
    client.get("q")
    client.get("q")
    assert client.do(commands.BasicRecover) == [events.BasicRecoverOk(1, 1)]
    assert lab.ready("q") == [b"1", b"2", b"3"]
    scope, code, text = closed(client.do(commands.BasicRecover, requeue=False))
    assert (scope, code, text) == ("connection", 540, "requeue=false")


def test_what_was_got_waits_for_the_clients_answer(lab: Lab) -> None:
    """After an error consumers' deliveries go back at once, others with channel.close-ok."""
    client = lab.channel()
    client.get("q")
    client.ack(99)
    assert lab.ready("q") == [b"2", b"3"]
    client.do(commands.ChannelCloseOk)
    assert lab.ready("q") == [b"1", b"2", b"3"]


def test_every_restart_of_a_consumer_that_never_acks_gets_all_again(lab: Lab) -> None:
    """Without acknowledgement every new connection gets everything again."""
    for number in (2, 3, 4):
        assert bodies(lab.channel(number).consume("q")) == [b"1", b"2", b"3"]
        lab.do(commands.ConnectionLost(number))


def test_get_counts_what_is_left(lab: Lab) -> None:
    """basic.get-ok says how many messages are still ready."""
    client = lab.channel()
    assert [client.get("q").message_count for _ in range(3)] == [2, 1, 0]
    assert isinstance(client.get("q"), events.BasicGetEmpty)


def test_multiple_ends_consumer_after_consumer(lab: Lab) -> None:
    """The first consumer's messages are delivered again before the second's are back."""
    client = lab.channel()
    client.declare("q2")
    client.consume("q2", "a")
    client.consume("q2", "b")
    assert [len(client.publish("q2", body)) for body in (b"1", b"2", b"3")] == [1, 1, 1]
    caused = client.nack(0, multiple=True)
    assert [(event.consumer_tag, event.message.body) for event in caused] == [
        ("b", b"1"),
        ("a", b"3"),
        ("b", b"2"),
    ]


def test_a_queue_made_again_is_another_queue(lab: Lab) -> None:
    """Deliveries of a deleted queue end in nothing, also beside those of its successor."""
    client = lab.channel()
    client.get("q")
    client.do(commands.QueueDelete, "q")
    client.declare("q")
    client.publish("q", b"new")
    client.get("q")
    client.nack(0, multiple=True)
    assert lab.ready("q") == [b"new"]
    assert lab.broker.vhosts["/"].queues["q"].unacked_count == 0
