"""What RabbitMQ 3.10, 4.0 and 4.3 do differently, as data: the rest of the model knows switches and no version.

Some switches stand beside: of queues in `quorum_releases`, `stream_releases` and `queue_types`, of policies in
`policy_keys`. What the management API does differently is its own matter (`tcp/management/releases`).

Each switch was seen on the brokers (`tests/simulator/model/parity.py`) or stands in the sources.
What they amount to is told in `docs/decisions/0202`.
"""

from collections.abc import Mapping
from typing import Literal

from warren.simulator.errors import ReplyCode
from warren.simulator.fact import fact
from warren.simulator.model.policy_keys import (
    KEYS_3_10,
    KEYS_4_0,
    KEYS_4_3,
    TARGETS_3_10,
    TARGETS_LATER,
    PolicyKey,
)
from warren.simulator.model.queue_types import TYPES_3_10, TYPES_4_0, TYPES_4_3, QueueType
from warren.simulator.model.quorum_releases import (
    QUORUM_3_10,
    QUORUM_4_0,
    QUORUM_4_3,
    QuorumSemantics,
)
from warren.simulator.model.stream_releases import (
    STREAM_3_10,
    STREAM_4_0,
    STREAM_4_3,
    StreamSemantics,
)

Version = Literal["3.10", "4.0", "4.3"]
MIB = 1024 * 1024
EXCHANGE_TYPES = frozenset({"direct", "fanout", "topic", "headers"})
"""Those of every release."""


@fact
class Semantics:
    """One release's answers."""

    other_protocol: bytes
    """The header that a client is answered with whose own is not that of AMQP 0-9 or later."""

    mechanisms: tuple[str, ...]
    """The ways to log in, as connection.start names them; 4.3 changes their order from start to start."""

    latin_1_texts: bool
    """An octet that is no UTF-8 stands in a reply text as the character of its number; otherwise as it is."""

    sorts_headers: bool
    """Properties are written anew: headers in the order of their names, no name twice, `L` as `l`, a
    reserved flag cleared. Otherwise they go out as they came in."""

    frame_min: int
    """Octets: the least frame_max a client may choose, and the largest payload before it has."""
    checks_body_size: bool
    """Whether a body is refused that is larger than its header says, or than 512 MiB."""

    global_prefetch: bool
    """basic.qos with `global` limits the channel as a whole. Where this is False, it limits each
    consumer, as if it came without `global`."""

    max_message_size: int
    """Bytes of body a message may have; more is 406 PRECONDITION_FAILED."""

    exchange_types: frozenset[str]
    """The types of exchange there are."""

    checks_delivery_mode: bool
    """A delivery mode is 1 or 2; where this is False, any other is as 1."""

    unknown_exchange_type: ReplyCode
    """The error for an exchange type that does not exist."""

    checks_server_named_type: bool
    """An unknown queue type is 406, also for a queue that the broker is to name. Where this is False,
    the broker fails over the type of such a queue before it has made up the name: 541."""

    refusal_names_permission: bool
    """A 403 says which of configure, write and read was missing."""

    topic_permission_for_copies: bool
    """A topic permission is asked for the keys of CC and BCC, too."""

    topics_go_with_exchange: bool
    """Topic permissions need their exchange, and go with it."""

    channel_limit_in_parentheses: bool
    """A 530 for too many channels of a user has the number in parentheses."""

    passive_needs_access: bool
    """A passive declare needs one of the three permissions; otherwise it needs none."""

    reply_to_is_routable: bool
    """A mandatory message to a direct reply-to name counts as routed, also when nobody has it now."""

    denies_reply_bindings: bool
    """Binding a direct reply-to name is 403; otherwise there is no such queue: 404."""

    replies_before_commit: bool
    """A direct reply does not wait for the transaction it is published in."""

    replies_take_tags: bool
    """A direct reply takes a delivery tag; where this is False, it has that of the delivery to come."""

    plain_expiration: bool
    """An expiration is handed on as a plain number: `+0100` as `100`."""

    last_death_headers: bool
    """Dead lettering also sets x-last-death-queue, -reason and -exchange."""

    resolves_at_commit: bool
    """A transaction looks up the queues of a message by name when it is committed, and passes over
    those that are gone. Where this is False, it knows them from the publish on, and one that another
    of its name has replaced refuses."""

    commit_needs_queues: bool
    """A queue that is gone at the commit is 506; where this is False, it refuses its message."""

    counts_failed_deliveries: bool
    """A delivery has failed when it was rejected, or when its channel ended. Only a message with a
    failed delivery is `redelivered` after a restart, and as a dead letter. Where this is False, every
    message that was delivered before a restart is `redelivered` after it, and no dead letter is."""

    loses_count_of_deliveries: bool
    """A restart drops transient messages. Where it drops one that nobody was ever given, its queue can
    count no deliveries from that place on: no message behind it, in the same priority, is ever
    `redelivered` again."""

    keeps_transient_exchanges: bool
    """A restart leaves exchanges that are not durable, and their bindings to what is left."""

    trusts_death_header: bool
    """How often and where a message died is read from its x-death header, even if a publisher wrote
    it. Where this is False, the broker keeps a record of its own."""

    regroups_deaths: bool
    """At each death but the first the entries of x-death change their order: the new one comes first, with its
    keys in order, and those before it turn round. A circle is looked for in that order, and so may be found
    where there was a rejection: the message is dropped."""

    new_key_drops_copies: bool
    """x-dead-letter-routing-key takes the CC header out of the dead-lettered message."""

    least_max_priority: int
    """What an x-max-priority below this counts as: 0 as 1."""

    topic_hash_limit: int | None
    """How many `#` a topic binding may have; None for no limit."""

    loose_numbers: bool
    """A headers exchange takes 1 and 1.0 for equal."""

    routes_by_milliseconds: bool
    """A headers exchange takes a message's timestamps for milliseconds, and those of bindings for seconds."""

    lazy_queue_mode: bool
    """x-queue-mode is checked: `default` or `lazy`."""

    queue_versions: tuple[int, ...]
    """What x-queue-version may be."""

    channels_time_out: bool
    """A delivery that is not settled in time closes its channel. Where this is False, it is taken back
    from a consumer of a quorum queue, and from one of a classic queue never."""

    queues_set_timeout: bool
    """x-consumer-timeout says what is in time for a queue; otherwise it means nothing."""

    cancel_serves_next: bool
    """Who follows a single active consumer of a classic queue that was cancelled is served at once. Where
    this is False, not before something comes back, or another consumer comes."""

    queue_types: Mapping[str, QueueType]
    """The types of queue by name."""

    names_default_type: bool
    """A queue that is declared without x-queue-type has one all the same: that of its virtual host."""

    leader_locators: frozenset[str]
    """What x-queue-leader-locator may be."""

    master_locator: bool
    """x-queue-master-locator means nothing; where this is False, it is denied: 541."""

    master_locators: frozenset[str] | None
    """What x-queue-master-locator may be, where it is not denied: the broker fails over any other, 541."""

    quorum: QuorumSemantics

    stream: StreamSemantics

    policy_keys: Mapping[str, PolicyKey]
    """What policies may say."""

    policy_targets: tuple[str, ...]
    """What policies may be for."""


