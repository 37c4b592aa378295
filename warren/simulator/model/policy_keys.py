"""What policies may say, release by release: data alone. What a policy is, and whom it is for: `policies`.

Which types of queue a key is for was seen on the brokers: a policy with a key that a type does not
take is not for queues of that type at all. The texts are RabbitMQ's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from warren.simulator.fact import fact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CLASSIC, QUORUM, STREAM = frozenset({"classic"}), frozenset({"quorum"}), frozenset({"stream"})
WORKING = CLASSIC | QUORUM
EVERY = WORKING | STREAM
MAX_AGE = re.compile(r"[0-9]+[YMDhms]")


@fact
class PolicyKey:
    """One key of a definition: whose queues take it, what its values are called and look like.

    `for_operators`: an operator policy may have it, too.
    """

    types: frozenset[str]
    called: str
    accepts: Callable[[object], bool]
    for_operators: bool = False


def is_integer(value: object, least: int | None = None) -> bool:
    """Tell whether this is an integer of JSON, and large enough."""
    return (
        isinstance(value, int) and not isinstance(value, bool) and (least is None or value >= least)
    )


def _at_least(least: int) -> Callable[[object], bool]:
    return lambda value: is_integer(value, least)


def _one_of(*words: object) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, bool) and value in words


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_age(value: object) -> bool:
    return isinstance(value, str) and MAX_AGE.fullmatch(value) is not None


OVERFLOWS = ("drop-head", "reject-publish", "reject-publish-dlx")
_LOCATORS = ("client-local", "balanced", "random", "least-leaders", "min-masters")
_NATURAL, _POSITIVE = _at_least(0), _at_least(1)

_EVERYWHERE: dict[str, PolicyKey] = {
    "message-ttl": PolicyKey(WORKING, "message TTL", _NATURAL, for_operators=True),
    "expires": PolicyKey(WORKING, "queue expiry", _POSITIVE, for_operators=True),
    "max-length": PolicyKey(WORKING, "maximum length", _NATURAL, for_operators=True),
    "max-length-bytes": PolicyKey(EVERY, "maximum length in bytes", _NATURAL, for_operators=True),
    "overflow": PolicyKey(WORKING, "overflow value", _one_of(*OVERFLOWS), for_operators=True),
    "dead-letter-exchange": PolicyKey(WORKING, "dead letter exchange name", _is_text),
    "dead-letter-routing-key": PolicyKey(WORKING, "dead letter routing key", _is_text),
    "dead-letter-strategy": PolicyKey(
        QUORUM, "dead letter strategy", _one_of("at-most-once", "at-least-once")
    ),
    "delivery-limit": PolicyKey(QUORUM, "delivery limit", is_integer, for_operators=True),
    "max-in-memory-length": PolicyKey(
        QUORUM, "maximum memory in bytes", _NATURAL, for_operators=True
    ),
    "max-in-memory-bytes": PolicyKey(
        QUORUM, "maximum memory in bytes", _NATURAL, for_operators=True
    ),
    "max-age": PolicyKey(STREAM, "max age", _is_age),
    "stream-max-segment-size-bytes": PolicyKey(STREAM, "segment size", _NATURAL),
    "initial-cluster-size": PolicyKey(STREAM, "cluster size", _POSITIVE),
    "queue-mode": PolicyKey(CLASSIC, "queue-mode value", _one_of("default", "lazy")),
    "queue-version": PolicyKey(EVERY, "queue-version value", _one_of(1, 2), for_operators=True),
    "queue-leader-locator": PolicyKey(EVERY, "queue leader locator", _one_of(*_LOCATORS)),
    "alternate-exchange": PolicyKey(EVERY, "alternate exchange name", _is_text),
}
_LATER: dict[str, PolicyKey] = {
    "consumer-timeout": PolicyKey(EVERY, "consumer timeout", _NATURAL),
    "stream-filter-size-bytes": PolicyKey(EVERY, "filter size", _NATURAL),
    "target-group-size": PolicyKey(QUORUM, "qq target count value", _POSITIVE, for_operators=True),
}

KEYS_3_10: Mapping[str, PolicyKey] = _EVERYWHERE | {
    "overflow": PolicyKey(WORKING, "overflow value", _one_of(*OVERFLOWS)),
    "delivery-limit": PolicyKey(QUORUM, "delivery limit", _NATURAL, for_operators=True),
    "queue-version": PolicyKey(EVERY, "queue-version value", _one_of(1, 2)),
    "queue-leader-locator": PolicyKey(QUORUM | STREAM, "queue leader locator", _one_of(*_LOCATORS)),
    "max-in-memory-length": PolicyKey(
        WORKING, "maximum memory in bytes", _NATURAL, for_operators=True
    ),
    "max-in-memory-bytes": PolicyKey(
        WORKING, "maximum memory in bytes", _NATURAL, for_operators=True
    ),
    "ha-mode": PolicyKey(CLASSIC, "ha-mode value", _one_of("all", "exactly", "nodes")),
    "queue-master-locator": PolicyKey(
        CLASSIC, "queue master locator", _one_of("client-local", "random", "min-masters")
    ),
}
KEYS_4_0: Mapping[str, PolicyKey] = (
    _EVERYWHERE
    | _LATER
    | {
        "queue-master-locator": PolicyKey(
            frozenset(), "queue master locator", _one_of(*_LOCATORS), for_operators=True
        )
    }
)
KEYS_4_3: Mapping[str, PolicyKey] = (
    _EVERYWHERE
    | _LATER
    | {
        "consumer-disconnected-timeout": PolicyKey(EVERY, "disconnected timeout", _NATURAL),
        "delayed-retry-type": PolicyKey(EVERY, "delayed retry type", _is_text, for_operators=True),
        "delayed-retry-min": PolicyKey(EVERY, "delayed retry time", _NATURAL, for_operators=True),
        "delayed-retry-max": PolicyKey(EVERY, "delayed retry time", _NATURAL, for_operators=True),
    }
)

TARGETS_3_10 = ("queues", "exchanges", "all")
TARGETS_LATER = ("queues", "classic_queues", "quorum_queues", "streams", "exchanges", "all")
"""What a policy may be for."""
