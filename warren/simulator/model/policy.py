"""What a queue's optional arguments and policies say. Whether they may be said: `arguments`, `policies`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.fact import fact
from warren.simulator.model.delayed import DelayedRetry
from warren.simulator.model.policies import smaller
from warren.simulator.model.tables import is_integer

if TYPE_CHECKING:
    from warren.simulator.model.policies import Definition
    from warren.simulator.model.quorum_releases import QuorumSemantics

Arguments = Mapping[str, object]
RETRIES = frozenset({"all", "failed", "returned"})
"""For which returns a queue may wait; anything else is for none."""


class Overflow(Enum):
    """What a full queue does: drop its oldest message, or refuse (and dead-letter) the new one."""

    DROP_HEAD = "drop-head"
    REJECT_PUBLISH = "reject-publish"
    REJECT_PUBLISH_DLX = "reject-publish-dlx"


@fact
class QueuePolicy:
    """A queue's arguments and policies, read. Times are milliseconds; None means that nothing is given.

    Of an argument and a policy the smaller number holds, and of what is no number the argument. But in
    quorum queues a policy says what overflow does.
    """

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
    at_least_once: bool
    """Its dead letters stay until they have arrived."""
    retry: DelayedRetry | None

    @staticmethod
    def of(
        arguments: Arguments,
        definition: Definition,
        semantics: QuorumSemantics,
        *,
        sets_overflow: bool,
    ) -> QueuePolicy:
        """Read `arguments`, which `arguments.check_queue_arguments` has found right, and a policy's definition.

        `sets_overflow`: what the policy says of overflow comes before what the arguments say.
        """
        max_length = _least(arguments, definition, "max-length")
        max_length_bytes = _least(arguments, definition, "max-length-bytes")
        given = (arguments.get("x-overflow"), definition.get("overflow"))
        overflow = _first(*(reversed(given) if sets_overflow else given)) or "drop-head"
        dead_letter_exchange = _text(arguments, definition, "dead-letter-exchange")
        strategy = _text(arguments, definition, "dead-letter-strategy")
        return QueuePolicy(
            ttl=_least(arguments, definition, "message-ttl"),
            expires=_least(arguments, definition, "expires"),
            max_length=max_length,
            max_length_bytes=max_length_bytes,
            overflow=Overflow(overflow),
            max_priority=_integer(arguments, "x-max-priority"),
            dead_letter_exchange=dead_letter_exchange,
            dead_letter_routing_key=_text(arguments, definition, "dead-letter-routing-key"),
            single_active_consumer=arguments.get("x-single-active-consumer") is True,
            limited=max_length is not None or max_length_bytes is not None,
            delivery_limit=_delivery_limit(arguments, definition, semantics),
            consumer_timeout=_least(arguments, definition, "consumer-timeout"),
            at_least_once=strategy == "at-least-once"
            and dead_letter_exchange is not None
            and overflow == Overflow.REJECT_PUBLISH.value,
            retry=_retry(arguments, definition) if semantics.delays_retries else None,
        )


def _delivery_limit(
    arguments: Arguments, definition: Definition, semantics: QuorumSemantics
) -> int | None:
    given = (_integer(arguments, "x-delivery-limit"), _integer(definition, "delivery-limit"))
    if given == (None, None):
        return semantics.default_delivery_limit
    if not semantics.negative_is_no_limit:
        return min(each for each in given if each is not None)
    limit = smaller(*given)
    return None if limit is None or limit < 0 else limit


def _retry(arguments: Arguments, definition: Definition) -> DelayedRetry | None:
    """Read for which returns a queue waits; of the kind a policy comes before an argument."""
    kind = _first(definition.get("delayed-retry-type"), arguments.get("x-delayed-retry-type"))
    least = _least(arguments, definition, "delayed-retry-min")
    if not isinstance(kind, str) or kind not in RETRIES or not least or least < 0:
        return None
    most = _least(arguments, definition, "delayed-retry-max") or least
    return DelayedRetry(kind != "returned", kind != "failed", least, most)


def _least(arguments: Arguments, definition: Definition, name: str) -> int | None:
    given = (_integer(arguments, f"x-{name}"), _integer(definition, name))
    return min((each for each in given if each is not None), default=None)


def _text(arguments: Arguments, definition: Definition, name: str) -> str | None:
    value = _first(arguments.get(f"x-{name}"), definition.get(name))
    return value if isinstance(value, str) else None


def _first(*values: object) -> object:
    return next((each for each in values if each is not None), None)


def _integer(arguments: Arguments, key: str) -> int | None:
    value = arguments.get(key)
    return value if isinstance(value, int) and is_integer(value) else None
