"""A user's own consumer that keeps traces: what it did in that of its message is told where an effect is missing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.own.test_own import smoke

if TYPE_CHECKING:
    from pathlib import Path

CONSUMER = """
import os, pika
from urllib.request import Request, urlopen
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
channel.queue_declare("work", durable=True)
channel.exchange_declare("audit", "fanout")
def work(channel, method, properties, body):
    trace = {"traceparent": properties.headers["traceparent"][:36] + "a" * 16 + "-00"}
    urlopen(Request(os.environ["API"] + "/stock", headers=trace)).close()
    channel.basic_publish("audit", "", b"one more", pika.BasicProperties(headers=trace))
    channel.basic_ack(method.delivery_tag)
channel.basic_consume("work", work)
channel.start_consuming()
"""
MANIFEST = """
protocol = 2
name = "traces"

[consumers.traces]
command = ["{python}", "consumer.py"]
environment = {{ AMQP_URL = "{{amqp_url}}", API = "{{http_stub_url}}" }}
queue = "work"
message = {{ body = "order.json" }}
effects = [{{ publishes = {{ exchange = "audit" }} }}]
"""


def test_told(tmp_path: Path) -> None:
    """What it published and called is no effect, for the id is not in it; it is told as of its message's trace."""
    (tmp_path / "consumer.py").write_text(CONSUMER)
    (tmp_path / "order.json").write_text('{"ref": "{id}"}')
    path = tmp_path / "warren.toml"
    path.write_text(MANIFEST.format(python=sys.executable))
    ended = smoke(path)
    assert ended.returncode == 1, ended.stdout
    said = " ".join(ended.stdout.split())
    assert 'to exchange "audit" with routing key "", without a confirm, in the trace of' in said
    assert "GET /stock -> 200, in the trace of message" in said
