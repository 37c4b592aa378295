"""What the two sides of a connection send, as octets. No test lives here."""

from __future__ import annotations

from warren.simulator.wire import (
    BasicDeliver,
    BasicProperties,
    BasicPublish,
    ContentHeader,
    Method,
    encode_message,
    encode_method_frame,
)


def deliver_octets(
    tag: int, body: bytes = b"body", *, redelivered: bool = False, consumer: str = "ctag"
) -> bytes:
    """Write a delivery on channel 1, as a broker does."""
    method = BasicDeliver(consumer, tag, redelivered, "exchange", "key")
    header = ContentHeader(60, len(body), BasicProperties(message_id=f"m{tag}"))
    return encode_message(1, method, header, body)


def method_octets(method: Method, channel: int = 1) -> bytes:
    """Write a method as a frame."""
    return encode_method_frame(channel, method)


def publish_octets(body: bytes = b"body", exchange: str = "exchange", key: str = "key") -> bytes:
    """Write a publish on channel 1, as a client does."""
    header = ContentHeader(60, len(body), BasicProperties())
    return encode_message(1, BasicPublish(exchange, key), header, body)
