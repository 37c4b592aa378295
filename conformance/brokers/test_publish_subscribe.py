"""Everybody gets everything (document 2: publish/subscribe, anonymous queues, logging to disk and screen)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, Inbox


def _subscribe(broker: BrokerRig, exchange: str, key: str = "") -> tuple[Inbox, str]:
    """Consume from a server-named, exclusive, auto-delete queue of one's own."""
    channel = broker.open.channel()
    queue = broker.declare.exclusive_queue(channel, auto_delete=True)
    channel.queue_bind(queue, exchange, key)
    return broker.consume(queue, channel, auto_ack=True), queue


@pytest.mark.requirement("publish-subscribe.server-named")
def test_server_named(broker: BrokerRig) -> None:
    """A queue declared without a name gets a new one from the broker, which begins with `amq.gen-`."""
    names = [broker.declare.queue("") for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.startswith("amq.gen-") for name in names), names


@pytest.mark.requirement("publish-subscribe.last-declared")
def test_last_declared_queue(broker: BrokerRig) -> None:
    """An empty queue name in later methods of the channel means the queue that it declared last."""
    channel = broker.open.channel()
    queue = broker.declare.exclusive_queue(channel)
    broker.publish(b"mine", queue)
    _, _, body = channel.basic_get("", auto_ack=True)
    assert body == b"mine"


@pytest.mark.requirement("publish-subscribe.everybody")
def test_every_subscriber_gets_every_message(broker: BrokerRig) -> None:
    """Each subscriber with a queue of its own gets every message, in order."""
    exchange = broker.declare.exchange("news", "fanout")
    inboxes = [_subscribe(broker, exchange)[0] for _ in range(3)]
    sent = [b"%d" % number for number in range(4)]
    for body in sent:
        broker.publish(body, "", exchange)
    for inbox in inboxes:
        broker.wait.deliveries(4, inbox)
    assert [inbox.bodies for inbox in inboxes] == [sent] * 3


@pytest.mark.requirement("publish-subscribe.late")
def test_late_subscriber(broker: BrokerRig) -> None:
    """A subscriber gets nothing of what was published before its queue was bound."""
    exchange = broker.declare.exchange("news", "fanout")
    early, _ = _subscribe(broker, exchange)
    broker.publish(b"missed", "", exchange)
    late, _ = _subscribe(broker, exchange)
    broker.publish(b"seen", "", exchange)
    broker.wait.deliveries(2, early)
    broker.wait.deliveries(1, late)
    assert (early.bodies, late.bodies) == ([b"missed", b"seen"], [b"seen"])


@pytest.mark.requirement("publish-subscribe.gone-with-connection")
def test_exclusive_queue_goes_with_its_connection(broker: BrokerRig) -> None:
    """An exclusive queue lives as long as the connection that declared it, consumed or not."""
    connection = broker.open.connection()
    queue = broker.declare.exclusive_queue(broker.open.channel(connection))
    assert queue in broker.look.queues()
    connection.close()
    broker.wait.gone(queue)


@pytest.mark.requirement("publish-subscribe.auto-delete")
def test_auto_delete(broker: BrokerRig) -> None:
    """An auto-delete queue goes with its last consumer; as long as it never had one it stays."""
    unused, used = (
        broker.declare.queue("unused", auto_delete=True),
        broker.declare.queue("used", auto_delete=True),
    )
    first, second = broker.consume(used), broker.consume(used)
    first.cancel()
    assert broker.look.has_queue(used), "it went with the first of two consumers"
    second.cancel()
    broker.wait.gone(used)
    assert broker.look.has_queue(unused), "a queue that never had a consumer was deleted"


@pytest.mark.requirement("logs.disk-and-screen")
def test_one_log_to_disk_and_screen(broker: BrokerRig) -> None:
    """One exchange, one queue for the disk and one for the screen: both have every record."""
    exchange = broker.declare.exchange("logs", "fanout")
    disk = broker.declare.queue("disk")
    broker.declare.binding(disk, exchange)
    screen, _ = _subscribe(broker, exchange)
    records = [b"started", b"failed", b"stopped"]
    for record in records:
        broker.publish(record, "", exchange)
    broker.wait.deliveries(3, screen)
    assert (screen.bodies, broker.drain(disk)) == (records, records)


@pytest.mark.requirement("logs.only-critical")
def test_only_critical_to_disk(broker: BrokerRig) -> None:
    """By a direct exchange only the critical records go to disk, and all to the screen."""
    exchange = broker.declare.exchange("logs", "direct")
    disk, screen = broker.declare.queue("disk"), broker.declare.queue("screen")
    broker.declare.binding(disk, exchange, "critical")
    broker.declare.binding(screen, exchange, "critical", "warning", "notice")
    for severity in ("notice", "critical", "warning"):
        broker.publish(severity.encode(), severity, exchange)
    assert broker.drain(disk) == [b"critical"]
    assert broker.drain(screen) == [b"notice", b"critical", b"warning"]


@pytest.mark.requirement("logs.facility-and-severity")
def test_by_facility_and_severity(broker: BrokerRig) -> None:
    """By a topic exchange each queue takes its facilities and severities; what matches twice comes once."""
    exchange = broker.declare.exchange("logs", "topic")
    bindings = {
        "kernel": ("logs.devices.kernel.*",),
        "critical": ("logs.#.critical",),
        "both": ("logs.devices.kernel.*", "logs.#.critical"),
        "all": ("logs.#",),
    }
    for queue, keys in bindings.items():
        broker.declare.binding(broker.declare.queue(queue), exchange, *keys)
    kernel, critical, cron = (
        "logs.devices.kernel.notice",
        "logs.devices.kernel.critical",
        "logs.cron.critical",
    )
    for key in (kernel, critical, cron):
        broker.publish(key.encode(), key, exchange)
    assert {queue: broker.drain(queue) for queue in bindings} == {
        "kernel": [kernel.encode(), critical.encode()],
        "critical": [critical.encode(), cron.encode()],
        "both": [kernel.encode(), critical.encode(), cron.encode()],
        "all": [kernel.encode(), critical.encode(), cron.encode()],
    }
