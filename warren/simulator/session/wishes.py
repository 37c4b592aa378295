"""What sessions ask of whoever has their sockets. No behaviour lives here.

`number` is a session's.
"""

from typing import TypeAlias

from warren.simulator.fact import fact


@fact
class Send:
    """Send these octets."""

    number: int
    octets: bytes


@fact
class Close:
    """End the connection as soon as everything is sent."""

    number: int


@fact
class Abort:
    """End the connection at once."""

    number: int


@fact
class Rest:
    """Read no more from this client for now."""

    number: int


@fact
class Resume:
    """Read from this client again."""

    number: int


@fact
class Mistake:
    """The broker itself has failed: tell a person.

    `name` is that of the connection whose turn it was, and that ends for it; None when it was
    nobody's turn.
    """

    name: str | None
    error: Exception


Wish: TypeAlias = Send | Close | Abort | Rest | Resume | Mistake
