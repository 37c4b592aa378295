"""A recorded message replays with another id of the same length, whatever it is written in."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from warren.simulator.wire import BasicProperties
from warren.workloads.own import Recorded, number_of

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "11111111-2222-4333-8444-555555555555"
OTHER = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TASK, OF_NEXT = "d0c1a9f2-0f7e-4a57-9a0b-7f6a2e1c3b4d", "00c1a9f2-0f7e-4a57-9a0b-7f6a2e1c3b4e"
TENANT = "99999999-9999-4999-8999-999999999999"


def recorded(body: bytes, unit_id: str = ID, key: str = "", **properties: Any) -> Recorded:
    """Make what a publisher has sent."""
    return Recorded("shop", key, BasicProperties(**properties), body, unit_id)


@pytest.mark.parametrize(
    "body",
    [
        lambda i: json.dumps({"ref": i, "text": "{id} {number}"}).encode(),
        lambda i: pickle.dumps([i, {"more": [i]}]),
        lambda i: i.replace("-", "").encode(),
        lambda i: json.dumps([number_of(i)]).encode(),
        lambda i: b"\x00\xff" + UUID(i).bytes,
    ],
    ids=["json", "pickle", "hexadecimal", "number", "octets"],
)
def test_bodies(body: Callable[[str], bytes]) -> None:
    """What a publisher would have sent for the other id is what is made for it, octet by octet."""
    assert recorded(body(ID)).make(OTHER, 1).body == body(OTHER)


def test_properties_and_key() -> None:
    """The id is replaced in the routing key and in each property, headers within headers too; types stay."""
    headers = {"id": ID, "deep": {"list": [f"x-{ID}", 7, True, b"\x01"]}, "n": 1}
    message = recorded(b"", key=f"order.{ID}", headers=headers, message_id=ID, timestamp=5)
    made = message.make(OTHER, 3)
    assert made.properties.headers == {
        "id": OTHER,
        "deep": {"list": [f"x-{OTHER}", 7, True, b"\x01"]},
        "n": 1,
    }
    assert (made.properties.message_id, made.properties.timestamp) == (OTHER, 5)
    assert (made.routing_key, made.size, made.id) == (f"order.{OTHER}", 3, OTHER)


def test_ids_of_the_publisher() -> None:
    """An id that the publisher makes anew for each message is another in each; one that stays, stays."""

    def sent(unit_id: str, task: str) -> Recorded:
        body = json.dumps([unit_id, {"id": task, "tenant": TENANT}]).encode()
        return recorded(body, unit_id, correlation_id=task, headers={"id": task, "t": TENANT})

    message = sent(ID, TASK).knowing(sent(OTHER, OF_NEXT))
    one, other, again = (message.make(i, 1) for i in (OTHER, ID, OTHER))
    ref, rest = json.loads(one.body)
    assert (ref, rest["tenant"]) == (OTHER, TENANT)
    assert UUID(rest["id"]).version == 4
    assert rest["id"] == one.properties.correlation_id
    assert one.properties.headers == {"id": rest["id"], "t": TENANT}
    assert len({TASK, rest["id"], other.properties.correlation_id}) == 3
    assert again == one


def test_message_ids_of_any_form() -> None:
    """A message-id of the publisher's own making is another of the same form in each."""
    first = recorded(ID.encode(), message_id="MSG-000123-ab")
    message = first.knowing(recorded(OTHER.encode(), OTHER, message_id="MSG-000124-cd"))
    made = message.make(OTHER, 1).properties.message_id
    assert made is not None
    assert made != "MSG-000123-ab"
    assert [c.isdigit() for c in made] == [c.isdigit() for c in "MSG-000123-ab"]


def test_through_json() -> None:
    """Another process of the run gets the same message."""
    message = recorded(b"\xff" + ID.encode(), headers={"n": 1}, message_id=TASK)
    message = message.knowing(recorded(b"", OTHER, message_id=OF_NEXT))
    assert message.fresh == (TASK,)
    assert Recorded.from_json(json.loads(json.dumps(message.to_json()))) == message


def test_without_its_id() -> None:
    """A message in which the id is nowhere says so."""
    assert recorded(ID.encode()).is_marked
    assert recorded(b"", key=ID).is_marked
    assert not recorded(b'{"ref": 7}').is_marked


def test_named() -> None:
    """One without any id is given its message-id, another in each; one that has either stays as it is."""
    message = recorded(b'{"pieces": 7}').named()
    assert message.is_marked
    assert message.make(OTHER, 1).properties.message_id == OTHER
    for known in (recorded(ID.encode()), recorded(b"", message_id=TASK)):
        assert known.named() == known


def test_another_body() -> None:
    """A body of the user's own goes with what was recorded beside it."""
    message = recorded(ID.encode(), headers={"id": ID}).saying(b'{"big": "{id}", "n": {number}}')
    made = message.make(OTHER, 1)
    assert json.loads(made.body) == {"big": OTHER, "n": number_of(OTHER)}
    assert made.properties.headers == {"id": OTHER}
