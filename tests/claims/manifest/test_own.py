"""Manifests of a user's own consumers (`protocol = 2`): what they say, and a sentence for each fault."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.implementation import Container, Program, Schema
from warren.claims.manifest import load_manifest
from warren.claims.verdict import Stance
from warren.errors import ManifestError
from warren.simulator.wire import BasicProperties
from warren.workloads.own import (
    CallEffect,
    CommandEffect,
    OwnWorkload,
    PathEffect,
    PublishEffect,
    RowEffect,
)

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with the files that the manifest names."""
    (tmp_path / "order.json").write_text('{"ref": "{id}"}')
    (tmp_path / "plain.txt").write_text("hello")
    (tmp_path / "schema.sql").write_text("CREATE TABLE orders (ref text)")
    (tmp_path / "config.ini.template").write_text("host = {host}")
    return tmp_path


def written(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the manifest with a change; the old words must stand in it."""
    assert old in MANIFEST
    path = folder / "warren.toml"
    path.write_text(MANIFEST.replace(old, new, 1) if old else MANIFEST)
    return path


def test_all_that_it_says(folder: Path) -> None:
    """A whole manifest gives its program, its work and its promises."""
    implementation = load_manifest(written(folder), load_catalogue())
    design = implementation.designs["orders"]
    program, workload = design.roles["orders"], design.workload
    assert isinstance(program, Program)
    assert program.has_placeholders
    assert (program.directory, program.grace) == (folder, 10.0)
    assert program.templates == {"config.ini": "config.ini.template"}
    assert isinstance(workload, OwnWorkload)
    assert (workload.queue, workload.exchange, workload.judged_as) == (
        "shop.orders",
        "shop",
        ("blocking", "own"),
    )
    assert workload.is_told_prefetch
    assert workload.sample.message.properties == BasicProperties(
        delivery_mode=2, message_id="{id}", headers={"tenant": "a"}
    )
    assert workload.sample.slow_seconds == 30.0
    assert workload.effects == (
        RowEffect("SELECT count(*) FROM orders WHERE ref = :id"),
        PublishEffect("billing", None, "message_id"),
        CallEffect("POST", "/charge", "Idempotency-Key"),
        PathEffect("out/{id}.json"),
        CommandEffect(("./count-orders", "{id}")),
    )
    assert implementation.migrate == Schema(None, (folder / "schema.sql",))
    stance, why = implementation.stance("orders", "no-loss", "no-loss.killed-during-work")
    assert (stance, why) == (
        Stance.KNOWN_FAILURE,
        "it is mended soon (https://example.org/1)",
    )


def test_usual_key_is_the_queue(folder: Path) -> None:
    """Without an exchange a message goes to its queue by name."""
    path = written(folder, 'exchange = "shop"\nrouting_key = "order.created"\n', "")
    workload = load_manifest(path, load_catalogue()).designs["orders"].workload
    route = workload.route(workload.worker, "1" * 8)
    assert (route.exchange, route.routing_key) == ("", "shop.orders")


def test_several_queues(folder: Path) -> None:
    """Of several queues the first is for work, and its consumers are ready with the last."""
    path = written(folder, '"shop.orders"', '["shop.orders", "shop.refunds"]')
    workload = load_manifest(path, load_catalogue()).designs["orders"].workload
    assert (workload.worker.queue, workload.worker.also) == ("shop.orders", ("shop.refunds",))
    assert [route.queue for route in workload.routes] == ["shop.orders"]


def test_an_image(folder: Path) -> None:
    """A command beside an image is the container's; the image's stop signal counts unless one is written."""
    path = written(folder, "command = [", 'image = "shop/orders:1.2"\ncommand = [')
    path.write_text(path.read_text().replace("templates =", "# templates ="))
    program = load_manifest(path, load_catalogue()).designs["orders"].roles["orders"]
    assert program.argv == ("./orders", "--prefetch={prefetch}")
    assert program.container == Container("shop/orders:1.2", keeps_stop_signal=False)


def test_a_compose_service(folder: Path) -> None:
    """A service is run as its Compose file says; placeholders in the file are the program's."""
    (folder / "compose.yml").write_text("services: {orders: {environment: {N: '{prefetch}'}}}")
    path = written(
        folder,
        'command = ["./orders", "--prefetch={prefetch}"]',
        'compose = "compose.yml"\nservice = "orders"',
    )
    path.write_text(path.read_text().replace('signal = "SIGINT", ', ""))
    design = load_manifest(path, load_catalogue()).designs["orders"]
    program = design.roles["orders"]
    assert program.argv == ()
    assert program.container == Container(compose=folder / "compose.yml", service="orders")
    assert isinstance(design.workload, OwnWorkload)
    assert design.workload.is_told_prefetch


def test_messages_of_a_schema(folder: Path) -> None:
    """Messages are made by a schema, several in turn, and those that are no work; the id is where it is said."""
    (folder / "order.schema.json").write_text(
        '{"type": "object", "required": ["ref", "count"],'
        ' "properties": {"ref": {"type": "string"}, "count": {"type": "integer", "maximum": 900}}}'
    )
    path = written(folder, 'body = "order.json"', 'schema = "order.schema.json"\nid = "$.ref"')
    workload = load_manifest(path, load_catalogue()).designs["orders"].workload
    assert isinstance(workload, OwnWorkload)
    ids = Mock(new_id=lambda: "0" * 32)
    made = [workload.make(1, number, ids) for number in range(5)]
    assert all(json.loads(unit.body)["ref"] == unit.id for unit in made)
    assert len({json.loads(unit.body)["count"] for unit in made[:4]}) == 4
    assert json.loads(made[4].body)["count"] == json.loads(made[0].body)["count"]
    assert b'{"count": ' in b"".join(workload.misshapen)
    assert "order.schema.json, seed 1, such as" in workload.sample.made


SEE = "see whether it is what its publisher sends"


@pytest.mark.parametrize(
    ("body", "doubts"),
    [
        ('{"ref": "{id}", "n": {number}}', ()),
        (
            '{"ref": {id}}',
            ('order.json is no JSON: line 1 column 9 (Expecting value); write "{id}" in quotes',),
        ),
        (
            '{"ref": "{id}" 1}',
            (f"order.json is no JSON: line 1 column 48 (Expecting ',' delimiter); {SEE}",),
        ),
    ],
)
def test_samples_that_are_no_json(folder: Path, body: str, doubts: tuple[str, ...]) -> None:
    """A sample that is called JSON, and is none with an id in it, is told once and not refused."""
    (folder / "order.json").write_text(body)
    workload = load_manifest(written(folder), load_catalogue()).designs["orders"].workload
    assert isinstance(workload, OwnWorkload)
    assert workload.sample.doubts == doubts


def test_without_the_libraries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what makes messages is not installed, the sentence says what to install."""
    monkeypatch.delitem(sys.modules, "warren.claims.own_schema", raising=False)
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    path = written(folder, 'body = "order.json"', 'schema = "order.json"')
    with pytest.raises(
        ManifestError, match=r"needs jsonschema; pip install 'pytest-warren\[schema\]'"
    ):
        load_manifest(path, load_catalogue())


FAULTS = {
    "another protocol": (
        "protocol = 2",
        "protocol = 3",
        "protocol 3 is not known; write `protocol = 2`.",
    ),
    "no protocol": (
        "protocol = 2",
        "",
        "toml, protocol: this key is missing; write `protocol = 2`.",
    ),
    "unknown key of the database": (
        "schema =",
        "schem =",
        "database.schem: unknown key `schem`; did you mean `schema`.",
    ),
    "a schema that is none": (
        'body = "order.json"',
        'schema = "order.json#/nowhere"',
        "consumers.orders.message.schema: $ref '/nowhere' leads out of the file or nowhere",
    ),
    "no place of an id": (
        'body = "order.json"',
        'schema = "order.json"\nid = "order_id"',
        '\'order_id\' is no place of an id; write one such as "$.order_id", or "message_id".',
    ),
    "an id of no schema": (
        'body = "order.json"',
        'body = "order.json"\nid = "$.ref"',
        "`id` and `seed` are of a `schema`; a `body` has {id} in it.",
    ),
    "two kinds of message": (
        'body = "order.json"',
        'body = "order.json"\nschema = "order.json"',
        "a message has `body`, `publish` or `schema`; write one of them.",
    ),
    "unknown key": (
        "queue =",
        "que =",
        "consumers.orders.que: unknown key `que`; did you mean `queue`.",
    ),
    "unknown key of the message": (
        "body =",
        "boddy =",
        "consumers.orders.message.boddy: unknown key `boddy`; did you mean `body`.",
    ),
    "no file": (
        'body = "order.json"',
        'body = "ordr.json"',
        "ordr.json cannot be read: no such file or directory; name a file beside the manifest.",
    ),
    "no id": (
        'body = "order.json"\nproperties = { message_id = "{id}", headers = { tenant = "a" } }',
        'body = "plain.txt"',
        (
            "consumers.orders.message: nothing in it tells one message from another; "
            "write {id} where its id stands, in the body or in a property."
        ),
    ),
    "two kinds of effect": (
        'path = "out/{id}.json"',
        'path = "out/{id}.json"\nsql = "SELECT 1"',
        "an effect is one of `sql`, `table`, `publishes`, `http`, `path`, `command`; write one of them.",
    ),
    "no effects": (
        MANIFEST[MANIFEST.index("[[consumers.orders.effects]]") : MANIFEST.index("[database]")],
        "",
        (
            "consumers.orders.effects: this key is missing; have `warren learn` find what each message leaves, "
            "or add [[consumers.NAME.effects]]."
        ),
    ),
    "a count of no message": (
        'command = ["./count-orders", "{id}"]',
        'command = ["./count-orders"]',
        "nothing tells the `command` which message is meant; write {id} in it.",
    ),
    "word of nothing where it is counted": (
        '"./count-orders", "{id}"',
        '"./count-orders", "{id}", "{ident}"',
        "consumers.orders.effects[4].command: unknown word {ident}; ",
    ),
    "the same queue again": (
        'queue = "shop.orders"',
        'queue = ["shop.orders", "shop.orders"]',
        "consumers.orders.queue: a queue stands there twice; take one out.",
    ),
    "no queue": (
        'queue = "shop.orders"',
        "queue = []",
        "consumers.orders.queue: this is empty; fill it in.",
    ),
    "outside": (
        'path = "out/{id}.json"',
        'path = "../{id}.json"',
        "'../{id}.json' leads out of the directory; write a path in it.",
    ),
    "table without a key": (
        'path = "out/{id}.json"',
        'table = "orders"',
        "a `table` has `key`, the column that has the id of the message, or `adds`",
    ),
    "rows of a total": (
        'path = "out/{id}.json"',
        'table = "orders"\nadds = { "*" = 1 }\nrows = [{ a = 1 }]',
        "`rows` are compared by their `key`; take `rows` or `adds` out.",
    ),
    "a total that adds nothing": (
        'path = "out/{id}.json"',
        'table = "orders"\nadds = { pieces = 0 }',
        "what `adds` names is not 0; take such columns out.",
    ),
    "ignored of a call": (
        'path = "out/{id}.json"',
        'http = "POST /charge"\nignore = ["at"]',
        "`ignore` is said of a `table` or a `path`; take it out here.",
    ),
    "adds to a file": (
        'path = "out/{id}.json"',
        'path = "out/{id}.json"\nadds = { "*" = 1 }',
        "`adds` is said of a `table`; take it out here.",
    ),
    "key of a file whose name has the id": (
        'path = "out/{id}.json"',
        'path = "out/{id}.json"\nkey = "ref"',
        "`key` says where lines of a file have the id, and the `path` has it; take one out.",
    ),
    "lines without a key": (
        'path = "out/{id}.json"',
        'path = "orders.jsonl"\nrows = [{ ref = "{id}" }]',
        "lines of a `path` without {id} belong to a message by `key`, where they have its id; add it.",
    ),
    "no request": (
        'http = "POST /charge"',
        'http = "/charge"',
        "'/charge' is no request; write a method and a path, such as \"POST /charge\".",
    ),
    "of the course": (
        'claims = ["no-loss"]',
        'claims = ["part-order"]',
        "consumers.orders.claims: there is no guarantee `part-order`",
    ),
    "no consumer of that name": (
        'consumer = "orders"',
        'consumer = "order"',
        "this manifest has no design `order`; did you mean `orders`.",
    ),
    "nothing to run": (
        'command = ["./orders", "--prefetch={prefetch}"]',
        "",
        "nothing says what runs; write `command`, `image`, or `compose` with `service`.",
    ),
    "two things to run": (
        'command = ["./orders", "--prefetch={prefetch}"]',
        'image = "shop/orders"\ncompose = "compose.yml"\nservice = "orders"',
        "`image` and `compose` name two consumers; take one out.",
    ),
    "no service": (
        'command = ["./orders", "--prefetch={prefetch}"]',
        'compose = "compose.yml"',
        "`compose` and `service` belong together; write both, or none.",
    ),
    "templates of an image": (
        'command = ["./orders", "--prefetch={prefetch}"]',
        'image = "shop/orders"',
        "files of `templates` have no place in an image; use `environment`.",
    ),
    "no Compose file": (
        'command = ["./orders", "--prefetch={prefetch}"]',
        'compose = "compose.yml"\nservice = "orders"',
        "compose.yml cannot be read: no such file or directory; name a file beside the manifest.",
    ),
    "word of nothing": (
        'AMQP_URL = "{amqp_url}"',
        'DB_PATH = "{databse_path}"',
        (
            "consumers.orders.environment.DB_PATH: unknown word {databse_path}; "
            "did you mean {database_path}? words are {amqp_url}, {url}, {host}"
        ),
    ),
    "word of nothing in the command": (
        "--prefetch={prefetch}",
        "--prefetch={prefetched}",
        "consumers.orders.command: unknown word {prefetched}; did you mean {prefetch}? words are",
    ),
    "word of nothing where it migrates": (
        'schema = "schema.sql"',
        'migrate = ["./manage", "{amqp_url}"]',
        "database.migrate: unknown word {amqp_url}; ",
    ),
    "variable of Warren": (
        "AMQP_URL =",
        "WARREN_URL =",
        "`WARREN_URL` belongs to Warren; take it out, names in WARREN_ are passed in.",
    ),
}


@pytest.mark.parametrize(
    "text",
    ['{"a": {}}', "{{amqp}}", "${name}", "{database_path}", "{second}", "{redis_port}", "{ word }"],
)
def test_braces_of_its_own(folder: Path, text: str) -> None:
    """Braces that are no place for a word stay, and every word that has a value is one."""
    path = written(folder, '"{amqp_url}"', f"'{text}'")
    path.write_text(f'{path.read_text()}\n[services.redis]\ncommand = ["redis", "{{port}}"]\n')
    program = load_manifest(path, load_catalogue()).designs["orders"].roles["orders"]
    assert program.environment == {"AMQP_URL": text}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(folder: Path, fault: str) -> None:
    """Each fault has a sentence that names the place and what to do."""
    old, new, words = FAULTS[fault]
    with pytest.raises(ManifestError) as caught:
        load_manifest(written(folder, old, new), load_catalogue())
    assert words in str(caught.value)
    assert str(folder / "warren.toml") in str(caught.value)
