"""What RabbitMQ's releases do differently to quorum queues, as data; it is part of `semantics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.fact import fact

if TYPE_CHECKING:
    from warren.simulator.model.quorum_ready import Levels


@fact
class QuorumSemantics:
    """One release's quorum queues."""

    name: str
    """What refusing basic.get calls such queues."""

    default_delivery_limit: int | None
    """How many failed deliveries a message may have where a queue says nothing; None for any number."""

    negative_is_no_limit: bool
    """A negative delivery limit is none; where this is False, every return is over it."""

    counts_every_return: bool
    """The limit is for all deliveries that came back; where this is False, for those that failed."""

    rejects_as_nacks: bool
    """basic.reject with requeue returns a message as basic.nack does; otherwise its delivery has failed."""

    unlimited_to_the_tail: bool
    """Without a limit, what a consumer gives back goes behind all others."""

    returns_by_tag: bool
    """What a lost channel held comes back in the order of consumer tags; otherwise of consumers."""

    discards_fail: bool
    """A delivery that was not acknowledged has failed also where basic.nack did not requeue it."""

    deaths_keep_failures: bool
    """A dead letter begins in its next queue with as many failed deliveries as it had."""

    tells_acquired: bool
    """A message that came back has x-acquired-count, and x-delivery-count only if it failed."""

    get_tells_zero: bool
    """basic.get shows an x-delivery-count of 0; a consumer sees none before the first return."""

    levels: Levels
    """How many priorities there are."""

    single_active_by_priority: bool
    """A consumer with a higher priority becomes the single active one."""

    every_level_expires: bool
    """A message expires also at the head of a priority that is not the next to be served."""

    properties_count: bool
    """x-max-length-bytes limits properties and bodies; otherwise bodies alone."""

    purges_dead_letters: bool
    """A purge counts dead letters that have not arrived, and drops those that wait to be sent."""

    delays_retries: bool
    """x-delayed-retry-type lets messages wait that came back."""


QUORUM_3_10 = QuorumSemantics(
    name="quorum",
    default_delivery_limit=None,
    negative_is_no_limit=False,
    counts_every_return=True,
    rejects_as_nacks=True,
    unlimited_to_the_tail=True,
    returns_by_tag=True,
    discards_fail=False,
    deaths_keep_failures=False,
    tells_acquired=False,
    get_tells_zero=True,
    levels=1,
    single_active_by_priority=False,
    every_level_expires=False,
    properties_count=False,
    purges_dead_letters=False,
    delays_retries=False,
)

QUORUM_4_0 = QuorumSemantics(
    name="quorum",
    default_delivery_limit=20,
    negative_is_no_limit=True,
    counts_every_return=True,
    rejects_as_nacks=True,
    unlimited_to_the_tail=True,
    returns_by_tag=False,
    discards_fail=True,
    deaths_keep_failures=True,
    tells_acquired=False,
    get_tells_zero=False,
    levels=2,
    single_active_by_priority=True,
    every_level_expires=False,
    properties_count=False,
    purges_dead_letters=False,
    delays_retries=False,
)

QUORUM_4_3 = QuorumSemantics(
    name='<<"quorum">>',
    default_delivery_limit=20,
    negative_is_no_limit=True,
    counts_every_return=False,
    rejects_as_nacks=False,
    unlimited_to_the_tail=False,
    returns_by_tag=False,
    discards_fail=False,
    deaths_keep_failures=True,
    tells_acquired=True,
    get_tells_zero=False,
    levels=32,
    single_active_by_priority=True,
    every_level_expires=True,
    properties_count=True,
    purges_dead_letters=True,
    delays_retries=True,
)
