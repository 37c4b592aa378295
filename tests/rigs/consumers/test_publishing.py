"""Publishing units of work of every design: of a size, unique, or bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rigs.consumers.stand_in_rig import rig_of
from warren.evidence.rows import TaskRow
from warren.rigs.consumers import numbered, without
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import STREAM

if TYPE_CHECKING:
    from tests.stand_ins import StandInWorld


def test_publish_work(world: StandInWorld) -> None:
    """A package goes to the stream consumers without spaces, under an id of its own."""
    rig = rig_of(world)
    first, second = rig.publish.work(2), rig.publish.work(0)
    assert [(route, body) for route, body, _ in world.published] == [
        (STREAM.route, b'{"texts":["text1","text2"]}'),
        (STREAM.route, b'{"texts":[]}'),
    ]
    assert first.message_id != second.message_id
    assert (first.size, second.size) == (2, 0)


def test_publish_body(world: StandInWorld) -> None:
    """A payload is sent byte for byte."""
    body = b'{ "texts": ["a", "b"] }'
    unit = rig_of(world).publish.body(body)
    assert world.published[0][1] == unit.body == body
    assert unit.size == 2


def test_publish_task(world: StandInWorld) -> None:
    """Work is a task where there are no packages."""
    rig_of(world, "task").publish.work()
    assert [body for _, body, _ in world.published] == [b'{"taskId":1}']


@pytest.mark.parametrize("design", WORKLOADS)
def test_publish_sized(world: StandInWorld, design: str) -> None:
    """A unit of work has as many octets as asked for, and comes in the shape that is asked for."""
    rig = rig_of(world, design)
    unit = rig.publish.sized(64)
    rig.publish.sized(200_000, without("message_id"))
    sent = [(len(body), message_id) for _, body, message_id in world.published]
    assert sent == [(64, unit.message_id), (200_000, "")]


def test_publish_sized_apart(world: StandInWorld) -> None:
    """No two packages of one size are alike."""
    rig = rig_of(world)
    assert rig.publish.sized(64).body != rig.publish.sized(64).body


@pytest.mark.parametrize("design", ["blocking", "parts", "pipeline", "task"])
def test_unique_units(world: StandInWorld, design: str) -> None:
    """No two units of work are alike, and none is published before it is sent."""
    rig = rig_of(world, design)
    first = rig.publish.make_unique(2)
    world.tasks.append(TaskRow(1, None, None))
    second = rig.publish.make_unique(2)
    assert first.body != second.body
    assert world.published == []
    rig.publish.send(second)
    assert [(body, message_id) for _, body, message_id in world.published] == [
        (second.body, second.message_id)
    ]


@pytest.mark.parametrize(
    ("design", "most"),
    [("blocking", 65_471), ("parts", 32_735), ("pipeline", 65_471), ("task", 1_000_000)],
)
def test_publish_at_most(world: StandInWorld, design: str, most: int) -> None:
    """A body is as long as the column has room for what it leaves there."""
    world.room = 65_535
    assert rig_of(world, design).publish.at_most(1_000_000) == most


def test_publish_poison(world: StandInWorld) -> None:
    """The database is told to refuse what the poison is known by."""
    poison = rig_of(world).publish.poison()
    assert world.refused == [poison.mark.decode()]
    assert poison.mark in poison.body
    assert world.published == [(STREAM.route, poison.body, poison.message_id)]


def test_numbered() -> None:
    """Texts are numbered from 1, as in the document."""
    assert numbered(2, "string") == ("string1", "string2")