def _by_name(types: tuple[QueueType, ...]) -> Mapping[str, QueueType]:
    return {each.name: each for each in types}


SEMANTICS: dict[Version, Semantics] = {
    "3.10": Semantics(
        other_protocol=b"AMQP\x00\x00\x09\x01",
        mechanisms=("AMQPLAIN", "PLAIN"),
        latin_1_texts=False,
        sorts_headers=False,
        frame_min=4096,
        checks_body_size=False,
        global_prefetch=True,
        max_message_size=128 * MIB,
        exchange_types=EXCHANGE_TYPES,
        checks_delivery_mode=True,
        unknown_exchange_type=ReplyCode.COMMAND_INVALID,
        checks_server_named_type=False,
        refusal_names_permission=False,
        topic_permission_for_copies=False,
        topics_go_with_exchange=False,
        channel_limit_in_parentheses=True,
        passive_needs_access=False,
        reply_to_is_routable=False,
        denies_reply_bindings=False,
        replies_before_commit=True,
        replies_take_tags=False,
        plain_expiration=False,
        last_death_headers=False,
        resolves_at_commit=True,
        commit_needs_queues=False,
        counts_failed_deliveries=False,
        loses_count_of_deliveries=True,
        keeps_transient_exchanges=False,
        trusts_death_header=True,
        regroups_deaths=True,
        new_key_drops_copies=True,
        least_max_priority=0,
        topic_hash_limit=None,
        loose_numbers=True,
        routes_by_milliseconds=False,
        lazy_queue_mode=True,
        queue_versions=(1, 2),
        channels_time_out=True,
        queues_set_timeout=False,
        cancel_serves_next=False,
        queue_types=_by_name(TYPES_3_10),
        names_default_type=False,
        leader_locators=frozenset({"client-local", "balanced", "random", "least-leaders"}),
        master_locator=True,
        master_locators=frozenset({"client-local", "random", "min-masters"}),
        quorum=QUORUM_3_10,
        stream=STREAM_3_10,
        policy_keys=KEYS_3_10,
        policy_targets=TARGETS_3_10,
    ),
    "4.0": Semantics(
        other_protocol=b"AMQP\x03\x01\x00\x00",
        mechanisms=("PLAIN", "ANONYMOUS", "AMQPLAIN"),
        latin_1_texts=True,
        sorts_headers=True,
        frame_min=4096,
        checks_body_size=False,
        global_prefetch=True,
        max_message_size=16 * MIB,
        exchange_types=EXCHANGE_TYPES | {"x-local-random"},
        checks_delivery_mode=False,
        unknown_exchange_type=ReplyCode.PRECONDITION_FAILED,
        checks_server_named_type=False,
        refusal_names_permission=True,
        topic_permission_for_copies=True,
        topics_go_with_exchange=False,
        channel_limit_in_parentheses=True,
        passive_needs_access=False,
        reply_to_is_routable=False,
        denies_reply_bindings=False,
        replies_before_commit=True,
        replies_take_tags=False,
        plain_expiration=True,
        last_death_headers=True,
        resolves_at_commit=False,
        commit_needs_queues=False,
        counts_failed_deliveries=False,
        loses_count_of_deliveries=True,
        keeps_transient_exchanges=False,
        trusts_death_header=False,
        regroups_deaths=False,
        new_key_drops_copies=False,
        least_max_priority=1,
        topic_hash_limit=None,
        loose_numbers=False,
        routes_by_milliseconds=True,
        lazy_queue_mode=True,
        queue_versions=(1, 2),
        channels_time_out=True,
        queues_set_timeout=True,
        cancel_serves_next=True,
        queue_types=_by_name(TYPES_4_0),
        names_default_type=True,
        leader_locators=frozenset(
            {"client-local", "balanced", "random", "least-leaders", "min-masters"}
        ),
        master_locator=True,
        master_locators=None,
        quorum=QUORUM_4_0,
        stream=STREAM_4_0,
        policy_keys=KEYS_4_0,
        policy_targets=TARGETS_LATER,
    ),
    "4.3": Semantics(
        other_protocol=b"AMQP\x03\x01\x00\x00",
        mechanisms=("ANONYMOUS", "PLAIN", "AMQPLAIN"),
        latin_1_texts=True,
        sorts_headers=True,
        frame_min=8192,
        checks_body_size=True,
        global_prefetch=False,
        max_message_size=16 * MIB,
        exchange_types=EXCHANGE_TYPES | {"x-local-random", "x-modulus-hash"},
        checks_delivery_mode=False,
        unknown_exchange_type=ReplyCode.PRECONDITION_FAILED,
        checks_server_named_type=True,
        refusal_names_permission=True,
        topic_permission_for_copies=True,
        topics_go_with_exchange=True,
        channel_limit_in_parentheses=False,
        passive_needs_access=True,
        reply_to_is_routable=True,
        denies_reply_bindings=True,
        replies_before_commit=False,
        replies_take_tags=True,
        plain_expiration=True,
        last_death_headers=True,
        resolves_at_commit=False,
        commit_needs_queues=True,
        counts_failed_deliveries=True,
        loses_count_of_deliveries=False,
        keeps_transient_exchanges=True,
        trusts_death_header=False,
        regroups_deaths=False,
        new_key_drops_copies=False,
        least_max_priority=1,
        topic_hash_limit=2,
        loose_numbers=False,
        routes_by_milliseconds=True,
        lazy_queue_mode=False,
        queue_versions=(2,),
        channels_time_out=False,
        queues_set_timeout=True,
        cancel_serves_next=True,
        queue_types=_by_name(TYPES_4_3),
        names_default_type=True,
        leader_locators=frozenset(
            {"client-local", "balanced", "random", "least-leaders", "min-masters"}
        ),
        master_locator=False,
        master_locators=None,
        quorum=QUORUM_4_3,
        stream=STREAM_4_3,
        policy_keys=KEYS_4_3,
        policy_targets=TARGETS_LATER,
    ),
}
