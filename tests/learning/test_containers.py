"""What a service of a Compose file has to be told, beside what its own variables lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from warren.learning.containers import ComposeFile

HOME = Path("/srv/shop")
SERVICES: dict[str, dict[str, Any]] = {
    "orders": {
        "image": "shop/orders:1",
        "environment": {
            "AMQP_URL": "amqp://shop:secret@rabbitmq:5672/",
            "AMQP_USER": "shop",
            "DATABASE_URL": "postgresql://shop:secret@db/shop",
            "PGHOST": "db",
            "PGPORT": 5432,
            "PGUSER": "shop",
            "PGPASSWORD": "secret",
            "REPORTS_DATABASE_URL": "postgresql://shop:secret@reports.example.com/shop",
            "BROKER_HOST": "mq.example.com",
            "CHARGE_API": "http://payments:8081",
            "RATES_API": "https://rates.example.com/v1",
            "EMPTY": None,
        },
    },
    "payments": {"image": "shop/payments"},
    "rabbitmq": {"image": "rabbitmq:4.3-management"},
    "db": {
        "image": "docker.io/library/postgres:15",
        "volumes": [
            {"source": "/srv/shop/schema.sql", "target": "/docker-entrypoint-initdb.d/1.sql"},
            "/elsewhere/more.sql:/docker-entrypoint-initdb.d/2.sql:ro",
            "data:/var/lib/postgresql/data",
        ],
    },
}


def test_to_be_told() -> None:
    """A login of a database is told, and what no name of a service leads to; broker, port and services are not."""
    found = ComposeFile(SERVICES).to_be_told("orders")
    assert {name: address.replacement for name, address in found.items()} == {
        "PGUSER": "{database_user}",
        "PGPASSWORD": "{database_password}",
        "REPORTS_DATABASE_URL": "{database_url}",
        "BROKER_HOST": "{amqp_host}",
        "RATES_API": "{http_stub_url}",
    }


@pytest.mark.parametrize(
    ("names", "candidates"),
    [
        (("orders", "rabbitmq", "db"), ("orders",)),
        (("orders", "payments", "db"), ("orders", "payments")),
        (("rabbitmq", "db"), ("rabbitmq", "db")),
    ],
)
def test_candidates(names: tuple[str, ...], candidates: tuple[str, ...]) -> None:
    """What is a server by its image is no consumer, unless there is nothing else."""
    assert ComposeFile({name: SERVICES[name] for name in names}).candidates == candidates


def test_database_and_schema() -> None:
    """Which database it uses is said by URLs, else by images; what makes its tables by what that image runs."""
    compose = ComposeFile(SERVICES)
    assert compose.database("orders") == compose.database("payments") == "postgresql"
    assert compose.schemas(HOME) == (HOME / "schema.sql",)
    assert ComposeFile({"a": {"image": "mariadb:11"}}).database("a") == "mysql"
    assert not ComposeFile({"a": {}}).database("a")
