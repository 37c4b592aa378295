"""What may not be declared, used or deleted (document 2: "if the names match, declare as often as you like")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from warren.rigs.brokers import wire

from .releases import release_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("declare.other-arguments")
@pytest.mark.parametrize(
    "other",
    [
        {"durable": False},
        {"auto_delete": True},
        {"arguments": {"x-max-length": 2}},
        {"arguments": {}},
        {"arguments": {"x-max-length": 1, "x-expires": 60000}},
    ],
    ids=["durable", "auto-delete", "other-value", "without", "one-more"],
)
def test_queue_with_other_arguments(broker: BrokerRig, other: dict[str, Any]) -> None:
    """A queue that is there is not declared again with other arguments: 406, and it stays as it was."""
    given = {"arguments": {"x-max-length": 1}}
    queue = broker.declare.queue("orders", **given)
    with broker.expect.refusal(406):
        broker.declare.queue("orders", **given | other)
    assert broker.declare.queue("orders", **given) == queue


@pytest.mark.requirement("declare.other-exchange")
@pytest.mark.parametrize("other", [{"kind": "fanout"}, {"durable": False}, {"auto_delete": True}])
def test_exchange_with_other_arguments(broker: BrokerRig, other: dict[str, Any]) -> None:
    """An exchange that is there is not declared again with another type or other arguments: 406."""
    given: dict[str, Any] = {"name": "X", "kind": "direct", "durable": True}
    broker.declare.exchange(**given)
    broker.declare.exchange(**given)
    with broker.expect.refusal(406):
        broker.declare.exchange(**given | other)


@pytest.mark.requirement("declare.passive")
def test_passive(broker: BrokerRig) -> None:
    """A passive declare makes nothing: it finds what is there, whatever its arguments, and is 404 otherwise."""
    broker.declare.queue("orders", arguments={"x-max-length": 1})
    broker.declare.exchange("X", "topic")
    channel = broker.open.channel()
    assert channel.queue_declare("orders", passive=True).method.queue == "orders"
    channel.exchange_declare("X", "direct", passive=True)
    with broker.expect.refusal(404):
        broker.open.channel().queue_declare("nothing", passive=True)
    with broker.expect.refusal(404):
        broker.open.channel().exchange_declare("nothing", passive=True)


@pytest.mark.requirement("declare.missing")
def test_missing(broker: BrokerRig) -> None:
    """Getting from, consuming, binding and purging what is not there are 404."""
    queue = broker.declare.queue()
    uses: tuple[Callable[[BlockingChannel], object], ...] = (
        lambda channel: channel.basic_get("nothing"),
        lambda channel: channel.basic_consume("nothing", lambda *_: None),
        lambda channel: channel.queue_bind("nothing", "amq.direct", "key"),
        lambda channel: channel.queue_bind(queue, "nothing", "key"),
        lambda channel: channel.queue_purge("nothing"),
    )
    for use in uses:
        with broker.expect.refusal(404):
            use(broker.open.channel())


@pytest.mark.requirement("declare.exclusive-elsewhere")
def test_exclusive_elsewhere(broker: BrokerRig) -> None:
    """Declaring a queue that is exclusive to another connection is 405; the same connection may declare it again."""
    connection = broker.open.connection()
    broker.open.channel(connection).queue_declare("mine", exclusive=True)
    with broker.expect.refusal(405):
        broker.open.channel().queue_declare("mine", exclusive=True)
    broker.open.channel(connection).queue_declare("mine", exclusive=True)


@pytest.mark.requirement("declare.reserved")
def test_reserved_names(broker: BrokerRig) -> None:
    """Names that begin with `amq.`, and the default exchange, are the broker's: 403."""
    queue = broker.declare.queue()
    uses: tuple[Callable[[BlockingChannel], object], ...] = (
        lambda channel: channel.queue_declare("amq.mine"),
        lambda channel: channel.exchange_declare("amq.mine", "direct"),
        lambda channel: channel.queue_bind(queue, "", "key"),
        lambda channel: channel.exchange_delete(""),
        lambda channel: channel.exchange_delete("amq.direct"),
    )
    for use in uses:
        with broker.expect.refusal(403):
            use(broker.open.channel())


