"""Rows as facts: of the two tables that are judged (docs/contract.md), or of any. Reading is the world's matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What is judged of a row of `message_log`: an effect that a stream or part consumer left."""

    id: int
    message: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    """What is judged of a row of `task`: asked for by `/task`, completed by a task or RPC consumer.

    `completed_at` is None until then. Afterwards it is whatever the driver gives, since nobody judges its format.
    """

    id: int
    result: str | None
    completed_at: object


@dataclass(frozen=True, slots=True)
class TableRows:
    """All that is in a table, as its driver gives it, in no order."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
