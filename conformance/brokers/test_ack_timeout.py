"""The acknowledgement time-out: what becomes of a delivery that nobody settles in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, Inbox

pytestmark = (
    pytest.mark.restarts_broker
)  # the time of a broker that others use is not to be changed

SHORT, LONG = 1.0, 60.0
"""Seconds that the broker waits for an ack."""
SHORT_MS = 1000
UNTOLD = {"capabilities": {"consumer_cancel_notify": False}}
"""The properties of a client that is not told by basic.cancel that its consumer is gone."""


def _declare(broker: BrokerRig, kind: str = "quorum", **arguments: Any) -> str:
    """Declare a queue of some type; an underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return broker.declare.queue("orders", arguments={"x-queue-type": kind, **given})


def _hold(broker: BrokerRig, queue: str, **arguments: Any) -> Inbox:
    """Have a consumer hold a message that it does not settle."""
    inbox = broker.consume(queue, prefetch=1, **arguments)
    broker.fill(queue, b"late")
    broker.wait.deliveries(1, inbox)
    return inbox


def _expect_end(broker: BrokerRig, inbox: Inbox) -> None:
    """Expect what the release does to a late consumer of a quorum queue: its channel ends, or it alone."""
    if release_of(broker.version).channels_time_out:
        broker.expect.end_of(inbox.channel, 406)
    else:
        broker.wait.until(lambda: inbox.cancelled, "basic.cancel at the late consumer")
        assert inbox.channel.is_open


def _expect_patience(broker: BrokerRig, inbox: Inbox, queue: str) -> None:
    """Expect that nothing happens to a consumer while one on another queue is late three times over."""
    for _ in range(3):
        other = broker.declare.queue(f"{queue}-clock", arguments={"x-message-ttl": SHORT_MS})
        broker.fill(other, b"tick")
        broker.wait.ready(other, 0)
    broker.wait.answered(inbox.channel)
    assert (inbox.channel.is_open, inbox.cancelled, inbox.bodies) == (True, False, [b"late"])


@pytest.mark.requirement("ack-timeout.quorum", "ack-timeout.count")
def test_quorum(broker: BrokerRig) -> None:
    """A late channel is closed (3.10, 4.0), or a late consumer cancelled (4.3); its message comes to another."""
    with broker.operate.waiting_for_acks(SHORT):
        queue = _declare(broker)
        late = _hold(broker, queue)
        _expect_end(broker, late)
        (again,) = broker.wait.deliveries(1, broker.consume(queue))
    assert (again.body, again.redelivered) == (b"late", True)
    assert again.headers == release_of(broker.version).late_headers


@pytest.mark.requirement("ack-timeout.classic")
def test_classic(broker: BrokerRig) -> None:
    """A late channel of a classic queue is closed with 406, and its message comes back (3.10, 4.0), or may be late."""
    with broker.operate.waiting_for_acks(SHORT):
        queue = _declare(broker, "classic")
        late = _hold(broker, queue)
        if release_of(broker.version).channels_time_out:
            broker.expect.end_of(late.channel, 406)
            assert broker.expect.message(queue).redelivered
        else:
            _expect_patience(broker, late, queue)


@pytest.mark.requirement("ack-timeout.in-time")
def test_in_time(broker: BrokerRig) -> None:
    """Who acks each message in time is not late, however long that goes on."""
    with broker.operate.waiting_for_acks(3 * SHORT):
        queue = _declare(broker)
        inbox = _hold(broker, queue)
        with broker.expect.at_least(4 * SHORT):
            for number in range(6):
                clock = broker.declare.queue("clock", arguments={"x-message-ttl": SHORT_MS})
                broker.fill(clock, b"tick")
                broker.wait.ready(clock, 0)
                inbox.ack()
                broker.fill(queue, b"%d" % number)
                broker.wait.deliveries(number + 2, inbox)
    assert (inbox.channel.is_open, inbox.cancelled) == (True, False)


@pytest.mark.requirement("ack-timeout.not-told")
def test_not_told(broker: BrokerRig) -> None:
    """A client that does not take basic.cancel has its channel closed with 406, and not its connection."""
    connection = broker.open.connection(client_properties=UNTOLD)
    with broker.operate.waiting_for_acks(SHORT):
        queue = _declare(broker)
        late = _hold(broker, queue, channel=broker.open.channel(connection))
        broker.expect.end_of(late.channel, 406)
    assert connection.is_open
    assert broker.expect.message(queue).body == b"late"


@pytest.mark.requirement("ack-timeout.get")
def test_get(broker: BrokerRig) -> None:
    """What basic.get took is late, too: its channel is closed with 406."""
    with broker.operate.waiting_for_acks(SHORT):
        queue, channel = _declare(broker), broker.open.channel()
        broker.fill(queue, b"late")
        broker.expect.held(queue, channel)
        broker.expect.end_of(channel, 406)
    assert broker.expect.message(queue).body == b"late"


@pytest.mark.requirement("ack-timeout.by-queue")
def test_by_queue(broker: BrokerRig) -> None:
    """x-consumer-timeout of a queue goes before the broker's time (4.0, 4.3), or means nothing (3.10)."""
    with broker.operate.waiting_for_acks(LONG):
        queue = _declare(broker, x_consumer_timeout=SHORT_MS)
        late = _hold(broker, queue)
        if release_of(broker.version).queues_set_timeout:
            _expect_end(broker, late)
        else:
            _expect_patience(broker, late, queue)


@pytest.mark.requirement("ack-timeout.by-consumer")
def test_by_consumer(broker: BrokerRig) -> None:
    """x-consumer-timeout of a consumer goes before all others (4.3), or means nothing (3.10, 4.0)."""
    with broker.operate.waiting_for_acks(LONG):
        queue = _declare(broker)
        late = _hold(broker, queue, arguments={"x-consumer-timeout": SHORT_MS})
        if release_of(broker.version).channels_time_out:
            _expect_patience(broker, late, queue)
        else:
            broker.wait.until(lambda: late.cancelled, "basic.cancel at the late consumer")


@pytest.mark.requirement("ack-timeout.late-ack")
def test_late_ack(broker: BrokerRig) -> None:
    """A late ack settles nothing; on 4.3 its consumer, cancelled though it is, gets messages again after it."""
    with broker.operate.waiting_for_acks(LONG):
        queue = _declare(broker, x_consumer_timeout=SHORT_MS)
        if not release_of(broker.version).queues_set_timeout:
            late = _hold(broker, queue)
            late.channel.close()
        else:
            late = _hold(broker, queue)
            _expect_end(broker, late)
        broker.wait.ready(queue, 1)
        if late.channel.is_open:
            late.channel.basic_ack(late.received[0].tag)
            broker.wait.ready(queue, 0, "the message to be given to the consumer that was late")
        else:
            assert broker.expect.message(queue).body == b"late"
