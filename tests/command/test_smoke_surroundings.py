"""`warren smoke` of a consumer that declares nothing and needs a service, an HTTP service, and its own publisher."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from warren.command.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CONSUMER = """
import json, os, socket, urllib.request
import pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
def work(channel, method, properties, body):
    place = os.environ["COUNTER_HOST"], int(os.environ["COUNTER_PORT"])
    with socket.create_connection(place) as counter:
        number = counter.recv(100).decode()
    ref = json.loads(body)["ref"]
    charge = json.dumps({"ref": ref, "number": number}).encode()
    asked = urllib.request.Request(os.environ["CHARGES"] + "/charge", charge, method="POST")
    with urllib.request.urlopen(asked) as answer:
        told = json.load(answer)["receipt"]
    with open(f"{told}-{number}-{ref}.txt", "w") as receipt:
        receipt.write(ref)
    channel.basic_ack(method.delivery_tag)
channel.basic_consume("orders", work)
channel.start_consuming()
"""
PUBLISHER = """
import json, os, sys
import pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
channel.confirm_delivery()
channel.basic_publish("shop", "order.created", json.dumps({"ref": sys.argv[1]}))
connection.close()
"""
COUNTER = """
import socket, sys
count = 0
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = server.accept()
    client.sendall(b"seven")
    client.close()
"""
QUEUE = {"name": "orders", "durable": True, "auto_delete": False, "arguments": {}}
SHOP = {
    "name": "shop",
    "type": "topic",
    "durable": True,
    "auto_delete": False,
    "internal": False,
    "arguments": {},
}
BINDING = {
    "source": "shop",
    "destination": "orders",
    "destination_type": "queue",
    "routing_key": "order.*",
    "arguments": {},
}
MANIFEST = """
protocol = 2
name = "orders"

[topology]
definitions = "definitions.json"

[consumers.orders]
command = ["python", "consumer.py"]
queue = "orders"

[consumers.orders.environment]
AMQP_URL = "{amqp_url}"
COUNTER_HOST = "{counter_host}"
COUNTER_PORT = "{counter_port}"
CHARGES = "{http_stub_url}"

[consumers.orders.message]
publish = ["python", "publisher.py", "{id}"]

[[consumers.orders.effects]]
http = "POST /charge"

[[consumers.orders.effects]]
path = "paid-seven-{id}.txt"

[services.counter]
command = ["python", "counter.py", "{port}"]

[http]
"POST /charge" = { status = 201, body = '{"receipt": "paid"}' }
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Write the whole project."""
    (tmp_path / "consumer.py").write_text(CONSUMER)
    (tmp_path / "publisher.py").write_text(PUBLISHER)
    (tmp_path / "counter.py").write_text(COUNTER)
    document = {"queues": [QUEUE], "exchanges": [SHOP], "bindings": [BINDING]}
    (tmp_path / "definitions.json").write_text(json.dumps(document))
    path = tmp_path / "warren.toml"
    path.write_text(MANIFEST)
    return path


def smoke(manifest: Path) -> tuple[int, str]:
    """Run the command on servers that need nothing on this machine; give its status and what it printed."""
    words = ["smoke", str(manifest), "--broker", "embedded", "--database", "sqlite"]
    result = CliRunner().invoke(main, words)
    return result.exit_code, result.output


def test_works(manifest: Path) -> None:
    """Everything that the manifest names is there, and both effects are found."""
    status, output = smoke(manifest)
    assert status == 0, output
    assert "orders: works" in output


def test_service_does_not_start(manifest: Path) -> None:
    """A service that ends is a sentence with what it printed, and status 2."""
    (manifest.parent / "counter.py").write_text("import sys; sys.exit('no memory')")
    status, output = smoke(manifest)
    assert status == 2, output
    assert "services.counter of" in output
    assert "ended with status 1 before it was ready; it printed: no memory" in output


def test_publisher_sends_nothing(manifest: Path) -> None:
    """A publisher that sends nothing is a wiring fault."""
    (manifest.parent / "publisher.py").write_text("print('no orders today')")
    status, output = smoke(manifest)
    assert status == 2, output
    assert "orders: wiring fault: consumers.orders.message.publish of" in output
    assert "it published nothing" in output


def test_sample_is_no_json(manifest: Path) -> None:
    """A sample that is no JSON is told before anything starts, and tried all the same."""
    sample = 'body = "order.json"\nexchange = "shop"\nrouting_key = "order.created"'
    text = MANIFEST.replace('publish = ["python", "publisher.py", "{id}"]', sample)
    manifest.write_text(text)
    (manifest.parent / "order.json").write_text('{"ref": {id}}')
    status, output = smoke(manifest)
    assert output.startswith("orders: warning: order.json is no JSON: line 1 column 9"), output
    assert status == 1, output
    assert "orders: nonconforming: the message was delivered" in output
