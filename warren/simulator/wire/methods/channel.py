"""Class ``channel`` (20): open, pause and close a channel."""

from typing import ClassVar

from warren.simulator.wire.methods.declaration import (
    AnyShortString,
    Bit,
    LongString,
    Method,
    Short,
    ShortString,
    method,
)


@method(20, 10)
class ChannelOpen(Method):
    """The client opens the channel whose number the frame carries."""

    reserved_1: ClassVar[ShortString]


@method(20, 11)
class ChannelOpenOk(Method):
    """The channel may be used."""

    reserved_1: ClassVar[LongString]


@method(20, 20)
class ChannelFlow(Method):
    """Asks the other side to pause or go on sending content."""

    active: Bit = False


@method(20, 21)
class ChannelFlowOk(Method):
    """Says whether content is now sent."""

    active: Bit = False


@method(20, 40)
class ChannelClose(Method):
    """Either side ends the channel and says why, and after which method."""

    reply_code: Short = 200
    reply_text: AnyShortString = ""
    class_id: Short = 0
    method_id: Short = 0


@method(20, 41)
class ChannelCloseOk(Method):
    """The other side agrees; the number is free again."""
