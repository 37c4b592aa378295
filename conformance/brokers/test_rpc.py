"""Calls over queues (document 2: RPC, the callback queue, AMQP_EXCLUSIVE, correlationId)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pika
import pytest

from .releases import release_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig, Inbox, Received

DIRECT_REPLY_TO = "amq.rabbitmq.reply-to"


def _request(reply_to: str, correlation_id: str) -> pika.BasicProperties:
    return pika.BasicProperties(reply_to=reply_to, correlation_id=correlation_id)


def _ask(broker: BrokerRig, caller: BlockingChannel) -> tuple[Inbox, Received]:
    """Make a call with a direct reply-to; return where its replies arrive, and the request as the server gets it."""
    requests = broker.declare.queue("requests")
    replies = broker.consume(DIRECT_REPLY_TO, caller, auto_ack=True)
    caller.basic_publish("", requests, b"1", _request(DIRECT_REPLY_TO, "c1"))
    (request,) = broker.wait.deliveries(1, broker.consume(requests, auto_ack=True))
    return replies, request


def _answer(broker: BrokerRig, request: Received) -> None:
    """Reply as a server does: to reply_to, with the request's correlation id."""
    asked = request.properties
    broker.publish(b"reply to " + request.body, asked.reply_to, correlation_id=asked.correlation_id)


@pytest.mark.requirement("rpc.callback-queue")
def test_call(broker: BrokerRig) -> None:
    """reply_to and correlation_id reach the server as they were sent, and the reply its caller's exclusive queue."""
    requests = broker.declare.queue("requests")
    caller = broker.open.channel()
    callback = broker.declare.exclusive_queue(caller)
    replies = broker.consume(callback, caller, auto_ack=True)
    caller.basic_publish("", requests, b"1", _request(callback, "c1"))
    (request,) = broker.wait.deliveries(1, broker.consume(requests, auto_ack=True))
    assert (request.properties.reply_to, request.properties.correlation_id) == (callback, "c1")
    _answer(broker, request)
    (reply,) = broker.wait.deliveries(1, replies)
    assert (reply.body, reply.properties.correlation_id) == (b"reply to 1", "c1")


@pytest.mark.requirement("rpc.exclusive-to-connection")
def test_exclusive_is_its_connection_s(broker: BrokerRig) -> None:
    """Nobody on another connection may use an exclusive queue (405); on its own a second consumer may."""
    connection = broker.open.connection()
    owner = broker.open.channel(connection)
    callback = broker.declare.exclusive_queue(owner)
    broker.consume(callback, owner)
    uses: tuple[Callable[[BlockingChannel], object], ...] = (
        lambda channel: channel.basic_consume(callback, lambda *_: None),
        lambda channel: channel.basic_get(callback),
        lambda channel: channel.queue_declare(callback, passive=True),
        lambda channel: channel.queue_purge(callback),
        lambda channel: channel.queue_delete(callback),
    )
    for use in uses:
        with broker.expect.refusal(405):
            use(broker.open.channel())
    broker.consume(callback, broker.open.channel(connection))


@pytest.mark.requirement("rpc.exclusive-publish")
def test_anybody_may_publish_to_an_exclusive_queue(broker: BrokerRig) -> None:
    """Exclusiveness is no obstacle to a reply: any connection may publish to the queue."""
    owner = broker.open.channel()
    callback = broker.declare.exclusive_queue(owner)
    broker.publish(b"reply", callback, mandatory=True)
    assert [m.body for m in broker.wait.deliveries(1, broker.consume(callback, owner))] == [
        b"reply"
    ]


@pytest.mark.requirement("rpc.exclusive-consumer")
def test_exclusive_consumer(broker: BrokerRig) -> None:
    """An exclusive consumer is the queue's only one: beside it a second, and beside another it, is refused with 403."""
    alone, taken = broker.declare.queue("alone"), broker.declare.queue("taken")
    broker.consume(alone, exclusive=True)
    broker.consume(taken)
    with broker.expect.refusal(403):
        broker.consume(alone)
    with broker.expect.refusal(403):
        broker.consume(taken, exclusive=True)


