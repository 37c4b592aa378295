"""Quorum queues of each release; the values are those that `test_parity` saw on RabbitMQ."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.model.lab import Client, Lab, bodies, closed
from warren.simulator.model import Version, commands, events

RELEASES: tuple[Version, ...] = ("3.10", "4.0", "4.3")


def lab_with(semantics: Version = "4.3", **arguments: Any) -> tuple[Lab, Client]:
    """Return a broker with the quorum queue q, declared with these arguments."""
    lab = Lab(semantics)
    given = {name.replace("_", "-"): value for name, value in arguments.items()}
    lab.channel().declare("dead")
    lab.channel().declare("q", durable=True, arguments={"x-queue-type": "quorum", **given})
    return lab, lab.channel()


def reject(client: Client, tag: int) -> list[Any]:
    """Give a message back as a failed one."""
    return client.do(commands.BasicReject, tag, requeue=True)


def counts(got: Any) -> dict[str, object]:
    """Return what the headers of a message say of its returns."""
    headers = got.message.properties.headers or {}
    return {name[2:-6]: value for name, value in headers.items() if name.endswith("-count")}


@pytest.mark.parametrize("semantics", RELEASES)
def test_a_first_delivery(semantics: Version) -> None:
    """Nothing is counted at first, but that basic.get says 0 on 3.10."""
    _, client = lab_with(semantics)
    client.publish("q")
    client.publish("q")
    got = client.get("q")
    assert not got.redelivered
    assert counts(got) == ({"delivery": 0} if semantics == "3.10" else {})
    brought = next(e for e in client.consume("q") if isinstance(e, events.BasicDeliver))
    assert (brought.redelivered, counts(brought)) == (False, {})


@pytest.mark.parametrize(
    ("semantics", "nacked", "rejected"),
    [
        ("3.10", {"delivery": 1}, {"delivery": 2}),
        ("4.0", {"delivery": 1}, {"delivery": 2}),
        ("4.3", {"acquired": 1}, {"acquired": 2, "delivery": 1}),
    ],
)
def test_what_is_counted(semantics: Version, nacked: Any, rejected: Any) -> None:
    """Every return counts on 3.10 and 4.0; on 4.3 a nack is no failure."""
    _, client = lab_with(semantics)
    client.publish("q")
    client.nack(client.get("q").delivery_tag)
    got = client.get("q")
    assert (got.redelivered, counts(got)) == (True, nacked)
    reject(client, got.delivery_tag)
    assert counts(client.get("q")) == rejected


@pytest.mark.parametrize(("semantics", "deliveries"), [("3.10", 40), ("4.0", 21), ("4.3", 21)])
def test_the_default_limit(semantics: Version, deliveries: int) -> None:
    """A poison message comes 21 times, or for ever."""
    lab, client = lab_with(semantics)
    client.publish("q", b"poison")
    brought = bodies(client.consume("q"))
    for tag in range(1, 40):
        brought += bodies(reject(client, tag)) if tag == len(brought) else []
    assert len(brought) == deliveries
    queue = lab.broker.vhosts["/"].queues["q"]
    assert (queue.message_count, queue.unacked_count) == (0, int(deliveries == 40))


@pytest.mark.parametrize("semantics", RELEASES)
def test_a_limit(semantics: Version) -> None:
    """What is over the limit leaves at its return, and its death says why."""
    lab, client = lab_with(
        semantics,
        x_delivery_limit=1,
        x_dead_letter_exchange="",
        x_dead_letter_routing_key="dead",
    )
    client.publish("q", b"poison")
    reject(client, client.get("q").delivery_tag)
    assert lab.ready("q") == [b"poison"]
    reject(client, client.get("q").delivery_tag)
    assert (lab.ready("q"), lab.ready("dead")) == ([], [b"poison"])
    headers = client.get("dead").message.properties.headers
    assert headers["x-first-death-reason"] == "delivery_limit"


@pytest.mark.parametrize(("semantics", "left"), [("3.10", 0), ("4.0", 1), ("4.3", 1)])
def test_a_negative_limit(semantics: Version, left: int) -> None:
    """A negative limit is none; on 3.10 everything is over it."""
    lab, client = lab_with(semantics, x_delivery_limit=-1)
    client.publish("q")
    reject(client, client.get("q").delivery_tag)
    assert len(lab.ready("q")) == left


def test_a_lost_consumer_fails_all_it_has() -> None:
    """Every message in hand is counted when the channel ends."""
    lab, client = lab_with(x_delivery_limit=0)
    for body in (b"1", b"2"):
        client.publish("q", body)
    client.consume("q")
    client.do(commands.ChannelClose)
    assert lab.ready("q") == []


def test_a_return_has_no_old_place() -> None:
    """What comes back is served first, in the order of its return; priorities are forgotten."""
    lab, client = lab_with()
    for number, priority in enumerate((1, 9, 5)):
        client.publish("q", b"%d" % number, priority=priority)
    tags = {got.message.body: got.delivery_tag for got in (client.get("q") for _ in range(3))}
    client.publish("q", b"new", priority=9)
    for body in (b"0", b"2", b"1"):
        client.nack(tags[body])
    assert lab.ready("q") == [b"0", b"2", b"1", b"new"]


@pytest.mark.parametrize(
    ("semantics", "expected"),
    [("3.10", [b"2", b"1"]), ("4.0", [b"2", b"1"]), ("4.3", [b"1", b"2"])],
)
def test_a_nack_without_a_limit(semantics: Version, expected: list[bytes]) -> None:
    """Where nothing ends a circle, 3.10 and 4.0 take what is nacked for new; 4.3 serves it first all the same."""
    given = {} if semantics == "3.10" else {"x_delivery_limit": -1}
    lab, client = lab_with(semantics, **given)
    client.publish("q", b"1")
    client.publish("q", b"2")
    client.nack(client.get("q").delivery_tag)
    assert lab.ready("q") == expected


@pytest.mark.parametrize(
    ("semantics", "expected"),
    [("3.10", "0 1 9 5 4 6 7"), ("4.0", "9 5 0 6 7 1 4"), ("4.3", "9 7 6 5 4 1 0")],
)
def test_priorities(semantics: Version, expected: str) -> None:
    """There are none on 3.10, two levels that take turns on 4.0, and 32 strict ones on 4.3."""
    _, client = lab_with(semantics)
    for priority in (0, 1, 9, 5, 4, 6, 7):
        client.publish("q", b"%d" % priority, priority=priority)
    got = [client.get("q", no_ack=True).message.body.decode() for _ in range(7)]
    assert " ".join(got) == expected


def test_a_full_queue_drops_its_head() -> None:
    """As a classic one does."""
    lab, client = lab_with(x_max_length=1)
    client.publish("q", b"1")
    client.publish("q", b"2")
    assert lab.ready("q") == [b"2"]


@pytest.mark.parametrize("semantics", RELEASES)
def test_what_expired_behind_a_dropped_head(semantics: Version) -> None:
    """It goes as soon as it comes next."""
    lab, client = lab_with(semantics, x_max_length=2)
    client.publish("q", b"dropped")
    client.publish("q", b"expired", expiration="0")
    lab.wait(0.002)
    client.publish("q", b"left")
    lab.wait(0)
    assert lab.ready("q") == [b"left"]


def test_a_queue_that_rejects_does_so_late() -> None:
    """It takes the message that makes it too long, refuses those that follow, and needs room to take more."""
    lab, client = lab_with(x_max_length=5, x_overflow="reject-publish")
    client.do(commands.ConfirmSelect)

    def publish(count: int) -> list[type]:
        return [type(event) for _ in range(count) for event in client.publish("q")]

    assert publish(7) == [events.BasicAck] * 6 + [events.BasicNack]
    client.get("q", no_ack=True)
    assert publish(1) == [events.BasicNack], "five are ready, and four is the soft limit"
    client.get("q", no_ack=True)
    assert publish(1) == [events.BasicAck]
    assert len(lab.ready("q")) == 5


def test_zero_milliseconds_are_one() -> None:
    """A message that may live 0 ms is there for one."""
    lab, client = lab_with(x_message_ttl=0)
    client.publish("q")
    assert len(lab.ready("q")) == 1
    lab.wait(0.002)
    assert lab.ready("q") == []


@pytest.mark.parametrize(("semantics", "left"), [("3.10", 2), ("4.0", 2), ("4.3", 1)])
def test_what_expires_behind_a_returned_message(semantics: Version, left: int) -> None:
    """Until 4.0 a message expires only when it comes next; on 4.3 also at the head of its priority."""
    lab, client = lab_with(semantics, x_delivery_limit=5)
    client.publish("q", b"lives")
    client.publish("q", b"expires", expiration="10")
    client.nack(client.get("q").delivery_tag)
    lab.wait(1)
    assert len(lab.ready("q")) == left


@pytest.mark.parametrize("semantics", RELEASES)
@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"durable": False}, "non-durable"),
        ({"durable": True, "auto_delete": True}, "auto-delete"),
        ({"durable": True, "exclusive": True}, "exclusive-owner"),
    ],
)
def test_refused_properties(semantics: Version, options: Any, wrong: str) -> None:
    """A quorum queue is durable, shared and there to stay."""
    client = Lab(semantics).channel()
    refused = client.declare("q", arguments={"x-queue-type": "quorum"}, **options)
    assert closed(refused) == (
        "channel",
        406,
        f"invalid property '{wrong}' for queue 'q' in vhost '/'",
    )


def test_a_foreign_argument() -> None:
    """An argument of another type is refused, also by a classic queue; one of none is not."""
    lab = Lab()
    given = {"x-queue-type": "quorum", "x-max-priority": 3}
    assert closed(lab.channel().declare("q", durable=True, arguments=given)) == (
        "channel",
        406,
        "invalid arg 'x-max-priority' for queue 'q' in vhost '/' of queue type rabbit_quorum_queue",
    )
    refused = lab.channel(1, 2).declare("q", arguments={"x-delivery-limit": 3})
    assert closed(refused)[2].endswith("of queue type rabbit_classic_queue")
    (declared,) = lab.channel(1, 3).declare("q", arguments={"x-unheard-of": 3})
    assert isinstance(declared, events.QueueDeclareOk)
    two = {"x-queue-type": "quorum", "x-max-priority": 3, "x-max-age": "1h"}
    assert "'x-max-age'" in closed(lab.channel(1, 4).declare("two", durable=True, arguments=two))[2]


@pytest.mark.parametrize(
    ("semantics", "words"),
    [
        ("3.10", "received the value 'quorum' of type 'longstr' but current is none"),
        ("4.3", "received 'quorum' but current is 'classic'"),
    ],
)
def test_a_clash_of_types(semantics: Version, words: str) -> None:
    """From 4.0 on a queue has a type also where none was given."""
    client = Lab(semantics).channel()
    client.declare("q")
    refused = client.declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    assert (
        closed(refused)[2] == f"inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': {words}"
    )


@pytest.mark.parametrize(("semantics", "taker"), [("3.10", "c1"), ("4.3", "c2")])
def test_the_single_active_consumer(semantics: Version, taker: str) -> None:
    """On 4.3 one with a higher priority takes over, once the active one holds nothing."""
    _, client = lab_with(semantics, x_single_active_consumer=True)
    client.consume("q", "c1")
    client.publish("q", b"1")
    client.consume("q", "c2", arguments={"x-priority": 1})
    client.publish("q", b"2")
    client.ack(2 if semantics == "3.10" else 1, multiple=True)
    client.publish("q", b"3")
    held = client.lab.broker.connections[1].channels[1].unacked.values()
    assert {each.consumer.tag for each in held if each.consumer} == {taker}


@pytest.mark.parametrize("semantics", RELEASES)
def test_what_it_does_not_support(semantics: Version) -> None:
    """Deleting under a condition is 540, and so is a prefetch count of the whole channel."""
    lab, client = lab_with(semantics)
    assert closed(client.do(commands.QueueDelete, "q", if_empty=True))[:2] == ("connection", 540)
    client = lab.channel()
    client.qos(5, global_=True)
    consumed = client.consume("q")
    if semantics == "4.3":
        assert isinstance(consumed[0], events.BasicConsumeOk)
    else:
        assert closed(consumed) == (
            "connection",
            540,
            "queue 'q' in vhost '/' does not support global qos",
        )


def test_a_cancelled_consumer_counts_while_it_holds_messages() -> None:
    """So does what basic.get took; a consumer of the same tag takes over what the other holds."""
    lab, client = lab_with()
    queue = lab.broker.vhosts["/"].queues["q"]
    for _ in range(3):
        client.publish("q")
    tag = client.get("q").delivery_tag
    client.qos(1)
    client.consume("q", "c")
    client.do(commands.BasicCancel, "c")
    assert queue.consumer_count == 2
    client.consume("q", "c")
    assert (queue.consumer_count, queue.message_count) == (2, 1)
    client.ack(tag + 1)
    assert queue.message_count == 0
    client.ack(tag)
    assert queue.consumer_count == 1


def test_a_dead_letter_remembers_its_failures() -> None:
    """From 4.0 on what failed in one queue begins in the next with as many failures."""
    _, client = lab_with(x_dead_letter_exchange="", x_dead_letter_routing_key="next")
    client.declare("next", durable=True, arguments={"x-queue-type": "quorum"})
    client.publish("q")
    reject(client, client.get("q").delivery_tag)
    client.do(commands.BasicReject, client.get("q").delivery_tag, requeue=False)
    got = client.get("next")
    assert (got.redelivered, counts(got)) == (True, {"delivery": 2, "acquired": 2})


@pytest.mark.parametrize(
    ("semantics", "expected"), [("3.10", {"delivery": 0}), ("4.0", {"delivery": 1}), ("4.3", {})]
)
def test_a_nack_without_requeue(semantics: Version, expected: Any) -> None:
    """It is a failure that the dead letter remembers on 4.0, and none on 4.3; 3.10 remembers nothing."""
    _, client = lab_with(semantics, x_dead_letter_exchange="", x_dead_letter_routing_key="next")
    client.declare("next", durable=True, arguments={"x-queue-type": "quorum"})
    client.publish("q")
    client.nack(client.get("q").delivery_tag, requeue=False)
    assert counts(client.get("next")) == expected


def test_a_restart_leaves_every_message() -> None:
    """Also those that are not persistent, and with their counts."""
    lab, client = lab_with()
    client.publish("q", b"transient", delivery_mode=1)
    client.get("q")
    lab.do(commands.Restart())
    got = lab.channel(2).get("q")
    assert (got.message.body, counts(got)) == (b"transient", {"acquired": 1, "delivery": 1})


def test_the_default_type_of_a_virtual_host() -> None:
    """A queue without a type is of the virtual host's, if it can be one; else 3.10 names no type of it."""
    named: dict[Version, list[str | None]] = {
        "3.10": ["quorum", None, None],
        "4.3": ["quorum", "classic", "classic"],
    }
    for semantics, types in named.items():
        lab = Lab(semantics)
        lab.do(commands.AddVhost("/", "quorum"))
        client = lab.channel()
        client.declare("durable", durable=True)
        client.declare("transient", durable=False)
        client.declare("exclusive", durable=True, exclusive=True)
        queues = lab.broker.vhosts["/"].queues
        made = [queues[name] for name in ("durable", "transient", "exclusive")]
        assert [queue.kind.name for queue in made] == ["quorum", "classic", "classic"]
        assert [queue.arguments.get("x-queue-type") for queue in made] == types


@pytest.mark.parametrize("semantics", ["3.10", "4.0"])
def test_the_limit_of_a_channel(semantics: Version) -> None:
    """What a quorum queue delivers is neither held up nor counted, and yet makes room for a classic queue."""
    lab, client = lab_with(semantics)
    client.declare("classic")
    client.consume("q", "a")
    client.consume("classic", "b")
    client.qos(1, global_=True)
    assert bodies([e for n in range(3) for e in client.publish("q", b"%d" % n)]) == [
        b"0",
        b"1",
        b"2",
    ]
    caused = [e for n in range(6) for e in client.publish("classic", b"%d" % n)]
    assert bodies(caused) == [b"0"]
    assert bodies(client.ack(3, multiple=True)) == [b"1", b"2", b"3"]
    assert lab.ready("classic") == [b"4", b"5"]
