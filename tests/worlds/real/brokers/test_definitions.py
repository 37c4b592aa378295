"""A user's own definitions are imported into a vhost of the run, one vhost of them, and nothing of the broker's."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from warren.claims.surroundings import Definitions, Surroundings
from warren.errors import SetupError
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warren.worlds.real.brokers import Vhosts

IN_SHOP: dict[str, list[dict[str, Any]]] = {
    "permissions": [
        {"user": "evil", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"}
    ],
    "parameters": [
        {"vhost": "shop", "component": "shovel", "name": "s", "value": {"src-uri": "amqp://"}}
    ],
    "policies": [
        {
            "vhost": "shop",
            "name": "ttl",
            "pattern": "^orders",
            "apply-to": "queues",
            "definition": {"message-ttl": 60000},
            "priority": 0,
        }
    ],
    "queues": [
        {
            "name": "orders",
            "vhost": "shop",
            "durable": True,
            "auto_delete": False,
            "arguments": {"x-queue-type": "quorum", "x-dead-letter-exchange": "dead"},
        }
    ],
    "exchanges": [
        {
            "name": name,
            "vhost": "shop",
            "type": kind,
            "durable": True,
            "auto_delete": False,
            "internal": False,
            "arguments": {},
        }
        for name, kind in (("shop", "topic"), ("dead", "fanout"))
    ],
    "bindings": [
        {
            "source": source,
            "vhost": "shop",
            "destination": "orders",
            "destination_type": "queue",
            "routing_key": key,
            "arguments": {},
        }
        for source, key in (("", "orders"), ("shop", "order.*"))
    ],
}
ALIEN = {"name": "alien", "vhost": "other", "durable": True, "auto_delete": False, "arguments": {}}
WHOLE: dict[str, Any] = {
    **IN_SHOP,
    "rabbit_version": "3.13.0",
    "users": [{"name": "evil", "password_hash": "x", "tags": "administrator"}],
    "vhosts": [{"name": "shop"}, {"name": "other"}],
    "global_parameters": [{"name": "x", "value": 1}],
    "queues": [*IN_SHOP["queues"], ALIEN],
}


BROKERS = [
    "embedded",
    "embedded:3.10",
    pytest.param("docker:3.10", marks=pytest.mark.docker),
    pytest.param("docker:4.3", marks=pytest.mark.docker),
]


@pytest.fixture(scope="module", params=BROKERS)
def worlds(request: pytest.FixtureRequest) -> Iterator[RealWorlds]:
    """Give the worlds of one process."""
    with (
        closing(Servers(request.param, "sqlite", print)) as servers,
        closing(RealWorlds(servers.for_workers(), "definitions")) as worlds,
    ):
        yield worlds


@pytest.fixture
def vhosts(worlds: RealWorlds) -> Vhosts:
    """Give those of the process."""
    return worlds._vhosts


@pytest.fixture
def definitions(tmp_path: Path) -> Callable[..., Definitions]:
    """Write a file of them."""

    def write(document: object, vhost: str = "") -> Definitions:
        path = tmp_path / "definitions.json"
        path.write_text(json.dumps(document))
        return Definitions(path, vhost)

    return write


def test_one_vhost(vhosts: Vhosts, definitions: Callable[..., Definitions]) -> None:
    """Exchanges, queues, bindings and policies of the named vhost come, with their arguments; nothing else does."""
    vhost = vhosts.open()
    users = vhosts.management.users()
    vhosts.take_in(vhost, definitions(WHOLE, "shop"))
    status, made = vhosts.management.send("GET", "definitions", vhost)
    assert status == 200
    assert [queue["name"] for queue in made["queues"]] == ["orders"]
    assert made["queues"][0]["arguments"] == IN_SHOP["queues"][0]["arguments"]
    assert {(e["name"], e["type"]) for e in made["exchanges"]} == {
        ("shop", "topic"),
        ("dead", "fanout"),
    }
    assert [b["routing_key"] for b in made["bindings"] if b["source"]] == ["order.*"]
    assert [p["definition"] for p in made["policies"]] == [{"message-ttl": 60000}]
    assert made["parameters"] == []
    assert vhosts.management.users() == users
    assert {"shop", "other"}.isdisjoint(vhosts.management.vhosts())


def test_an_export_of_one_vhost(vhosts: Vhosts, definitions: Callable[..., Definitions]) -> None:
    """A file in which nothing names a vhost is imported as it is."""
    first, second = vhosts.open(), vhosts.open()
    vhosts.take_in(first, definitions(IN_SHOP))
    _, exported = vhosts.management.send("GET", "definitions", first)
    vhosts.take_in(second, definitions(exported))
    assert [queue.name for queue in vhosts.management.queues(second)] == ["orders"]


def test_of_several(vhosts: Vhosts, definitions: Callable[..., Definitions]) -> None:
    """Of a file of several vhosts, what a consumer calls by another name gets what the file has for that."""
    management = vhosts.management
    with vhosts.of_case(definitions(WHOLE, "shop")) as case:
        other, unknown = case.another("other"), case.another("nowhere")
        all_ = [case.name, other, unknown]
        made = [[queue.name for queue in management.queues(vhost)] for vhost in all_]
    assert made == [["orders"], ["alien"], []]
    assert set(all_).isdisjoint(management.vhosts())


def test_not_ours(vhosts: Vhosts, definitions: Callable[..., Definitions]) -> None:
    """A vhost that the run did not make is left alone, with a sentence."""
    with pytest.raises(SetupError, match="vhosts of this run alone, and '/' is none"):
        vhosts.take_in("/", definitions(IN_SHOP))
    assert vhosts.management.queues("/") == ()


def test_refused(vhosts: Vhosts, definitions: Callable[..., Definitions]) -> None:
    """What the broker does not take is a sentence with its reason."""
    document = {**IN_SHOP, "exchanges": [{**IN_SHOP["exchanges"][0], "type": "nope"}]}
    with pytest.raises(SetupError, match=r"the broker refused these definitions \(400\): .*nope"):
        vhosts.take_in(vhosts.open(), definitions(document))


def test_no_definitions(vhosts: Vhosts, definitions: Callable[..., Definitions]) -> None:
    """A file that holds something else is a sentence."""
    with pytest.raises(SetupError, match="these are no definitions"):
        vhosts.take_in(vhosts.open(), definitions(["queues"]))


def test_there_before_instances(
    worlds: RealWorlds, definitions: Callable[..., Definitions]
) -> None:
    """A world has them from its beginning."""
    around = Surroundings(definitions=definitions(WHOLE, "shop"))
    with worlds.world(None, around, restarts=False) as world:
        assert world.queues() == ("orders",)
