"""A manifest of protocol 2 that says nearly all there is to say, as a person writes it, is taken as it stands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.implementation import Container
from warren.claims.manifest import check_commands, load_manifest
from warren.workloads.own import CallEffect, CommandEffect, OwnWorkload, PathEffect

if TYPE_CHECKING:
    from pathlib import Path


MANIFEST = """
protocol = 2
name = "orders"
language = "Go 1.24"

[consumers.orders]
command = ["./orders-consumer"]            # or image = "…", or compose = "docker-compose.yml" with service = "orders"
instances = 2
environment = { AMQP_URL = "{amqp_url}", DATABASE_URL = "{database_url}", CHARGE_API = "{http_stub_url}" }
templates = { "config.ini" = "config.ini.template" }    # the same placeholders: host, port, user, password, vhost, url
queue = "orders"                           # ready when this has its consumer; several may be named
stop = { signal = "SIGTERM", grace = 10.0 }
claims = ["no-loss", "effect-once"]
denies = ["heartbeat-safe"]                # must be seen to break

[consumers.orders.message]                 # one unit of work; {id} is unique in each
exchange = "shop"
routing_key = "order.created"
body = "samples/order.json"                 # or publish = ["./shop", "order", "{id}"]
properties = { content_type = "application/json", message_id = "{id}", headers = { tenant = "a" } }
seconds = 2.0                              # how long its work takes; learned when absent
slow = { body = "samples/large-order.json", seconds = 30.0 }     # optional, for heartbeats and ack time-outs

[[consumers.orders.effects]]               # one or several, each of one of these kinds
sql = "SELECT count(*) FROM orders WHERE ref = :id"
# publishes = { exchange = "billing", routing_key = "order.paid" }
# http = "POST /charge"                    # calls that reach Warren's stub, which records them
# path = "out/{id}.json"
# command = ["./count-orders", "{id}"]     # prints a number

[consumers.orders.bad]
malformed = ["samples/not-json.bin"]
misshapen = ["samples/no-id.json"]
poison = "samples/always-fails.json"       # well-formed work that always fails

[topology]
definitions = "definitions.json"           # RabbitMQ's own export, imported before the consumer starts; optional

[database]                                 # optional; made once, copied for every case
schema = "schema.sql"                      # or migrate = ["./orders", "migrate"]; seed = "seed.sql"

[services.redis]                           # whatever else it needs: Warren starts it, or is told where it is
command = ["redis-server", "--port", "{port}"]     # or image = "redis:7"
ready = { tcp = "{port}" }
reset = ["redis-cli", "-p", "{port}", "flushall"]  # between cases; without it one service a case
"""
FILES = {
    "orders-consumer": "",
    "count-orders": "",
    "config.ini.template": "host = {host}",
    "samples/order.json": '{"ref": "{id}"}',
    "samples/large-order.json": '{"ref": "{id}", "pages": 300}',
    "samples/not-json.bin": "{",
    "samples/no-id.json": "{}",
    "samples/always-fails.json": '{"ref": "{id}", "amount": -1}',
    "definitions.json": '{"queues": []}',
    "schema.sql": "CREATE TABLE orders (ref text)",
    "redis-server": "",
    "redis-cli": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make the folder of such a project, with its tools in it."""
    (tmp_path / "samples").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_as_it_stands(folder: Path) -> None:
    """All of it is taken, and every program of it is looked for."""
    (folder / "warren.toml").write_text(MANIFEST)
    implementation = load_manifest(folder / "warren.toml", load_catalogue())
    check_commands(implementation, os.pathsep.join((str(folder), os.defpath)))
    design = implementation.designs["orders"]
    assert isinstance(design.workload, OwnWorkload)
    assert design.workload.sample.seconds == 2.0
    assert design.surroundings.definitions is not None


def test_what_its_comments_offer(folder: Path) -> None:
    """What stands in its comments is taken, too."""
    text = MANIFEST
    for kind in ("publishes = {", "http =", "path =", "command = ["):
        text = text.replace(f"# {kind}", f"[[consumers.orders.effects]]\n{kind}", 1)
    text = text.replace('queue = "orders"', 'queue = ["orders", "refunds"]')
    text = text.replace('command = ["redis-server", "--port", "{port}"]', 'image = "redis:7"')
    text = text.replace("seconds = 2.0 ", "# ")
    (folder / "warren.toml").write_text(text)
    implementation = load_manifest(folder / "warren.toml", load_catalogue())
    check_commands(implementation, os.defpath)
    design = implementation.designs["orders"]
    assert isinstance(design.workload, OwnWorkload)
    assert design.workload.effects[2:] == (
        CallEffect("POST", "/charge"),
        PathEffect("out/{id}.json"),
        CommandEffect(("./count-orders", "{id}")),
    )
    assert design.workload.also == ("refunds",)
    assert not design.workload.is_timed
    (redis,) = design.surroundings.services
    assert redis.program is not None
    assert redis.program.container == Container("redis:7")
