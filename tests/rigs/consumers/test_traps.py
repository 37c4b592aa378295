"""Traps: the step that is wanted waits, and its instance is killed when nothing of it was done, or all of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.worlds.line.octets import method_octets, publish_octets
from tests.worlds.line.virtual import Clock, VirtualLine
from warren.evidence.frames import Direction
from warren.evidence.steps import COMMIT
from warren.rigs.consumers.of_work import OfWork
from warren.rigs.consumers.places import Place, Side
from warren.rigs.consumers.traps import AnswerTrap, Executioner
from warren.simulator.wire import PROTOCOL_HEADER, BasicAck
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import HTTP, STREAM
from warren.worlds.database_line.pieces import Moment
from warren.worlds.database_line.plan import DatabasePlan

if TYPE_CHECKING:
    from warren.worlds.line.lane import Lane


class Instance(SimpleNamespace):
    """An instance on lines in virtual time, which notes what was done to it, and what the broker had by then."""

    def __init__(self) -> None:
        """Run, with a connection."""
        line = VirtualLine(Clock())
        super().__init__(
            name="stream-1", line=line, database=DatabasePlan(), exit_status=None, done=[]
        )
        self.to_broker: Lane = line.connect().to_broker

    def sent(self) -> list[bytes]:
        """Give what the broker has."""
        arrived = self.line.arrived[Direction.TO_BROKER]
        return [octets for _, octets in arrived if octets != PROTOCOL_HEADER]

    def kill(self) -> None:
        """End."""
        self.exit_status = -9
        self.done.append(("kill", len(self.sent())))

    def freeze(self) -> None:
        """Stand still."""
        self.done.append(("freeze", len(self.sent())))


@pytest.fixture
def instance() -> Instance:
    """Give one."""
    return Instance()


@pytest.fixture
def waits() -> list[str]:
    """Note how it was waited."""
    return []


@pytest.fixture
def executioner(waits: list[str]) -> Executioner:
    """Give one whose waits end at once."""
    ledger = SimpleNamespace(published_by=lambda _: ())
    seen: Any = SimpleNamespace(
        everything=lambda: ledger,
        of_work=OfWork(WORKLOADS["blocking"]),
    )
    waiting: Any = SimpleNamespace(
        quiet=lambda: waits.append("quiet"),
        remember_effects=lambda: waits.append("remember"),
        witness=lambda condition, *_: condition(),
        see=lambda condition, _: waits.append("see") if condition() else None,
    )
    tempo: Any = SimpleNamespace(deadlines=SimpleNamespace(stopped=5.0))
    return Executioner(tempo, seen, waiting)


def place(side: Side, step: str, number: int = 1) -> Place:
    """Give a place of role stream."""
    return Place(side, STREAM, step, number)


def test_before_a_frame(instance: Any, executioner: Executioner, waits: list[str]) -> None:
    """The frame that is wanted waits, its instance has time to go past it, and is killed; all that waits is lost."""
    trap = executioner.trap(place(Side.BEFORE, "basic.ack", 2), [instance])
    first, second, third = (method_octets(BasicAck(tag)) for tag in (1, 2, 3))
    instance.to_broker.receive(first, 0.0)
    assert trap.caught() is None
    instance.to_broker.receive(second + third, 0.0)
    assert trap.caught() == instance
    trap.kill()
    assert instance.sent() == [first]
    assert instance.done == [("kill", 1)]
    assert waits == ["quiet", "remember"]


def test_after_a_frame(instance: Any, executioner: Executioner, waits: list[str]) -> None:
    """The instance stands still while its frame goes on, and is killed when the broker has that."""
    trap = executioner.trap(place(Side.AFTER, "basic.publish"), [instance])
    octets = publish_octets()
    instance.to_broker.receive(octets, 0.0)
    assert instance.sent() == []
    trap.kill()
    assert b"".join(instance.sent()) == octets
    assert [what for what, _ in instance.done] == ["freeze", "kill"]
    assert instance.done[0][1] == 0
    assert waits == ["see", "remember"]


def test_another_kind_of_frame_passes(instance: Any, executioner: Executioner) -> None:
    """A trap for one method lets all others by."""
    trap = executioner.trap(place(Side.BEFORE, "basic.publish"), [instance])
    octets = method_octets(BasicAck(1))
    instance.to_broker.receive(octets, 0.0)
    assert trap.caught() is None
    trap.release()
    assert instance.sent() == [octets]


@pytest.mark.parametrize(
    ("side", "moment"),
    [(Side.BEFORE, Moment.BEFORE_COMMIT), (Side.AFTER, Moment.AFTER_COMMIT)],
)
def test_commits(side: Side, moment: Moment, instance: Any, executioner: Executioner) -> None:
    """The commit that is wanted waits at its moment, and its connection ends with its instance."""
    cut: list[int] = []
    trap = executioner.trap(place(side, COMMIT, 2), [instance])
    assert instance.database.catch(moment, 1.0, lambda: cut.append(1)) is None
    assert instance.database.catch(moment, 2.0, lambda: cut.append(2)) is not None
    assert trap.caught() == instance
    trap.kill()
    assert instance.exit_status is not None
    assert cut == [2]


def test_answer(instance: Any, executioner: Executioner) -> None:
    """Who answers is killed when the answer is there."""
    answered: list[bool] = []
    trap = AnswerTrap(instance, lambda: bool(answered), executioner)
    assert trap.caught() is None
    answered.append(True)
    assert trap.caught() == instance
    trap.kill()
    assert instance.exit_status is not None
    assert str(Place(Side.AFTER, HTTP, "answer", 1)) == "after answer 1 of role http"
