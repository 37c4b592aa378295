"""What an operator says about queues by their names, beside what their clients say in arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pika.exceptions import NackError

from .releases import release_of

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig

TYPES = pytest.mark.parametrize("kind", ["classic", "quorum"])
DEAD = {"dead-letter-exchange": "", "dead-letter-routing-key": "dead"}
LONG = 600_000


def _queue(broker: BrokerRig, kind: str, _name: str = "orders", **arguments: Any) -> str:
    """Declare a queue of a type; an underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return broker.declare.queue(_name, arguments={"x-queue-type": kind, **given})


def _given(**arguments: Any) -> dict[str, Any]:
    """Give those that are not None."""
    return {key: value for key, value in arguments.items() if value is not None}


def _refuse(broker: BrokerRig, queue: str) -> None:
    """Have a message refused for good."""
    channel = broker.open.channel()
    broker.publish(b"order", queue)
    broker.wait.ready(queue, 1, "the message")
    channel.basic_reject(broker.expect.held(queue, channel).tag, requeue=False)


@pytest.mark.requirement("policy.at-once")
@TYPES
def test_at_once(broker: BrokerRig, kind: str) -> None:
    """A policy is for queues that are there already: a full one drops its oldest messages."""
    queue = _queue(broker, kind)
    broker.fill(queue, b"1", b"2", b"3", b"4")
    broker.operate.policy("^orders$", {"max-length": 2})
    broker.wait.ready(queue, 2, "the oldest to be dropped")
    assert broker.drain(queue) == [b"3", b"4"]


@pytest.mark.requirement("policy.by-name")
@TYPES
def test_by_name(broker: BrokerRig, kind: str) -> None:
    """A policy is for the queues whose names its pattern matches, and for no other."""
    broker.operate.policy("^ord", {"max-length": 1})
    meant, other = _queue(broker, kind), _queue(broker, kind, "bills")
    for queue in (meant, other):
        broker.fill(queue, b"1", b"2")
    broker.wait.ready(meant, 1, "the oldest to be dropped")
    assert (broker.drain(meant), broker.drain(other)) == ([b"2"], [b"1", b"2"])


@pytest.mark.requirement("policy.smaller-length")
@TYPES
@pytest.mark.parametrize(("argument", "policy"), [(2, 4), (4, 2)])
def test_smaller_length(broker: BrokerRig, kind: str, argument: int, policy: int) -> None:
    """Of a length limit in an argument and one in a policy the smaller holds."""
    broker.operate.policy("^orders$", {"max-length": policy})
    queue = _queue(broker, kind, x_max_length=argument)
    broker.fill(queue, b"1", b"2", b"3", b"4", b"5")
    broker.wait.ready(queue, 2, "the oldest to be dropped")
    assert broker.drain(queue) == [b"4", b"5"]


@pytest.mark.requirement("policy.operator")
@TYPES
@pytest.mark.parametrize(("policy", "operator"), [(2, 4), (4, 2)])
def test_operator(broker: BrokerRig, kind: str, policy: int, operator: int) -> None:
    """Of a length limit in a policy and one in an operator policy the smaller holds."""
    broker.operate.policy("^orders$", {"max-length": policy})
    broker.operate.policy("^orders$", {"max-length": operator}, operator=True)
    queue = _queue(broker, kind)
    broker.fill(queue, b"1", b"2", b"3", b"4", b"5")
    broker.wait.ready(queue, 2, "the oldest to be dropped")
    assert broker.drain(queue) == [b"4", b"5"]


@pytest.mark.requirement("policy.highest-priority")
@TYPES
def test_highest_priority(broker: BrokerRig, kind: str) -> None:
    """Of several policies the one of the highest priority holds, alone."""
    broker.operate.policy("^orders$", {"max-length": 1}, name="low", priority=1)
    broker.operate.policy("^orders$", {"max-length": 3}, name="high", priority=5)
    queue = _queue(broker, kind)
    broker.fill(queue, b"1", b"2", b"3", b"4")
    broker.wait.ready(queue, 3, "the oldest to be dropped")
    assert broker.drain(queue) == [b"2", b"3", b"4"]


