"""How long messages and queues live (document 2: "TTL & expiration").

Times are scaled down: SHORT stands for the document's 60 minutes and LONG for a day. A dead-letter exchange shows when
something expired; only lower bounds are judged, for a busy machine is late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig

SHORT = 400
"""Milliseconds."""
LONG = 3_600_000


def _queue(broker: BrokerRig, name: str, **arguments: object) -> str:
    """Declare a queue whose expired messages go to `expired`."""
    given = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "expired", **arguments}
    broker.declare.queue("expired")
    return broker.declare.queue(name, arguments=given)


def _expires(
    broker: BrokerRig, queue: str, body: bytes, expiration: int | None, *, after: int = 0
) -> None:
    """Publish, and wait until it has expired, which takes `after` milliseconds at least."""
    properties: dict[str, Any] = {} if expiration is None else {"expiration": str(expiration)}
    with broker.expect.at_least(after / 1000):
        broker.publish(body, queue, **properties)
        broker.wait.ready("expired", 1)
    assert broker.drain("expired") == [body]
    assert broker.drain(queue) == [], "it expired and is still there"


@pytest.mark.requirement("ttl.message")
def test_message_ttl(broker: BrokerRig) -> None:
    """A message with an expiration leaves its queue after that many milliseconds, and not before."""
    _expires(broker, _queue(broker, "orders"), b"shawarma", SHORT, after=SHORT)


@pytest.mark.requirement("ttl.queue")
def test_queue_ttl(broker: BrokerRig) -> None:
    """x-message-ttl is the same for all messages of a queue."""
    queue = _queue(broker, "orders", **{"x-message-ttl": SHORT})
    _expires(broker, queue, b"shawarma", None, after=SHORT)


@pytest.mark.requirement("ttl.smaller-wins")
@pytest.mark.parametrize(("of_queue", "of_message"), [(SHORT, LONG), (LONG, SHORT)])
def test_the_smaller_ttl_wins(broker: BrokerRig, of_queue: int, of_message: int) -> None:
    """With a TTL of the queue and one of the message, the smaller counts."""
    queue = _queue(broker, "orders", **{"x-message-ttl": of_queue})
    _expires(broker, queue, b"shawarma", of_message, after=SHORT)


@pytest.mark.requirement("ttl.from-the-head")
def test_expiry_from_the_head(broker: BrokerRig) -> None:
    """A message with an expiration of its own leaves only at the head: behind one that lives longer it stays ready."""
    queue, control = _queue(broker, "orders"), _queue(broker, "control")
    broker.publish(b"lives long", queue, expiration=str(LONG))
    broker.publish(b"behind it", queue, expiration=str(SHORT))
    _expires(broker, control, b"control", SHORT)  # published later, and expired by now
    assert broker.look.ready(queue) == 2, "it did not wait for the head"
    assert broker.look.ready("expired") == 0
    assert broker.expect.message(queue).body == b"lives long"
    assert broker.get(queue) is None, "it was delivered after its expiration"
    broker.wait.ready("expired", 1)
    assert broker.drain("expired") == [b"behind it"]


@pytest.mark.requirement("ttl.zero")
def test_ttl_of_zero(broker: BrokerRig) -> None:
    """With an expiration of 0 a message reaches a consumer that waits, and otherwise expires at once."""
    queue = _queue(broker, "orders")
    _expires(broker, queue, b"nobody is there", 0)
    inbox = broker.consume(queue)
    broker.publish(b"somebody is there", queue, expiration="0")
    broker.wait.deliveries(1, inbox)
    assert inbox.bodies == [b"somebody is there"]


@pytest.mark.requirement("ttl.unacked-stays")
def test_unacked_does_not_expire(broker: BrokerRig) -> None:
    """What a consumer holds does not expire as long as it holds it, but when it is returned."""
    queue, control = _queue(broker, "orders"), _queue(broker, "control")
    inbox = broker.consume(queue)  # it waits, so the message is in its hands at once
    broker.publish(b"held", queue, expiration=str(SHORT))
    (held,) = broker.wait.deliveries(1, inbox)
    _expires(broker, control, b"control", SHORT)
    assert broker.look.state(queue).unacked == 1
    inbox.cancel()
    inbox.channel.basic_nack(held.tag, requeue=True)
    broker.wait.ready("expired", 1)
    assert broker.drain("expired") == [b"held"]


@pytest.mark.requirement("ttl.checked")
@pytest.mark.parametrize("expiration", ["-1", "soon", "1.5"])
def test_expiration_is_checked(broker: BrokerRig, expiration: str) -> None:
    """An expiration that is no whole number of milliseconds closes the channel with 406."""
    queue = broker.declare.queue()
    with broker.expect.refusal(406):
        broker.publish(b"", queue, expiration=expiration)


@pytest.mark.requirement("ttl.queue-expires")
def test_queue_expires(broker: BrokerRig) -> None:
    """x-expires deletes a queue that nobody used for that long; as long as it has a consumer it is in use."""
    kept = broker.declare.queue("kept", arguments={"x-expires": LONG})
    channel = broker.open.channel()
    channel.queue_declare("used", durable=True, arguments={"x-expires": 10 * SHORT})
    inbox = broker.consume("used", channel)
    with broker.expect.at_least(SHORT / 1000):
        broker.declare.queue("unused", arguments={"x-expires": SHORT})
        broker.wait.gone("unused")
    assert kept in broker.look.queues()
    with broker.expect.at_least(10 * SHORT / 1000):
        inbox.cancel()
        broker.wait.gone("used")
