"""Where a message goes that was rejected, expired or dropped (document 2: "Dead lettering", retried after 5 to 10 s).

The delay is 5 s of the pace, so shorter at the pace `fast`, and only its lower bound is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, Received

DELAY = 5.0
"""Seconds of the document."""


def _dead_lettering(broker: BrokerRig, name: str, **arguments: Any) -> str:
    """Declare a queue with the fanout exchange `dlx` as its dead-letter exchange, and `dead` bound to that."""
    broker.declare.binding(broker.declare.queue("dead"), broker.declare.exchange("dlx", "fanout"))
    return broker.declare.queue(name, arguments={"x-dead-letter-exchange": "dlx", **arguments})


def _give_up(broker: BrokerRig, queue: str, method: str = "basic_reject") -> None:
    channel = broker.open.channel()
    message = broker.expect.held(queue, channel)
    getattr(channel, method)(message.tag, requeue=False)
    channel.close()


def _dead(broker: BrokerRig, queue: str = "dead") -> Received:
    broker.wait.until(lambda: broker.look.ready(queue) > 0, f"a dead letter in {queue}")
    return broker.expect.message(queue)


def _deaths(message: Received) -> list[tuple[str, str, int]]:
    return [(d["queue"], d["reason"], d["count"]) for d in message.headers["x-death"]]


@pytest.mark.requirement("dead-letter.rejected")
@pytest.mark.parametrize("method", ["basic_reject", "basic_nack"])
def test_rejected(broker: BrokerRig, method: str) -> None:
    """A message rejected without requeue goes on with its body, properties and key; x-death says why and from where."""
    queue = _dead_lettering(broker, "orders")
    exchange = broker.declare.exchange("X", "direct")
    broker.declare.binding(queue, exchange, "order")
    broker.publish(b"bad", "order", exchange, message_id="m", headers={"mine": 1})
    _give_up(broker, queue, method)
    message = _dead(broker)
    assert (message.body, message.exchange, message.routing_key) == (b"bad", "dlx", "order")
    assert (message.properties.message_id, message.headers["mine"]) == ("m", 1)
    (death,) = message.headers["x-death"]
    expected = {
        "queue": "orders",
        "reason": "rejected",
        "count": 1,
        "exchange": "X",
        "routing-keys": ["order"],
    }
    assert {name: death[name] for name in expected} == expected
    assert "time" in death, "x-death says when"
    first = [message.headers[f"x-first-death-{what}"] for what in ("queue", "reason", "exchange")]
    assert first == ["orders", "rejected", "X"]


@pytest.mark.requirement("dead-letter.nack-multiple")
def test_several_at_once(broker: BrokerRig) -> None:
    """A nack of several without requeue sends all up to its tag to the dead-letter exchange, in order, and no other."""
    queue = _dead_lettering(broker, "orders")
    broker.fill(queue, b"1", b"2", b"3")
    channel = broker.open.channel()
    tags = [broker.expect.held(queue, channel).tag for _ in range(3)]
    channel.basic_nack(tags[1], multiple=True, requeue=False)
    dead = [_dead(broker), _dead(broker)]
    assert [(letter.body, _deaths(letter)) for letter in dead] == [
        (body, [("orders", "rejected", 1)]) for body in (b"1", b"2")
    ]
    channel.close()
    broker.wait.ready(queue, 1, "the one that was not named to come back")
    assert broker.drain(queue) == [b"3"]
    assert broker.drain("dead") == []


@pytest.mark.requirement("dead-letter.expired")
def test_expired(broker: BrokerRig) -> None:
    """An expired message has the reason `expired`, its expiration is taken off and kept in x-death."""
    queue = _dead_lettering(broker, "orders")
    broker.publish(b"old", queue, expiration="1")
    message = _dead(broker)
    assert _deaths(message) == [("orders", "expired", 1)]
    assert message.properties.expiration is None, "it would expire again"
    assert message.headers["x-death"][0]["original-expiration"] == "1"


@pytest.mark.requirement("dead-letter.maxlen")
def test_too_many(broker: BrokerRig) -> None:
    """A message that a full queue drops from its head has the reason `maxlen`."""
    queue = _dead_lettering(broker, "orders", **{"x-max-length": 1})
    broker.publish(b"first", queue)
    broker.publish(b"second", queue)
    message = _dead(broker)
    assert (message.body, _deaths(message)) == (b"first", [("orders", "maxlen", 1)])
    assert broker.drain(queue) == [b"second"]


@pytest.mark.requirement("dead-letter.routing-key")
def test_routing_key(broker: BrokerRig) -> None:
    """x-dead-letter-routing-key takes the place of the message's own key."""
    queue = broker.declare.queue(
        "orders",
        arguments={
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": broker.declare.queue("bad"),
        },
    )
    broker.publish(b"bad", queue)
    _give_up(broker, queue)
    message = _dead(broker, "bad")
    assert (message.exchange, message.routing_key) == ("", "bad")
    assert message.headers["x-death"][0]["routing-keys"] == ["orders"], "x-death keeps the old key"


