"""Addresses that a container has built in: found in its values, and led to the case."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from warren.worlds.real.containers.addresses import found_in, ports_of, with_database
from warren.worlds.real.databases import DatabaseUrls

URLS = DatabaseUrls.of(make_url("postgresql+psycopg://case:p%40ss@database:5432/case_1"))


def test_where_its_values_lead() -> None:
    """Broker and database are asked for by the names and ports in its URLs, and the stub by those of its peers."""
    environment = {
        "BROKER": "pyamqp://guest:guest@mq.internal:5673//",
        "DB": "jdbc:mysql://db:3307/shop",
        "CHARGE": "http://payments/charge http://payments:8081/ http://example.org:99/",
        "LEVEL": "info",
    }
    found = found_in(environment, ["payments", "db"])
    assert found.broker_port == 5673
    assert found.database_port == 3307
    assert found.http_ports == {80, 8081}
    assert found.names == {"mq.internal", "db", "payments"}


def test_nothing_named() -> None:
    """Without a URL the usual port of the broker is listened on."""
    found = found_in({"AMQP_HOST": "rabbitmq"}, ["rabbitmq"])
    assert (found.broker_port, found.database_port, found.names) == (5672, None, {"rabbitmq"})


def test_ports_of_a_service() -> None:
    """A service is looked for at each port that stands behind its name, in a URL or alone, and behind no other name."""
    environment = {
        "CACHE": "redis://:secret@redis:6379/0",
        "SENTINELS": "redis:26379,redis:26380",
        "OTHER": "my-redis:1 redis.internal:2 redis:654321",
        "HOST": "redis",
    }
    assert ports_of("redis", environment) == {6379, 26379, 26380}


@pytest.mark.parametrize(
    ("text", "led"),
    [
        (
            "postgresql://shop:secret@db:5432/shop?connect_timeout=3",
            "postgresql://case:p%40ss@db:5432/case_1?connect_timeout=3",
        ),
        ("postgresql+asyncpg://shop@db/shop", "postgresql+asyncpg://case:p%40ss@db/case_1"),
        ("jdbc:postgresql://db:5432/shop", "jdbc:postgresql://db:5432/case_1"),
        ("postgresql://shop@elsewhere/shop", "postgresql://shop@elsewhere/shop"),
        ("amqp://shop@db/shop", "amqp://shop@db/shop"),
    ],
)
def test_database_of_a_peer(text: str, led: str) -> None:
    """A URL of a database that is a peer gets the case's login and name, and keeps the rest; no other does."""
    assert with_database(text, URLS, ["db"]) == led
