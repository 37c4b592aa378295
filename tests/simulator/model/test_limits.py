"""Full queues, priorities, times to live, queues that expire."""

from typing import Any

import pytest

from tests.simulator.model.lab import Client, Lab, bodies, closed
from warren.simulator.model import Version, commands, events


def lab_with(**arguments: Any) -> Any:
    """Return a broker with the queue q, declared with these arguments."""
    lab = Lab()
    given = {name.replace("_", "-"): value for name, value in arguments.items()}
    lab.channel().declare("q", durable=True, arguments=given)
    return lab, lab.channel()


@pytest.mark.parametrize(
    ("semantics", "refused"),
    [
        ("3.10", events.ConnectionClose(1, 541, "INTERNAL_ERROR")),
        (
            "4.3",
            events.ChannelClose(
                1, 1, 406, "PRECONDITION_FAILED - unknown queue type 'none'", 50, 10
            ),
        ),
    ],
)
def test_unknown_type_of_a_queue_without_a_name(semantics: Version, refused: Any) -> None:
    """The type is looked at before the broker makes up a name; 3.10 fails over it."""
    client = Lab(semantics).channel()
    assert client.declare(durable=True, arguments={"x-queue-type": "none"}) == [refused]


def fill(client: Client, *published: Any) -> Any:
    """Publish bodies to q and return what that causes."""
    return [event for body in published for event in client.publish("q", body)]


def test_max_length_drops_the_head() -> None:
    """A queue that is full loses its oldest message for a new one."""
    lab, client = lab_with(x_max_length=2)
    fill(client, b"1", b"2", b"3")
    assert lab.ready("q") == [b"2", b"3"]


def test_max_length_counts_ready_messages_only() -> None:
    """What consumers hold does not count; when it comes back, the oldest goes."""
    lab, client = lab_with(x_max_length=1)
    fill(client, b"1")
    tag = client.get("q").delivery_tag
    fill(client, b"2")
    assert lab.ready("q") == [b"2"]
    client.nack(tag)
    assert lab.ready("q") == [b"2"]


def test_max_length_bytes() -> None:
    """The bytes of ready bodies are counted."""
    lab, client = lab_with(x_max_length_bytes=5)
    fill(client, b"12", b"34", b"56")
    assert lab.ready("q") == [b"34", b"56"]


@pytest.mark.parametrize("overflow", ["reject-publish", "reject-publish-dlx"])
def test_reject_publish(overflow: str) -> None:
    """A queue that rejects keeps what it has, and the publisher gets a nack."""
    dead = {"x_dead_letter_exchange": "", "x_dead_letter_routing_key": "dead"}
    lab, client = lab_with(x_max_length=1, x_overflow=overflow, **dead)
    client.declare("dead")
    client.do(commands.ConfirmSelect)
    answers = fill(client, b"1", b"2")
    assert answers == [events.BasicAck(1, 1, 1), events.BasicNack(1, 1, 2)]
    assert lab.ready("q") == [b"1"]
    assert lab.ready("dead") == ([b"2"] if overflow == "reject-publish-dlx" else [])


def test_priorities() -> None:
    """Higher priorities first, in order within one; what is above the maximum counts as it."""
    _, client = lab_with(x_max_priority=2)
    for priority, body in ((0, b"a"), (2, b"b"), (None, b"c"), (1, b"d"), (9, b"e")):
        client.publish("q", body, priority=priority)
    assert bodies(client.consume("q")) == [b"b", b"e", b"d", b"a", b"c"]


def test_priority_of_a_requeued_message_is_kept() -> None:
    """A message comes back among those of its priority, at its place."""
    lab, client = lab_with(x_max_priority=2)
    for priority, body in ((1, b"a"), (1, b"b"), (2, b"c")):
        client.publish("q", body, priority=priority)
    client.get("q")
    client.nack(client.get("q").delivery_tag)
    client.nack(1)
    assert lab.ready("q") == [b"c", b"a", b"b"]


def test_expiration_counts_at_the_head_only() -> None:
    """An expired message behind one that lives stays, and goes as soon as it comes to the head."""
    lab, client = lab_with()
    client.publish("q", b"lives")
    client.publish("q", b"dies", expiration="10")
    lab.wait(1)
    assert lab.ready("q") == [b"lives", b"dies"]
    assert client.get("q", no_ack=True).message_count == 0
    assert lab.ready("q") == []


