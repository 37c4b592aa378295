"""What goes wrong on our side of the wire; what a peer does wrong is `warren.simulator.errors`."""


class EncodeError(ValueError):
    """We were asked to write what AMQP cannot express: a negative count, a name of 300 octets."""
