"""Templates and copies, alike on every kind of database."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from tests.requisites import missing
from warren.errors import DatabaseUnavailable, FaultUnsupported, InstanceError, SetupError
from warren.worlds.database_line.pieces import Failure
from warren.worlds.real.databases import DatabaseAddress, attach, choose, private_server
from warren.worlds.real.databases.schema import MESSAGE_LOG, TASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.databases import CaseDatabase, Databases, DatabaseUrls, RunningDatabase
    from warren.worlds.real.runs import Run

NOW = datetime(2024, 5, 1, 12, 30, 59, 123456, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture
def copy(databases: Databases) -> Iterator[CaseDatabase]:
    """Give a copy of the plain template."""
    copy = databases.create_copy("plain")
    yield copy
    if copy in databases._open:
        databases.drop(copy)


def _log(copy: CaseDatabase, *messages: str) -> None:
    engine = sqlalchemy.create_engine(copy.urls.url)
    with engine.begin() as connection:
        for message in messages:
            connection.execute(
                sqlalchemy.insert(MESSAGE_LOG).values(message=message, created_at=NOW)
            )
    engine.dispose()


def test_rows_come_back(copy: CaseDatabase) -> None:
    """What an implementation writes through its URL is read as facts, in order."""
    _log(copy, "first", "второй /\\'\"")
    rows = copy.messages()
    assert [(row.id, row.message) for row in rows] == [(1, "first"), (2, "второй /\\'\"")]


def test_contents(copy: CaseDatabase) -> None:
    """All rows of all tables are read by their columns, also of a table whose name needs quotes."""
    with copy.engine().begin() as connection:
        quoted = connection.dialect.identifier_preparer.quote("Order")
        connection.execute(sqlalchemy.text(f"CREATE TABLE {quoted} (ref varchar(9), n integer)"))
        connection.execute(sqlalchemy.text(f"INSERT INTO {quoted} VALUES ('a', 1), ('b', NULL)"))  # noqa: S608
    _log(copy, "first")
    found = copy.contents()
    assert {*found} == {"message_log", "task", "Order"}
    assert found["Order"].columns == ("ref", "n")
    assert {*found["Order"].rows} == {("a", 1), ("b", None)}
    assert [row[1] for row in found["message_log"].rows] == ["first"]
    assert not found["task"].rows


def test_one_table(copy: CaseDatabase) -> None:
    """A table is read by its name; one that is not there is none."""
    _log(copy, "first")
    found = copy.table("message_log")
    assert found is not None
    assert [row[1] for row in found.rows] == ["first"]
    assert copy.table("messages") is None


def test_generated_columns(copy: CaseDatabase) -> None:
    """What the database counts or works out is generated; a constant default is not."""
    kind = copy.kind
    serial = {"sqlite": "INTEGER", "postgresql": "SERIAL", "mysql": "INTEGER AUTO_INCREMENT"}[kind]
    columns = f"id {serial} PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, n NUMERIC(4, 1) DEFAULT 1.5"
    if kind == "postgresql":
        columns += ", key UUID DEFAULT gen_random_uuid(), i INTEGER GENERATED ALWAYS AS IDENTITY"
    with copy.engine().begin() as connection:
        sql = f"CREATE TABLE things ({columns}, state VARCHAR(20) DEFAULT 'now()')"
        connection.execute(sqlalchemy.text(sql))
    made = {"id", "at"} | ({"key", "i"} if kind == "postgresql" else set())
    assert copy.generated_columns()["things"] == made


def test_tasks(copy: CaseDatabase) -> None:
    """A task that was added is open until somebody completes it."""
    first, second = copy.add_task(), copy.add_task()
    with copy.engine().begin() as connection:
        connection.execute(
            sqlalchemy.update(TASK)
            .where(TASK.c.id == second)
            .values(result="0.5", completed_at=NOW)
        )
    rows = [(row.id, row.result, row.completed_at is not None) for row in copy.tasks()]
    assert rows == [(first, None, False), (second, "0.5", True)]


def test_refused_message(copy: CaseDatabase) -> None:
    """A row that is refused violates a constraint, to its driver; all others come in."""
    copy.refuse("message_log", "poison7")
    _log(copy, "good", "poison")
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        _log(copy, "some poison7 in it")
    assert [row.message for row in copy.messages()] == ["good", "poison"]


def test_refused_task(copy: CaseDatabase) -> None:
    """A task whose changes are refused stays open; another is completed."""
    first, second = copy.add_task(), copy.add_task()
    copy.refuse("task", str(first))
    for task, expected in (
        (first, pytest.raises(sqlalchemy.exc.IntegrityError)),
        (second, nullcontext()),
    ):
        complete = sqlalchemy.update(TASK).where(TASK.c.id == task).values(completed_at=NOW)
        with expected, copy.engine().begin() as connection:
            connection.execute(complete)
    assert [row.completed_at is not None for row in copy.tasks()] == [False, True]


def test_longest_message(copy: CaseDatabase, server: RunningDatabase) -> None:
    """A column of type TEXT holds 64 KiB in MySQL, 1 GB in PostgreSQL, anything in SQLite."""
    longest = {"sqlite": None, "postgresql": 2**30, "mysql": 2**16 - 1}
    assert copy.longest_message() == longest[server.address.kind]


def test_times_of_any_format(run: Run, sqlite: RunningDatabase) -> None:
    """A time that SQLite holds as a number of seconds is as good as any: its format is not judged."""
    with attach(sqlite.address, run, "times") as databases:
        databases.prepare_template("plain")
        copy = databases.create_copy("plain")
        with copy.engine().begin() as connection:
            for statement in (
                "INSERT INTO message_log (message, created_at) VALUES ('text1', 1700000000)",
                "INSERT INTO task (created_at, completed_at) VALUES (1700000000, 1700000001.5)",
            ):
                connection.exec_driver_sql(statement)
        assert [row.message for row in copy.messages()] == ["text1"]
        assert [row.completed_at for row in copy.tasks()] == [1700000001.5]


def test_task_without_its_table(copy: CaseDatabase) -> None:
    """Where an implementation dropped the table, the sentence says that, and whose fault it is."""
    with copy.engine().begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE task"))
    with pytest.raises(InstanceError, match=r"table task in .*: no row can be added: .*task"):
        copy.add_task()


def test_folder_in_the_place_of_a_file(run: Run, sqlite: RunningDatabase) -> None:
    """What an implementation put in the place of its SQLite file goes with the database."""
    with attach(sqlite.address, run, "gw1") as databases:
        databases.prepare_template("plain")
        copy = databases.create_copy("plain")
        file = Path(sqlalchemy.make_url(copy.urls.url).database or "")
        file.unlink()
        (file / "full").mkdir(parents=True)
        with pytest.raises(InstanceError, match="no row can be added"):
            copy.add_task()
        databases.drop(copy)
        assert not file.exists()


def test_copies_are_apart(databases: Databases, copy: CaseDatabase) -> None:
    """What one case writes no other case and no later copy sees."""
    other = databases.create_copy("plain")
    _log(copy, "mine")
    later = databases.create_copy("plain")
    assert (len(copy.messages()), other.messages(), later.messages()) == (1, (), ())
    databases.drop(other)
    databases.drop(later)


def test_read_waits_for_no_writer(copy: CaseDatabase) -> None:
    """While an implementation's transaction is open its rows are not seen, and nobody waits."""
    engine = sqlalchemy.create_engine(copy.urls.url)
    with engine.begin() as writer:
        writer.execute(sqlalchemy.insert(MESSAGE_LOG).values(message="open", created_at=NOW))
        assert copy.messages() == ()
    assert len(copy.messages()) == 1
    engine.dispose()


