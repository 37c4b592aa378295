"""What an instance's way to its database saw, as facts, on the clock that frames carry too.

A commit here is one that writes: a transaction that only read is nobody's effect.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommitBegun:
    """An instance asked for a commit at `at`; it may be held since then. `connection` counts those to the database."""

    at: float
    instance: str
    connection: int

    def __str__(self) -> str:
        """Give one line of evidence."""
        return (
            f"{self.at:.3f} {self.instance} asks for a commit (database connection"
            f" {self.connection})"
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """The database answered that a commit is done; the instance may not have been told yet."""

    at: float
    instance: str
    connection: int

    def __str__(self) -> str:
        """Give one line of evidence."""
        return (
            f"{self.at:.3f} the database has committed for {self.instance} (database connection"
            f" {self.connection})"
        )


@dataclass(frozen=True, slots=True)
class DatabaseFailed:
    """An instance could not reach its database, or was answered by an error, as `words` say."""

    at: float
    instance: str
    connection: int
    words: str

    def __str__(self) -> str:
        """Give one line of evidence."""
        return (
            f"{self.at:.3f} the database fails {self.instance} (database connection"
            f" {self.connection}): {self.words}"
        )
