"""All that a virtual host is but its messages, as one document: exported, imported, imported again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig

DEFINITIONS = "definitions"


def _furnish(broker: BrokerRig) -> None:
    """Make a queue with arguments, an exchange, a binding between them and a policy."""
    queue = broker.declare.queue("orders", arguments={"x-max-length": 7})
    exchange = broker.declare.exchange("shop", "topic")
    broker.declare.binding(queue, exchange, "order.*")
    broker.operate.policy("^bills$", {"max-length": 1})


def _export(broker: BrokerRig) -> dict[str, Any]:
    status, document = broker.operate.send("GET", DEFINITIONS, broker.vhost)
    assert status == 200
    found: dict[str, Any] = document
    return found


def _import(broker: BrokerRig, document: object, *vhost: str) -> int:
    status, _ = broker.operate.send("POST", DEFINITIONS, *vhost, json=document)
    return status


@pytest.mark.requirement("definitions.exported")
def test_exported(broker: BrokerRig) -> None:
    """The document of a virtual host has its queues, exchanges, bindings and policies, not the host's name."""
    _furnish(broker)
    document = _export(broker)
    (queue,), (exchange,), (binding,), (policy,) = (
        document[kind] for kind in ("queues", "exchanges", "bindings", "policies")
    )
    assert (queue["name"], queue["durable"], queue["arguments"]["x-max-length"]) == (
        "orders",
        True,
        7,
    )
    assert (exchange["name"], exchange["type"]) == ("shop", "topic")
    ends = (binding["source"], binding["destination_type"], binding["destination"])
    assert (*ends, binding["routing_key"]) == ("shop", "queue", "orders", "order.*")
    assert (policy["pattern"], policy["definition"]) == ("^bills$", {"max-length": 1})
    assert not any("vhost" in each for each in (queue, exchange, binding))


@pytest.mark.requirement("definitions.whole-broker")
def test_whole_broker(broker: BrokerRig) -> None:
    """The document of a whole broker names the virtual host of each thing, and has users and permissions."""
    _furnish(broker)
    status, document = broker.operate.send("GET", DEFINITIONS)
    assert status == 200
    queues = [each for each in document["queues"] if each["vhost"] == broker.vhost]
    assert [each["name"] for each in queues] == ["orders"]
    assert broker.vhost in {each["name"] for each in document["vhosts"]}
    users = {each["name"]: each for each in document["users"]}
    assert users[broker.user]["password_hash"]
    assert (broker.user, broker.vhost) in {
        (each["user"], each["vhost"]) for each in document["permissions"]
    }


@pytest.mark.requirement("definitions.exclusive-left-out")
def test_exclusive_left_out(broker: BrokerRig) -> None:
    """A queue that is exclusive to a connection is in no document."""
    broker.declare.queue("orders")
    own = broker.declare.exclusive_queue(broker.open.channel())
    names = [each["name"] for each in _export(broker)["queues"]]
    assert "orders" in names
    assert own not in names


@pytest.mark.requirement("definitions.imported")
@pytest.mark.parametrize("whole", [False, True], ids=["vhost", "broker"])
def test_imported(broker: BrokerRig, whole: bool) -> None:
    """What was exported is there again after an import, and works."""
    _furnish(broker)
    document = _export(broker)
    channel = broker.open.channel()
    channel.queue_delete("orders")
    channel.exchange_delete("shop")
    broker.operate.clear_policy()
    if whole:
        kinds = ("queues", "exchanges", "bindings", "policies")
        named = {
            kind: [{**each, "vhost": broker.vhost} for each in document[kind]] for kind in kinds
        }
        assert _import(broker, named) == 204
    else:
        assert _import(broker, document, broker.vhost) == 204
    broker.publish(b"order", "order.new", "shop", mandatory=True)
    assert broker.expect.message("orders").body == b"order"
    bills = broker.declare.queue("bills")
    broker.fill(bills, b"1", b"2")
    broker.wait.ready(bills, 1, "the policy to hold")
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare("orders", durable=True)


@pytest.mark.requirement("definitions.existing-stays")
def test_existing_stays(broker: BrokerRig) -> None:
    """An import leaves what is there as it is, with its messages, and does the rest."""
    broker.declare.queue("orders")
    broker.publish(b"order", "orders")
    other = {"durable": True, "auto_delete": False, "arguments": {"x-max-length": 7}}
    document = {"queues": [{"name": "orders", **other}, {"name": "bills", **other}]}
    assert _import(broker, document, broker.vhost) == 204
    broker.declare.queue("orders")  # as it was: otherwise 406
    assert broker.expect.message("orders").body == b"order"
    assert broker.look.has_queue("bills")


@pytest.mark.requirement("definitions.refused")
@pytest.mark.parametrize(
    "wrong",
    [
        {"queues": [{"name": "orders", "vhost": "no-such-vhost"}]},
        {"policies": [{"name": "p", "pattern": "^", "definition": {"unheard-of": 1}}]},
        {"exchanges": [{"name": "shop", "type": "unheard-of"}]},
        {"users": [{"name": "nobody-at-all"}]},
    ],
    ids=["vhost", "policy", "exchange", "user"],
)
def test_refused(broker: BrokerRig, wrong: dict[str, list[dict[str, Any]]]) -> None:
    """A document that speaks of no such virtual host, or of what cannot be, is 400."""
    named = {
        kind: [{"vhost": broker.vhost, **each} for each in things] for kind, things in wrong.items()
    }
    assert _import(broker, named) == 400
