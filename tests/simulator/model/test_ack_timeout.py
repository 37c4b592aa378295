"""What happens to a delivery that nobody settles in time; the values were seen on RabbitMQ."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.model.lab import PASSWORD, USER, Lab, bodies, closed
from warren.simulator.model import Version, commands, events

HALF_AN_HOUR = 1800.0
WORDS = "This timeout value can be configured, see consumers doc guide to learn more"


def of(caused: list[Any], kind: type) -> list[Any]:
    """Return the events of one kind."""
    return [event for event in caused if isinstance(event, kind)]


def lab_with(semantics: Version, kind: str, **arguments: Any) -> Any:
    """Return a broker with the queue q of this type, three messages in it."""
    lab = Lab(semantics)
    client = lab.channel()
    client.declare("q", durable=True, arguments={"x-queue-type": kind, **arguments})
    for body in (b"1", b"2", b"3"):
        client.publish("q", body)
    return lab, client


@pytest.mark.parametrize("semantics", ["3.10", "4.0"])
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_channel_times_out(semantics: Version, kind: str) -> None:
    """Until 4.0 it is the channel that fails, half an hour after its oldest delivery; that comes back."""
    lab, client = lab_with(semantics, kind)
    client.qos(1)
    client.consume("q")
    lab.wait(HALF_AN_HOUR - 1)
    assert bodies(client.ack(1)) == [b"2"]
    assert lab.wait(2) == [], "the second was delivered a moment ago"
    caused = lab.wait(HALF_AN_HOUR)
    assert closed([*of(caused, events.ChannelClose)]) == (
        "channel",
        406,
        f"delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms. {WORDS}",
    )
    client.do(commands.ChannelCloseOk)
    assert lab.ready("q") == [b"2", b"3"]


@pytest.mark.parametrize(("semantics", "seconds"), [("3.10", 1800), ("4.0", 5)])
def test_a_queue_may_set_the_time(semantics: Version, seconds: float) -> None:
    """4.0 heeds x-consumer-timeout, though no type of queue knows it; 3.10 does not."""
    lab, client = lab_with(semantics, "classic", **{"x-consumer-timeout": 5000})
    client.get("q")
    assert lab.wait(seconds - 1) == []
    assert of(lab.wait(2), events.ChannelClose)


def test_a_classic_queue_has_no_time_on_4_3() -> None:
    """Nothing happens to what it has delivered, however late it is."""
    lab, client = lab_with("4.3", "classic")
    client.consume("q")
    assert lab.wait(10 * HALF_AN_HOUR) == []


def test_a_quorum_queue_takes_back() -> None:
    """On 4.3 the messages are served again, not counted as failed, and the consumer is cancelled."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 5000})
    client.qos(2)
    client.consume("q", "late")
    caused = lab.wait(6)
    assert caused == [events.BasicCancel(1, 1, "late")]
    assert lab.ready("q") == [b"1", b"2", b"3"]
    got = lab.channel(2).get("q")
    assert (got.redelivered, got.message.properties.headers) == (True, {"x-acquired-count": 1})


def test_a_late_ack_lets_the_consumer_go_on() -> None:
    """When all that was late is settled, to no effect, it gets messages again, those among them."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 5000})
    client.qos(2)
    client.consume("q", "late")
    lab.wait(6)
    assert client.ack(1) == []
    assert bodies(client.ack(2)) == [b"1", b"2"]
    assert lab.broker.vhosts["/"].queues["q"].unacked_count == 2


def test_a_consumer_is_cancelled_as_often_as_it_is_late() -> None:
    """Each time that a delivery is late the client hears basic.cancel; once where several are late together."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 5000})
    client.qos(3)
    client.do(commands.QueuePurge, "q")
    client.publish("q", b"1")
    client.consume("q", "late")
    lab.wait(1)
    client.publish("q", b"2")
    assert lab.wait(4.5) == [events.BasicCancel(1, 1, "late")]
    assert lab.wait(1) == [events.BasicCancel(1, 1, "late")]


