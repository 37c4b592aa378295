"""Messages over the management API: what is taken of a message, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.tcp.embedded import Embedded

HELLO: dict[str, Any] = {
    "routing_key": "m",
    "payload": "h\u00e9llo",
    "payload_encoding": "string",
    "properties": {},
}
GET: dict[str, Any] = {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}


def publish(broker: Embedded, **changes: Any) -> Any:
    """Publish to the queue m, which is made."""
    broker.api("PUT", "queues/%2F/m", json={})
    return broker.api("POST", "exchanges/%2F/amq.default/publish", json=HELLO | changes)


def get(broker: Embedded, **changes: Any) -> Any:
    """Get from it."""
    return broker.api("POST", "queues/%2F/m/get", json=GET | changes)


@pytest.mark.parametrize(
    ("most", "payload", "encoding"),
    [
        (0, "", "string"),
        (1, "h", "string"),
        (2, "aMM=", "base64"),
        ("3", "h\u00e9", "string"),
        (50_000, "h\u00e9llo", "string"),
    ],
)
def test_truncated(broker: Embedded, most: object, payload: str, encoding: str) -> None:
    """`truncate` cuts a payload at an octet; its size is told whole."""
    assert publish(broker).json() == {"routed": True}
    (got,) = get(broker, truncate=most).json()
    assert (got["payload"], got["payload_encoding"], got["payload_bytes"]) == (payload, encoding, 6)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"truncate": "x"}, ["not_integer", "x"]),
        ({"count": None}, ["not_integer", None]),
        ({"encoding": "utf-8"}, "Unsupported encoding. Please use auto or base64."),
    ],
)
def test_what_cannot_be_got(broker: Embedded, asked: dict[str, object], reason: object) -> None:
    """What is asked wrongly is 400, and no message is taken."""
    publish(broker)
    answer = get(broker, **asked)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert len(get(broker, count=-1).json()) == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"payload": 5}, "payload_not_string"),
        ({"properties": {"delivery_mode": "2"}}, ["not_int", "delivery_mode"]),
        ({"properties": {"expiration": 5}}, ["not_string", "expiration"]),
        ({"properties": {"headers": {"a": {"b": None}}}}, "null_not_allowed"),
        (
            {"properties": {"expiration": "x"}},
            "406 PRECONDITION_FAILED - invalid expiration 'x': no_integer",
        ),
    ],
)
def test_what_cannot_be_published(
    broker: Embedded, given: dict[str, object], reason: object
) -> None:
    """What is no message is 400 with the reason; what AMQP refuses is told in its words."""
    answer = publish(broker, **given)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


@pytest.mark.parametrize(
    ("semantics", "status", "reason"),
    [
        ("3.10", 400, "404 NOT_FOUND - no exchange 'none' in vhost '/'"),
        ("4.3", 404, "exchange_not_found"),
    ],
)
def test_publishing_to_no_exchange(semantics: str, status: int, reason: str) -> None:
    """It is 400 on 3.10, and 404 on later releases."""
    with Embedded.start("--semantics", semantics) as broker:
        answer = broker.api("POST", "exchanges/%2F/none/publish", json=HELLO)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
