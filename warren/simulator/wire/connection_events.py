"""What the connection state machine tells its owner. No behaviour lives here."""

from dataclasses import field
from typing import TypeAlias

from warren.simulator.errors import AmqpError
from warren.simulator.fact import fact
from warren.simulator.wire.connection_tune import Limits
from warren.simulator.wire.message import Message


@fact
class Send:
    """These octets are to be sent now."""

    octets: bytes


@fact
class Login:
    """The client says who it is. Answer: ``accept_login`` or ``close``."""

    user: str
    password: str = field(repr=False)
    mechanism: str


@fact
class Tuned:
    """Both sides have agreed on limits; from now on heartbeats are due."""

    limits: Limits


@fact
class Failed:
    """The client broke a rule. What there is to say to it stands before this, in a `Send`."""

    error: AmqpError


@fact
class Ended:
    """Nothing more will be said: close the socket."""


WireEvent: TypeAlias = Message[bytes] | Send | Login | Tuned | Failed | Ended
"""A `Message` is a whole one: the client has said it, and its owner is to do it."""