@pytest.mark.requirement("dead-letter.nowhere")
def test_missing_exchange(broker: BrokerRig) -> None:
    """A dead letter whose exchange is not there is dropped in silence."""
    queue = broker.declare.queue("orders", arguments={"x-dead-letter-exchange": "nowhere"})
    broker.publish(b"bad", queue)
    _give_up(broker, queue)
    state = broker.look.state(queue)
    assert (state.ready, state.unacked) == (0, 0)


def _retrying(broker: BrokerRig, delay: float) -> str:
    """Declare `work`, whose rejected messages wait `delay` seconds in `wait` and come back."""
    broker.declare.queue(
        "wait",
        arguments={
            "x-message-ttl": round(delay * 1000),
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": "work",
        },
    )
    return broker.declare.queue(
        "work", arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "wait"}
    )


@pytest.mark.requirement("dead-letter.delayed-retry")
def test_delayed_retry(broker: BrokerRig) -> None:
    """A queue with a TTL that dead-letters back gives a rejected message again after the delay, and x-death counts."""
    delay = DELAY * broker.pace.second
    work = _retrying(broker, delay)
    broker.publish(b"again", work)
    for retry in range(3):
        message = broker.expect.held(work, channel := broker.open.channel())
        counted = {(queue, reason): n for queue, reason, n in _deaths(message)} if retry else {}
        expected = {("work", "rejected"): retry, ("wait", "expired"): retry}
        assert counted == (expected if retry else {})
        with broker.expect.at_least(delay):
            channel.basic_reject(message.tag, requeue=False)
            broker.wait.ready(work, 1, "the message back in its queue")


@pytest.mark.requirement("dead-letter.delayed-retry")
def test_retry_by_a_detour(broker: BrokerRig) -> None:
    """A retry by way of two queues with a TTL comes back each time; 3.10 drops it the second time."""
    for name, following, more in (
        ("work", "first", {}),
        ("first", "second", {"x-message-ttl": 1}),
        ("second", "work", {"x-message-ttl": 1}),
    ):
        onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": following}
        broker.declare.queue(name, arguments=onward | more)
    broker.publish(b"again", "work")
    for _ in range(2):
        channel = broker.open.channel()
        broker.wait.ready("work", 1)
        channel.basic_reject(broker.expect.held("work", channel).tag, requeue=False)
    broker.publish(b"later", "first")
    left = {b"later"} if release_of(broker.version).drops_detours else {b"again", b"later"}
    broker.wait.ready("work", len(left), "what came by way of two queues")
    assert {*broker.drain("work")} == left


@pytest.mark.requirement("dead-letter.no-delay-in-nack")
def test_nack_has_no_delay(broker: BrokerRig) -> None:
    """A consumer cannot name a delay when it returns a message: with requeue it is ready at once."""
    queue = broker.declare.queue(arguments={"x-message-ttl": 3_600_000})
    broker.publish(b"again", queue)
    channel = broker.open.channel()
    channel.basic_nack(broker.expect.held(queue, channel).tag, requeue=True)
    again = broker.get(queue, channel)
    assert again is not None, "what nack returned was not ready when the next request came"
    assert again.redelivered


@pytest.mark.requirement("dead-letter.cycle-dropped")
def test_cycle_without_rejection(broker: BrokerRig) -> None:
    """A message that goes in a circle of queues by expiry alone is dropped when it would enter one a second time."""
    arguments = {"x-message-ttl": 1, "x-dead-letter-exchange": ""}
    broker.declare.queue("one", arguments={**arguments, "x-dead-letter-routing-key": "two"})
    witness = _dead_lettering(broker, "witness")
    exchange = broker.declare.exchange("X", "fanout")
    broker.declare.binding("one", exchange)
    broker.declare.binding(witness, exchange)
    broker.declare.queue("two", arguments={**arguments, "x-dead-letter-routing-key": "one"})

    broker.publish(b"round", "", exchange)
    assert broker.drain(witness) == [b"round"], "it was published"
    broker.wait.empty("one", "two")
