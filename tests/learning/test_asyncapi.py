"""What is taken of AsyncAPI 3 documents: route, message, properties, and a sentence where there is too little."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from warren.claims.own_schema import UnfitError
from warren.learning.asyncapi import REPLIES, described

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from warren.learning.asyncapi import Described

DOCUMENT = """
asyncapi: 3.0.0
info: {title: Shop, version: 1.0.0}
defaultContentType: application/json
channels:
  created:
    address: order.{country}.created
    parameters: {country: {enum: [de, fr]}}
    messages: {Created: {$ref: '#/components/messages/Created'}}
    bindings: {amqp: {$ref: '#/components/channelBindings/shop'}}
  work:
    address: orders
    messages: {Created: {$ref: '#/components/messages/Created'}}
    bindings: {amqp: {is: queue, queue: {name: shop.orders}}}
operations:
  onCreated:
    action: receive
    channel: {$ref: '#/channels/created'}
    messages: [{$ref: '#/channels/created/messages/Created'}]
    bindings: {amqp: {priority: 3, deliveryMode: 1}}
    reply: {address: {location: '$message.header#/replyTo'}}
  tell:
    action: send
    channel: {$ref: '#/channels/work'}
components:
  channelBindings:
    shop: {is: routingKey, exchange: {name: shop, type: topic}}
  messages:
    Created:
      headers: {type: object, required: [tenant], properties: {tenant: {const: a}}}
      correlationId: {location: '$message.header#/correlationId'}
      payload: {$ref: '#/components/schemas/Order'}
      bindings: {amqp: {contentEncoding: utf-8, messageType: order}}
  schemas:
    Order:
      type: object
      required: [ref, lines]
      properties:
        ref: {type: string}
        lines: {type: array, items: {$ref: '#/components/schemas/Line'}}
    Line: {type: object, required: [sku], properties: {sku: {type: string, examples: [lamp]}}}
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Described]:
    """Give what reads the document, with changes at places such as `operations.onCreated.action`."""

    def of(
        changes: dict[str, Any] | None = None,
        named: str | None = None,
        choose: Callable[[str, Sequence[str]], str] = lambda _, names: names[0],
    ) -> Described:
        document = yaml.safe_load(DOCUMENT)
        for place, value in (changes or {}).items():
            inner = document
            *keys, last = place.split(".")
            for key in keys:
                inner = inner[key]
            inner[last] = value
        file = tmp_path / "shop.yaml"
        file.write_text(yaml.safe_dump(document))
        return described(file, named, choose)

    return of


def test_all_that_it_says(read: Callable[..., Described]) -> None:
    """Exchange and key, the payload by its schema, headers and properties, reply and correlation id."""
    said = read()
    assert (said.operation, said.queue) == ("onCreated", None)
    assert (said.exchange, said.routing_key) == ("shop", "order.de.created")
    body = json.loads(said.body)
    assert isinstance(body["ref"], str)
    assert {line["sku"] for line in body["lines"]} == {"lamp"}
    assert said.properties == {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "type": "order",
        "delivery_mode": 1,
        "priority": 3,
        "reply_to": REPLIES,
        "headers": {"tenant": "a"},
    }
    assert said.correlated == {"correlation_id": "{id}"}


def test_a_queue(read: Callable[..., Described]) -> None:
    """A channel that is a queue names it, and its bindings are left to what the consumer is seen to do."""
    said = read({"operations.onCreated.channel": {"$ref": "#/channels/work"}})
    assert (said.queue, said.exchange, said.routing_key) == ("shop.orders", None, None)


def test_examples(read: Callable[..., Described]) -> None:
    """A message's own example is sent as it is, but for its correlation id, wherever that is."""
    message = "components.messages.Created"
    example = {"payload": {"meta": {"id": "a-1"}, "n": 1}, "headers": {"tenant": "b"}}
    place = {"location": "$message.payload#/meta/id"}
    said = read({f"{message}.examples": [example], f"{message}.correlationId": place})
    assert json.loads(said.body) == {"meta": {"id": "{id}"}, "n": 1}
    assert said.properties["headers"] == {"tenant": "b"}
    assert said.correlated == {}
    own = read({f"{message}.correlationId": {"location": "$message.header#/x-id"}})
    assert own.correlated == {"headers": {"tenant": "a", "x-id": "{id}"}}


@pytest.mark.parametrize(
    ("kind", "route"), [("fanout", ("shop", "")), ("topic", (None, None))], ids=["fanout", "topic"]
)
def test_a_pattern_is_no_key(
    read: Callable[..., Described], kind: str, route: tuple[str | None, str | None]
) -> None:
    """A fanout exchange needs no key; a pattern is no key, so the route is learnt."""
    binding = {"exchange": {"name": "shop", "type": kind}, "queue": {"name": "orders"}}
    said = read(
        {
            "components.channelBindings.shop": binding,
            "operations.onCreated.bindings": {"amqp": {"cc": ["order.#"]}},
        }
    )
    assert (said.queue, said.exchange, said.routing_key) == ("orders", *route)


def test_several_operations(read: Callable[..., Described]) -> None:
    """Whoever learns is asked which of several is meant."""
    said = read({"operations.tell.action": "receive"}, choose=lambda _, names: names[-1])
    assert (said.operation, said.queue) == ("tell", "shop.orders")


UNFIT: dict[str, tuple[dict[str, Any], str]] = {
    "another version": ({"asyncapi": "2.6.0"}, "no AsyncAPI document of version 3"),
    "nothing is received": ({"operations.onCreated.action": "send"}, "no operation whose action"),
    "elsewhere": (
        {"operations.onCreated.channel": {"$ref": "other.yaml#/channels/x"}},
        "leads out of the file",
    ),
    "nowhere": ({"channels.created.messages.Created": {"$ref": "#/x"}}, "leads nowhere"),
    "Avro": (
        {"components.messages.Created.payload": {"schemaFormat": "application/avro", "schema": {}}},
        "give a message by --message",
    ),
    "in circles": (
        {"components.messages.Created": {"$ref": "#/components/messages/Created"}},
        "to itself",
    ),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_cannot_be_used(read: Callable[..., Described], what: str) -> None:
    """A document that says too little is a sentence."""
    changes, words = UNFIT[what]
    with pytest.raises(UnfitError, match=words):
        read(changes)


def test_no_such_operation(read: Callable[..., Described]) -> None:
    """An operation that is none is told, with those that are."""
    with pytest.raises(UnfitError, match="receives by no operation 'create', only onCreated"):
        read(named="create")
