"""Steps: what an instance does that shows outside, in order, and nothing that others do."""

from __future__ import annotations

import pytest

from tests.wire import Wire
from warren.evidence.commits import CommitBegun, Committed
from warren.evidence.frames import Direction, FrameLost
from warren.evidence.steps import COMMIT, Step, steps_of
from warren.simulator.wire import (
    BasicAck,
    BasicNack,
    BasicPublish,
    BasicQos,
    BasicReject,
    ContentHeader,
    Method,
    TxCommit,
)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (BasicPublish(), "basic.publish"),
        (BasicAck(1), "basic.ack"),
        (BasicNack(1), "basic.nack"),
        (BasicReject(1), "basic.reject"),
        (TxCommit(), "tx.commit"),
    ],
)
def test_frames(method: Method, name: str) -> None:
    """Each method by which an instance changes what the broker has is a step, on its way there alone."""
    wire = Wire()
    wire.frame(Direction.TO_BROKER, method)
    wire.frame(Direction.TO_CLIENT, method)
    assert steps_of(wire.facts) == (Step(0.0, "part-1", name),)


def test_one_publish_is_one_step() -> None:
    """What follows a method, and what changes nothing at the broker, is no step of its own."""
    wire = Wire()
    publish = wire.frame(Direction.TO_BROKER, BasicPublish())
    wire.frame(Direction.TO_BROKER, ContentHeader(60, 4, None))  # type: ignore[arg-type]  # nobody reads it
    wire.frame(Direction.TO_BROKER, b"body")
    wire.frame(Direction.TO_BROKER, BasicQos())
    wire.facts.append(FrameLost(9.0, publish))
    assert [step.name for step in steps_of(wire.facts)] == ["basic.publish"]


def test_commits() -> None:
    """A commit is a step when it is asked for, and once."""
    facts = (CommitBegun(1.0, "part-1", 1), Committed(2.0, "part-1", 1))
    assert steps_of(facts) == (Step(1.0, "part-1", COMMIT),)
