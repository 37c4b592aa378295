"""Who gets a message: turns, prefetch, priorities, exclusive and single active consumers."""

from typing import Any

import pytest

from tests.simulator.model.lab import Client, Lab, bodies, closed, message
from warren.simulator.model import Version, commands, events


def owners(caused: list[Any]) -> Any:
    """Return the consumer tags of the deliveries, in order."""
    return [event.consumer_tag for event in caused if isinstance(event, events.BasicDeliver)]


def publish(client: Client, number: int) -> Any:
    """Publish so many messages to q and return who got them."""
    return [tag for index in range(number) for tag in owners(client.publish("q", b"%d" % index))]


@pytest.fixture
def client() -> Any:
    """Return a channel, after declaring the queue q."""
    client = Lab().channel()
    client.declare("q")
    return client


def test_consumers_take_turns(client: Client) -> None:
    """Messages go round: every consumer gets one before any gets two."""
    for tag in "abc":
        client.consume("q", tag)
    assert publish(client, 6) == [*"abcabc"]


def test_prefetch_is_per_consumer(client: Client) -> None:
    """No consumer holds more than the prefetch that was set when it began."""
    client.qos(2)
    client.consume("q", "a")
    client.qos(1)
    client.consume("q", "b")
    assert publish(client, 5) == ["a", "b", "a"]
    assert owners(client.ack(2)) == ["b"]


def test_global_prefetch_is_per_channel_on_3_10() -> None:
    """RabbitMQ 3.10 counts a global prefetch over all consumers of the channel."""
    client = Lab("3.10").channel()
    client.declare("q")
    client.qos(2, global_=True)
    client.consume("q", "a")
    client.consume("q", "b")
    assert publish(client, 5) == ["a", "b"]
    assert len(owners(client.ack(1))) == 1


def test_global_prefetch_is_per_consumer_on_4_3(client: Client) -> None:
    """RabbitMQ 4.3 takes a global prefetch for one per consumer."""
    client.qos(1, global_=True)
    client.consume("q", "a")
    client.consume("q", "b")
    assert publish(client, 3) == ["a", "b"]


def test_tasks_run_on_whoever_is_free(client: Client) -> None:
    """With prefetch 1 a busy consumer gets nothing while a free one takes message after message."""
    client.qos(1)
    client.consume("q", "busy")
    client.consume("q", "free")
    publish(client, 5)
    assert owners(client.ack(2)) == ["free"]
    assert owners(client.ack(3)) == ["free"]


def test_higher_priority_first(client: Client) -> None:
    """Consumers of a lower priority get messages only while those of a higher one are full."""
    client.qos(1)
    client.consume("q", "low")
    client.consume("q", "high", arguments={"x-priority": 5})
    assert publish(client, 3) == ["high", "low"]


def test_exclusive_consumer_wants_to_be_alone(client: Client) -> None:
    """A consumer beside an exclusive one is 403, and so is an exclusive one beside others."""
    client.consume("q", "a", exclusive=True)
    text = "queue 'q' in vhost '/' in exclusive use"
    assert closed(client.lab.channel(1, 2).consume("q", "b")) == ("channel", 403, text)
    client.do(commands.BasicCancel, "a")
    client.consume("q", "a")
    other = client.lab.channel(1, 3)
    assert closed(other.consume("q", "b", exclusive=True)) == ("channel", 403, text)


def test_single_active_consumer() -> None:
    """Only the first consumer gets messages; when it goes, the next one takes over."""
    client = Lab().channel()
    client.declare("q", durable=True, arguments={"x-single-active-consumer": True})
    client.consume("q", "a")
    client.consume("q", "b")
    assert publish(client, 2) == ["a", "a"]
    client.do(commands.BasicCancel, "a")
    assert publish(client, 1) == ["b"]


def test_a_consumer_tag_is_used_once(client: Client) -> None:
    """A tag in use is 530, which ends the connection."""
    client.consume("q", "a")
    expected = ("connection", 530, "attempt to reuse consumer tag 'a'")
    assert closed(client.consume("q", "a")) == expected


def test_a_consumer_without_a_tag_is_given_one(client: Client) -> None:
    """The broker names the consumer from the supply of names."""
    (answer,) = client.consume("q", "")
    assert answer.consumer_tag == "amq.ctag-name-1"


