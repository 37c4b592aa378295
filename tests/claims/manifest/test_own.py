"""Manifests of a user's own consumers (`protocol = 2`): what they say."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from tests.claims.manifest.own import written
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


def test_totals_need_no_id(folder: Path) -> None:
    """A sample without an id is known by a message-id that it is given, where no effect has to be known by it."""
    (folder / "warren.toml").write_text(
        """
        protocol = 2
        name = "stock"
        [consumers.stock]
        command = ["./stock"]
        queue = "stock"
        message = { body = "plain.txt", slow = { body = "schema.sql" } }
        effects = [{ table = "stock", adds = { pieces = -1 } }]
        """
    )
    implementation = load_manifest(folder / "warren.toml", load_catalogue())
    sample = implementation.designs["stock"].workload.sample  # type: ignore[attr-defined]
    assert [sample.message.body, sample.slow.body] == [b"hello", b"CREATE TABLE orders (ref text)"]
    assert {sample.message.properties.message_id, sample.slow.properties.message_id} == {"{id}"}


@pytest.mark.parametrize(
    ("directory", "place", "keeps_to_itself"),
    [("own", ".", True), ("./own", "own", False), ("svc", "svc", False)],
)
def test_directory(folder: Path, directory: str, place: str, *, keeps_to_itself: bool) -> None:
    """A consumer has a directory of its own, with its templates, or the manifest's with a copy for each instance."""
    (folder / place).mkdir(exist_ok=True)
    (folder / "config.ini.template").rename(folder / place / "config.ini.template")
    path = written(folder, "instances = 2", f'instances = 2\ndirectory = "{directory}"')
    program = load_manifest(path, load_catalogue()).designs["orders"].roles["orders"]
    assert (program.directory, program.keeps_to_itself) == (folder / place, keeps_to_itself)


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
