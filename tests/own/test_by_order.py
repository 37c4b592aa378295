"""A user's own consumer whose messages have no id in their body: what is known of them, and what is not."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conformance.suite import run_suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONSUMER = """
import os, sys, uuid, pika
from sqlalchemy import create_engine, text
engine = create_engine(os.environ["DATABASE_URL"])
STATEMENTS = {
    "keyed": "INSERT INTO orders (ref) VALUES (:ref) ON CONFLICT DO NOTHING",
    "counted": "UPDATE stock SET pieces = pieces - 1",
}
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
channel.queue_declare("work", durable=True)
def work(channel, method, properties, body):
    with engine.begin() as connection:
        ref = {"ref": properties.message_id or str(uuid.uuid4())}
        connection.execute(text(STATEMENTS[sys.argv[1]]), ref if sys.argv[1] == "keyed" else {})
    channel.basic_ack(method.delivery_tag)
channel.basic_consume("work", work)
channel.start_consuming()
"""
SCHEMA = """
CREATE TABLE orders (ref varchar(64) PRIMARY KEY);
CREATE TABLE stock (pieces integer);
INSERT INTO stock VALUES (1000);
"""
MANIFEST = """
protocol = 2
name = "{kind}"

[consumers.orders]
command = ["{python}", "consumer.py", "{kind}"]
environment = {{ AMQP_URL = "{{amqp_url}}", DATABASE_URL = "{{sqlalchemy_url}}" }}
queue = "work"
message = {{ body = "order.json"{properties} }}
effects = [{{ {effect} }}]

[database]
schema = "schema.sql"
"""
NAMED = ', properties = { message_id = "{id}" }'
KEYED = 'sql = "SELECT count(*) FROM orders WHERE ref = :id"'
COUNTED = 'table = "stock", adds = { pieces = -1 }'


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes the manifest of a consumer, in a folder of its own with all that it names."""

    def write(kind: str, effect: str, properties: str = "") -> Path:
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "consumer.py").write_text(CONSUMER)
        (folder / "order.json").write_text('{"pieces": 1}')
        (folder / "schema.sql").write_text(SCHEMA)
        text = MANIFEST.format(
            kind=kind, python=sys.executable, effect=effect, properties=properties
        )
        (folder / "warren.toml").write_text(text)
        return folder / "warren.toml"

    return write


def test_verdicts(manifest: Callable[..., Path], tmp_path: Path) -> None:
    """A total is judged without an id; where the only id is left out, a row that is missing is no failure."""
    report = tmp_path / "report"
    ended = run_suite(
        [manifest("keyed", KEYED, NAMED), manifest("counted", COUNTED)],
        *("-n", "2", "--report", str(report)),
        *("-k", "test_ack_lost or test_properties"),
    )
    assert report.is_dir(), ended.stdout
    findings = json.loads((report / "report.json").read_text())["findings"]
    verdicts = {(f["implementation"], f["verdict"]["requirement"]): f["verdict"] for f in findings}
    outcomes = {key: verdict["outcome"] for key, verdict in verdicts.items()}
    assert outcomes == {
        ("keyed", "effect-once.ack-lost"): "pass",
        ("counted", "effect-once.ack-lost"): "fail",
        ("keyed", "takes-any-input.properties"): "inconclusive",
        ("counted", "takes-any-input.properties"): "pass",
    }, ended.stdout
    words = verdicts["keyed", "takes-any-input.properties"]["words"]
    assert "known by order alone; have {id} in the body, too" in words
