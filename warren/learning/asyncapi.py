"""What an AsyncAPI 3 document says of a consumer: one `receive` operation, its channel, and the message it takes.

A document may say little: whatever is not in it is learnt from the consumer itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from warren.claims.own_schema import UnfitError, make, read_document
from warren.workloads.own import ID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

REPLIES: Final = "replies"
"""The name of a queue for replies, where each message says where its reply goes."""
_JSON_SCHEMA: Final = re.compile(r"application/(vnd\.aai\.asyncapi|schema\+json|schema\+yaml)")
_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")
_PLACE: Final = re.compile(r"\$message\.(header|payload)#/(.+)")
_NAMES: Final = {
    "correlationid": "correlation_id",
    "replyto": "reply_to",
    "messageid": "message_id",
}
"""What documents call properties of AMQP, in letters alone."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a document says; None where it does not."""

    operation: str
    body: bytes
    properties: dict[str, Any] = field(default_factory=dict)
    correlated: dict[str, Any] = field(default_factory=dict)
    """The properties that have the id of the message."""
    queue: str | None = None
    exchange: str | None = None
    routing_key: str | None = None

    @property
    def words(self) -> str:
        """Say in a line what is said."""
        where = [
            f'from queue "{self.queue}"' if self.queue else "",
            f'by exchange "{self.exchange}" with key "{self.routing_key}"' if self.exchange else "",
        ]
        return " ".join(("messages", *filter(None, where), f"such as {self.body.decode():.200}"))


def described(
    file: Path, named: str | None, choose: Callable[[str, Sequence[str]], str]
) -> Described:
    """Read a document; `choose` is asked which operation, where none is named and several receive.

    Raises `UnfitError`.
    """
    document = _Document(read_document(file))
    operations = document.receiving()
    if not operations:
        raise UnfitError('it has no operation whose action is "receive"')
    if named is None and len(operations) > 1:
        named = choose("Which of its operations is this consumer's?", operations)
    if named is not None and named not in operations:
        raise UnfitError(f"it receives by no operation {named!r}, only {', '.join(operations)}")
    return _Operation(document, named or operations[0]).described()


class _Document:
    """A document, in which references lead to other places."""

    def __init__(self, whole: Any) -> None:
        if not isinstance(whole, dict) or not str(whole.get("asyncapi", "")).startswith("3."):
            raise UnfitError("it is no AsyncAPI document of version 3")
        self.whole = whole
        registry: Registry[Any] = Registry().with_resource("", DRAFT202012.create_resource(whole))
        self._resolver = registry.resolver()

    def receiving(self) -> list[str]:
        """Name the operations that receive."""
        operations = self.whole.get("operations") or {}
        return [
            name
            for name in operations
            if self.at(_under("/operations", name)).get("action") == "receive"
        ]

    def meant(self, pointer: str) -> str:
        """Follow the references at a place."""
        seen = set()
        while pointer not in seen:
            seen.add(pointer)
            try:
                found = self._resolver.lookup(f"#{pointer}").contents
            except Unresolvable as error:
                raise UnfitError(f"$ref '#{pointer}' leads nowhere") from error
            if not isinstance(found, dict) or "$ref" not in found:
                return pointer
            if not str(found["$ref"]).startswith("#"):
                words = f"$ref {found['$ref']!r} leads out of the file; bundle it into one"
                raise UnfitError(words)
            pointer = str(found["$ref"])[1:]
        raise UnfitError(f"$ref '#{pointer}' leads to itself")

    def at(self, pointer: str) -> dict[str, Any]:
        """Give the object at a place; an empty one where there is something else."""
        found = self._resolver.lookup(f"#{self.meant(pointer)}").contents
        return found if isinstance(found, dict) else {}


