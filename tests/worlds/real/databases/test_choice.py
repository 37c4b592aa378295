"""From `--database` to a server, or to one sentence."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import sqlalchemy

from warren.errors import DatabaseUnavailable, OptionError
from warren.worlds.real.databases import attach, choose, postgresql
from warren.worlds.real.databases.choice import remove_leftovers
from warren.worlds.real.databases.server import Server
from warren.worlds.real.runs.processes import MARK, SystemUser
from warren.worlds.real.runs.run import data_folders

if TYPE_CHECKING:
    from warren.worlds.real.databases import RunningDatabase
    from warren.worlds.real.runs import Run

SECRET = "not-to-be-shown"  # noqa: S105 - it opens nothing


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("oracle", "--database: 'oracle' is no kind of database; give auto, sqlite, postgresql"),
        ("sqlite:/x", "--database: 'sqlite' is no kind of database"),
        (f"postgresql:mysql://u:{SECRET}@h/d", "--database: this is no postgresql URL that Warren"),
        (f"postgresql:{SECRET}", "--database: this is no postgresql URL that Warren understands"),
        (f"mysql:mysql://u:{SECRET}@h:port/d", "--database: this is no mysql URL that Warren"),
    ],
)
def test_meaningless(option: str, sentence: str) -> None:
    """A value that means nothing is refused with the right forms, and no password is repeated."""
    with pytest.raises(OptionError) as caught:
        choose(option)
    assert str(caught.value).startswith(sentence)
    assert SECRET not in str(caught.value)


def test_both_url_forms() -> None:
    """A URL may stand behind the kind or alone."""
    url = "postgresql://u:p@db.example:5433/x"
    alone, behind = choose(url), choose(f"postgresql:{url}")
    assert alone.option == behind.option
    assert choose(alone.option).option == alone.option
    assert "p@" not in repr(alone)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("postgresql", "--database postgresql: no initdb is on PATH or below /usr/lib/postgresql;"),
        ("mysql", "--database mysql: mariadb-install-db and mariadbd are not on PATH; install"),
    ],
)
def test_programs_missing(option: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the server is not installed the person reads what to install."""
    monkeypatch.setattr("shutil.which", lambda *_args, **_kwargs: None)
    monkeypatch.setattr("pathlib.Path.glob", lambda *_args: iter(()))
    with pytest.raises(DatabaseUnavailable) as caught:
        choose(option)
    assert str(caught.value).startswith(sentence)
    assert choose("auto").option == "sqlite"


@pytest.mark.postgresql
def test_auto_takes_postgresql(postgresql: RunningDatabase) -> None:
    """Where PostgreSQL is installed `auto` means it, but not beside the embedded broker."""
    assert choose("auto").option == "postgresql"
    assert choose("auto", bare=True).option == "sqlite"
    assert postgresql.address.description.startswith("PostgreSQL 1")
    assert postgresql.address.description.endswith("(own server)")


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ],
)
class TestServer:
    """Servers: our own, and one that a URL names (here our own again)."""

    @pytest.fixture
    def url(self, kind: str, request: pytest.FixtureRequest) -> sqlalchemy.URL:
        """Give the URL of a server that runs."""
        return sqlalchemy.make_url(request.getfixturevalue(kind).address.url)

    def test_loopback_only(self, kind: str, url: sqlalchemy.URL, run: Run) -> None:
        """Our own server listens on the loopback address and nowhere else."""
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for process in psutil.process_iter()
            if _mark(process) == run.id
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert ("127.0.0.1", url.port) in listening, kind
        assert {place for place, _port in listening} == {"127.0.0.1"}

    def test_wrong_password(self, kind: str, url: sqlalchemy.URL, run: Run) -> None:
        """A refused password is called so, and not shown."""
        wrong = url.set(password=SECRET).render_as_string(hide_password=False)
        with pytest.raises(DatabaseUnavailable) as caught:
            choose(f"{kind}:{wrong}").start(run)
        assert str(caught.value) == (
            f"database server 127.0.0.1:{url.port}: user 'warren' or its password was refused; "
            "give the right ones."
        )

    def test_unreachable(self, kind: str, url: sqlalchemy.URL, run: Run) -> None:
        """A server that is not there is named."""
        away = url.set(port=1).render_as_string(hide_password=False)
        with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1: it does not answer"):
            choose(f"{kind}:{away}").start(run)

    def test_existing_server(self, kind: str, url: sqlalchemy.URL, other_run: Run) -> None:
        """On a server that is not ours only the run's databases come and go."""
        text = url.render_as_string(hide_password=False)
        used = choose(f"{kind}:{text}").start(other_run)
        before = _names(url)
        with attach(used.address, other_run) as databases:
            databases.prepare_template("plain")
            copy = databases.create_copy("plain")
            assert copy.messages() == ()
        assert "(existing, 127.0.0.1:" in used.address.description
        left = _names(url) - before
        assert len(left) == 1, "the template is there until the run ends"
        used.stop()
        assert _names(url) == before

    def test_killed_run_on_existing_server(
        self, kind: str, url: sqlalchemy.URL, other_run: Run
    ) -> None:
        """What a killed run noted of such a server is enough to take its databases back."""
        before = _names(url)
        text = url.render_as_string(hide_password=False)
        used = choose(f"{kind}:{text}").start(other_run)
        with attach(used.address, other_run) as databases:
            databases.prepare_template("plain")
        assert _names(url) != before
        ((noted, facts),) = other_run.noted()
        remove_leftovers(noted, facts, other_run.id)
        assert _names(url) == before


@pytest.mark.postgresql
def test_no_right_to_create(postgresql: RunningDatabase, run: Run) -> None:
    """A user without CREATEDB is told which right is missing."""
    url = sqlalchemy.make_url(postgresql.address.url)
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE ROLE plain LOGIN PASSWORD '{SECRET}'"))
    engine.dispose()
    used = choose(
        url.set(drivername="postgresql", username="plain", password=SECRET).render_as_string(
            hide_password=False
        )
    ).start(run)
    with (
        attach(used.address, run, "plain") as databases,
        pytest.raises(DatabaseUnavailable, match="may not create databases; run ALTER ROLE plain"),
    ):
        databases.prepare_template("forbidden")


def test_initdb_that_fails(other_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An initdb that fails is quoted with its last words."""
    program = tmp_path / "initdb"
    program.write_text("#!/bin/sh\necho 'no locale here' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(SystemUser, "unprivileged", lambda *_names: None)
    with pytest.raises(DatabaseUnavailable, match=r"initdb failed: no locale here; check that"):
        postgresql.PostgresqlDatabase(None, tmp_path).start(other_run)


@pytest.mark.mysql
def test_temporary_tables_apart(mysql: RunningDatabase, run: Run) -> None:
    """A MariaDB server deletes the temporary tables that it finds when it starts: each has a folder of its own."""
    with contextlib.closing(Server(sqlalchemy.make_url(mysql.address.url))) as server:
        ((folder,),) = server.execute("SELECT @@tmpdir")
    assert Path(folder).parent in data_folders(run.id)
    assert Path(folder).name.startswith("mysql-")


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except psutil.Error:
        return None


def _names(url: sqlalchemy.URL) -> set[str]:
    statement = "SHOW DATABASES" if "mysql" in url.drivername else "SELECT datname FROM pg_database"
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        names = set(connection.execute(sqlalchemy.text(statement)).scalars())
    engine.dispose()
    return names
