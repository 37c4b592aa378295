"""The rows of a case's world as they are read, and when each was first there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.record import RowSeen
from warren.workloads.course.package_tally import row_line
from warren.workloads.own.cells import rows_of, shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.worlds.protocol import World


class Sightings:
    """Reads rows as a world does (`warren.workloads.Tables`), and notes when one is seen first.

    A row was committed before it was seen; how long before depends on who looked, and when.
    """

    def __init__(self, world: World) -> None:
        """See nothing yet."""
        self._world = world
        self._first: dict[str, TableRows | None] = {}
        self._seen: dict[tuple[object, object, object], RowSeen] = {}
        self._files: dict[str, tuple[bytes, float]] = {}

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""
        rows = self._world.message_rows()
        for row in rows:
            self._see(("message_log", row.id, None), row_line(row), row.message)
        return rows

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id; one that was completed again is seen again."""
        rows = self._world.task_rows()
        for row in rows:
            if row.completed_at is not None:
                words = f"task {row.id}: completed, {row.result}"
                self._see(("task", row.id, row.result), words, str(row.id))
        return rows

    def all(self) -> tuple[RowSeen, ...]:
        """Give every row that was ever seen, in that order."""
        return tuple(self._seen.values())

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Give the number that a user's statement finds."""
        count = self._world.count(sql, unit_id, number)
        if count:
            self._see((sql, unit_id, count), f"{count} by {sql}, of {unit_id}", unit_id)
        return count

    def count_by(self, argv: tuple[str, ...], unit_id: str) -> int:
        """Give the number that a command of the user's own prints."""
        count = self._world.count_by(argv)
        if count:
            self._see((argv, unit_id, count), f"{count} by {' '.join(argv)}", unit_id)
        return count

    def table(self, name: str, ids: Collection[str]) -> TableRows | None:
        """Give the rows of a table; those that are of messages, by their ids, are seen."""
        table = self._world.table(name)
        for row in rows_of(table) if table is not None else ():
            own = next((cell for cell in row.values() if cell in ids), None)
            if own is not None:
                words = f"{name}: {shown(row)}"
                self._see((name, own, words), words, str(own))
        return table

    def table_before(self, name: str) -> TableRows | None:
        """Give its rows as they were when this was asked first."""
        if name not in self._first:
            self._first[name] = self._world.table(name)
        return self._first[name]

    def file(self, path: str) -> bytes | None:
        """Read a file of the consumers' directory; None where there is none."""
        octets = self._world.file(path)
        if octets is not None:
            self._see((path, None, octets), f"{path}: {len(octets)} octets", path)
            if self._files.get(path, (None,))[0] != octets:
                self._files[path] = octets, self._world.now()
        return octets

    def unchanged(self, path: str) -> float:
        """Say for how long a file has been read as it was the last time; 0 for one that never was."""
        now = self._world.now()
        return now - self._files.get(path, (b"", now))[1]

    def _see(self, key: tuple[object, object, object], words: str, text: str) -> None:
        if key not in self._seen:
            self._seen[key] = RowSeen(self._world.now(), words, text)
