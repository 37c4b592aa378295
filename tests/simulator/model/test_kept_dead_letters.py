"""Dead letters that stay until they have arrived; the values are those seen on RabbitMQ 3.10.8, 4.0.5 and 4.3.6."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.model.lab import Client, Lab
from warren.simulator.model import Version, commands, events
from warren.simulator.model.at_least_once import AT_ONCE, RETRY_SECONDS
from warren.simulator.model.policies import Policy

RELEASES = pytest.mark.parametrize("release", ["3.10", "4.0", "4.3"])
ARRIVING = {
    "x-queue-type": "quorum",
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "dead",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


def lab_with(release: Version = "4.3", **more: Any) -> tuple[Lab, Client]:
    """Return a broker with the queue q, whose dead letters must arrive at `dead`, which is not there."""
    lab, given = Lab(release), {name.replace("_", "-"): value for name, value in more.items()}
    client = lab.channel()
    client.declare("q", durable=True, arguments=ARRIVING | given)
    client.do(commands.ConfirmSelect)
    return lab, client


def refuse(client: Client, *messages: bytes, key: str = "q") -> None:
    """Publish messages and refuse them for good."""
    for body in messages:
        client.publish(key, body)
        client.nack(client.get("q").delivery_tag, requeue=False)


def confirms(client: Client, count: int) -> list[type]:
    """Publish so many messages; return how each is answered."""
    return [type(client.publish("q")[-1]) for _ in range(count)]


@RELEASES
def test_a_queue_that_comes_later(release: Version) -> None:
    """What had nowhere to go is there when it is looked at again, once, with its death of then."""
    lab, client = lab_with(release)
    refuse(client, b"1", b"2")
    client.declare("dead")
    assert lab.wait(RETRY_SECONDS - 1) == []
    assert lab.ready("dead") == []
    died_at = int(lab.now - RETRY_SECONDS + 1)
    lab.wait(1)
    assert lab.ready("dead") == [b"1", b"2"]
    (death,) = client.get("dead").message.properties.headers["x-death"]
    assert (death["count"], death["reason"], death["time"]) == (1, "rejected", died_at)
    lab.wait(3 * RETRY_SECONDS)
    assert lab.ready("dead") == [b"2"]


def test_an_exchange_that_comes_later() -> None:
    """A dead letter waits for its exchange as for its queue."""
    lab, client = lab_with(x_dead_letter_exchange="later")
    refuse(client, b"1")
    client.declare("dead")
    client.exchange("later", "fanout")
    client.bind("dead", "later")
    lab.wait(RETRY_SECONDS)
    assert lab.ready("dead") == [b"1"]


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_full_queue(kind: str) -> None:
    """What a full queue has refused is sent again; one that took it gets it no more."""
    lab, client = lab_with(x_dead_letter_exchange="x")
    client.exchange("x", "fanout")
    full = {"x-queue-type": kind, "x-max-length": 1, "x-overflow": "reject-publish"}
    client.declare("full", durable=True, arguments=full)
    client.declare("other")
    for queue in ("full", "other"):
        client.bind(queue, "x")
    client.publish("full", b"before")
    client.publish("full", b"before")  # a quorum queue takes one too many
    refuse(client, b"dead")
    client.do(commands.QueuePurge, "full")
    lab.wait(RETRY_SECONDS)
    assert (lab.ready("full"), lab.ready("other")) == ([b"dead"], [b"dead"])


@RELEASES
def test_the_limit_counts_them(release: Version) -> None:
    """Neither ready nor unacknowledged, they count for the limit, until they have arrived."""
    lab, client = lab_with(release, x_max_length=3)
    refuse(client, b"1", b"2")
    client.publish("q", b"3")
    (declared,) = client.declare("q", passive=True)
    assert (declared.message_count, declared.consumer_count) == (1, 0)
    assert confirms(client, 2) == [events.BasicAck, events.BasicNack]
    client.declare("dead")
    lab.wait(RETRY_SECONDS)
    assert confirms(client, 3) == [events.BasicAck, events.BasicAck, events.BasicNack]


@pytest.mark.parametrize(("release", "purged"), [("3.10", 1), ("4.0", 1), ("4.3", 3)])
def test_a_purge(release: Version, purged: int) -> None:
    """A purge counts them on 4.3 alone, and those under way arrive all the same."""
    lab, client = lab_with(release)
    refuse(client, b"1", b"2")
    client.publish("q", b"3")
    assert client.do(commands.QueuePurge, "q")[0].message_count == purged
    client.declare("dead")
    lab.wait(RETRY_SECONDS)
    assert lab.ready("dead") == [b"1", b"2"]


def test_one_after_another() -> None:
    """Only so many are under way; who comes behind them waits until one has arrived."""
    lab = Lab()
    client = lab.channel()
    client.exchange("x", "direct")
    client.exchange("in", "fanout")
    given = {name: value for name, value in ARRIVING.items() if name[-3:] != "key"}
    client.declare("r", durable=True, arguments=given | {"x-dead-letter-exchange": "x"})
    client.bind("r", "in")
    client.declare("dead")
    client.bind("dead", "x", "good")

    def die(key: str, body: bytes) -> None:
        client.publish(key, body, "in")
        client.nack(client.get("r").delivery_tag, requeue=False)

    for _ in range(AT_ONCE - 1):
        die("bad", b"bad")
    die("good", b"1")
    assert lab.ready("dead") == [b"1"]
    die("bad", b"bad")
    die("good", b"2")
    assert lab.ready("dead") == [b"1"]


def test_a_circle() -> None:
    """What expires into its own queue stays where it is, as long as that queue is there."""
    lab, client = lab_with(x_dead_letter_routing_key="q", x_message_ttl=10, x_max_length=1)
    client.publish("q")
    lab.wait(2 * RETRY_SECONDS)
    assert lab.ready("q") == []
    assert confirms(client, 2) == [events.BasicAck, events.BasicNack]


@RELEASES
def test_policies(release: Version) -> None:
    """A policy with another way sends them at once; one that makes the queue drop what is too much drops them."""
    lab = Lab(release)
    client = lab.channel()
    way = {name[2:]: value for name, value in ARRIVING.items() if name != "x-queue-type"}

    def set_policy(**changed: str) -> None:
        definition = way | {name.replace("_", "-"): value for name, value in changed.items()}
        lab.do(commands.SetPolicy("/", "p", Policy("p", "^q$", definition)))

    set_policy()
    client.declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    client.declare("other")
    refuse(client, b"1")
    set_policy(dead_letter_routing_key="other")
    assert lab.ready("other") == [b"1"]
    set_policy()
    refuse(client, b"2")
    set_policy(overflow="drop-head")
    set_policy(dead_letter_routing_key="other")
    lab.wait(RETRY_SECONDS)
    assert lab.ready("other") == [b"1"]


@pytest.mark.parametrize(
    "changed",
    [{"x_overflow": "drop-head"}, {"x_dead_letter_strategy": "at-most-once"}],
    ids=["drop-head", "at-most-once"],
)
def test_what_need_not_arrive(changed: dict[str, Any]) -> None:
    """Without the strategy, or with another overflow, a dead letter without a queue is lost."""
    lab, client = lab_with(**changed)
    refuse(client, b"1")
    client.declare("dead")
    lab.wait(RETRY_SECONDS)
    assert lab.ready("dead") == []


def test_a_restart() -> None:
    """A restart leaves them, and sends them again, also to a queue that had them."""
    lab, client = lab_with(x_dead_letter_exchange="x")
    client.exchange("x", "fanout", durable=True)
    client.declare("had")
    client.declare(
        "full", durable=True, arguments={"x-max-length": 0, "x-overflow": "reject-publish"}
    )
    for queue in ("had", "full"):
        client.bind(queue, "x")
    client.publish("q", b"1", delivery_mode=2)
    client.nack(client.get("q").delivery_tag, requeue=False)
    lab.do(commands.Restart())
    assert lab.ready("had") == [b"1", b"1"]


def test_an_end() -> None:
    """They go with their queue, and count for the memory until then."""
    lab, client = lab_with()
    refuse(client, b"1")
    queue = lab.broker.vhosts["/"].queues["q"]
    assert queue.size > 0
    client.do(commands.QueueDelete, "q")
    assert (queue.size, lab.broker.next_deadline()) == (0, None)