@pytest.mark.requirement("policy.inapplicable")
def test_inapplicable(broker: BrokerRig) -> None:
    """A policy with one setting that a type of queue does not take is for no queue of that type."""
    broker.operate.policy("^", {"max-length": 1, "delivery-limit": 3})
    classic, quorum = _queue(broker, "classic", "classic"), _queue(broker, "quorum", "quorum")
    for queue in (classic, quorum):
        broker.fill(queue, b"1", b"2")
    broker.wait.ready(quorum, 1, "the oldest to be dropped")
    assert (broker.drain(classic), broker.drain(quorum)) == ([b"1", b"2"], [b"2"])


@pytest.mark.requirement("policy.cleared")
@TYPES
def test_cleared(broker: BrokerRig, kind: str) -> None:
    """When a policy is deleted its queues are as their arguments have it."""
    broker.operate.policy("^orders$", {"max-length": 1})
    queue = _queue(broker, kind)
    broker.fill(queue, b"1", b"2")
    broker.wait.ready(queue, 1, "the oldest to be dropped")
    broker.operate.clear_policy()

    def has_room() -> bool:
        broker.publish(b"more", queue)
        return broker.look.ready(queue) > 1

    broker.wait.until(has_room, "the queue to take a second message")


@pytest.mark.requirement("policy.dead-letter")
@TYPES
def test_dead_letter(broker: BrokerRig, kind: str) -> None:
    """A policy says where dead letters go."""
    broker.operate.policy("^orders$", DEAD)
    dead = broker.declare.queue("dead")
    _refuse(broker, _queue(broker, kind))
    broker.wait.ready(dead, 1, "the dead letter")
    assert broker.expect.message(dead).headers["x-first-death-reason"] == "rejected"


@pytest.mark.requirement("policy.dead-letter-argument")
@TYPES
def test_dead_letter_argument(broker: BrokerRig, kind: str) -> None:
    """Where an argument says where dead letters go, a policy does not."""
    broker.operate.policy("^orders$", DEAD)
    dead, own = broker.declare.queue("dead"), broker.declare.queue("own")
    _refuse(broker, _queue(broker, kind, x_dead_letter_exchange="", x_dead_letter_routing_key=own))
    broker.wait.ready(own, 1, "the dead letter")
    assert broker.look.ready(dead) == 0


@pytest.mark.requirement("policy.ttl")
@TYPES
@pytest.mark.parametrize(("argument", "policy"), [(None, 50), (LONG, 50), (50, LONG)])
def test_ttl(broker: BrokerRig, kind: str, argument: int | None, policy: int) -> None:
    """Of a TTL in an argument and one in a policy the smaller holds."""
    broker.operate.policy("^orders$", {"message-ttl": policy, **DEAD})
    dead = broker.declare.queue("dead")
    queue = _queue(broker, kind, **_given(x_message_ttl=argument))
    broker.publish(b"order", queue)
    broker.wait.ready(dead, 1, "the message to expire")
    assert broker.expect.message(dead).headers["x-first-death-reason"] == "expired"


@pytest.mark.requirement("policy.expires")
@pytest.mark.parametrize("argument", [None, LONG])
def test_expires(broker: BrokerRig, argument: int | None) -> None:
    """A policy ends a queue that nobody uses, also one whose argument gives it longer."""
    queue = _queue(broker, "classic", **_given(x_expires=argument))
    broker.operate.policy("^orders$", {"expires": 100})
    broker.wait.until(lambda: queue not in broker.look.queues(), "the queue to end")


def _deliveries(broker: BrokerRig, queue: str, most: int) -> int:
    """Reject the one message of a queue until it is dead, or `most` times; say how often it was delivered."""
    broker.publish(b"poison", queue)
    inbox = broker.consume(queue, prefetch=1)

    def is_next() -> bool:
        return len(inbox.received) == count or broker.look.ready("dead") > 0

    for count in range(1, most + 1):
        broker.wait.until(is_next, "another delivery, or the end of the message")
        if len(inbox.received) < count:
            break
        inbox.channel.basic_reject(inbox.received[-1].tag, requeue=True)
        broker.wait.answered(inbox.channel)
    return len(inbox.received)


