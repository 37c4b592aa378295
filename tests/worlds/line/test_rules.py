"""Rules: each takes what it describes, and nothing else."""

from dataclasses import replace

import pytest

from tests.worlds.line.octets import deliver_octets, method_octets, publish_octets
from tests.worlds.line.virtual import Clock, VirtualLine
from warren.evidence.frames import Direction
from warren.simulator.wire import (
    BasicAck,
    BasicConsume,
    BasicConsumeOk,
    BasicDeliver,
    BasicNack,
    BasicQos,
    BasicReject,
    ChannelClose,
    ChannelOpenOk,
    ConnectionOpen,
    Method,
    QueueDeclare,
    QueueDeclareOk,
)
from warren.worlds.line.rules import (
    Match,
    acks,
    confirms,
    consumed,
    consuming,
    declaration,
    declared,
    delivery,
    method,
    opening,
    passing,
    publish,
    refusal,
    settlements,
)


@pytest.mark.parametrize(
    ("match", "octets", "is_caught"),
    [
        (publish(), publish_octets(), True),
        (publish(exchange="exchange", routing_key="key"), publish_octets(), True),
        (publish(exchange="other"), publish_octets(), False),
        (publish(body=lambda body: b"od" in body), publish_octets(), True),
        (publish(body=lambda body: b"xx" in body), publish_octets(), False),
        (acks(), method_octets(BasicNack(1)), False),
        (settlements(), method_octets(BasicNack(1)), True),
        (settlements(), method_octets(BasicReject(1)), True),
        (settlements(), method_octets(BasicAck(1)), True),
        (method(QueueDeclare, direction=Direction.TO_BROKER), method_octets(QueueDeclare()), True),
        (method(QueueDeclare, direction=Direction.TO_CLIENT), method_octets(QueueDeclare()), False),
        (declaration("q"), method_octets(QueueDeclare("q")), True),
        (declaration("q"), method_octets(QueueDeclare("other")), False),
        (declaration("q"), method_octets(QueueDeclare("q", passive=True)), False),
        (opening(), method_octets(ConnectionOpen("/")), True),
        (consuming(), method_octets(BasicConsume("q")), True),
        (confirms(), method_octets(BasicAck(1)), False),
        (delivery(), deliver_octets(1), False),
    ],
)
def test_rules(match: Match, octets: bytes, is_caught: bool) -> None:
    """A match takes what it describes, and only in its direction."""
    line = VirtualLine(Clock())
    to_broker = line.connect().to_broker
    held = line.hold(match)
    to_broker.receive(octets + method_octets(BasicQos()), 0.0)
    assert (held.seen is not None) is is_caught
    held.release()
    arrived = b"".join(each for _, each in line.arrived[Direction.TO_BROKER])
    assert arrived.endswith(octets + method_octets(BasicQos()))


@pytest.mark.parametrize(
    ("match", "answer"),
    [
        (declared(), QueueDeclareOk("q")),
        (consumed(), BasicConsumeOk("tag")),
        (confirms(), BasicAck(1)),
        (refusal(), ChannelClose(403, "in exclusive use")),
    ],
)
def test_rules_for_answers(match: Match, answer: Method) -> None:
    """A match takes the broker's answer, and lets others by."""
    line = VirtualLine(Clock())
    to_client = line.connect().to_client
    held = line.hold(match)
    to_client.receive(deliver_octets(1), 0.0)
    assert held.seen is None
    to_client.receive(method_octets(answer), 0.0)
    assert held.seen is not None


@pytest.mark.parametrize("tag", ["named", ""])
def test_queue_of_a_delivery(tag: str) -> None:
    """A rule may name the queue, also where the broker chose its name or the consumer's."""
    line = VirtualLine(Clock())
    lanes = line.connect()
    held = line.hold(delivery(queue="old_sound"))
    lanes.to_client.receive(method_octets(QueueDeclareOk("old_sound")), 0.0)
    lanes.to_broker.receive(method_octets(BasicConsume(queue="", consumer_tag=tag)), 0.0)
    lanes.to_client.receive(method_octets(BasicConsumeOk(tag or "chosen")), 0.0)
    lanes.to_client.receive(deliver_octets(1, consumer="another"), 0.0)
    assert held.seen is None
    lanes.to_client.receive(deliver_octets(2, consumer=tag or "chosen"), 0.0)
    assert held.seen is not None
    assert isinstance(held.seen.content, BasicDeliver)
    assert held.seen.content.delivery_tag == 2


def test_passing_lets_the_first_by() -> None:
    """Of what a match chooses the first so many pass, whatever else comes in between."""
    line = VirtualLine(Clock())
    held = line.hold(passing(acks(), 1))
    to_broker = line.connect().to_broker
    for frame in (BasicAck(1), BasicNack(9), BasicAck(2)):
        assert held.seen is None
        to_broker.receive(method_octets(frame), 0.0)
    assert held.seen is not None
    assert held.seen.content == BasicAck(2)


def test_queue_of_what_is_settled() -> None:
    """A rule may name the queue of an ack, also on a channel that reads several; tags begin anew on the next."""
    line = VirtualLine(Clock())
    lanes = line.connect()
    for tag, queue in (("1", "events"), ("2", "jobs")):
        lanes.to_broker.receive(method_octets(BasicConsume(queue, tag)), 0.0)
    lanes.to_client.receive(deliver_octets(1, consumer="1") + deliver_octets(2, consumer="2"), 0.0)
    held = line.hold(replace(acks(), queue="jobs"))
    lanes.to_broker.receive(method_octets(BasicAck(1)), 0.0)
    assert held.seen is None
    lanes.to_broker.receive(method_octets(BasicAck(2)), 0.0)
    assert held.seen is not None


def test_queue_of_what_is_settled_on_a_new_channel() -> None:
    """On a channel that is opened anew nothing is left of the one before it."""
    line = VirtualLine(Clock())
    lanes = line.connect()
    lanes.to_broker.receive(method_octets(BasicConsume("events", "1")), 0.0)
    lanes.to_client.receive(method_octets(ChannelOpenOk()), 0.0)
    lanes.to_broker.receive(method_octets(BasicConsume("jobs", "1")), 0.0)
    held = line.hold(replace(acks(), queue="jobs"))
    lanes.to_broker.receive(method_octets(BasicAck(1)), 0.0)
    assert held.seen is not None
