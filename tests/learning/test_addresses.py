"""What names a broker or a database, by its form or by its name, and what is put in its place."""

from __future__ import annotations

import pytest

from warren.learning.addresses import database_in, in_command, in_file, of_value, read_by

LIBPQ = (
    "host={database_host} port={database_port} dbname={database_name} user={database_user}"
    " password={database_password}"
)


@pytest.mark.parametrize(
    ("name", "value", "replacement"),
    [
        ("BROKER", "amqp://guest:guest@rabbit:5672/%2f", "{amqp_url}"),
        ("X", "pyamqp://guest@localhost//", "{amqp_url}"),
        ("X", "amqp://a/one", "{amqp_url}"),
        ("X", "postgres://app:secret@db/shop?sslmode=disable", "{database_url}"),
        ("X", "db+sqlite:///results.db", "db+{database_url}"),
        ("X", "jdbc:postgresql://db:5432/shop", "{jdbc_url}"),
        (
            "X",
            "postgresql+asyncpg://app@db/shop",
            "postgresql+asyncpg://{database_user}:{database_password}@{database_host}:{database_port}/{database_name}",
        ),
        (
            "X",
            "host=db dbname=shop user=app",
            LIBPQ,
        ),
        ("AMQP_URL", None, "{amqp_url}"),
        ("RABBITMQ_HOST", "rabbit", "{amqp_host}"),
        ("RABBITMQ_DEFAULT_USER", "app", "{amqp_user}"),
        ("rabbitmq.virtual-host", "/shop", "{vhost}"),
        ("spring.rabbitmq.password", "secret", "{amqp_password}"),
        ("PGHOST", None, "{database_host}"),
        ("MYSQL_DATABASE", "shop", "{database_name}"),
        ("dbPort", "5432", "{database_port}"),
        ("CHARGE_API", None, "{http_stub_url}"),
        ("ApiBaseUrl", "http://charge", "{http_stub_url}"),
    ],
)
def test_address(name: str, value: str | None, replacement: str) -> None:
    """A URL is known by its scheme; a host, a port and the like by their name."""
    found = of_value(name, value)
    assert found is not None
    assert found.replacement == replacement


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHOP_MODE", "fast"),
        ("QUEUE", "shop.orders"),
        ("RABBITMQ_QUEUE", "shop.orders"),
        ("RABBITMQ_MANAGEMENT_URL", "http://rabbit:15672"),
        ("HTTP_PROXY", "http://proxy:3128"),
        ("API_KEY", "x"),
        ("AMQP_URL", ""),
        ("EXAMPLE", "example://x"),
    ],
)
def test_no_address(name: str, value: str) -> None:
    """What names no place where something is reached is left alone."""
    assert of_value(name, value) is None


def test_no_password_is_shown() -> None:
    """A proposal shows neither a password by its name nor one in a URL."""
    shown = [
        str(of_value("RABBITMQ_PASSWORD", "s3cret")),
        str(of_value("AMQP_URL", "amqp://app:s3cret@rabbit/")),
    ]
    assert not [line for line in shown if "s3cret" in line]
    assert "rabbit" in shown[1]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("[rabbitmq]\nhost = rabbit\nqueue = q\n", "[rabbitmq]\nhost = {amqp_host}\nqueue = q\n"),
        (
            "rabbitmq:\n  host: rabbit\n  port: 5672\nlog:\n  host: elsewhere\n",
            "rabbitmq:\n  host: {amqp_host}\n  port: {amqp_port}\nlog:\n  host: elsewhere\n",
        ),
        (
            '{\n  "amqp": {\n    "url": "amqp://rabbit"\n  },\n  "n": 1\n}\n',
            '{\n  "amqp": {\n    "url": "{amqp_url}"\n  },\n  "n": 1\n}\n',
        ),
        (
            "# url = amqp://rabbit\nurl = amqp://other\n",
            "# url = amqp://rabbit\nurl = {amqp_url}\n",
        ),
        ("spring.rabbitmq.port=5672\n", "spring.rabbitmq.port={amqp_port}\n"),
    ],
)
def test_file(text: str, made: str) -> None:
    """A configuration file becomes its own template: nothing but its addresses changes."""
    assert in_file(text)[0] == made


def test_ports_alone() -> None:
    """A value that is also part of its key is replaced in the value alone."""
    assert in_file("db_port: 'db'\n")[0] == "db_port: '{database_port}'\n"


def test_source() -> None:
    """The names that a program reads from its environment are found in several languages."""
    source = """
    os.environ["AMQP_URL"]; os.environ.get('PREFETCH', 1); os.getenv("A1")
    process.env.NODE_URL; process.env["NODE_TWO"]
    os.Getenv("GO_URL"); std::env::var("RUST_URL"); ENV.fetch("RUBY_URL"); getenv('PHP_URL')
    """
    names = {"AMQP_URL", "PREFETCH", "A1", "NODE_URL", "NODE_TWO", "GO_URL", "RUST_URL"}
    assert read_by(source) == {*names, "RUBY_URL", "PHP_URL"}


def test_database() -> None:
    """The database that is used is known by a URL before a library's name."""
    assert database_in(("import sqlite3", "mysql://db/shop")) == "mysql"
    assert database_in(("import psycopg",)) == "postgresql"
    assert database_in(("import json",)) == ""


def test_command() -> None:
    """A URL in a command is replaced, and what stands around it stays."""
    assert in_command("--broker=amqp://rabbit/shop") == "--broker={amqp_url}"
