"""What a rig asks of the database of its case: its rows, and to fail in one way or another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.errors import FaultUnsupported
from warren.worlds.real.databases.schema import MESSAGE_LOG, TASK

if TYPE_CHECKING:
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.worlds.real.databases import CaseDatabase
    from warren.worlds.real.place import Place


class DatabaseOfCase:
    """The database's part of a real world."""

    def __init__(self, place: Place, database: CaseDatabase, *, has_database: bool) -> None:
        """Ask that database; without `has_database` no instance has any."""
        self._place, self._database = place, database
        self._has_database = has_database

    def add_task(self) -> int:
        """Insert a task row, as the HTTP role does, and give its id."""
        return self._database.add_task()

    def refuse_messages(self, text: str) -> None:
        """Have a trigger refuse each new row of `message_log` with that text."""
        self._database.refuse(MESSAGE_LOG.name, text)

    def refuse_task(self, task: int) -> None:
        """Have a trigger refuse each change of that row of `task`."""
        self._database.refuse(TASK.name, str(task))

    def longest_message(self) -> int | None:
        """Give how many octets a `message` of `message_log` may have; None where nothing bounds it."""
        return self._database.longest_message()

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""
        return self._database.messages()

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""
        return self._database.tasks()

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Give the number that a statement finds in the case's database."""
        return self._database.count(sql, unit_id, number)

    def table(self, name: str) -> TableRows | None:
        """Give the rows of a table of the case's database; None where there is none of that name."""
        return self._database.table(name)

    def contents(self) -> dict[str, TableRows]:
        """Give the rows of every table of the case's database."""
        return self._database.contents()

    def generated_columns(self) -> dict[str, frozenset[str]]:
        """Give the columns of each table of the case's database whose values the database makes."""
        return self._database.generated_columns()

    def need_database(self) -> None:
        """Raise `FaultUnsupported` where instances have none."""
        if not self._has_database:
            raise FaultUnsupported("its consumers have no database", where="this manifest")

    def need_database_line(self) -> None:
        """Raise `FaultUnsupported` but for a server whose protocol is followed."""
        self.need_database()
        if self._database.server is None:
            raise FaultUnsupported(
                "nothing stands between an instance and this database",
                where=self._database.kind,
                what_to_do="run the case on PostgreSQL or MySQL",
            )

    def let_commits_be_held(self) -> None:
        """Give SQLite a rollback journal; a server's relay is ready as it is."""
        self._database.let_commits_be_held()

    def let_space_run_out(self) -> None:
        """Give SQLite a small file system; a server's relay is ready as it is."""
        self._database.let_space_run_out()

    def lock_database(self) -> None:
        """Lock a file of SQLite."""
        self._database.lock()

    def unlock_database(self) -> None:
        """Unlock it."""
        self._database.unlock()

    def shut_down_database(self) -> None:
        """End the case's own database server."""
        own = self._place.restartable_database_server
        self._database.disconnect()
        own.shut_down()

    def start_database(self) -> None:
        """Start it again."""
        self._place.restartable_database_server.start_again()

    def show_tables(self) -> None:
        """Rename them back."""
        self._database.show_tables()
