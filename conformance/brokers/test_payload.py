"""A message is opaque octets with properties (document 2, basic notions: binary-safe)."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from warren.rigs.brokers.wire import (
    BasicGet,
    BasicGetOk,
    BasicProperties,
    BasicPublish,
    ContentHeader,
    FieldTable,
    Float32,
    Int8,
    Int16,
    Int64,
    Timestamp,
    UInt8,
    UInt16,
    UInt32,
)

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig

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
EVERY_FIELD_TYPE: FieldTable = {
    "boolean": True,
    "signed 8": Int8(-8),
    "unsigned 8": UInt8(200),
    "signed 16": Int16(-16000),
    "unsigned 16": UInt16(60000),
    "signed 32": -2_000_000_000,
    "unsigned 32": UInt32(4_000_000_000),
    "signed 64": Int64(-(1 << 62)),
    "float": Float32(0.5),
    "double": 0.1,
    "decimal": Decimal("3.14"),
    "string": "строка",
    "octets": EVERY_OCTET,
    "array": [1, "two", None],
    "timestamp": Timestamp(1_700_000_000),
    "table": {"in": {"deeper": True}},
    "void": None,
}


@pytest.mark.requirement("payload.empty")
def test_empty_body(broker: BrokerRig) -> None:
    """A body of no octets is a message like any other, by get and by consume."""
    queue = broker.queue()
    broker.publish(b"", queue)
    message = broker.get(queue)
    assert message is not None, "the empty message is not there"
    assert message.body == b""
    broker.publish(b"", queue)
    assert broker.arrive(broker.consume(queue), 1)[0].body == b""


@pytest.mark.requirement("payload.opaque")
def test_every_octet(broker: BrokerRig) -> None:
    """Every value of an octet comes back, the frame end among them."""
    queue = broker.queue()
    broker.publish(EVERY_OCTET, queue)
    assert broker.drain(queue) == [EVERY_OCTET]


@pytest.mark.requirement("payload.large")
@pytest.mark.parametrize("size", [131072 - 8, 131072 - 7, MIB, 3 * MIB])
def test_large_body(broker: BrokerRig, size: int) -> None:
    """A body of up to frame_max, of one octet more, and far above it comes back whole."""
    queue = broker.queue()
    body = (EVERY_OCTET * (size // 256 + 1))[:size]
    broker.publish(body, queue)
    (got,) = broker.drain(queue)
    assert len(got) == size
    assert hashlib.sha256(got).digest() == hashlib.sha256(body).digest(), "octets were changed"


@pytest.mark.requirement("payload.properties")
def test_properties(broker: BrokerRig) -> None:
    """Every property comes back as it was sent; what was not sent is not there."""
    queue = broker.queue()
    broker.publish(b"", queue, **EVERY_PROPERTY)
    broker.publish(b"", queue)
    full, bare = broker.get(queue), broker.get(queue)
    assert full is not None
    assert bare is not None
    assert {name: getattr(full.properties, name) for name in EVERY_PROPERTY} == EVERY_PROPERTY
    assert {n: v for n, v in vars(bare.properties).items() if v is not None} == {}


@pytest.mark.requirement("payload.user-id")
def test_user_id_is_true(broker: BrokerRig) -> None:
    """The property user-id is checked: the publisher's own user passes, another is 406."""
    queue = broker.queue()
    user = broker.place.broker.case_user
    broker.publish(b"own", queue, user_id=user)
    message = broker.get(queue)
    assert message is not None
    assert message.properties.user_id == user
    with broker.refused(406):
        broker.publish(b"another's", queue, user_id="somebody")


@pytest.mark.requirement("payload.headers")
def test_headers_of_every_type(broker: BrokerRig) -> None:
    """Headers of every field-table type of RabbitMQ's come back with their types and values."""
    queue = broker.queue()
    client = broker.raw()
    client.log_in()
    client.tune()
    client.open_channel()
    header = ContentHeader(body_size=1, properties=BasicProperties(headers=EVERY_FIELD_TYPE))
    client.send_message(1, BasicPublish(routing_key=queue), header, b"x")
    broker.until(lambda: broker.ready(queue) == 1, "the message in its queue")
    client.send(1, BasicGet(queue=queue, no_ack=True))
    client.expect(BasicGetOk)
    properties = client.read_body().properties
    assert properties is not None
    assert _typed(properties.headers) == _typed(EVERY_FIELD_TYPE)


def _typed(table: FieldTable | None) -> dict[str, tuple[str, object]]:
    return {name: (type(value).__name__, value) for name, value in (table or {}).items()}
