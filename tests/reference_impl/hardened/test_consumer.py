"""The hardened consumer's order of things: work, settle, count, stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from pika.exceptions import ChannelClosedByBroker, NackError

from reference_impl import Settings, Stop
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError, RejectedError, TryAgainError
from reference_impl.hardened.settlement import Settlement
from reference_impl.messages import MalformedError
from reference_impl.topology import STREAM
from tests.reference_impl.stand_ins import Channel, Link, delivery

MakeConsumer = Callable[..., Consumer]


class Handler:
    """Raises what it is told to, one after the other, and then succeeds."""

    def __init__(self, channel: Channel, *failures: Exception) -> None:
        """Remember the work among what happens on `channel`."""
        self.channel = channel
        self.failures = list(failures)

    def handle(self, message: Delivery) -> None:
        """Work, or fail."""
        self.channel.done.append(("work", message.tag))
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> Channel:
    """Give the channel of all deliveries, of another class if a test asks for one."""
    kind: type[Channel] = getattr(request, "param", Channel)
    return kind()


@pytest.fixture
def make(make_settings: Callable[..., Settings], channel: Channel) -> MakeConsumer:
    """Make a consumer whose handler fails in the given ways."""

    def make_consumer(*failures: Exception, **changes: Any) -> Consumer:
        settlement = Settlement(Link(channel), STREAM)  # type: ignore[arg-type]  # a stand-in
        handler = Handler(channel, *failures)
        return Consumer(make_settings(**changes), Stop(), STREAM, handler, settlement)

    return make_consumer


def feed(consumer: Consumer, channel: Channel, count: int) -> None:
    """Deliver `count` messages, then the end."""
    for tag in range(1, count + 1):
        message = delivery("{}", channel, tag=tag)
        consumer._deliveries.put(message)
    consumer.finish()


def test_acks_after_the_work(make: MakeConsumer, channel: Channel) -> None:
    """Each message is worked on, then acked, before the next one is begun."""
    consumer = make()
    feed(consumer, channel, 2)
    consumer.work()
    assert channel.done == [("work", 1), ("ack", 1), ("work", 2), ("ack", 2)]


@pytest.mark.parametrize(
    "failure", [MalformedError("no JSON"), RejectedError("no task"), KeyError("unforeseen")]
)
def test_dead_letters_what_can_never_be_done(
    make: MakeConsumer, channel: Channel, failure: Exception
) -> None:
    """A rejected message is published with its reason, then rejected without requeue."""
    consumer = make(failure)
    message = delivery("body", channel, headers={"kept": "yes"}, correlation_id="c")
    consumer.execute(message)
    assert channel.done[0] == ("work", 1)
    assert channel.done[-1] == ("reject", 1, False)
    [(exchange, routing_key, body, properties)] = channel.published
    assert (exchange, routing_key, body) == ("warren.dead-letter", "", b"body")
    assert properties.headers["kept"] == "yes"
    assert str(failure.args[0]) in properties.headers["reason"]
    assert properties.headers["queue"] == STREAM.queue
    assert (properties.message_id, properties.correlation_id) == ("m", "c")


@pytest.mark.parametrize(
    ("count", "redelivered", "done"),
    [(9, True, "ack"), (10, True, "reject"), (10, False, "ack"), ("10", True, "ack")],
)
def test_puts_aside_what_too_many_died_with(
    make: MakeConsumer, channel: Channel, count: object, redelivered: bool, done: str
) -> None:
    """What its queue says ten consumers were lost with is put aside unworked; other words count nothing."""
    message = delivery("body", channel, headers={"x-delivery-count": count})
    make().execute(replace(message, redelivered=redelivered))
    assert channel.done[-1][0] == done
    assert (("work", 1) in channel.done) == (done == "ack")
    for _, _, _, copy in channel.published:
        assert "x-delivery-count" not in copy.headers


@pytest.mark.parametrize(
    "failure", [TryAgainError("later"), sa.exc.OperationalError("", {}, Exception("locked"))]
)
def test_tries_again_what_may_be_done_later(
    make: MakeConsumer, channel: Channel, failure: Exception
) -> None:
    """A message whose time has not come stays in hand, unsettled, until it succeeds."""
    make(failure, failure).execute(delivery("{}", channel))
    assert channel.done == [("work", 1)] * 3 + [("ack", 1)]


def test_stop_ends_trying_again(make: MakeConsumer, channel: Channel) -> None:
    """Asked to stop, a consumer leaves what it cannot do now to the next one."""
    consumer = make(TryAgainError("later"))
    consumer.stop.request()
    consumer.execute(delivery("{}", channel))
    assert channel.done == [("work", 1)]


def test_leaves_what_is_no_longer_ours(make: MakeConsumer, channel: Channel) -> None:
    """A delivery whose connection went away during the work is not settled."""
    make(LinkLostError("gone")).execute(delivery("{}", channel))
    assert channel.done == [("work", 1)]


def test_never_settles_on_another_channel(make: MakeConsumer, channel: Channel) -> None:
    """A tag of a lost channel is not acked on the new one, and is not counted."""
    consumer = make()
    consumer.execute(delivery("{}", Channel()))
    assert channel.done == [("work", 1)]
    assert consumer.settled == 0


def test_passes_over_deliveries_of_closed_channels(make: MakeConsumer, channel: Channel) -> None:
    """What was received on a channel that is closed by now is not begun."""
    channel.is_open = False
    consumer = make()
    feed(consumer, channel, 1)
    consumer.work()
    assert channel.done == []


def test_bound(make: MakeConsumer, channel: Channel) -> None:
    """After `max_messages` were settled no other is begun, and the end is requested."""
    consumer = make(RejectedError("one of two"), max_messages=2)
    feed(consumer, channel, 3)
    consumer.work()
    assert [what for what in channel.done if what[0] == "work"] == [("work", 1), ("work", 2)]
    assert consumer.stop.requested


def test_stop_begins_no_other(make: MakeConsumer, channel: Channel) -> None:
    """Once a stop is requested a waiting delivery is not begun."""
    consumer = make()
    feed(consumer, channel, 1)
    consumer.stop.request()
    consumer.work()
    assert channel.done == []


class RefusingChannel(Channel):
    """A channel whose broker refuses the first messages."""

    refusals = 2

    def basic_publish(self, *message: Any, **options: Any) -> None:
        """Refuse, and later take."""
        if self.refusals:
            self.refusals -= 1
            self.done.append(("nack",))
            raise NackError([])
        super().basic_publish(*message, **options)


@pytest.mark.parametrize("channel", [RefusingChannel], indirect=True)
def test_dead_letters_as_soon_as_the_broker_takes_it(make: MakeConsumer, channel: Channel) -> None:
    """A copy that is refused is published again, and the message rejected only after it."""
    consumer = make(RejectedError("no task"))
    consumer.execute(delivery("body", channel))
    assert [what for what in channel.done if what[0] in {"nack", "reject"}] == [
        ("nack",),
        ("nack",),
        ("reject", 1, False),
    ]
    assert len(channel.published) == consumer.settled == 1


class MetDeclaration(Channel):
    """A channel on which the queue cannot be declared, since another declares it just now."""

    def queue_declare(self, *_arguments: object, **_named: object) -> None:
        """Close the channel as RabbitMQ 4.3 does."""
        raise ChannelClosedByBroker(404, "NOT_FOUND - home node ... is down or inaccessible")


class OnceMet(Channel):
    """A channel beside which the first one that is opened meets another's declaration."""

    opened = 0

    def beside(self) -> Channel:
        """Give a channel; the first cannot declare."""
        self.opened += 1
        return MetDeclaration() if self.opened == 1 else Channel()


