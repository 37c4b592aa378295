"""What is wrong with a manifest of a user's own consumers: a sentence for each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.claims.manifest.own import MANIFEST, written
from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

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
            "write {id} where its id stands, in the body or in a property, such as"
            ' properties = { message_id = "{id}" }.'
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


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(folder: Path, fault: str) -> None:
    """Each fault has a sentence that names the place and what to do."""
    old, new, words = FAULTS[fault]
    with pytest.raises(ManifestError) as caught:
        load_manifest(written(folder, old, new), load_catalogue())
    assert words in str(caught.value)
    assert str(folder / "warren.toml") in str(caught.value)