def test_who_was_cancelled_before_loses_the_channel() -> None:
    """A consumer that its client cancelled cannot be cancelled again: 406; it counts no more when all came back."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 5000})
    client.consume("q", "gone")
    client.do(commands.BasicCancel, "gone")
    assert lab.broker.vhosts["/"].queues["q"].consumer_count == 1
    assert closed(lab.wait(6))[:2] == ("channel", 406)
    assert lab.broker.vhosts["/"].queues["q"].consumer_count == 0
    assert lab.ready("q") == [b"1", b"2", b"3"]


def test_a_late_consumer_may_go() -> None:
    """What its channel had late does not come back a second time."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 5000})
    client.consume("q", "late")
    lab.wait(6)
    client.do(commands.ChannelClose)
    assert lab.ready("q") == [b"1", b"2", b"3"]
    assert lab.broker.vhosts["/"].queues["q"].unacked_count == 0


def test_a_consumer_may_set_the_time() -> None:
    """x-consumer-timeout of a consumer goes before that of its queue."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 5000})
    client.consume("q", arguments={"x-consumer-timeout": 1000})
    assert of(lab.wait(2), events.BasicCancel)


def test_who_cannot_be_cancelled_loses_the_channel() -> None:
    """What basic.get took is no consumer's: 406, and the time is not told."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 1000})
    client.get("q")
    assert closed(lab.wait(2)) == (
        "channel",
        406,
        f"delivery acknowledgement on channel 1 timed out. Timeout value used: -1 ms. {WORDS}",
    )
    client.do(commands.ChannelCloseOk)
    assert lab.ready("q") == [b"1", b"2", b"3"]


def test_who_hears_no_cancel_loses_the_channel() -> None:
    """A client without consumer_cancel_notify is told by 406; what all its consumers held comes back, uncounted."""
    lab = lab_with("4.3", "quorum", **{"x-consumer-timeout": 1000})[0]
    lab.do(commands.ConnectionStartOk(2, USER, PASSWORD, consumer_cancel_notify=False))
    lab.do(commands.ConnectionOpen(2))
    client = lab.channel(2)
    client.qos(1)
    client.consume("q", "late")
    lab.wait(0.5)
    client.consume("q", "in time")
    (caused,) = lab.wait(0.6)
    assert closed([caused])[:2] == ("channel", 406)
    client.do(commands.ChannelCloseOk)
    assert lab.ready("q") == [b"1", b"2", b"3"]
    headers = lab.channel(3).get("q").message.properties.headers
    assert headers == {"x-acquired-count": 1}


def test_the_next_single_active_consumer() -> None:
    """A late consumer is not the active one any more, and waits behind the others when it has settled."""
    lab, client = lab_with(
        "4.3", "quorum", **{"x-consumer-timeout": 5000, "x-single-active-consumer": True}
    )
    client.qos(1)
    client.consume("q", "late")
    other = lab.channel(2)
    other.qos(1)
    other.consume("q", "next")
    delivered = of(lab.wait(6), events.BasicDeliver)
    assert [(each.consumer_tag, each.message.body) for each in delivered] == [("next", b"1")]
    assert client.ack(1) == []
    assert bodies(other.do(commands.BasicCancel, "next")) == [b"2"]


def test_who_loses_the_channel_gets_nothing_more() -> None:
    """A client that cannot be told of a cancel hears of its channel's end once, and gets no message again."""
    lab, client = lab_with("4.3", "quorum", **{"x-consumer-timeout": 1000})
    lab.broker.connections[1].consumer_cancel_notify = False
    client.consume("q")
    assert [type(each) for each in lab.wait(2)] == [events.ChannelClose]


@pytest.mark.parametrize(("semantics", "kind"), [("3.10", "classic"), ("4.3", "quorum")])
def test_another_time_is_for_others(semantics: Version, kind: str) -> None:
    """A time set later is for channels that are opened, on 4.3 for consumers that begin, from then on."""
    lab, client = lab_with(semantics, kind)
    lab.do(commands.SetConsumerTimeout(1000))
    other = lab.channel(2)
    other.qos(1)
    other.consume("q")
    lab.do(commands.SetConsumerTimeout(None))
    client.qos(1)
    assert bodies(client.consume("q")) == [b"2"]
    kind_of_end = events.ChannelClose if kind == "classic" else events.BasicCancel
    (said,) = of(lab.wait(HALF_AN_HOUR - 1), kind_of_end)
    assert said.connection == 2
