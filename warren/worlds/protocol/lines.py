"""An instance's two lines, to its broker and to its database, and what can be done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from warren.worlds.database_line.pieces import Failure, Moment
    from warren.worlds.line.rules import Held, Match


class Line(Protocol):
    """One instance's way to the broker, and what can be done to it (see `warren.worlds.line`)."""

    def cut(self) -> int:
        """Reset every connection now, and say how many; new ones are let through."""

    def refuse(self) -> None:
        """Reset every connection and let none through until `accept`."""

    def accept(self) -> None:
        """Let connections through again."""

    def half_open(self) -> None:
        """Pass nothing on in either direction, while both ends stay open, until `restore`."""

    def let_die(self) -> None:
        """Never pass anything on again on the connections that there are; new ones are let through."""

    def leave_unanswered(self) -> None:
        """Take the next connection, and never pass anything on there; those after it are let through."""

    def restore(self) -> None:
        """End `half_open` and `delay`."""

    def delay(self, seconds: float) -> None:
        """Pass everything on that much later."""

    def hold(self, match: Match) -> Held:
        """Hold the first message that matches, and what follows it on its way."""

    def cancel_consumer(self, connection: int, channel: int, tag: str) -> bool:
        """Take a consumer off, as a broker does whose queue has gone; False where there is no such channel.

        It is told (basic.cancel) if its client can be. What it has in hand stays its own.
        """

    def close_channel(self, connection: int, channel: int, code: int, words: str) -> bool:
        """Close a channel, as a broker does that refuses something; False where there is no such channel.

        Its consumers end with it, and the broker requeues what is unacked there. The connection lives on.
        """

    def nack(self) -> None:
        """Nack what the next confirm is for, in its place, as a broker does that could not keep it; once."""

    def block(self, reason: str, *, tells_all: bool = False) -> None:
        """Read nothing more of a connection that has published but its heartbeats, and say why, until `unblock`.

        RabbitMQ does so while it is short of memory, also to connections that are opened meanwhile. With `tells_all`
        those that have published nothing are told as well, and read as before.
        """

    def unblock(self) -> None:
        """End `block`: what was not read goes on in order."""


class HeldCommit(Protocol):
    """A hold on an instance's commits, and the one that it caught."""

    @property
    def seen(self) -> float | None:
        """When it caught one, in the world's time; None as long as it has not."""

    @property
    def missed(self) -> bool:
        """Whether the commit that was wanted went by unheld. With a file it may, where `passing` others come first."""

    def release(self) -> None:
        """Let it go; before a catch: hold nothing."""

    def lose(self) -> None:
        """End its connection, so that what waits there is lost; for one whose instance has ended."""


class DatabaseLine(Protocol):
    """One instance's way to its database, and what can be done to it (see `warren.worlds.database_line`).

    A commit is one that writes. What this database cannot have raises `FaultUnsupported`.
    """

    def cut(self) -> int:
        """Reset every connection now, and say how many; new ones are let through."""

    def refuse(self) -> None:
        """Reset every connection, and each new one, until `accept`."""

    def accept(self) -> None:
        """Let connections through again."""

    def half_open(self) -> None:
        """Pass nothing on in either direction, while both ends stay open, until `restore`."""

    def let_die(self) -> None:
        """Never pass anything on again on the connections that there are; new ones are let through."""

    def delay(self, seconds: float) -> None:
        """Pass everything on that much later."""

    def fail(self, failure: Failure) -> None:
        """Answer with an error whatever would write, until `restore`."""

    def restore(self) -> None:
        """End `half_open`, `delay` and `fail`."""

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Let `passing` commits by, and hold the next one at that moment, with what follows it on its connection."""
