"""What a queue's optional arguments say. Whether they may be said: `arguments`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from warren.simulator.fact import fact
from warren.simulator.model.tables import is_integer

Arguments = Mapping[str, object]


class Overflow(Enum):
    """What a full queue does: drop its oldest message, or refuse (and dead-letter) the new one."""

    DROP_HEAD = "drop-head"
    REJECT_PUBLISH = "reject-publish"
    REJECT_PUBLISH_DLX = "reject-publish-dlx"


@fact
class QueuePolicy:
    """A queue's arguments, read. Times are milliseconds; None means the argument is not given."""

    ttl: int | None
    expires: int | None
    max_length: int | None
    max_length_bytes: int | None
    overflow: Overflow
    max_priority: int | None
    dead_letter_exchange: str | None
    dead_letter_routing_key: str | None
    single_active_consumer: bool
    limited: bool
    delivery_limit: int | None
    consumer_timeout: int | None

    @staticmethod
    def of(arguments: Arguments) -> QueuePolicy:
        """Read `arguments`, which `arguments.check_queue_arguments` has found right."""
        max_length = _integer(arguments, "x-max-length")
        max_length_bytes = _integer(arguments, "x-max-length-bytes")
        return QueuePolicy(
            ttl=_integer(arguments, "x-message-ttl"),
            expires=_integer(arguments, "x-expires"),
            max_length=max_length,
            max_length_bytes=max_length_bytes,
            overflow=Overflow(arguments.get("x-overflow", "drop-head")),
            max_priority=_integer(arguments, "x-max-priority"),
            dead_letter_exchange=_string(arguments, "x-dead-letter-exchange"),
            dead_letter_routing_key=_string(arguments, "x-dead-letter-routing-key"),
            single_active_consumer=arguments.get("x-single-active-consumer") is True,
            limited=max_length is not None or max_length_bytes is not None,
            delivery_limit=_integer(arguments, "x-delivery-limit"),
            consumer_timeout=_integer(arguments, "x-consumer-timeout"),
        )


def _integer(arguments: Arguments, key: str) -> int | None:
    value = arguments.get(key)
    return value if isinstance(value, int) and is_integer(value) else None


def _string(arguments: Arguments, key: str) -> str | None:
    value = arguments.get(key)
    return value if isinstance(value, str) else None
