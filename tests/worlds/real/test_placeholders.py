"""What programs of somebody's own are told, and the directory that they run in."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from warren.claims.implementation import Program
from warren.claims.own_words import OF_BROKER, OF_DATABASE
from warren.errors import InstanceError, SetupError
from warren.worlds.real.databases import DatabaseUrls
from warren.worlds.real.directories import copy_directory
from warren.worlds.real.placeholders import Placeholders, of_broker, of_contract, of_database

AMQP = "amqp://rig:pa%2Fss@127.0.0.1:5673/case-7"
LARGE = (4 << 20) + 1
"""Octets of which a folder has too many to be copied."""
POSTGRESQL = "postgresql+psycopg://rig:pa%2Fss@127.0.0.1:5432/orders"


def test_broker() -> None:
    """An AMQP URL is told as a whole and in its parts, with nothing encoded."""
    told = of_broker(AMQP)
    assert told["amqp_url"] == AMQP
    parts = ("host", "port", "user", "password", "vhost")
    assert [told[name] for name in parts] == ["127.0.0.1", "5673", "rig", "pa/ss", "case-7"]


def test_database() -> None:
    """A database is told in the forms that libraries of several languages read."""
    told = of_database(DatabaseUrls.of(make_url(POSTGRESQL)))
    assert told["database_url"] == "postgresql://rig:pa%2Fss@127.0.0.1:5432/orders"
    assert told["sqlalchemy_url"] == POSTGRESQL
    jdbc = "jdbc:postgresql://127.0.0.1:5432/orders?user=rig&password=pa%2Fss"
    assert told["jdbc_url"] == jdbc
    file = of_database(DatabaseUrls.of(make_url("sqlite:////tmp/x.db")))
    assert (file["database_url"], file["jdbc_url"]) == (
        "sqlite:////tmp/x.db",
        "jdbc:sqlite:/tmp/x.db",
    )


def test_path_of_a_file() -> None:
    """SQLite's file is told by its path; of another database that is refused, with what to do."""
    file = DatabaseUrls.of(make_url("sqlite:////tmp/x.db"))
    assert Placeholders(of_database(file)).fill("p={database_path}") == "p=/tmp/x.db"
    server = Placeholders(of_database(DatabaseUrls.of(make_url(POSTGRESQL))))
    with pytest.raises(SetupError, match="no file; run it with --database sqlite, or write"):
        server.fill("p={database_path}")


def test_words_of_a_manifest_have_values() -> None:
    """What a manifest may say is what there are values for."""
    file = DatabaseUrls.of(make_url("sqlite:////tmp/x.db"))
    assert set(OF_DATABASE) == set(of_database(file))
    assert set(OF_BROKER) == set(of_broker(AMQP))


def test_filled() -> None:
    """A program's command and environment have their values, and braces of its own stay."""
    program = Program(
        ("run", "--prefetch={prefetch}", '{"a": 1}', "{unknown}"),
        Path("/here"),
        {"URL": "{amqp_url}"},
        has_placeholders=True,
    )
    places = Placeholders({**of_contract({"WARREN_PREFETCH": "3"}), **of_broker(AMQP)})
    filled = places.filled(program, Path("/there"))
    assert filled.argv == ("run", "--prefetch=3", '{"a": 1}', "{unknown}")
    assert filled.environment == {"URL": AMQP}
    assert filled.directory == Path("/there")


def test_templates_leave_the_users_files_alone(tmp_path: Path) -> None:
    """What a template makes is made in the copy, also in the place of a file of the user's."""
    own, copy = tmp_path / "own", tmp_path / "copy"
    own.mkdir()
    (own / "config.ini").write_text("mine")
    (own / "config.ini.in").write_text("host = {host}")
    program = Program(
        ("run",), own, templates={"config.ini": "config.ini.in", "sub/x": "config.ini.in"}
    )
    copy_directory(own, copy)
    Placeholders(of_broker(AMQP)).write_templates(program, copy)
    assert (copy / "config.ini").read_text() == "host = 127.0.0.1"
    assert (copy / "sub" / "x").read_text() == "host = 127.0.0.1"
    assert (own / "config.ini").read_text() == "mine"


def test_templates_in_a_linked_folder(tmp_path: Path) -> None:
    """What a template makes in a folder that is linked leaves the user's file alone, and the rest is there."""
    own, copy = tmp_path / "own", tmp_path / "copy"
    (own / "conf" / "by" / "host").mkdir(parents=True)
    (own / "conf" / "words.bin").write_bytes(bytes(LARGE))
    for name in ("app.ini", "by/host/app.ini"):
        (own / "conf" / name).write_text("mine")
    (own / "app.ini.in").write_text("host = {host}")
    made = {"conf/app.ini": "app.ini.in", "conf/by/host/app.ini": "app.ini.in"}
    copy_directory(own, copy)
    assert (copy / "conf").is_symlink()
    for _ in ("the first instance", "the next"):
        Placeholders(of_broker(AMQP)).write_templates(Program(("run",), own, templates=made), copy)
    for name in made:
        assert (copy / name).read_text() == "host = 127.0.0.1"
        assert (own / name).read_text() == "mine"
    assert (copy / "conf" / "words.bin").stat().st_size == LARGE
    assert sorted(path.name for path in (own / "conf").iterdir()) == ["app.ini", "by", "words.bin"]


def test_large_file_is_copied(tmp_path: Path) -> None:
    """A file is copied whatever its size, and as executable as it was: a database or a log is written to."""
    own, copy = tmp_path / "own", tmp_path / "copy"
    own.mkdir()
    (own / "orders.db").write_bytes(bytes(LARGE))
    (own / "orders.db").chmod(0o755)
    copy_directory(own, copy)
    assert (copy / "orders.db").stat().st_mode == (own / "orders.db").stat().st_mode
    with (copy / "orders.db").open("r+b") as file:
        file.write(b"mine")
    assert (own / "orders.db").read_bytes() == bytes(LARGE)


def test_template_that_is_not_text(tmp_path: Path) -> None:
    """A template that cannot be filled in is told by its name."""
    (tmp_path / "x").write_bytes(b"\xff")
    program = Program(("run",), tmp_path, templates={"y": "x"})
    with pytest.raises(InstanceError, match="the template x cannot be filled in"):
        Placeholders({}).write_templates(program, tmp_path)


def test_large_is_linked(tmp_path: Path) -> None:
    """Dependencies are linked, small files and folders copied; a link that is replaced leaves the user's file."""
    own, copy = tmp_path / "own", tmp_path / "copy"
    (own / "node_modules").mkdir(parents=True)
    for number in range(600):
        (own / "node_modules" / f"{number}.js").touch()
    (own / "out").mkdir()
    (own / "out" / "old.json").write_text("{}")
    (own / "consumer.py").write_text("pass")
    copy_directory(own, copy)
    assert (copy / "node_modules").is_symlink()
    assert (copy / "node_modules" / "7.js").exists()
    assert not (copy / "out").is_symlink()
    assert (copy / "consumer.py").read_text() == "pass"
    (copy / "out" / "new.json").write_text("{}")
    assert not (own / "out" / "new.json").exists()