def test_drop_with_guests(databases: Databases, copy: CaseDatabase) -> None:
    """A database is dropped although an implementation is still connected, and is gone then."""
    engine = sqlalchemy.create_engine(copy.urls.url)
    with engine.connect() as guest:
        guest.execute(sqlalchemy.text("SELECT 1"))
        databases.drop(copy)
        guest.invalidate()
    engine.dispose()
    again = sqlalchemy.create_engine(copy.urls.url)
    with pytest.raises(sqlalchemy.exc.SQLAlchemyError), again.connect() as connection:
        connection.execute(sqlalchemy.select(MESSAGE_LOG))
    again.dispose()


def test_end_drops_what_is_left(server: RunningDatabase, run: Run) -> None:
    """A worker that ends takes its copies with it, also those that no case dropped."""
    with attach(server.address, run, "gw1") as databases:
        databases.prepare_template("plain")
        copy = databases.create_copy("plain")
        assert copy.messages() == ()
    with pytest.raises(InstanceError):
        copy.messages()
    copy.close()


def test_one_template_for_all_workers(server: RunningDatabase, run: Run) -> None:
    """Four workers at once make the template once, and each gets a copy of it."""
    made: list[str] = []
    copied: list[int] = []

    def migrate(urls: DatabaseUrls) -> None:
        made.append(urls.environment["WARREN_DATABASE_DSN"])
        engine = sqlalchemy.create_engine(urls.url)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE extra (id INTEGER PRIMARY KEY)"))
            connection.execute(sqlalchemy.text("INSERT INTO extra (id) VALUES (7)"))
        engine.dispose()

    def work(owner: str) -> None:
        with attach(server.address, run, owner) as databases:
            databases.prepare_template("shared", migrate)
            copy = databases.create_copy("shared")
            with copy.engine().connect() as connection:
                copied.append(connection.scalar(sqlalchemy.text("SELECT id FROM extra")))

    workers = [threading.Thread(target=work, args=(f"worker-{n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(made) == 1
    assert copied == [7, 7, 7, 7]


def test_migrate_that_fails(databases: Databases) -> None:
    """What `migrate` raises is raised, and the next worker may try again."""

    def fail(_urls: DatabaseUrls) -> None:
        raise InstanceError("migrate ended with status 1")

    with pytest.raises(InstanceError, match="status 1"):
        databases.prepare_template("broken", fail)
    databases.prepare_template("broken")
    copy = databases.create_copy("broken")
    assert copy.messages() == ()
    databases.drop(copy)


def test_table_that_breaks_the_contract(databases: Databases) -> None:
    """A table without the contract's columns is the implementation's fault, by name."""

    def migrate(urls: DatabaseUrls) -> None:
        engine = sqlalchemy.create_engine(urls.url)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE message_log (id INTEGER)"))
        engine.dispose()

    databases.prepare_template("odd", migrate)
    copy = databases.create_copy("odd")
    with pytest.raises(InstanceError, match=r"table message_log in warren_\w+: its rows cannot be"):
        copy.messages()
    databases.drop(copy)


def test_secrets_do_not_show(server: RunningDatabase, copy: CaseDatabase) -> None:
    """No password stands in what is printed of an address or of a database."""
    password = sqlalchemy.make_url(server.address.url).password if "@" in server.address.url else ""
    shown = f"{server.address} {copy.urls}"
    assert "postgresql+psycopg://" not in shown
    assert not password or password not in shown
    assert server.address.from_json(server.address.to_json()) == server.address


def test_disk_full(sqlite: RunningDatabase, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that finds the disk full says so."""

    def refuse(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with attach(sqlite.address, run, "full") as databases:
        databases.prepare_template("plain")
        monkeypatch.setattr("shutil.copyfile", refuse)
        with pytest.raises(SetupError, match="no space is left on the disk; free some"):
            databases.create_copy("plain")


def test_server_that_ended(run: Run) -> None:
    """A server that went away is named, with what to check."""
    address = DatabaseAddress("postgresql", "postgresql+psycopg://u:secret@127.0.0.1:1/x", "")
    with attach(address, run) as databases, pytest.raises(DatabaseUnavailable) as caught:
        databases.prepare_template("gone")
    assert str(caught.value).startswith("database server 127.0.0.1:1: it does not answer")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ],
)
def test_a_private_server_is_restarted(option: str, run: Run) -> None:
    """A worker's own server ends and starts at the same address, and has all that was committed."""
    try:
        chosen = choose(option)
    except DatabaseUnavailable as error:
        missing(str(error))
    with private_server(chosen.option, run, "gw0-private") as own:
        assert own is not None
        own.databases.prepare_template("plain of gw0")
        copy = own.databases.create_copy("plain of gw0")
        task = copy.add_task()
        copy.disconnect()
        own.shut_down()
        with pytest.raises(InstanceError):
            copy.tasks()
        own.start_again()
        assert [row.id for row in copy.tasks()] == [task]
        own.databases.drop(copy)


def test_a_file_runs_out_of_space(other_run: Run) -> None:
    """On a small disk of its own a file takes no more rows while that is full, and nothing of it stays."""
    address = choose("sqlite").start(other_run).address
    with attach(address, other_run, "gw0") as databases:
        databases.prepare_template("plain")
        copy = databases.create_copy("plain")
        folder = Path(copy.urls.name).with_suffix(".disk")
        try:
            copy.let_space_run_out()
        except FaultUnsupported as error:
            pytest.skip(str(error))
        line = copy.line("stream-1", lambda: 0.0, lambda _: None, lambda _: None)
        assert copy.add_task() == 1
        line.fail(Failure.OUT_OF_SPACE)
        with pytest.raises(InstanceError, match="full"):
            copy.add_task()
        line.restore()
        assert copy.add_task() == 2
        databases.drop(copy)
        assert not folder.exists()


def test_what_is_not_ours_has_no_private_server(run: Run) -> None:
    """A file has no server, and that of a URL is somebody's."""
    for option in ("sqlite", "postgresql://u:p@db.example/x"):
        with private_server(option, run, "gw0-private") as own:
            assert own is None
