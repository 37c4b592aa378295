"""One instance: what it is shown, what becomes of it, and what can be done to it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from warren.workloads import Role
    from warren.worlds.protocol.lines import DatabaseLine, Line


class Certificate(enum.Enum):
    """What an instance is shown by who stands in its broker's place, where its line speaks TLS."""

    GOOD = "good"
    OF_ANOTHER_CA = "of-another-ca"
    OF_ANOTHER_HOST = "of-another-host"


class Process(Protocol):
    """One instance, alive or ended."""

    @property
    def name(self) -> str:
        """Unique in its case, e.g. `part-2`; the same in the ledger."""

    @property
    def role(self) -> Role:
        """What it runs as."""

    @property
    def line(self) -> Line:
        """Its only way to the broker."""

    @property
    def database(self) -> DatabaseLine:
        """Its way to the database."""

    @property
    def exit_status(self) -> int | None:
        """None while it runs; minus the signal's number where a signal ended it, as SIGKILL does in `kill`."""

    @property
    def stop_signal(self) -> int:
        """The number of the signal that `stop` sends."""

    @property
    def ended_at(self) -> float | None:
        """When it was seen to have ended, in the world's time."""

    @property
    def http_port(self) -> int:
        """The port that role `http` was told to listen on."""

    def output(self) -> str:
        """Give the end of what it printed, for a person to read."""

    def stop(self) -> None:
        """Ask it to end, by its stop signal."""

    def kill(self) -> None:
        """End it at once, with all that it started: it gets no chance to say or to write anything more.

        What it has sent and its line keeps still goes on when it is let go; cutting the line loses that too.
        """

    def freeze(self) -> None:
        """Keep it, and all that it started, from running; return when it stands still."""

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