@pytest.mark.requirement("policy.delivery-limit")
@pytest.mark.parametrize(
    ("argument", "policy", "operator", "limit"),
    [
        (None, 2, None, 2),
        (3, 10, None, 3),
        (10, 3, None, 3),
        (None, 10, 2, 2),
        (None, 2, 10, 2),
        (5, 10, 2, 2),
        (None, 30, None, 30),
    ],
)
def test_delivery_limit(
    broker: BrokerRig, argument: int | None, policy: int, operator: int | None, limit: int
) -> None:
    """Of a delivery limit in an argument, in a policy and in an operator's the smallest holds, not the default."""
    broker.operate.policy("^orders$", {"delivery-limit": policy, **DEAD})
    if operator is not None:
        broker.operate.policy("^orders$", {"delivery-limit": operator}, operator=True)
    broker.declare.queue("dead")
    given = _given(x_delivery_limit=argument)
    assert _deliveries(broker, _queue(broker, "quorum", **given), 35) == limit + 1


@pytest.mark.requirement("policy.negative-limit")
@pytest.mark.parametrize(("argument", "limit"), [(None, None), (3, 3), (-1, None)])
def test_negative_limit(broker: BrokerRig, argument: int | None, limit: int | None) -> None:
    """A negative delivery limit in a policy is none (4.0, 4.3), and leaves an argument's; 3.10 refuses it."""
    status, _ = broker.operate.try_policy("^orders$", {"delivery-limit": -1, **DEAD})
    if not release_of(broker.version).negative_policy_limit:
        assert status == 400
        return
    broker.declare.queue("dead")
    given = _given(x_delivery_limit=argument)
    expected = 30 if limit is None else limit + 1
    assert _deliveries(broker, _queue(broker, "quorum", **given), 30) == expected


def _is_refused(broker: BrokerRig, channel: BlockingChannel, queue: str) -> bool:
    try:
        channel.basic_publish("", queue, b"one too many")
    except NackError:
        return True
    broker.look.ready(queue)
    return False


@pytest.mark.requirement("policy.overflow")
@pytest.mark.parametrize(
    ("kind", "argument", "policy", "refuses"),
    [
        ("classic", None, "reject-publish", True),
        ("quorum", None, "reject-publish", True),
        ("classic", "drop-head", "reject-publish", False),
        ("classic", "reject-publish", "drop-head", True),
        ("quorum", "drop-head", "reject-publish", True),
        ("quorum", "reject-publish", "drop-head", False),
    ],
)
def test_overflow(
    broker: BrokerRig, kind: str, argument: str | None, policy: str, refuses: bool
) -> None:
    """What overflow does is a classic queue's argument's to say before its policy's, in a quorum queue the policy's."""
    broker.operate.policy("^orders$", {"max-length": 1, "overflow": policy})
    queue = _queue(broker, kind, **_given(x_overflow=argument))
    channel = broker.open.channel()
    channel.confirm_delivery()
    assert any(_is_refused(broker, channel, queue) for _ in range(10)) is refuses


@pytest.mark.requirement("policy.alternate-exchange")
def test_alternate_exchange(broker: BrokerRig) -> None:
    """A policy gives exchanges an alternate one for what they cannot route."""
    broker.operate.policy("^orders$", {"alternate-exchange": "amq.fanout"})
    exchange, queue = broker.declare.exchange("orders", "direct"), broker.declare.queue("stray")
    broker.declare.binding(queue, "amq.fanout")
    broker.publish(b"order", "nowhere", exchange)
    assert broker.expect.message(queue).body == b"order"


@pytest.mark.requirement("policy.refused")
@pytest.mark.parametrize(
    ("pattern", "definition"),
    [
        ("^", {"unheard-of": 1}),
        ("^", {"max-length": -1}),
        ("^", {"message-ttl": "1s"}),
        ("^", {"overflow": "spill"}),
        ("^", {}),
        ("(", {"max-length": 1}),
    ],
    ids=["unknown", "negative", "text", "word", "empty", "pattern"],
)
def test_refused(broker: BrokerRig, pattern: str, definition: dict[str, Any]) -> None:
    """A policy that says nothing, something unknown, a wrong value or no pattern is 400."""
    status, said = broker.operate.try_policy(pattern, definition)
    assert (status, said["error"]) == (400, "bad_request")


@pytest.mark.requirement("policy.operators-settings")
def test_operators_settings(broker: BrokerRig) -> None:
    """An operator policy says limits alone, and no dead-letter exchange: 400."""
    status, _ = broker.operate.try_policy("^", {"dead-letter-exchange": ""}, operator=True)
    assert status == 400
