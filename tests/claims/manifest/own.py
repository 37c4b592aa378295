"""A manifest of a user's own consumer that says most of what there is, and the folder of files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """
protocol = 2
name = "orders"
language = "Go 1.24"

[consumers.orders]
command = ["./orders", "--prefetch={prefetch}"]
instances = 2
environment = { AMQP_URL = "{amqp_url}" }
templates = { "config.ini" = "config.ini.template" }
queue = "shop.orders"
stop = { signal = "SIGINT", grace = 10.0 }
claims = ["no-loss"]
denies = ["heartbeat-safe"]

[consumers.orders.message]
exchange = "shop"
routing_key = "order.created"
body = "order.json"
properties = { message_id = "{id}", headers = { tenant = "a" } }
seconds = 2.0
slow = { body = "order.json", seconds = 30.0 }

[[consumers.orders.effects]]
sql = "SELECT count(*) FROM orders WHERE ref = :id"

[[consumers.orders.effects]]
publishes = { exchange = "billing" }
key = "message_id"

[[consumers.orders.effects]]
http = "POST /charge"
key = "Idempotency-Key"

[[consumers.orders.effects]]
path = "out/{id}.json"

[[consumers.orders.effects]]
command = ["./count-orders", "{id}"]

[database]
schema = "schema.sql"

[[known_failures]]
requirement = "no-loss.killed-during-work"
consumer = "orders"
reason = "it is mended soon"
link = "https://example.org/1"
"""


def written(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the manifest with a change; the old words must stand in it."""
    assert old in MANIFEST
    path = folder / "warren.toml"
    path.write_text(MANIFEST.replace(old, new, 1) if old else MANIFEST)
    return path
