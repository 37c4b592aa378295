"""What each type of queue is called and which arguments it knows, release by release: data alone.

What a queue of each type does is in `classic` and `quorum`; how a declaration is checked in `policy`.
"""

from __future__ import annotations

from warren.simulator.fact import fact


@fact
class QueueType:
    """One type of queue as one release has it.

    `module` is what reply texts call it. `arguments` stand in the order in which a redeclaration is
    compared; one that another type knows is refused, one that none knows is accepted and means
    nothing. `replicated`: such a queue is durable and shared, and its client gives it a name.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    consumer_arguments: tuple[str, ...]
    replicated: bool


def _classic(*more: str, consumer: tuple[str, ...] = ()) -> QueueType:
    return QueueType(
        "classic",
        "rabbit_classic_queue",
        (
            "x-expires",
            "x-message-ttl",
            "x-dead-letter-exchange",
            "x-dead-letter-routing-key",
            "x-max-length",
            "x-max-length-bytes",
            "x-max-priority",
            "x-overflow",
            "x-queue-mode",
            "x-queue-version",
            "x-single-active-consumer",
            "x-queue-type",
            "x-queue-master-locator",
            *more,
        ),
        ("x-priority", *consumer),
        replicated=False,
    )


def _quorum(*more: str, consumer: tuple[str, ...] = ()) -> QueueType:
    return QueueType(
        "quorum",
        "rabbit_quorum_queue",
        (
            "x-dead-letter-exchange",
            "x-dead-letter-routing-key",
            "x-dead-letter-strategy",
            "x-expires",
            "x-max-length",
            "x-max-length-bytes",
            "x-max-in-memory-length",
            "x-max-in-memory-bytes",
            "x-overflow",
            "x-single-active-consumer",
            "x-queue-type",
            "x-quorum-initial-group-size",
            "x-delivery-limit",
            "x-message-ttl",
            "x-queue-leader-locator",
            *more,
        ),
        ("x-priority", *consumer),
        replicated=True,
    )


def _stream(*sizes: str, consumer: tuple[str, ...] = ()) -> QueueType:
    return QueueType(
        "stream",
        "rabbit_stream_queue",
        (
            "x-max-length-bytes",
            "x-queue-type",
            "x-max-age",
            "x-stream-max-segment-size-bytes",
            *sizes,
            "x-initial-cluster-size",
            "x-queue-leader-locator",
        ),
        ("x-stream-offset", *consumer),
        replicated=True,
    )


TYPES_3_10 = (
    _classic(consumer=("x-cancel-on-ha-failover", "x-credit")),
    _quorum(consumer=("x-credit",)),
    _stream(consumer=("x-credit",)),
)
_FILTER = ("x-stream-filter", "x-stream-match-unfiltered")
TYPES_4_0 = (_classic("x-queue-leader-locator"), _quorum(), _stream(consumer=_FILTER))
TYPES_4_3 = (
    _classic("x-queue-leader-locator"),
    _quorum(
        "x-consumer-disconnected-timeout",
        "x-consumer-timeout",
        "x-delayed-retry-type",
        "x-delayed-retry-min",
        "x-delayed-retry-max",
        consumer=("x-consumer-timeout",),
    ),
    _stream("x-stream-filter-size-bytes", consumer=_FILTER),
)
