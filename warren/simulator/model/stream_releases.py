"""What RabbitMQ's releases do differently to streams, as data; it is part of `semantics`."""

from warren.simulator.fact import fact


@fact
class StreamSemantics:
    """One release's streams, as a client of AMQP 0-9-1 sees them."""

    no_prefetch: str
    """Why a consumer without a prefetch count is refused, with a place for the queue."""

    no_auto_ack: str
    """Why a consumer that acknowledges automatically is refused, with a place for the queue."""

    acks_alone: bool
    """A delivery is settled by basic.ack or not at all: anything else ends the connection. Where this
    is False, nack and reject give credit as an ack does."""

    takes_dead_letters: bool
    """Dead letters come in; otherwise they are lost."""

    fails_commits: bool
    """One that is gone at a commit is 506, also where other queues refuse their message then."""

    filters: bool
    """x-stream-filter chooses what a consumer gets by x-stream-filter-value."""

    tells_delivery_mode: bool
    """A message that came without a delivery mode goes out as a transient one."""

    keeps_annotations: bool
    """A table or an array is kept in headers that begin with `x-`, and in CC; otherwise in none."""

    checks_ages: bool
    """An age that begins with no digit is 406; where this is False, the broker fails over it: 541."""

    compares_ages: bool
    """A redeclaration compares x-max-age by what it is worth, and shows it in milliseconds."""

    bad_filter_size: str | None
    """Why x-stream-filter-size-bytes is refused; None where it means nothing."""


STREAM_3_10 = StreamSemantics(
    no_prefetch="consumer prefetch count is not set for '{}'",
    no_auto_ack="automatic acknowledgement not supported by stream queues {}",
    acks_alone=True,
    takes_dead_letters=False,
    fails_commits=False,
    filters=False,
    tells_delivery_mode=False,
    keeps_annotations=False,
    checks_ages=False,
    compares_ages=False,
    bad_filter_size=None,
)
STREAM_4_0 = StreamSemantics(
    no_prefetch="consumer prefetch count is not set for stream {}",
    no_auto_ack="automatic acknowledgement not supported by stream {}",
    acks_alone=False,
    takes_dead_letters=True,
    fails_commits=True,
    filters=True,
    tells_delivery_mode=True,
    keeps_annotations=True,
    checks_ages=False,
    compares_ages=False,
    bad_filter_size="Invalid value for  x-stream-filter-size-bytes",
)
STREAM_4_3 = StreamSemantics(
    no_prefetch="consumer prefetch count is not set for stream {}",
    no_auto_ack="automatic acknowledgement not supported by stream {}",
    acks_alone=False,
    takes_dead_letters=True,
    fails_commits=False,
    filters=True,
    tells_delivery_mode=True,
    keeps_annotations=True,
    checks_ages=True,
    compares_ages=True,
    bad_filter_size="Invalid value for x-stream-filter-size-bytes",
)