@pytest.mark.requirement("declare.if-unused")
def test_delete_if_unused(broker: BrokerRig) -> None:
    """With if-unused, queue.delete is 406 while there is a consumer, exchange.delete while there is a binding."""
    queue, exchange = broker.declare.queue("orders"), broker.declare.exchange("X", "direct")
    broker.declare.binding(queue, exchange, "key")
    inbox = broker.consume(queue)
    with broker.expect.refusal(406):
        broker.open.channel().queue_delete(queue, if_unused=True)
    with broker.expect.refusal(406):
        broker.open.channel().exchange_delete(exchange, if_unused=True)
    inbox.cancel()
    broker.open.channel().queue_delete(queue, if_unused=True)
    # The exchange's binding went with the queue.
    broker.open.channel().exchange_delete(exchange, if_unused=True)


@pytest.mark.requirement("declare.if-empty")
def test_delete_if_empty(broker: BrokerRig) -> None:
    """queue.delete with if-empty is 406 as long as a message is ready; delete says how many went with the queue."""
    queue = broker.declare.queue("orders")
    broker.publish(b"1", queue)
    broker.publish(b"2", queue)
    with broker.expect.refusal(406):
        broker.open.channel().queue_delete(queue, if_empty=True)
    assert broker.open.channel().queue_delete(queue).method.message_count == 2
    assert not broker.look.has_queue(queue)


@pytest.mark.requirement("declare.purge")
def test_purge(broker: BrokerRig) -> None:
    """queue.purge drops what is ready and says how many; what is unacked stays."""
    queue = broker.declare.queue("orders")
    broker.fill(queue, b"1", b"2", b"3")
    holder = broker.open.channel()
    broker.expect.held(queue, holder)
    assert broker.open.channel().queue_purge(queue).method.message_count == 2
    holder.close()
    broker.wait.ready(queue, 1, "the unacked one to come back")
    assert broker.drain(queue) == [b"1"]


@pytest.mark.requirement("declare.bind-twice")
def test_bind_twice(broker: BrokerRig) -> None:
    """Binding twice with the same key makes one binding: a single unbind ends it."""
    queue, exchange = broker.declare.queue(), broker.declare.exchange("X", "direct")
    broker.declare.binding(queue, exchange, "key")
    broker.declare.binding(queue, exchange, "key")
    broker.open.channel().queue_unbind(queue, exchange, "key")
    broker.publish(b"unbound", "key", exchange)
    assert broker.drain(queue) == []


@pytest.mark.requirement("declare.typed-values")
@pytest.mark.parametrize("kind", ["classic", "quorum"])
@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("x-message-ttl", wire.Timestamp(5), '"expected integer, got timestamp"'),
        ("x-max-length", True, '"expected integer, got bool"'),
        ("x-max-length-bytes", -1, "{value_negative,-1}"),
        ("x-expires", 0, "{value_zero,0}"),
        ("x-dead-letter-routing-key", "k", "routing_key_but_no_dlx_defined"),
        ("x-overflow", 5, "{unacceptable_type,signedint}"),
        ("x-single-active-consumer", "yes", "{unacceptable_type,longstr}"),
    ],
)
def test_typed_values(
    broker: BrokerRig, kind: str, key: str, value: wire.FieldValue, reason: str
) -> None:
    """A value of the wrong type or out of its range is 406, which names the argument and says what is wrong."""
    client = broker.open.raw_channel()
    arguments: wire.FieldTable = {"x-queue-type": kind, key: value}
    client.send(1, wire.QueueDeclare("orders", durable=True, arguments=arguments))
    close = client.expect(wire.ChannelClose)
    assert (close.reply_code, close.class_id, close.method_id) == (406, 50, 10)
    assert close.reply_text.startswith(
        f"PRECONDITION_FAILED - invalid arg '{key}' for queue 'orders'"
    )
    assert close.reply_text.endswith(f": {reason}")


@pytest.mark.requirement("declare.clash-says-what")
def test_clash_says_what(broker: BrokerRig) -> None:
    """What a redeclaration has and what there is stand in the refusal; from 4.0 on each queue has a type."""
    types = broker.open.raw_channel()
    arguments: wire.FieldTable = {"x-queue-type": "quorum"}
    types.send(1, wire.QueueDeclare("orders", durable=True, arguments=arguments))
    types.expect(wire.QueueDeclareOk)
    types.send(1, wire.QueueDeclare("orders", durable=True))
    said = types.expect(wire.ChannelClose).reply_text.partition(": ")[2]
    assert said == release_of(broker.version).clash_of_types
    values = broker.open.raw_channel()
    given: wire.FieldTable = {"x-max-length": 5}
    values.send(1, wire.QueueDeclare("other", durable=True, arguments=given))
    values.expect(wire.QueueDeclareOk)
    values.send(1, wire.QueueDeclare("other", durable=True))
    said = values.expect(wire.ChannelClose).reply_text.partition(": ")[2]
    assert said == "received none but current is the value '5' of type 'signedint'"


