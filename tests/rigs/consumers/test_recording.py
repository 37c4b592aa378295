"""A user's own publisher is run behind a line, and what it sends becomes the message of all cases."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.errors import InstanceError, ManifestError
from warren.rigs.consumers.recording import with_messages
from warren.workloads.own import OwnWorkload
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warren.claims.implementation import Implementation

OTHER = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
PUBLISHER = """
import json, os, sys, uuid
import pika
how, order = sys.argv[1:]
parameters = pika.URLParameters(os.environ["AMQP_URL"])
parameters.virtual_host = "their-own"
connection = pika.BlockingConnection(parameters)
channel = connection.channel()
if how != "undeclared":
    passive = how == "expecting"
    channel.exchange_declare("shop", "topic", passive=passive, durable=True)
with open("runs", "a") as runs:
    runs.write("x")
body = json.dumps({"ref": "fixed" if how == "without" else order, "task": str(uuid.uuid4())})
properties = pika.BasicProperties(headers={"tenant": os.environ["TENANT"]}, delivery_mode=2)
for number in range({"nothing": 0, "several": 2}.get(how, 1)):
    channel.basic_publish("shop", f"order.{number}", body, properties)
if how == "nothing":
    sys.exit("no orders today")
if how != "abrupt":
    connection.close()
os._exit(0)
"""
CONSUMER = """
import os, pika
parameters = pika.URLParameters(os.environ["AMQP_URL"])
parameters.virtual_host = "their-own"
channel = pika.BlockingConnection(parameters).channel()
channel.exchange_declare("shop", "topic", durable=True)
channel.queue_declare("orders", durable=True)
channel.basic_consume("orders", print)
channel.start_consuming()
"""
MANIFEST = """
protocol = 2
name = "orders"

[consumers.orders]
command = ["{python}", "consumer.py"]
environment = {{ AMQP_URL = "{{amqp_url}}", TENANT = "a" }}
queue = "orders"

[consumers.orders.message]
publish = {publish}
slow = {{ body = "slow.json", seconds = 3.0 }}

[[consumers.orders.effects]]
path = "{{id}}"
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Give the servers of a run that need nothing on this machine."""
    with closing(Servers("embedded", "sqlite", print)) as servers:
        yield servers


@pytest.fixture
def worlds(servers: Servers, request: pytest.FixtureRequest) -> Iterator[RealWorlds]:
    """Give the worlds of one process."""
    with closing(RealWorlds(servers.for_workers(), f"rec{abs(hash(request.node.name))}")) as worlds:
        yield worlds


@pytest.fixture
def orders(tmp_path: Path) -> Callable[..., Implementation]:
    """Write a manifest with a publisher that behaves as it is told."""

    def made(how: str, publish: str = "") -> Implementation:
        (tmp_path / "publisher.py").write_text(PUBLISHER)
        (tmp_path / "consumer.py").write_text(CONSUMER)
        (tmp_path / "slow.json").write_text('{"big": "{id}"}')
        words = [sys.executable, "publisher.py", how, "{id}"]
        path = tmp_path / "warren.toml"
        path.write_text(
            MANIFEST.format(python=sys.executable, publish=publish or json.dumps(words))
        )
        return load_manifest(path, load_catalogue())

    return made


@pytest.mark.parametrize("how", ["orderly", "abrupt", "undeclared", "expecting"])
def test_records(worlds: RealWorlds, orders: Callable[..., Implementation], how: str) -> None:
    """Where it goes, its properties and its body are known, and other messages are made from it.

    That is so also where it ends without a word, where the exchange is not there, and where it needs its consumer's.
    """
    workload = with_messages(worlds, orders(how), "orders")
    assert isinstance(workload, OwnWorkload)
    assert workload.exchange == "shop"
    made = workload.sample.message.make(OTHER, 1)
    assert made.routing_key == "order.0"
    assert made.properties.headers == {"tenant": "a"}
    assert made.properties.delivery_mode == 2
    body, other = json.loads(made.body), json.loads(workload.sample.message.body)
    assert body["ref"] == OTHER
    assert body["task"] != other["task"]
    assert workload.sample.slow is not None
    slow = workload.sample.slow.make(OTHER, 1)
    assert json.loads(slow.body) == {"big": OTHER}
    assert slow.properties.headers == {"tenant": "a"}
    assert workload.malformed  # it is JSON


def test_once_in_a_run(
    servers: Servers, worlds: RealWorlds, orders: Callable[..., Implementation]
) -> None:
    """Another process of the run is given what the first has recorded."""
    implementation = orders("orderly")
    first = with_messages(worlds, implementation, "orders")
    with closing(RealWorlds(servers.for_workers(), "second")) as others:
        assert with_messages(others, implementation, "orders") == first


def test_leaves_the_directory_alone(
    worlds: RealWorlds, orders: Callable[..., Implementation], tmp_path: Path
) -> None:
    """It runs in a copy of its directory."""
    with_messages(worlds, orders("orderly"), "orders")
    assert not (tmp_path / "runs").exists()


def test_its_own_environment(worlds: RealWorlds, orders: Callable[..., Implementation]) -> None:
    """What it names itself counts before what the consumer names."""
    command = json.dumps([sys.executable, "publisher.py", "orderly", "{id}"])
    publish = f'{{ command = {command}, environment = {{ TENANT = "b" }} }}'
    workload = with_messages(worlds, orders("", publish), "orders")
    assert isinstance(workload, OwnWorkload)
    assert workload.sample.message.properties.headers == {"tenant": "b"}


def test_one_of_several(worlds: RealWorlds, orders: Callable[..., Implementation]) -> None:
    """Of several messages the manifest says which is meant."""
    command = json.dumps([sys.executable, "publisher.py", "several", "{id}"])
    implementation = orders("", f'{command}\nexchange = "shop"\nrouting_key = "order.1"')
    workload = with_messages(worlds, implementation, "orders")
    assert isinstance(workload, OwnWorkload)
    assert workload.sample.message.routing_key == "order.1"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("nothing", "it published nothing; .*ended with status 1, and it printed: no orders today"),
        (
            "several",
            "it published 2 messages, and this has to be one: .*order.0.*order.1.*beside `publish`",
        ),
        ("without", "the id that it was given .* is nowhere in what it published: .*fixed"),
    ],
)
def test_faults(
    worlds: RealWorlds, orders: Callable[..., Implementation], how: str, sentence: str
) -> None:
    """What cannot be replayed is a sentence that shows what was seen."""
    with pytest.raises(InstanceError, match=sentence) as caught:
        with_messages(worlds, orders(how), "orders")
    assert "consumers.orders.message.publish of" in str(caught.value)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('properties = { type = "x" }', "`publish` says `properties` itself; take them out"),
        ('body = "slow.json"', "a message has `body`, `publish` or `schema`; write one of them"),
    ],
)
def test_said_twice(orders: Callable[..., Implementation], more: str, sentence: str) -> None:
    """What the publisher says is not to be said in the manifest, too."""
    with pytest.raises(ManifestError, match=sentence):
        orders("", f'["true"]\n{more}')