@pytest.mark.parametrize(
    ("expiration", "why"),
    [
        ("", "no_integer"),
        ("-", "no_integer"),
        ("-+5", "no_integer"),
        ("+-5", "no_integer"),
        ("--5", "no_integer"),
        ("++5", "no_integer"),
        (" 5", "no_integer"),
        ("_5", "no_integer"),
        ("\u0665", "no_integer"),
        ("\u00b2", "no_integer"),
        ("5 ", '{leftover_string," "}'),
        ("1_0", '{leftover_string,"_0"}'),
        ("0x5", '{leftover_string,"x5"}'),
        ("5.0", '{leftover_string,".0"}'),
        ("-5", "{value_negative,-5}"),
    ],
)
def test_an_expiration_that_is_no_integer(expiration: str, why: str) -> None:
    """What Erlang does not take for a whole number is refused, though Python may take it."""
    _, client = lab_with()
    caused = client.publish("q", b"m", expiration=expiration)
    assert closed(caused) == ("channel", 406, f"invalid expiration '{expiration}': {why}")


@pytest.mark.parametrize("expiration", ["5", "+5", "005", "-0"])
def test_an_expiration_that_is_one(expiration: str) -> None:
    """A sign and leading zeros make no difference."""
    lab, client = lab_with()
    client.publish("q", b"m", expiration=expiration)
    lab.wait(1)
    assert client.get("q") == events.BasicGetEmpty(1, 1)


@pytest.mark.parametrize(("queue_ttl", "expiration"), [(100, "5000"), (5000, "100")])
def test_the_smaller_time_to_live_wins(queue_ttl: int, expiration: str) -> None:
    """A message lives as long as the lesser of its own and its queue's time."""
    lab, client = lab_with(x_message_ttl=queue_ttl)
    client.publish("q", b"m", expiration=expiration)
    lab.wait(0.099)
    assert lab.ready("q") == [b"m"]
    lab.wait(0.002)
    assert lab.ready("q") == []


def test_expiration_of_nought_reaches_only_who_waits() -> None:
    """With an expiration of 0 a message is delivered at once or not at all."""
    lab, client = lab_with()
    client.publish("q", b"lost", expiration="0")
    assert lab.ready("q") == []
    client.consume("q")
    assert bodies(client.publish("q", b"met", expiration="0")) == [b"met"]


def test_a_held_message_does_not_expire() -> None:
    """Time runs for ready messages; one that comes back too late is gone."""
    lab, client = lab_with(x_message_ttl=100)
    client.publish("q", b"m")
    tag = client.get("q").delivery_tag
    lab.wait(1)
    client.nack(tag)
    assert lab.ready("q") == []


def test_an_unused_queue_expires() -> None:
    """x-expires ends a queue that nobody consumes, declares or gets from for so long."""
    lab, client = lab_with(x_expires=1000)
    lab.wait(0.9)
    client.get("q")
    lab.wait(0.9)
    client.publish("q", b"a publish is no use")
    assert "q" in lab.broker.vhosts["/"].queues
    lab.wait(0.2)
    assert "q" not in lab.broker.vhosts["/"].queues


def test_a_queue_with_a_consumer_does_not_expire() -> None:
    """The time runs from the last consumer's end."""
    lab, client = lab_with(x_expires=1000)
    client.consume("q")
    lab.wait(5)
    assert "q" in lab.broker.vhosts["/"].queues
    client.do(commands.BasicCancel, "c")
    lab.wait(0.9)
    assert "q" in lab.broker.vhosts["/"].queues
    lab.wait(0.2)
    assert "q" not in lab.broker.vhosts["/"].queues


def test_no_deadline_when_nothing_waits() -> None:
    """The owner need not call `tick` while there is nothing to expire."""
    lab, client = lab_with()
    client.publish("q", b"m")
    assert lab.broker.next_deadline() is None
    client.publish("q", b"n", expiration="5")
    assert lab.broker.next_deadline() is None
    client.get("q")
    assert lab.broker.next_deadline() == pytest.approx(lab.now + 0.005)


@pytest.mark.parametrize(("semantics", "order"), [("3.10", "012"), ("4.0", "120"), ("4.3", "120")])
def test_an_x_max_priority_of_0(semantics: Version, order: str) -> None:
    """It is as none on 3.10, and as 1 on 4.0 and 4.3."""
    client = Lab(semantics).channel()
    client.declare("q", arguments={"x-max-priority": 0})
    for priority in range(3):
        client.publish("q", b"%d" % priority, priority=priority)
    got = [client.get("q", no_ack=True).message.body for _ in range(3)]
    assert b"".join(got).decode() == order
