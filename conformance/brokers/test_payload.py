"""A message is opaque octets with properties (document 2, basic notions: binary-safe)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from warren.rigs.brokers import BrokerRig, wire

MIB = 1 << 20
EVERY_OCTET = bytes(range(256))
EVERY_PROPERTY: dict[str, Any] = {
    "content_type": "application/json",
    "content_encoding": "utf-8",
    "headers": {"x": 1},
    "delivery_mode": 2,
    "priority": 3,
    "correlation_id": "c",
    "reply_to": "r",
    "expiration": "60000",
    "message_id": "m",
    "timestamp": 1_700_000_000,
    "type": "t",
    "app_id": "a",
    "cluster_id": "k",
}
EVERY_FIELD_TYPE: wire.FieldTable = {
    "boolean": True,
    "signed 8": wire.Int8(-8),
    "unsigned 8": wire.UInt8(200),
    "signed 16": wire.Int16(-16000),
    "unsigned 16": wire.UInt16(60000),
    "signed 32": -2_000_000_000,
    "unsigned 32": wire.UInt32(4_000_000_000),
    "signed 64": wire.Int64(-(1 << 62)),
    "float": wire.Float32(0.5),
    "double": 0.1,
    "decimal": Decimal("3.14"),
    "string": "строка",
    "octets": EVERY_OCTET,
    "array": [1, "two", None],
    "timestamp": wire.Timestamp(1_700_000_000),
    "table": {"in": {"deeper": True}},
    "void": None,
}


@pytest.mark.requirement("payload.empty")
def test_empty_body(broker: BrokerRig) -> None:
    """A body of no octets is a message like any other, by get and by consume."""
    queue = broker.declare.queue()
    broker.publish(b"", queue)
    assert broker.expect.message(queue).body == b""
    broker.publish(b"", queue)
    assert broker.wait.deliveries(1, broker.consume(queue))[0].body == b""


@pytest.mark.requirement("payload.opaque")
def test_every_octet(broker: BrokerRig) -> None:
    """Every value of an octet comes back, the frame end among them."""
    queue = broker.declare.queue()
    broker.publish(EVERY_OCTET, queue)
    assert broker.drain(queue) == [EVERY_OCTET]


@pytest.mark.requirement("payload.large")
@pytest.mark.parametrize("size", [131072 - 8, 131072 - 7, MIB, 3 * MIB])
def test_large_body(broker: BrokerRig, size: int) -> None:
    """A body of up to frame_max, of one octet more, and far above it comes back whole."""
    queue = broker.declare.queue()
    body = (EVERY_OCTET * (size // 256 + 1))[:size]
    broker.publish(body, queue)
    (got,) = broker.drain(queue)
    assert len(got) == size
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest(), "octets were changed"


@pytest.mark.requirement("payload.properties")
def test_properties(broker: BrokerRig) -> None:
    """Every property comes back as it was sent; a property that was not sent does not appear."""
    queue = broker.declare.queue()
    broker.publish(b"", queue, **EVERY_PROPERTY)
    broker.publish(b"", queue)
    full, bare = broker.expect.message(queue), broker.expect.message(queue)
    assert {name: getattr(full.properties, name) for name in EVERY_PROPERTY} == EVERY_PROPERTY
    assert {n: v for n, v in vars(bare.properties).items() if v is not None} == {}


@pytest.mark.requirement("payload.user-id")
def test_user_id_is_true(broker: BrokerRig) -> None:
    """The property user-id is checked: the publisher's own user passes, another is 406."""
    queue = broker.declare.queue()
    user = broker.user
    broker.publish(b"own", queue, user_id=user)
    assert broker.expect.message(queue).properties.user_id == user
    with broker.expect.refusal(406):
        broker.publish(b"another's", queue, user_id="somebody")


@pytest.mark.requirement("payload.headers")
def test_headers_of_every_type(broker: BrokerRig) -> None:
    """Headers of every type that a field table has in RabbitMQ come back with their types and values."""
    queue = broker.declare.queue()
    client = broker.open.raw_channel()
    header = wire.ContentHeader(
        body_size=1, properties=wire.BasicProperties(headers=EVERY_FIELD_TYPE)
    )
    client.send_message(1, wire.BasicPublish(routing_key=queue), header, b"x")
    broker.wait.ready(queue, 1)
    client.send(1, wire.BasicGet(queue=queue, no_ack=True))
    client.expect(wire.BasicGetOk)
    properties = client.read_body().properties
    assert properties is not None
    assert _typed(properties.headers) == _typed(EVERY_FIELD_TYPE)


def _typed(table: wire.FieldTable | None) -> dict[str, tuple[str, object]]:
    return {name: (type(value).__name__, value) for name, value in (table or {}).items()}
