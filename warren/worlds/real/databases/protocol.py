"""What every kind of database server offers to the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from warren.worlds.real.databases.address import DatabaseAddress
    from warren.worlds.real.runs.run import Run


class RunningDatabase(Protocol):
    """A database server that answers, held by the process that started it."""

    @property
    def address(self) -> DatabaseAddress:
        """Where it is."""

    def stop(self) -> None:
        """End it and remove what the run left on it; safe to call again."""


class Database(Protocol):
    """A usable choice of database, not started yet."""

    @property
    def option(self) -> str:
        """The value of `--database` that means exactly this choice."""

    @property
    def can_restart(self) -> bool:
        """Whether a started one is a server of our own (`OwnServer`), which we may restart."""

    def start(self, run: Run) -> RunningDatabase:
        """Start a server that belongs to `run`, or reach one. Raises DatabaseUnavailable."""