class _Operation:
    """One operation of it."""

    def __init__(self, document: _Document, name: str) -> None:
        self._document, self._name = document, name
        self._place = document.meant(_under("/operations", name))
        self._operation = document.at(self._place)
        self._channel_place = self._inner(self._place, self._operation, "channel")
        self._channel = document.at(self._channel_place)
        self._message_place = self._first_message()
        self._message = document.at(self._message_place)

    def described(self) -> Described:
        """Put together what is said."""
        queue, exchange, key = self._route()
        properties, correlated = self._properties()
        return Described(self._name, self._body(), properties, correlated, queue, exchange, key)

    def _inner(self, place: str, thing: dict[str, Any], key: str) -> str:
        if key not in thing:
            raise UnfitError(f"#{place} has no `{key}`")
        return self._document.meant(_under(place, key))

    def _first_message(self) -> str:
        if self._operation.get("messages"):
            return self._document.meant(f"{self._place}/messages/0")
        names = list(self._channel.get("messages") or ())
        if not names:
            raise UnfitError(f"#{self._channel_place} has no message")
        return self._document.meant(_under(f"{self._channel_place}/messages", names[0]))

    def _binding(self, place: str) -> dict[str, Any]:
        """Give what is bound for AMQP at a place, with its references followed."""
        if "bindings" not in self._document.at(place):
            return {}
        bindings = self._document.meant(_under(place, "bindings"))
        return (
            self._document.at(_under(bindings, "amqp"))
            if "amqp" in self._document.at(bindings)
            else {}
        )

    def _route(self) -> tuple[str | None, str | None, str | None]:
        """Give queue, exchange and routing key, as far as they are said."""
        binding = self._binding(self._channel_place)
        address = self._address()
        queue = (binding.get("queue") or {}).get("name")
        if binding.get("is") == "queue":
            return queue or address, None, None
        exchange = binding.get("exchange") or {}
        name = exchange.get("name")
        if not name:
            return queue, None, None
        if exchange.get("type") == "fanout":
            return queue, name, ""
        keys = self._binding(self._place).get("cc") or ([] if queue else [address])
        is_key = bool(keys and keys[0]) and not {"*", "#"} & {*keys[0].split(".")}
        return (queue, name, keys[0]) if is_key else (queue, None, None)

    def _address(self) -> str | None:
        """Give the channel's address, with something in the places of its parameters."""
        address = self._channel.get("address")
        if address is None:
            return None
        parameters = self._channel.get("parameters") or {}

        def value(found: re.Match[str]) -> str:
            if found[1] not in parameters:
                return "any"
            place = _under(f"{self._channel_place}/parameters", found[1])
            said = self._document.at(place)
            given = [said.get("default"), *said.get("enum", ()), *said.get("examples", ())]
            return str(next((one for one in given if one is not None), "any"))

        return _PARAMETER.sub(value, str(address))

    def _body(self) -> bytes:
        """Give the first example, else a message that is made by the payload's schema."""
        place = self._id_place("payload")
        example = self._example("payload")
        if example is not None:
            return _with_id(example, place)
        if "payload" not in self._message:
            raise UnfitError(f"#{self._message_place} has no payload; give a message by --message")
        pointer = self._document.meant(_under(self._message_place, "payload"))
        payload = self._document.at(pointer)
        if "schemaFormat" in payload:
            if not _JSON_SCHEMA.match(payload["schemaFormat"]):
                kind = payload["schemaFormat"]
                raise UnfitError(f"its payload is described as {kind}; give a message by --message")
            pointer = self._document.meant(_under(pointer, "schema"))
        return make(
            self._document.whole, pointer, ".".join(("$", *place)) if place else "", 1
        ).valid[0]

    def _example(self, part: str) -> Any:
        given = [
            one.get(part) for one in self._message.get("examples") or () if isinstance(one, dict)
        ]
        return next((one for one in given if one is not None), None)

    def _id_place(self, part: str) -> tuple[str, ...]:
        """Say where the correlation id is, if it is in that part of the message."""
        if "correlationId" not in self._message:
            return ()
        said = self._document.at(_under(self._message_place, "correlationId"))
        found = _PLACE.fullmatch(str(said.get("location", "")))
        return tuple(found[2].split("/")) if found and found[1] == part else ()

    def _properties(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the properties of a message, and those in which its correlation id is."""
        of_message, of_operation = self._binding(self._message_place), self._binding(self._place)
        headers = self._headers()
        if self._replies_by_header():
            headers["reply_to"] = REPLIES
        properties = {
            "content_type": self._message.get("contentType")
            or self._document.whole.get("defaultContentType"),
            "content_encoding": of_message.get("contentEncoding"),
            "type": of_message.get("messageType"),
            "delivery_mode": of_operation.get("deliveryMode"),
            "priority": of_operation.get("priority"),
            "reply_to": of_operation.get("replyTo"),
        }
        own = {name: value for name, value in properties.items() if value is not None}
        own |= {
            known: str(headers.pop(name)) for name in list(headers) if (known := _property(name))
        }
        correlated: dict[str, Any] = {}
        if place := self._id_place("header"):
            known = _property(place[0])
            correlated = {known: ID} if known else {"headers": {**headers, place[0]: ID}}
        return ({**own, "headers": headers} if headers else own), correlated

    def _headers(self) -> dict[str, Any]:
        example = self._example("headers")
        if isinstance(example, dict) or "headers" not in self._message:
            return dict(example or {})
        pointer = self._document.meant(_under(self._message_place, "headers"))
        drawn = json.loads(make(self._document.whole, pointer, "", 1).valid[0])
        return drawn if isinstance(drawn, dict) else {}

    def _replies_by_header(self) -> bool:
        """Whether each message says where its reply goes."""
        if "reply" not in self._operation:
            return False
        reply = self._document.meant(_under(self._place, "reply"))
        if "address" not in self._document.at(reply):
            return False
        said = str(self._document.at(_under(reply, "address")).get("location", ""))
        found = _PLACE.fullmatch(said)
        return bool(found and found[1] == "header" and _property(found[2]) == "reply_to")


def _property(name: str) -> str | None:
    """Give the property of AMQP that a header of a document is."""
    return _NAMES.get(re.sub(r"[^a-z]", "", name.lower()))


def _with_id(example: Any, place: Sequence[str]) -> bytes:
    """Write an example, with the id where its correlation id is."""
    inner = example
    for key in place[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if place and isinstance(inner, dict) and isinstance(inner.get(place[-1]), str):
        inner[place[-1]] = ID
    return example.encode() if isinstance(example, str) else json.dumps(example).encode()


def _under(pointer: str, key: str) -> str:
    """Give the JSON pointer (RFC 6901) of a key below another."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1').replace('%', '%25')}"
