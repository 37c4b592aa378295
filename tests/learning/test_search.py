"""Looking for addresses in a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.learning.search import propose

if TYPE_CHECKING:
    from pathlib import Path


def test_source_and_dotenv_and_files(tmp_path: Path) -> None:
    """What the source reads, what `.env` says and what configuration says is proposed; dependencies are passed by."""
    (tmp_path / "consumer.py").write_text('os.environ["AMQP_URL"], os.environ["SHOP_MODE"]')
    (tmp_path / ".env").write_text("# mine\nexport DATABASE_URL=mysql://db/shop\nSHOP=1\n")
    (tmp_path / "config.ini").write_text("[broker]\nhost = rabbit\n")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").write_text("process.env.OTHER_AMQP_URL")
    found = propose(tmp_path, ("./run", "amqp://rabbit"), {"SHOP_MODE": "x", "HOME": "/"})
    assert {n: a.replacement for n, a in found.variables.items()} == {
        "AMQP_URL": "{amqp_url}",
        "DATABASE_URL": "{database_url}",
    }
    assert found.templates == {"config.ini": "[broker]\nhost = {amqp_host}\n"}
    assert found.command == ("./run", "{amqp_url}")
    assert found.also_read == ("SHOP_MODE",)
    assert found.database == "mysql"


def test_asyncapi_is_no_configuration(tmp_path: Path) -> None:
    """What describes the consumer is not read by it, though its bindings name a vhost."""
    bindings = "bindings: {amqp: {queue: {name: orders, vhost: /}}}"
    (tmp_path / "shop.yaml").write_text(f"info: {{}}\nasyncapi: 3.0.0\n{bindings}\n")
    (tmp_path / "shop.json").write_text('{"asyncapi": "3.0.0", "vhost": "/"}')
    (tmp_path / "conf.yaml").write_text("amqp:\n  vhost: /\n")
    assert propose(tmp_path, ("./run",), {}).templates.keys() == {"conf.yaml"}


def test_environment(tmp_path: Path) -> None:
    """Of the environment, what the source reads by name counts, and else a URL of a broker or database alone."""
    (tmp_path / "consumer.js").write_text("connect(process.env.RABBIT_HOST)")
    environment = {
        "RABBIT_HOST": "rabbit",
        "MY_BROKER": "amqp://rabbit",
        "DB_HOST": "not read by it",
        "SOME_API": "http://elsewhere",
    }
    found = propose(tmp_path, ("node", "consumer.js"), environment)
    assert {*found.variables} == {"RABBIT_HOST", "MY_BROKER"}


def test_compose(tmp_path: Path) -> None:
    """Of a Compose file what the source reads or what is a URL counts, not the broker's own settings."""
    (tmp_path / "consumer.go").write_text('os.Getenv("RABBIT_HOST")')
    (tmp_path / "compose.yaml").write_text(
        "services:\n  orders:\n    environment:\n      RABBIT_HOST: rabbit\n"
        "      - DATABASE=postgres://db/shop\n"
        "  rabbit:\n    environment:\n      RABBITMQ_DEFAULT_USER: app\n"
    )
    found = propose(tmp_path, ("./orders",), {})
    assert {*found.variables} == {"RABBIT_HOST", "DATABASE"}
    assert not found.templates


def test_fixed(tmp_path: Path) -> None:
    """The lines of the source are named in which the address of a broker stands."""
    (tmp_path / "consumer.py").write_text("import pika\nconnect('localhost')\n")
    assert propose(tmp_path, ("python", "consumer.py"), {}).fixed == ("consumer.py line 2",)


def test_nothing(tmp_path: Path) -> None:
    """Where nothing is found the proposal is empty."""
    (tmp_path / "consumer.py").write_text("connect('localhost')")
    assert propose(tmp_path, ("python", "consumer.py"), {}).is_empty


def test_beside_what_is_told(tmp_path: Path) -> None:
    """What a person tells it is not proposed; files are as they are once its broker is told."""
    (tmp_path / "consumer.py").write_text(
        'getenv("RABBIT_HOST"), getenv("RABBIT_PORT"), getenv("SHOP")'
    )
    (tmp_path / "config.ini").write_text("[broker]\nhost = rabbit\n")
    command = ("./run", "amqp://rabbit")
    found = propose(tmp_path, command, {})
    other = found.beside({"SHOP": "large"}, command)
    assert {*other.variables} == {"RABBIT_HOST", "RABBIT_PORT"}
    assert (other.command, {*other.templates}) == (("./run", "{amqp_url}"), {"config.ini"})
    assert (found.also_read, other.also_read) == (("SHOP",), ())
    broker = found.beside({"RABBIT_HOST": "{amqp_host}"}, command)
    assert {*broker.variables} == {"RABBIT_PORT"}
    assert (broker.command, broker.templates, broker.in_files) == (command, {}, ())


@pytest.mark.parametrize(
    ("library", "advice"),
    [
        ("sqlite3", "--env NAME=TEXT, the path of its SQLite file as {database_path}"),
        ("psycopg", "--env NAME=TEXT"),
    ],
)
def test_also_read(tmp_path: Path, library: str, advice: str) -> None:
    """What its source reads besides is named with the way to pass it, for SQLite with the word for its file."""
    (tmp_path / "consumer.py").write_text(f'import {library}\ngetenv("DB_PATH")')
    found = propose(tmp_path, ("./run",), {})
    assert found.also_needed == f"its source also reads DB_PATH; pass what it needs by {advice}"
