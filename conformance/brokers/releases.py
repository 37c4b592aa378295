"""What RabbitMQ's releases do differently, as data. But for these values, every case expects the same of all releases.

Found by running the cases on each. A release that is not here is taken for the newest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """What cases expect of one release."""

    global_prefetch: bool
    """basic.qos with `global` limits all consumers of the channel together; otherwise each of them."""

    transient_exchanges_survive: bool
    """An exchange that is not durable is still there after a restart."""

    unknown_type_unnamed: int
    """The reply code for declaring a queue of an unknown type and without a name; with a name it is always 406."""

    commit_looks_up_queues: bool
    """A transaction finds its messages' queues by name at the commit; otherwise at the publish."""

    commit_without_queue: int
    """The reply code for a commit where a queue is gone; it means nothing where the commit finds the queues."""

    reply_is_routed: bool
    """A mandatory direct reply counts as routed, also when the caller has gone."""

    reply_waits_for_commit: bool
    """A direct reply published in a transaction is held back till the commit."""

    other_protocol: bytes
    """The protocol header that answers a client of another protocol, or of an AMQP older than 0-9."""

    mechanisms: frozenset[bytes]
    """The ways to log in. Their order changes from one start of 4.3 to the next."""

    sorts_headers: bool
    """A message's headers come back in order and without repeats; otherwise as they came."""

    checks_delivery_mode: bool
    """A delivery mode other than 1 and 2 is refused."""

    texts_in_latin_1: bool
    """A reply text has an octet that is no UTF-8 as the character of its number; otherwise as it came."""

    drops_detours: bool
    """A message that was rejected twice and came back by way of two queues with a TTL each time is dropped."""

    routes_by_milliseconds: bool
    """A headers exchange takes a message's timestamps for milliseconds, and those of bindings for seconds."""

    clash_of_types: str
    """What is said where a quorum queue is declared again without a type."""

    master_locator: bool
    """x-queue-master-locator may be given."""

    any_master_locator: bool
    """Its value means nothing."""

    local_random: bool
    """There are exchanges of the type x-local-random."""

    modulus_hash: int | None
    """The reply code for an exchange of the type x-modulus-hash; None where there are such."""

    bound_reply_to: int
    """The reply code for binding a direct reply-to name."""

    frame_min: int
    """In octets: the least frame_max that a client may choose, and the largest payload before it has chosen."""

    checks_body_size: bool
    """A body larger than its header says is refused; otherwise its message never ends."""

    nack_fails: bool
    """A quorum queue counts a nack with requeue as a failed delivery, as it does a reject."""

    default_delivery_limit: int | None
    """How many failed deliveries a message of a quorum queue may have that says nothing of it."""

    negative_policy_limit: bool
    """A policy may have a negative delivery limit, which is none; otherwise it is refused."""

    unlimited_to_the_tail: bool
    """Without a delivery limit, a quorum queue puts behind all others what is nacked with requeue."""

    single_active_by_priority: bool
    """Of a quorum queue, the consumer with the highest priority becomes the single active one."""

    quorum_order: tuple[bytes, ...]
    """How a quorum queue gives messages that came in as 1, none, 5, 0 and 9, named after their priorities."""

    channels_time_out: bool
    """A channel whose ack is late is closed; otherwise quorum queues take messages back, and classic ones wait."""

    queues_set_timeout: bool
    """x-consumer-timeout of a queue says how long an ack may take; otherwise it means nothing."""

    delays_retries: bool
    """A quorum queue may wait before it serves again what came back."""

    stream_refuses_nack: bool
    """A delivery of a stream that is nacked or rejected ends the connection; otherwise that is as an ack."""

    stream_takes_dead_letters: bool
    """Dead letters come into a stream; otherwise they are lost."""

    stream_filters: bool
    """x-stream-filter chooses what a consumer of a stream gets; otherwise it means nothing."""

    stream_keeps_annotations: bool
    """A stream keeps tables and arrays in headers that begin with `x-`; otherwise it keeps none."""


