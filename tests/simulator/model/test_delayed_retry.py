"""Messages that wait before they are delivered again, on 4.3; the values are those seen on RabbitMQ 4.3.6."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.model.lab import Client, Lab, bodies
from warren.simulator.model import Version, commands, events


def lab_with(release: Version = "4.3", **arguments: Any) -> tuple[Lab, Client]:
    """Return a broker with the quorum queue q, declared with these arguments."""
    lab = Lab(release)
    given = {name.replace("_", "-"): value for name, value in arguments.items()}
    client = lab.channel()
    client.declare("q", durable=True, arguments={"x-queue-type": "quorum", **given})
    return lab, client


def give_back(client: Client, way: str) -> None:
    """Get a message and give it back in this way."""
    tag = client.get("q").delivery_tag
    if way == "nack":
        client.nack(tag)
    elif way == "reject":
        client.do(commands.BasicReject, tag, requeue=True)
    elif way == "recover":
        client.do(commands.BasicRecover)
    else:
        client.do(commands.ChannelClose)
        client.do(commands.ChannelOpen)


def waits(lab: Lab) -> int:
    """Return after how many steps of 0.1 s there is a message again, and no earlier; leave it there."""
    for steps in range(20):
        if lab.ready("q"):
            return steps
        lab.wait(0.1)
    return -1


@pytest.mark.parametrize(
    ("kind", "way", "expected"),
    [
        ("all", "nack", [3, 3, 3]),
        ("all", "recover", [3, 3, 3]),
        ("all", "reject", [3, 6, 7]),
        ("all", "close", [3, 6, 7]),
        ("failed", "nack", [0, 0, 0]),
        ("failed", "recover", [0, 0, 0]),
        ("failed", "reject", [3, 6, 7]),
        ("failed", "close", [3, 6, 7]),
        ("returned", "nack", [3, 3, 3]),
        ("returned", "recover", [3, 3, 3]),
        ("returned", "reject", [0, 0, 0]),
        ("returned", "close", [0, 0, 0]),
        ("disabled", "nack", [0, 0, 0]),
        ("disabled", "reject", [0, 0, 0]),
    ],
)
def test_how_long(kind: str, way: str, expected: list[int]) -> None:
    """A returned delivery waits the least time, a failed one longer each time, up to the most."""
    lab, client = lab_with(
        x_delayed_retry_type=kind, x_delayed_retry_min=300, x_delayed_retry_max=700
    )
    client.publish("q")
    found = []
    for _ in expected:
        give_back(client, way)
        found.append(waits(lab))
    assert found == expected


@pytest.mark.parametrize(
    ("release", "arguments"),
    [
        ("4.0", {"x_delayed_retry_type": "all", "x_delayed_retry_min": 300}),
        ("4.3", {"x_delayed_retry_type": "all"}),
        ("4.3", {"x_delayed_retry_type": "all", "x_delayed_retry_min": 0}),
        ("4.3", {"x_delayed_retry_type": "now and then", "x_delayed_retry_min": 300}),
        ("4.3", {"x_delayed_retry_min": 300}),
    ],
)
def test_none_waits(release: Version, arguments: dict[str, Any]) -> None:
    """Without a type that there is and a time nothing waits, nor before 4.3."""
    lab, client = lab_with(release, **arguments)
    client.publish("q")
    give_back(client, "nack")
    assert len(lab.ready("q")) == 1


def test_the_least_time_is_the_most_without_another() -> None:
    """Without a most time a failed delivery waits no longer than a returned one."""
    lab, client = lab_with(x_delayed_retry_type="all", x_delayed_retry_min=300)
    client.publish("q")
    for _ in range(3):
        give_back(client, "reject")
        assert waits(lab) == 3


def test_order_and_counts() -> None:
    """What waits is not ready, and comes behind what is; of those that are ready at a time, the oldest first."""
    lab, client = lab_with(x_delayed_retry_type="all", x_delayed_retry_min=1000)
    for each in range(3):
        client.publish("q", b"%d" % each)
    for _ in range(2):
        client.get("q")
    client.nack(2)
    client.nack(1)
    (declared,) = client.declare("q", passive=True)
    assert (declared.message_count, declared.consumer_count) == (1, 0)
    client.consume("q")
    caused = client.publish("q", b"new")
    assert bodies(caused + lab.wait(1)) == [b"new", b"0", b"1"]


def test_a_purge_and_the_limits() -> None:
    """What waits counts for the limit and for the purge that drops it."""
    lab, client = lab_with(
        x_delayed_retry_type="all",
        x_delayed_retry_min=1000,
        x_max_length=2,
        x_overflow="reject-publish",
    )
    client.do(commands.ConfirmSelect)
    for _ in range(2):
        client.publish("q")
        give_back(client, "nack")
    answers = [type(client.publish("q")[-1]) for _ in range(2)]
    assert answers == [events.BasicAck, events.BasicNack]
    assert client.do(commands.QueuePurge, "q")[0].message_count == 3
    lab.wait(2)
    assert lab.ready("q") == []
    assert lab.broker.vhosts["/"].queues["q"].size == 0


def test_it_expires_when_it_is_ready() -> None:
    """The time to live of what waits is over no earlier than its wait."""
    lab, client = lab_with(
        x_delayed_retry_type="all",
        x_delayed_retry_min=1500,
        x_message_ttl=700,
        x_dead_letter_exchange="",
        x_dead_letter_routing_key="dead",
    )
    client.declare("dead")
    client.publish("q", b"late")
    give_back(client, "nack")
    lab.wait(1.4)
    assert lab.ready("dead") == []
    lab.wait(0.2)
    assert lab.ready("dead") == [b"late"]


def test_the_limit_of_deliveries() -> None:
    """What is over the delivery limit leaves at its return, and does not wait."""
    lab, client = lab_with(x_delayed_retry_type="all", x_delayed_retry_min=300, x_delivery_limit=0)
    client.publish("q")
    give_back(client, "reject")
    lab.wait(1)
    assert lab.ready("q") == []
