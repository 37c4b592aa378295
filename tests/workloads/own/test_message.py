"""Messages of a user's own consumer: one sample, another id in each."""

from __future__ import annotations

from warren.simulator.wire import BasicProperties
from warren.workloads.own import Template
from warren.workloads.own.message import dashed, number_of

ID = "0123456789abcdef0123456789abcdef"


def test_id_goes_where_it_belongs() -> None:
    """The id stands in body, properties, headers and routing key, and nothing else changes."""
    properties = BasicProperties(message_id="m-{id}", headers={"order": "{id}", "n": 1}, priority=3)
    template = Template(b'{"ref": "{id}", "n": {number}, "x": "{y}"}', properties, "order.{id}")
    unit = template.make("a-b", 2)
    number = number_of("a-b")
    assert unit.body == b'{"ref": "a-b", "n": %d, "x": "{y}"}' % number
    assert unit.properties == BasicProperties(
        message_id="m-a-b", headers={"order": "a-b", "n": 1}, priority=3
    )
    assert (unit.routing_key, unit.size) == ("order.a-b", 2)


def test_ids_are_uuids_and_numbers() -> None:
    """An id is written as a UUID, and stands for a number of at most nine digits that is not 0."""
    new_id = dashed(ID)
    assert new_id == "01234567-89ab-cdef-0123-456789abcdef"
    assert 0 < number_of(new_id) < 10**9


def test_known_by_message_id_or_body() -> None:
    """The ledger knows a message by its message-id, and one without by its body."""
    assert Template(b"{id}", BasicProperties(message_id="{id}")).make("a", 1).message_id == "a"
    assert Template(b"order {id}").make("a", 1).message_id == "order a"


def test_unmarked() -> None:
    """A sample that has no place for an id makes messages that nobody can tell apart."""
    assert not Template(b"{}", routing_key="order.{id}").is_marked
    assert Template(b"{}", BasicProperties(correlation_id="{id}")).is_marked