@pytest.mark.requirement("declare.void-exchange")
def test_exchange_that_is_void(broker: BrokerRig) -> None:
    """A dead-letter or alternate exchange without a value is 406: it is no name."""
    client = broker.open.raw_channel()
    void: wire.FieldTable = {"x-dead-letter-exchange": None}
    client.send(1, wire.QueueDeclare("orders", arguments=void))
    text = client.expect(wire.ChannelClose).reply_text
    assert "invalid type 'void' for arg 'x-dead-letter-exchange'" in text
    with broker.expect.refusal(406):
        broker.declare.exchange("X", "direct", arguments={"alternate-exchange": None})


@pytest.mark.requirement("declare.master-locator")
@pytest.mark.parametrize(("locator", "known"), [("client-local", True), ("elsewhere", False)])
def test_master_locator(broker: BrokerRig, locator: str, known: bool) -> None:
    """x-queue-master-locator is 541 where it is denied (4.3), or unknown to 3.10; 4.0 takes any."""
    release = release_of(broker.version)
    client = broker.open.raw_channel()
    arguments: wire.FieldTable = {"x-queue-master-locator": locator}
    client.send(1, wire.QueueDeclare("orders", durable=True, arguments=arguments))
    if release.master_locator and (known or release.any_master_locator):
        client.expect(wire.QueueDeclareOk)
    else:
        assert client.expect(wire.ConnectionClose).reply_code == 541


@pytest.mark.requirement("declare.local-random")
def test_local_random(broker: BrokerRig) -> None:
    """x-local-random (4.0, 4.3) gives a message to one of its classic queues, bound without a key; 3.10 knows none."""
    if not release_of(broker.version).local_random:
        with broker.expect.refusal(503):
            broker.declare.exchange("any", "x-local-random")
        return
    exchange = broker.declare.exchange("any", "x-local-random")
    queues = [broker.declare.queue(f"orders-{number}") for number in range(3)]
    for queue in queues:
        broker.declare.binding(queue, exchange)
    for number in range(5):
        broker.publish(f"{number}".encode(), "ignored", exchange)
    got = [body for queue in queues for body in broker.drain(queue)]
    assert sorted(got) == [b"0", b"1", b"2", b"3", b"4"]
    with broker.expect.refusal(406):
        broker.declare.binding(queues[0], exchange, "key")
    replicated = broker.declare.queue("replicated", arguments={"x-queue-type": "quorum"})
    with broker.expect.refusal(406):
        broker.declare.binding(replicated, exchange)


@pytest.mark.requirement("declare.modulus-hash")
def test_modulus_hash(broker: BrokerRig) -> None:
    """x-modulus-hash (4.3) gives what has the same key to the same one of its queues; the others know none."""
    refusal = release_of(broker.version).modulus_hash
    if refusal is not None:
        with broker.expect.refusal(refusal):
            broker.declare.exchange("spread", "x-modulus-hash")
        return
    exchange = broker.declare.exchange("spread", "x-modulus-hash")
    queues = [broker.declare.queue(f"orders-{number}") for number in range(3)]
    for queue in queues:
        broker.declare.binding(queue, exchange, "any")
    for key in [f"order {number}" for number in range(20)] * 2:
        broker.publish(key.encode(), key, exchange)
    shares = [broker.drain(queue) for queue in queues]
    assert sum(map(len, shares)) == 40
    assert all(share[: len(share) // 2] * 2 == share for share in shares)
    assert sum(map(bool, shares)) > 1


@pytest.mark.requirement("declare.reply-to-bound")
def test_reply_to_is_not_bound(broker: BrokerRig) -> None:
    """A direct reply-to name is not bound: 404 (3.10, 4.0) or 403 (4.3)."""
    with broker.expect.refusal(release_of(broker.version).bound_reply_to):
        broker.open.channel().queue_bind("amq.rabbitmq.reply-to.x", "amq.direct", "key")