@pytest.mark.parametrize("channel", [OnceMet], indirect=True)
def test_a_refused_declaration_costs_no_delivery(make: MakeConsumer, channel: Channel) -> None:
    """Where the dead-letter queue is refused once, the message stays in hand until it can be put aside."""
    consumer = make(RejectedError("no task"))
    consumer.execute(delivery("body", channel))
    assert channel.done == [("work", 1), ("reject", 1, False)]
    assert len(channel.published) == consumer.settled == 1


@pytest.mark.parametrize("channel", [RefusingChannel], indirect=True)
def test_stop_ends_dead_lettering(make: MakeConsumer, channel: Channel) -> None:
    """Asked to stop, a consumer leaves a message whose copy is refused to the next one."""
    consumer = make(RejectedError("no task"))
    consumer.stop.request()
    consumer.execute(delivery("body", channel))
    assert ("reject", 1, False) not in channel.done
    assert consumer.settled == 0


def test_qos_is_per_consumer(make: MakeConsumer) -> None:
    """The prefetch is set before consuming, after the declarations."""
    channel = Channel()
    make(prefetch=3).start(channel)
    assert [what[0] for what in channel.done] == [
        "exchange_declare",
        "queue_declare",
        "queue_bind",
        "basic_qos",
        "add_on_cancel_callback",
        "basic_consume",
    ]