def test_cancel_keeps_what_is_held(client: Client) -> None:
    """A cancelled consumer's deliveries stay unacknowledged and may still be settled."""
    client.publish("q", b"m")
    client.consume("q", "a")
    assert client.do(commands.BasicCancel, "a") == [events.BasicCancelOk(1, 1, "a")]
    assert client.ack(1) == []
    assert client.do(commands.BasicCancel, "nobody") == [events.BasicCancelOk(1, 1, "nobody")]


def test_cancel_notification(client: Client) -> None:
    """A consumer whose queue is deleted is told so, if its client understands that."""
    client.consume("q", "a")
    caused = client.lab.channel(2).do(commands.QueueDelete, "q")
    assert caused == [events.QueueDeleteOk(2, 1, 0), events.BasicCancel(1, 1, "a")]


def test_cancel_notification_after_the_own_delete(client: Client) -> None:
    """Who deletes a queue that it consumes from gets its answer before it hears of the end."""
    client.publish("q", b"m")
    client.consume("q", "a", no_ack=True)
    caused = client.do(commands.QueueDelete, "q")
    assert caused == [events.QueueDeleteOk(1, 1, 0), events.BasicCancel(1, 1, "a")]


def test_deliveries_follow_the_answer(client: Client) -> None:
    """basic.consume-ok comes before the first delivery."""
    client.publish("q", b"m")
    answer, delivery = client.consume("q")
    assert isinstance(answer, events.BasicConsumeOk)
    assert bodies([delivery]) == [b"m"]


def test_publish_and_subscribe() -> None:
    """Every server-named queue gets every message, and goes with its connection."""
    lab = Lab()
    lab.channel().exchange("logs", "fanout")
    for number in (2, 3):
        client = lab.channel(number)
        (declared,) = client.declare("", exclusive=True, auto_delete=True)
        client.bind(declared.queue, "logs")
        client.consume(declared.queue)
    caused = lab.channel().publish("", b"m", "logs")
    assert sorted(event.connection for event in caused) == [2, 3]
    lab.do(commands.ConnectionLost(2))
    assert [*lab.broker.vhosts["/"].queues] == ["amq.gen-name-2"]


def test_auto_delete_queue_goes_with_its_last_consumer(client: Client) -> None:
    """It stays while nobody has consumed yet, and goes with the last consumer."""
    client.declare("gone", durable=True, auto_delete=True)
    assert "gone" in client.lab.broker.vhosts["/"].queues
    client.consume("gone", "a")
    client.do(commands.BasicCancel, "a")
    assert "gone" not in client.lab.broker.vhosts["/"].queues


def test_credit_keeps_deliveries_in_the_queue(client: Client) -> None:
    """A connection whose owner grants some octets gets deliveries until they are used up."""
    size = message("q", b"1").size
    client.lab.do(commands.GrantCredit(1, size + 1))
    client.consume("q", "a")
    assert publish(client, 3) == ["a", "a"]
    assert client.ack(1) == []
    assert owners(client.lab.do(commands.GrantCredit(1, 1))) == ["a"]


def test_a_large_delivery_takes_more_credit(client: Client) -> None:
    """A body counts by its octets."""
    client.lab.do(commands.GrantCredit(1, 10_000))
    client.consume("q", "a")
    delivered = [client.publish("q", b"x" * 6_000) for _ in range(3)]
    assert [len(each) for each in delivered] == [1, 1, 0]


@pytest.mark.parametrize(("semantics", "served"), [("3.10", []), ("4.0", [b"2"]), ("4.3", [b"2"])])
def test_who_follows_a_cancelled_consumer(semantics: Version, served: list[bytes]) -> None:
    """On 3.10 who follows a single active consumer is served when something comes back, and not before."""
    lab = Lab(semantics)
    first, second = lab.channel(), lab.channel(2)
    first.declare("q", durable=True, arguments={"x-single-active-consumer": True})
    for client, tag in ((first, "a"), (second, "b")):
        client.qos(1)
        client.consume("q", tag)
    for body in (b"1", b"2"):
        first.publish("q", body)
    assert bodies(first.do(commands.BasicCancel, "a")) == served
    assert bodies(first.nack(1)) == ([] if served else [b"1"])


def test_turns_on_a_full_channel() -> None:
    """Of consumers of one queue on a channel that was full, the one that has waited longest is served first."""
    client = Lab("4.0").channel()
    client.declare("q")
    client.qos(1, global_=True)
    client.publish("q")
    for tag in "abc":
        client.consume("q", tag)
    for _ in range(4):
        client.publish("q")
    caused = [event for tag in range(1, 5) for event in client.ack(tag)]
    assert [e.consumer_tag for e in caused if isinstance(e, events.BasicDeliver)] == [*"abca"]