RELEASES = {
    "3.10": Release(
        global_prefetch=True,
        transient_exchanges_survive=False,
        unknown_type_unnamed=541,
        commit_looks_up_queues=True,
        commit_without_queue=0,
        reply_is_routed=False,
        reply_waits_for_commit=False,
        other_protocol=b"AMQP\x00\x00\x09\x01",
        mechanisms=frozenset({b"AMQPLAIN", b"PLAIN"}),
        sorts_headers=False,
        checks_delivery_mode=True,
        texts_in_latin_1=False,
        drops_detours=True,
        routes_by_milliseconds=False,
        clash_of_types="received none but current is the value 'quorum' of type 'longstr'",
        master_locator=True,
        any_master_locator=False,
        local_random=False,
        modulus_hash=503,
        bound_reply_to=404,
        frame_min=4096,
        checks_body_size=False,
        nack_fails=True,
        default_delivery_limit=None,
        negative_policy_limit=False,
        unlimited_to_the_tail=True,
        single_active_by_priority=False,
        quorum_order=(b"1", b"none", b"5", b"0", b"9"),
        channels_time_out=True,
        queues_set_timeout=False,
        delays_retries=False,
        stream_refuses_nack=True,
        stream_takes_dead_letters=False,
        stream_filters=False,
        stream_keeps_annotations=False,
    ),
    "4.0": Release(
        global_prefetch=True,
        transient_exchanges_survive=False,
        unknown_type_unnamed=541,
        commit_looks_up_queues=False,
        commit_without_queue=406,
        reply_is_routed=False,
        reply_waits_for_commit=False,
        other_protocol=b"AMQP\x03\x01\x00\x00",
        mechanisms=frozenset({b"AMQPLAIN", b"ANONYMOUS", b"PLAIN"}),
        sorts_headers=True,
        checks_delivery_mode=False,
        texts_in_latin_1=True,
        drops_detours=False,
        routes_by_milliseconds=True,
        clash_of_types="received 'classic' but current is 'quorum'",
        master_locator=True,
        any_master_locator=True,
        local_random=True,
        modulus_hash=406,
        bound_reply_to=404,
        frame_min=4096,
        checks_body_size=False,
        nack_fails=True,
        default_delivery_limit=20,
        negative_policy_limit=True,
        unlimited_to_the_tail=True,
        single_active_by_priority=True,
        quorum_order=(b"5", b"9", b"1", b"none", b"0"),
        channels_time_out=True,
        queues_set_timeout=True,
        delays_retries=False,
        stream_refuses_nack=False,
        stream_takes_dead_letters=True,
        stream_filters=True,
        stream_keeps_annotations=True,
    ),
    "4.3": Release(
        global_prefetch=False,
        transient_exchanges_survive=True,
        unknown_type_unnamed=406,
        commit_looks_up_queues=False,
        commit_without_queue=506,
        reply_is_routed=True,
        reply_waits_for_commit=True,
        other_protocol=b"AMQP\x03\x01\x00\x00",
        mechanisms=frozenset({b"AMQPLAIN", b"ANONYMOUS", b"PLAIN"}),
        sorts_headers=True,
        checks_delivery_mode=False,
        texts_in_latin_1=True,
        drops_detours=False,
        routes_by_milliseconds=True,
        clash_of_types="received 'classic' but current is 'quorum'",
        master_locator=False,
        any_master_locator=False,
        local_random=True,
        modulus_hash=None,
        bound_reply_to=403,
        frame_min=8192,
        checks_body_size=True,
        nack_fails=False,
        default_delivery_limit=20,
        negative_policy_limit=True,
        unlimited_to_the_tail=False,
        single_active_by_priority=True,
        quorum_order=(b"9", b"5", b"none", b"1", b"0"),
        channels_time_out=False,
        queues_set_timeout=True,
        delays_retries=True,
        stream_refuses_nack=False,
        stream_takes_dead_letters=True,
        stream_filters=True,
        stream_keeps_annotations=True,
    ),
}


def release_of(version: str) -> Release:
    """Give what to expect of a broker of `version`, e.g. "3.10.8"."""
    release = ".".join(version.split(".")[:2])
    return RELEASES.get(release, RELEASES[max(RELEASES, key=_number)])


def _number(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))
