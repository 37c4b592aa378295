"""Deaths: places are found in an undisturbed unit of work; who comes there dies, is replaced, and its harm is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stand_ins import StandInWorld, implementation
from warren.claims.catalogue import Level, Requirement
from warren.evidence.frames import Direction, FrameSeen
from warren.evidence.rows import MessageRow
from warren.rigs.consumers import Inconclusive, Rig
from warren.rigs.consumers.places import Place, Side
from warren.rigs.pace import PACES
from warren.simulator.wire import BasicAck
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import STREAM
from warren.worlds.database_line.plan import DatabasePlan

if TYPE_CHECKING:
    from tests.stand_ins import StandInProcess
    from warren.rigs.consumers.deaths import Deaths

MUST = Requirement("no-loss.any", Level.MUST, "It comes again.", "field reports")
BEFORE_ACK = Place(Side.BEFORE, STREAM, "basic.ack", 1)


class World(StandInWorld):
    """A world whose instances consume at once, do what is published, and ack it, unless a test says otherwise."""

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self.every_tick = self.live
        self.is_idle = False
        self.loses = False
        self.done = 0

    def live(self) -> None:
        """Let the instances do what is theirs."""
        for process in self.processes:
            if not process.env.pop("is ready", ""):
                continue
            self.consume(process)
        for process in self.processes:
            if "kill" in process.done:
                process.exit_status = -9
        alive = [p for p in self.processes if p.exit_status is None]
        if alive and self.done < len(self.published) and not self.is_idle:
            self.work(alive[-1])

    def work(self, process: StandInProcess) -> None:
        """Leave a row and ack; where the ack is held, come to it, and leave that to who comes next."""
        frame = FrameSeen(self.time, process.name, 1, Direction.TO_BROKER, 1, BasicAck(1))
        in_force = [held for held in process.line.held if held not in process.line.let_go]
        waiting = [held for held in in_force if held.match.may_take(frame)]
        if waiting:
            waiting[0].seen = frame
            if self.loses:
                self.done += 1
            return
        self.seen.append(frame)
        self.rows.append(MessageRow(self.done + 1, self.published[self.done][1].decode()))
        self.done += 1


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Give one."""
    world = World()
    start = world.start

    def start_ready(*given: object) -> StandInProcess:
        process = start(*given)  # type: ignore[arg-type]  # as it was called
        process.env["is ready"] = "yes"
        process.database = DatabasePlan()  # type: ignore[assignment]  # it has all that is asked here
        return process

    monkeypatch.setattr(world, "start", start_ready)
    return world


@pytest.fixture
def deaths(world: World) -> Deaths:
    """Give those of a rig on one design."""
    workload = WORKLOADS["blocking"]
    return Rig(world, implementation("blocking"), workload, PACES["fast"], (MUST,)).deaths


def test_places_are_found(deaths: Deaths) -> None:
    """What an instance does in an undisturbed unit of work has a place before and after it."""
    assert deaths.find(1) == (BEFORE_ACK, Place(Side.AFTER, STREAM, "basic.ack", 1))


def test_nobody_does_anything(deaths: Deaths, world: World) -> None:
    """Where nothing is found, nothing can be judged."""
    world.is_idle = True
    with pytest.raises(Inconclusive, match="no instance did anything"):
        deaths.find(1)


def test_who_comes_there_dies_and_is_replaced(deaths: Deaths, world: World) -> None:
    """The instance is killed at its place, another one does the work, and no harm is told."""
    deaths.find(1)
    death = deaths.die(1, BEFORE_ACK)
    assert death.killed == ("stream-1 was killed before basic.ack 1 of role stream",)
    assert [process.name for process in world.processes] == ["stream-1", "stream-2"]
    assert not deaths.losses
    assert not deaths.duplicates


def test_what_is_lost_is_told_with_the_place_and_the_seed(deaths: Deaths, world: World) -> None:
    """The sentence of a loss says who was killed where, and by which seed that comes again; it is told once."""
    world.seed = 17
    deaths.find(1)
    world.loses = True
    deaths.die(1, BEFORE_ACK)
    world.loses = False
    deaths.die(1, BEFORE_ACK)
    (loss,) = deaths.losses
    where = "stream-1 was killed before basic.ack 1 of role stream (--seed 17)"
    assert loss.words == f"lost: the package row never came; {where}"


def test_harm_without_a_death(deaths: Deaths, world: World) -> None:
    """Where work is not done though nobody was killed, that is told, and no other death says more."""
    deaths.find(1)
    world.is_idle = True
    death = deaths.die(1, BEFORE_ACK)
    (loss,) = deaths.losses
    assert loss.words == "lost: the package row never came; nobody was killed (--seed 0)"
    assert death.is_undisturbed_harm


def test_a_second_death(deaths: Deaths, world: World) -> None:
    """The one that goes on is killed, too, at the next place."""
    deaths.find(1)
    death = deaths.die(1, BEFORE_ACK, BEFORE_ACK)
    assert str(death) == (
        "stream-1 was killed before basic.ack 1 of role stream"
        " and then stream-2 was killed before basic.ack 1 of role stream (--seed 0)"
    )
    assert len(world.processes) == 3


def test_a_place_that_does_not_come(deaths: Deaths, world: World) -> None:
    """Nobody is killed where nobody comes, and the hold is taken away; where it was seen before, it may come again."""
    deaths.find(1)
    world.is_idle = True
    death = deaths.die(1, BEFORE_ACK)
    assert death.killed == ()
    assert death.missed
    assert world.processes[0].line.let_go == world.processes[0].line.held
    assert len(world.processes) == 1


def test_a_second_place_that_does_not_come(deaths: Deaths) -> None:
    """Where the one that goes on never comes to its place, there is nothing to wait for again."""
    deaths.find(1)
    publish = Place(Side.BEFORE, STREAM, "basic.publish", 1)
    death = deaths.die(1, BEFORE_ACK, publish)
    assert len(death.killed) == 1
    assert not death.missed


def test_the_seed_decides_the_order(deaths: Deaths, world: World) -> None:
    """Schedules come in the order in which the world draws them, each once."""
    schedules = [(BEFORE_ACK,) * n for n in range(3)]
    assert deaths.shuffled(schedules) == schedules[::-1]
    assert deaths.seed == world.seed