@pytest.mark.requirement("rpc.correlation")
def test_replies_out_of_order(broker: BrokerRig) -> None:
    """Replies to one callback queue may come in any order; the correlation id says to which request each belongs."""
    requests = broker.declare.queue("requests")
    caller = broker.open.channel()
    callback = broker.declare.exclusive_queue(caller)
    replies = broker.consume(callback, caller, auto_ack=True)
    for number in (b"1", b"2", b"3"):
        caller.basic_publish("", requests, number, _request(callback, f"c{number.decode()}"))
    server = broker.consume(requests, auto_ack=True)
    for request in reversed(broker.wait.deliveries(3, server)):
        _answer(broker, request)
    broker.wait.deliveries(3, replies)
    assert [(m.properties.correlation_id, m.body) for m in replies.received] == [
        ("c3", b"reply to 3"),
        ("c2", b"reply to 2"),
        ("c1", b"reply to 1"),
    ]


@pytest.mark.requirement("rpc.direct-reply-to")
def test_direct_reply_to(broker: BrokerRig) -> None:
    """RabbitMQ's pseudo-queue replaces the callback queue: the server sees a name of its own, and publishes to that."""
    replies, request = _ask(broker, broker.open.channel())
    name = request.properties.reply_to
    assert name.startswith(f"{DIRECT_REPLY_TO}."), f"reply_to is {name}"
    _answer(broker, request)
    (reply,) = broker.wait.deliveries(1, replies)
    assert (reply.body, reply.properties.correlation_id) == (b"reply to 1", "c1")


@pytest.mark.requirement("rpc.direct-reply-mandatory")
def test_direct_reply_to_a_caller_that_is_gone(broker: BrokerRig) -> None:
    """A direct reply is dropped when its caller has gone; whether a mandatory one is returned differs by release."""
    caller, server = broker.open.channel(), broker.open.channel()
    returned: list[bytes] = []
    server.add_on_return_callback(lambda *message: returned.append(message[-1]))
    _, request = _ask(broker, caller)
    name = request.properties.reply_to
    caller.close()
    server.basic_publish("", name, b"too late", mandatory=True)
    server.basic_publish("", f"{DIRECT_REPLY_TO}.nobody", b"to no caller", mandatory=True)
    broker.wait.answered(server)
    broker.wait.until(
        lambda: b"to no caller" in returned, "the message to no caller to be returned"
    )
    late = [] if release_of(broker.version).reply_is_routed else [b"too late"]
    assert returned == [*late, b"to no caller"]


@pytest.mark.requirement("rpc.direct-reply-tx")
def test_direct_reply_in_a_transaction(broker: BrokerRig) -> None:
    """By release, a direct reply waits for its transaction to commit, or is delivered despite a rollback."""
    replies, request = _ask(broker, broker.open.channel())
    name, server = request.properties.reply_to, broker.open.channel()
    server.tx_select()
    server.basic_publish("", name, b"taken back")
    server.tx_rollback()
    server.basic_publish("", name, b"committed")
    server.tx_commit()
    waits = release_of(broker.version).reply_waits_for_commit
    expected = [b"committed"] if waits else [b"taken back", b"committed"]
    assert [m.body for m in broker.wait.deliveries(len(expected), replies)] == expected


@pytest.mark.requirement("rpc.direct-reply-to-checked")
def test_direct_reply_to_is_checked(broker: BrokerRig) -> None:
    """The pseudo-queue is consumed without acks, and by a channel before it publishes a request: otherwise 406."""
    requests = broker.declare.queue("requests")
    with broker.expect.refusal(406):
        broker.consume(DIRECT_REPLY_TO, auto_ack=False)
    channel = broker.open.channel()
    with broker.expect.refusal(406, on=channel):
        channel.basic_publish("", requests, b"1", _request(DIRECT_REPLY_TO, "c1"))
