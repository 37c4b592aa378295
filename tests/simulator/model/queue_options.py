"""What queues are declared with in random sequences, by a number that the sequence has drawn."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulator.model.sequences import World


ODD_ARGUMENTS: Mapping[int, tuple[dict[str, object], ...]] = {
    7: (
        {"x-delivery-limit": 3},
        {"x-max-age": "1h"},
        {"x-dead-letter-strategy": "at-most-once"},
        {"x-max-in-memory-length": 5},
        {"x-quorum-initial-group-size": 1},
        {"x-queue-leader-locator": "client-local"},
        {"x-consumer-timeout": 600_000},
        {"x-delayed-retry-type": "disabled"},
        {"x-unheard-of": 1},
        {"x-max-priority": 3},
        {"x-queue-mode": "lazy"},
        {"x-queue-version": 2},
        {"x-stream-max-segment-size-bytes": 1000},
        {"x-initial-cluster-size": 1},
        {"x-cancel-on-ha-failover": True},
    ),
    14: (
        {"x-message-ttl": datetime(2020, 1, 1, tzinfo=UTC)},
        {"x-message-ttl": True},
        {"x-dead-letter-exchange": None},
        {"x-max-length": Decimal("0.5")},
        {"x-unheard-of": None},
        {"x-overflow": []},
        {"x-single-active-consumer": "yes"},
        {"x-queue-mode": {}},
        {"x-delivery-limit": None},
        {"x-queue-type": "heap"},
        {"x-queue-type": 1},
    ),
    24: ({"x-queue-type": "classic"}, {"x-queue-type": "quorum"}),
}
"""What a declaration has besides: arguments of other types, values of the wrong type, another type.

By the remainder of a number that no sequence of `differed.json` has.
"""


def quorum_options(world: World, number: int) -> dict[str, Any]:
    """Return what a quorum queue may be declared with, and now and then what it may not."""
    to_queue: dict[str, object] = {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": world.queue(number),
    }
    arguments: tuple[dict[str, object], ...] = (
        {},
        {},
        {},
        {"x-dead-letter-exchange": world.exchange(0)},
        to_queue,
        {"x-delivery-limit": 1},
        {"x-delivery-limit": 2, **to_queue},
        {"x-delivery-limit": -1},
        {"x-delivery-limit": 0, **to_queue},
        {"x-max-length": 2},
        {"x-max-length": 2, **to_queue},
        {"x-max-length": 2, "x-overflow": "reject-publish"},
        {"x-max-length-bytes": 5},
        {"x-single-active-consumer": True},
        {"x-message-ttl": world.ttl},
        {"x-message-ttl": world.ttl, **to_queue},
        {"x-consumer-timeout": 600_000},
        {"x-unheard-of": 1},
        {"x-max-priority": 3},
        {"x-queue-mode": "lazy"},
        {"x-max-age": "1h"},
        {"x-dead-letter-strategy": "sometimes"},
    )
    flags: tuple[dict[str, bool], ...] = (
        {"durable": True},
        {"durable": True},
        {"durable": True},
        {"durable": True},
        {"durable": True},
        {"durable": True, "auto_delete": True},
        {"exclusive": True},
        {"durable": False},
    )
    given = {"x-queue-type": "quorum", **arguments[number % len(arguments)]}
    return {**flags[number // 32 % len(flags)], "arguments": given}


def stream_options(_world: World, number: int) -> dict[str, Any]:
    """Return what a stream may be declared with, and now and then what it may not."""
    arguments: tuple[dict[str, object], ...] = (
        {},
        {},
        {"x-max-age": "1h"},
        {"x-max-length-bytes": 1_000_000},
        {"x-initial-cluster-size": 1, "x-queue-leader-locator": "balanced"},
        {"x-unheard-of": 1},
        {"x-max-age": "0s"},
        {"x-max-length": 2},
        {"x-single-active-consumer": True},
    )
    flags: tuple[dict[str, bool], ...] = (
        {"durable": True},
        {"durable": True},
        {"durable": True},
        {"exclusive": True},
        {},
    )
    given = {"x-queue-type": "stream", **arguments[number % len(arguments)]}
    return {**flags[number // 32 % len(flags)], "arguments": given}


def classic_options(world: World, number: int) -> dict[str, Any]:
    """Return what a classic queue may be declared with; the early ones often."""
    dead: dict[str, object] = {"x-dead-letter-exchange": world.exchange(0)}
    to_queue: dict[str, object] = {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": world.queue(number),
    }
    arguments: tuple[dict[str, object], ...] = (
        {},
        {},
        {},
        dead,
        to_queue,
        {"x-max-length": 2},
        {"x-max-length": 2, **to_queue},
        {"x-max-length": 1, "x-overflow": "reject-publish"},
        {"x-max-length": 1, "x-overflow": "reject-publish-dlx", **to_queue},
        {"x-max-length-bytes": 5},
        {"x-max-priority": 3},
        {"x-max-priority": 3, "x-max-length": 2, **dead},
        {"x-single-active-consumer": True},
        {"x-message-ttl": 0, **to_queue},
        {"x-message-ttl": world.ttl},
        {"x-message-ttl": world.ttl, **to_queue},
        {"x-expires": world.ttl},
        {"x-max-length": -1},
        {"x-max-length": "2"},
        {"x-expires": 0},
        {"x-overflow": "spill"},
        {"x-dead-letter-routing-key": "k"},
        {"x-max-priority": 300},
    )
    flags: tuple[dict[str, bool], ...] = (
        {"durable": True},
        {"durable": True},
        {"durable": True},
        {"durable": True, "auto_delete": True},
        {"exclusive": True},
        {"exclusive": True, "auto_delete": True},
        {"durable": False},
    )
    return {**flags[number // 32 % len(flags)], "arguments": arguments[number % len(arguments)]}
