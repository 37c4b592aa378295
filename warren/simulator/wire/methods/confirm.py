"""Class ``confirm`` (85): publisher confirms. RabbitMQ only."""

from warren.simulator.wire.methods.declaration import Bit, Method, method


@method(85, 10)
class ConfirmSelect(Method):
    """From now on the broker acks every publish on this channel."""

    no_wait: Bit = False


@method(85, 11)
class ConfirmSelectOk(Method):
    """It will."""
