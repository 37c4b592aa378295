"""Confirms: which publishes the broker has answered for, and when its answer reached the instance."""

from __future__ import annotations

from tests.wire import Wire
from warren.evidence.frames import Direction, FrameHeld, FrameLost, FrameReleased
from warren.simulator.wire import (
    BasicAck,
    BasicNack,
    BasicPublish,
    ChannelClose,
    ConfirmSelect,
    ContentHeader,
    TxCommitOk,
    TxRollbackOk,
    TxSelect,
)

TO_BROKER, TO_CLIENT = Direction.TO_BROKER, Direction.TO_CLIENT


def test_numbered_from_the_select_on() -> None:
    """The broker acks by number, counted from confirm.select on, one or all up to one, also all of them."""
    wire = Wire()
    _publish(wire, 1)
    wire.frame(TO_BROKER, ConfirmSelect())
    _publish(wire, 5)
    one = wire.frame(TO_CLIENT, BasicAck(2))
    several = wire.frame(TO_CLIENT, BasicAck(3, multiple=True))
    rest = wire.frame(TO_CLIENT, BasicAck(0, multiple=True))
    assert [(p.mode, p.confirmed_at) for p in wire.ledger.publishes] == [
        ("", None),
        ("confirm", several.at),
        ("confirm", one.at),
        ("confirm", several.at),
        ("confirm", rest.at),
        ("confirm", rest.at),
    ]
    lines = list(map(str, wire.ledger.publishes))
    assert lines[0].endswith(", without a confirm")
    assert lines[1].endswith(f", confirmed at {several.at:.3f}")


def test_refused() -> None:
    """What the broker nacks was never confirmed; nor is an ack of the client's about its publishes."""
    wire = Wire()
    wire.frame(TO_BROKER, ConfirmSelect())
    _publish(wire, 2)
    wire.frame(TO_BROKER, BasicAck(2))
    wire.frame(TO_CLIENT, BasicNack(1))
    wire.frame(TO_CLIENT, BasicAck(1, multiple=True))
    assert [p.confirmed_at for p in wire.ledger.publishes] == [None, None]
    assert str(wire.ledger.publishes[0]).endswith(", never confirmed")


def test_held_up() -> None:
    """A confirm counts from when it was passed on; one that is held, or was lost, has not come."""
    wire = Wire()
    wire.frame(TO_BROKER, ConfirmSelect())
    _publish(wire, 2)
    confirm = wire.frame(TO_CLIENT, BasicAck(2, multiple=True))
    wire.facts.append(FrameHeld(confirm.at, confirm))
    assert [p.confirmed_at for p in wire.ledger.publishes] == [None, None]
    wire.facts.append(FrameReleased(50.0, confirm))
    assert [p.confirmed_at for p in wire.ledger.publishes] == [50.0, 50.0]
    wire.facts[-1] = FrameLost(50.0, confirm)
    assert [p.confirmed_at for p in wire.ledger.publishes] == [None, None]


def test_committed() -> None:
    """In tx mode a commit answers for what was published since the last one, when the broker sends it."""
    wire = Wire()
    wire.frame(TO_BROKER, TxSelect())
    _publish(wire, 1)
    wire.frame(TO_CLIENT, TxRollbackOk())
    _publish(wire, 1)
    committed = wire.frame(TO_CLIENT, TxCommitOk())
    wire.facts.append(FrameHeld(committed.at, committed))
    _publish(wire, 1)
    found = [(p.mode, p.confirmed_at) for p in wire.ledger.publishes]
    assert found == [("tx", None), ("tx", committed.at), ("tx", None)]
    assert str(wire.ledger.publishes[1]).endswith(f", committed at {committed.at:.3f}")


def test_next_life_of_a_channel() -> None:
    """A channel that was closed is in no mode when its number is used again, and nothing of it is confirmed later."""
    wire = Wire()
    wire.frame(TO_BROKER, ConfirmSelect())
    _publish(wire, 1)
    wire.frame(TO_BROKER, ChannelClose())
    _publish(wire, 1)
    wire.frame(TO_CLIENT, BasicAck(1))
    found = [(p.mode, p.confirmed_at) for p in wire.ledger.publishes]
    assert found == [("confirm", None), ("", None)]


def _publish(wire: Wire, count: int) -> None:
    for _ in range(count):
        wire.frame(TO_BROKER, BasicPublish("work", ""))
        wire.frame(TO_BROKER, ContentHeader(60, 0))
