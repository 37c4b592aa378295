"""`python -m reference_impl`: its exit status and its one sentence."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

_ADDRESSES = {
    "WARREN_AMQP_URL": "amqp://nobody:secret@127.0.0.1:1/",
    "WARREN_DATABASE_URL": "sqlite:////nowhere/x.db",
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these variables and no other WARREN_ ones."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("WARREN_")}
    return subprocess.run(
        [sys.executable, "-m", "reference_impl", *arguments],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_tells_roles_and_variables() -> None:
    """`--help` names every pair and every variable, and succeeds."""
    done = run("--help")
    assert done.returncode == 0
    assert "rpc-server" in done.stdout
    assert "WARREN_MAX_MESSAGES" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("document", "blocking", "stream"), {}, "WARREN_AMQP_URL is not set"),
        (("migrate",), {}, "WARREN_DATABASE_URL is not set"),
        (("migrate",), {"WARREN_DATABASE_URL": "nosuch://x"}, "WARREN_DATABASE_URL cannot be used"),
        (("migrate",), _ADDRESSES, "The database of WARREN_DATABASE_URL failed"),
        (("hardened", "blocking", "part"), _ADDRESSES, "There is no role 'part'"),
    ],
)
def test_unusable_settings(
    arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    """What cannot be used ends with status 2 and one sentence, without a traceback or a secret."""
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(("design", "role"), [("blocking", "stream"), ("rpc", "rpc-server")])
def test_document_without_a_broker(tmp_path: Path, design: str, role: str) -> None:
    """Where no broker answers, a role of `document` gives up as PHP does: status 1 and one sentence."""
    addresses = _ADDRESSES | {"WARREN_DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}
    done = run("document", design, role, **addresses)
    assert done.returncode == 1
    assert done.stderr.startswith("reference_impl: there is no connection to the broker of ")
    assert "Connection refused" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_migrate_twice(tmp_path: Path) -> None:
    """`migrate` makes the tables, and changes nothing when it is run again."""
    path = tmp_path / "new.db"
    for _ in range(2):
        assert run("migrate", WARREN_DATABASE_URL=f"sqlite:///{path}").returncode == 0
    with sqlite3.connect(path) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {"message_log", "task", "processed_message", "package", "part_result"} <= tables
