"""Class ``basic`` (60): publish, deliver, get and settle messages; and RabbitMQ's ``nack``.

Publish, return, deliver and get-ok are followed by a content header and a body.
"""

from dataclasses import field
from typing import ClassVar

from warren.simulator.wire.methods.declaration import (
    AnyShortString,
    Bit,
    Long,
    LongLong,
    Method,
    Short,
    ShortString,
    Table,
    method,
)


@method(60, 10)
class BasicQos(Method):
    """How much may be unacknowledged: octets, messages; ``global_``: per channel, not consumer."""

    prefetch_size: Long = 0
    prefetch_count: Short = 0
    global_: Bit = False


@method(60, 11)
class BasicQosOk(Method):
    """It holds."""


@method(60, 20)
class BasicConsume(Method):
    """Starts a consumer; "" lets the broker choose its tag."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    consumer_tag: ShortString = ""
    no_local: Bit = False
    no_ack: Bit = False
    exclusive: Bit = False
    no_wait: Bit = False
    arguments: Table = field(default_factory=dict)


@method(60, 21)
class BasicConsumeOk(Method):
    """Its tag."""

    consumer_tag: ShortString = ""


@method(60, 30)
class BasicCancel(Method):
    """Ends a consumer; from the broker: it has ended, because its queue did."""

    consumer_tag: ShortString = ""
    no_wait: Bit = False


@method(60, 31)
class BasicCancelOk(Method):
    """It has ended."""

    consumer_tag: ShortString = ""


@method(60, 40, content=True)
class BasicPublish(Method):
    """A message for an exchange."""

    reserved_1: ClassVar[Short]
    exchange: AnyShortString = ""
    routing_key: AnyShortString = ""
    mandatory: Bit = False
    immediate: Bit = False


@method(60, 50, content=True)
class BasicReturn(Method):
    """A mandatory message that could not be routed comes back."""

    reply_code: Short = 312
    reply_text: AnyShortString = ""
    exchange: AnyShortString = ""
    routing_key: AnyShortString = ""


@method(60, 60, content=True)
class BasicDeliver(Method):
    """A message for a consumer."""

    consumer_tag: ShortString = ""
    delivery_tag: LongLong = 0
    redelivered: Bit = False
    exchange: AnyShortString = ""
    routing_key: AnyShortString = ""


@method(60, 70)
class BasicGet(Method):
    """Asks for one message."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    no_ack: Bit = False


@method(60, 71, content=True)
class BasicGetOk(Method):
    """Here it is; ``message_count`` more are ready."""

    delivery_tag: LongLong = 0
    redelivered: Bit = False
    exchange: AnyShortString = ""
    routing_key: AnyShortString = ""
    message_count: Long = 0


@method(60, 72)
class BasicGetEmpty(Method):
    """There is none."""

    reserved_1: ClassVar[ShortString]


@method(60, 80)
class BasicAck(Method):
    """Settles a delivery, or (from the broker) confirms a publish; ``multiple``: all up to it."""

    delivery_tag: LongLong = 0
    multiple: Bit = False


@method(60, 90)
class BasicReject(Method):
    """Refuses one delivery."""

    delivery_tag: LongLong = 0
    requeue: Bit = False


@method(60, 100)
class BasicRecoverAsync(Method):
    """``recover`` without an answer; deprecated."""

    requeue: Bit = False


@method(60, 110)
class BasicRecover(Method):
    """Asks for every unacknowledged delivery again."""

    requeue: Bit = False


@method(60, 111)
class BasicRecoverOk(Method):
    """They are on their way."""


@method(60, 120)
class BasicNack(Method):
    """Refuses deliveries, or (from the broker) publishes. RabbitMQ only."""

    delivery_tag: LongLong = 0
    multiple: Bit = False
    requeue: Bit = False
