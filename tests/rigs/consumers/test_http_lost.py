"""A case has the HTTP service fail that consumers call: they meet it, and what they call afterwards has its effect."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.rigs.consumers import HttpFailure, Rig
from warren.rigs.pace import PACES
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE = 30.0
CONSUMER = """
import os, time, urllib.request
import pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
channel.queue_declare("orders", durable=True)
def work(channel, method, properties, body):
    asked = urllib.request.Request(os.environ["CHARGES"] + "/charge", body, method="POST")
    try:
        urllib.request.urlopen(asked, timeout=0.5).close()
    except OSError:
        connection.sleep(0.2)
        channel.basic_nack(method.delivery_tag)
    else:
        channel.basic_ack(method.delivery_tag)
channel.basic_consume("orders", work)
channel.start_consuming()
"""
MANIFEST = """
protocol = 2
name = "orders"

[consumers.orders]
command = ["python", "consumer.py"]
environment = { AMQP_URL = "{amqp_url}", CHARGES = "{http_stub_url}" }
queue = "orders"

[consumers.orders.message]
body = "order.json"

[[consumers.orders.effects]]
http = "POST /charge"
"""


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Rig]:
    """Give a rig of a consumer that calls, and gives its message back where that fails."""
    (tmp_path / "consumer.py").write_text(CONSUMER)
    (tmp_path / "order.json").write_text('{"ref": "{id}"}')
    (tmp_path / "warren.toml").write_text(MANIFEST)
    implementation = load_manifest(tmp_path / "warren.toml", load_catalogue())
    with (
        closing(Servers("embedded", "sqlite", print)) as servers,
        closing(RealWorlds(servers.for_workers(), "tests")) as worlds,
        worlds.world(None, restarts=False) as world,
    ):
        workload = implementation.designs["orders"].workload
        yield Rig(world, implementation, workload, PACES["fast"], ())


@pytest.mark.parametrize("failure", HttpFailure, ids=lambda failure: failure.name.lower())
def test_lost_and_back(orders: Rig, failure: HttpFailure) -> None:
    """Nothing is an effect while it fails; the same message has its one effect afterwards, and the report says so."""
    orders.start.all()
    with orders.faults.http_lost(failure):
        unit = orders.publish.work(1)
        returned = orders.wait.see(
            lambda: len(orders.seen.ledger().of(unit.message_id)) > 1, DEADLINE
        )
        assert returned
        assert orders.seen.tally().untouched
        met = {call.status for call in orders.seen.calls()}
    expected = {HttpFailure.ERROR: {500}, HttpFailure.HANGING: {0}, HttpFailure.REFUSED: set()}
    assert met == expected[failure]
    assert orders.wait.see(orders.seen.done, DEADLINE)
    assert not orders.seen.tally().duplicates(orders.seen.ledger(), None)
    assert any(str(failure) in line for line in orders.faults_noted())
