"""A real consumer that gets no processor: by what it fails is no judgement; one that is frozen had its time."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.starving import starving
from warren.claims.catalogue import Level, Requirement, load_catalogue
from warren.claims.manifest import load_manifest
from warren.claims.verdict import Outcome, Verdict, describe
from warren.rigs.consumers import Rig, Violation
from warren.rigs.consumers.judging import conclude
from warren.rigs.pace import PACES
from warren.suite import REFERENCE
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real import RealWorld

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells of its run queues"
)

DEADLINE = 30.0
MUST = Requirement("heartbeat-safe.idle", Level.MUST, "It keeps its connection.", "document 1")


@pytest.fixture(scope="module")
def worlds() -> Iterator[RealWorlds]:
    """Give worlds on the lightest servers."""
    with (
        closing(Servers("embedded", "sqlite", print)) as servers,
        closing(RealWorlds(servers.for_workers(), "tests")) as worlds,
    ):
        yield worlds


@pytest.fixture
def world(worlds: RealWorlds) -> Iterator[RealWorld]:
    """Give a world with the contract's tables."""
    with worlds.world(None, restarts=False) as world:
        yield world


@pytest.fixture
def consumer(world: RealWorld) -> Rig:
    """Give a rig of a consumer whose heartbeats flow, and which handles its stop signal."""
    hardened = load_manifest(REFERENCE[1], load_catalogue())
    workload = hardened.designs["blocking"].workload
    return Rig(world, hardened, workload, PACES["fast"], (MUST,))


def _has_lost(rig: Rig) -> bool:
    """Wait until the broker has ended a connection."""
    return rig.wait.see(lambda: bool(rig.seen.everything().ends), DEADLINE)


def _lost(rig: Rig) -> Verdict:
    """Judge that the broker has ended a connection."""
    assert _has_lost(rig)
    (end,) = rig.seen.everything().ends
    assert end.by == "broker"
    rig.judge(Violation("the broker ended a connection", (str(end),)))
    return conclude(None, rig)[0]


def test_connection(consumer: Rig, world: RealWorld) -> None:
    """A connection whose heartbeats had no processor is lost without a verdict, which says how long it waited."""
    consumer.start.workers(1)
    with starving(world._processes[0].pid):
        if not _has_lost(consumer):  # a kernel may give it one all the same
            pytest.skip("the process had a processor, and sent its heartbeats")
        found = _lost(consumer)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert describe(found).startswith("stream-1 waited for a processor for ")
    assert " before its connection 1 ended, at " in describe(found)


def test_stop(consumer: Rig, world: RealWorld) -> None:
    """Who has no processor to stop by has no verdict on its stop; the time that it had is long over by then."""
    (worker,) = consumer.start.workers(1)
    with starving(world._processes[0].pid):
        worker.stop()
        late = consumer.wait.overdue(
            lambda: worker.exit_status is not None, 2.0, "it did not exit", worker
        )
        consumer.judge(*late)
        (found,) = conclude(None, consumer)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert " s of the 2.0 s before its deadline, at " in describe(found)


def test_frozen(consumer: Rig, world: RealWorld) -> None:
    """One that does nothing, and so waits for no processor, fails, as busy as the machine may be."""
    (worker,) = consumer.start.workers(1)
    instance = world._processes[0]
    instance.freeze()  # as who sleeps in its work: no fault of the case's is noted
    with starving(instance.pid):
        found = _lost(consumer)
    worker.kill()
    assert found.outcome is Outcome.FAIL
