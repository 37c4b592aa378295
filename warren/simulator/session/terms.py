"""What the broker tells every client of itself, and what it lets them choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.fact import fact
from warren.simulator.model import SEMANTICS, Version
from warren.simulator.wire.connection_tune import Limits

if TYPE_CHECKING:
    from warren.simulator.wire import FieldTable

RELEASES: dict[Version, str] = {"3.10": "3.10.8", "4.0": "4.0.5", "4.3": "4.3.6"}
"""What a broker of each semantics calls its version: the release that its answers were measured on.

Scripts compare it with RabbitMQ's."""
_CAPABILITIES = (
    "publisher_confirms",
    "exchange_exchange_bindings",
    "basic.nack",
    "consumer_cancel_notify",
    "connection.blocked",
    "consumer_priorities",
    "authentication_failure_close",
    "per_consumer_qos",
    "direct_reply_to",
)


@fact
class Terms:
    """The same for every connection of one broker; most fields are those of `wire.Connection`."""

    limits: Limits
    server_properties: FieldTable
    frame_min: int
    other_protocol: bytes
    checks_size: bool
    mechanisms: tuple[str, ...]
    rewrites_properties: bool
    """Also what came in no order goes out as RabbitMQ writes it."""


def terms_of(version: Version) -> Terms:
    """Return the terms of a broker that behaves like this version of RabbitMQ."""
    semantics = SEMANTICS[version]
    return Terms(
        Limits(),
        _server_properties(version),
        semantics.frame_min,
        semantics.other_protocol,
        semantics.checks_body_size,
        semantics.mechanisms,
        semantics.sorts_headers,
    )


def _server_properties(version: Version) -> FieldTable:
    """Return what connection.start says about us; clients look at the capabilities."""
    return {
        "capabilities": dict.fromkeys(_CAPABILITIES, True),
        "cluster_name": "warren@localhost",
        "copyright": "MIT",
        "information": "Warren's embedded broker, with the behaviour of RabbitMQ",
        "platform": "Python",
        "product": "RabbitMQ",
        "version": RELEASES[version],
    }
