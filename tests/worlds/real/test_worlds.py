"""What a process of pytest gives its cases: places and worlds of their own, all of it taken back."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from warren.claims.implementation import Program
from warren.errors import BrokerUnavailable, FaultUnsupported, WarrenError
from warren.evidence.frames import ConnectionOpened
from warren.workloads import Route
from warren.worlds.protocol import LateAck, QueueDepth
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEADLINE = 5.0


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Give the servers of a run that need nothing on this machine."""
    with closing(Servers("embedded", "sqlite", print)) as servers:
        yield servers


@pytest.fixture(scope="module")
def worlds(servers: Servers) -> Iterator[RealWorlds]:
    """Give the worlds of one process."""
    with closing(RealWorlds(servers.for_workers(), "tests")) as worlds:
        yield worlds


def test_places_are_apart(worlds: RealWorlds) -> None:
    """Each case has a vhost, a folder and a database of its own, and its vhost goes with it."""
    with worlds.place(restarts=False) as first, worlds.place(restarts=False) as second:
        assert first.vhost != second.vhost
        assert first.folder != second.folder
        assert first.folder.is_dir()
        with first.database() as one, second.database() as other:
            one.add_task()
            assert len(one.tasks()) == 1
            assert other.tasks() == ()
        assert {first.vhost, second.vhost} <= set(first.management.vhosts())
        management = first.management
    assert {first.vhost, second.vhost}.isdisjoint(management.vhosts())


def test_a_shared_broker_is_not_restarted(worlds: RealWorlds) -> None:
    """A case that did not ask for a broker of its own cannot disturb the others."""
    with (
        worlds.place(restarts=False) as place,
        pytest.raises(WarrenError, match="this broker cannot be restarted"),
    ):
        place.restart()
    with (
        worlds.place(restarts=False) as place,
        pytest.raises(WarrenError, match="this broker cannot be killed"),
    ):
        place.kill()


def test_own_broker(worlds: RealWorlds, servers: Servers) -> None:
    """A case that restarts has a broker that no other case is on, with passwords that are kept secret, too."""
    shared = worlds.secrets
    with worlds.place(restarts=True) as place:
        assert place.broker.port != servers.broker.port
        assert set(worlds.secrets) - set(shared) == set(place.broker.secrets)
        place.restart()
        assert place.vhost in place.management.vhosts()


def test_chance_follows_from_the_seed(servers: Servers, worlds: RealWorlds) -> None:
    """Each world of a run draws the same in the same order, from a seed that the run names."""
    drawn = []
    for _ in range(2):
        with worlds.world(None, restarts=False) as world:
            assert world.seed == servers.seed
            drawn.append([world.draw(1000) for _ in range(5)])
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 1
    assert all(0 <= number < 1000 for number in drawn[0])


def test_world(worlds: RealWorlds) -> None:
    """A world without processes has a clock, ids, a database, and the queue that the rig declares."""
    with worlds.world(None, restarts=False) as world:
        assert world.new_id() != world.new_id()
        assert not world.wait_for(lambda: False, 0.01)
        assert world.now() >= 0.01
        assert world.message_rows() == ()
        assert world.facts() == ()
        name = world.reply_queue()
        assert world.queues() == (name,)


def test_half_of_the_time_is_asking(worlds: RealWorlds) -> None:
    """A question that costs time is not asked again with every frame of a swarm."""
    cost, within, asked = 0.02, 0.4, []
    with worlds.world(None, restarts=False) as world, ThreadPoolExecutor(1) as others:

        def costly() -> bool:
            asked.append(world.now())
            time.sleep(cost)
            return False

        waited = others.submit(world.wait_for, costly, within)
        while not waited.done():
            world._log.append(ConnectionOpened(world.now(), "stream-1", 1))
            time.sleep(0.001)
    assert 2 <= len(asked) <= within / (2 * cost) + 2


def test_implementations_share_a_program(worlds: RealWorlds, tmp_path: Path) -> None:
    """The same command in the same directory makes the tables once, and in another directory once more."""
    code = "from pathlib import Path; Path('made').open('a').write('.')"
    for folder in ("one", "one", "other"):
        (tmp_path / folder).mkdir(exist_ok=True)
        program = Program((sys.executable, "-c", code), tmp_path / folder)
        with worlds.world(program, restarts=False):
            pass
    assert [(tmp_path / f / "made").read_text() for f in ("one", "other")] == [".", "."]


def test_a_file_is_not_restarted(worlds: RealWorlds) -> None:
    """Where there is no database server, a case that would restart it has a fault that cannot be had."""
    with (
        worlds.world(None, restarts=False, restarts_database=True) as world,
        pytest.raises(FaultUnsupported, match="no database server that could be restarted"),
    ):
        world.shut_down_database()


def test_ack_timeout(worlds: RealWorlds) -> None:
    """What 4.3 does about a late ack is known, and nobody else's broker is told to wait shorter for one."""
    with worlds.world(None, restarts=True) as world:
        assert world.late_ack is LateAck.CANCELS_CONSUMER
    with (
        worlds.place(restarts=False) as place,
        pytest.raises(WarrenError, match="this broker cannot wait shorter for acks"),
    ):
        place.set_ack_timeout(1.0)


def test_exclusive(worlds: RealWorlds) -> None:
    """An exclusive queue or consumer of the rig's own keeps all others away, until it is given up."""
    route = Route("exchange", "queue")
    with worlds.world(None, restarts=False) as world:
        queue = world.exclusive_queue(route)
        with pytest.raises(BrokerUnavailable):
            world.exclusive_consumer(route)
        queue.close()
        consumer = world.exclusive_consumer(route)
        assert world.queue(route.queue) == QueueDepth(ready=0, consumers=1)
        with pytest.raises(BrokerUnavailable):
            world.exclusive_consumer(route)
        consumer.close()
        assert world.wait_for(lambda: world.queue(route.queue) == QueueDepth(0, 0), DEADLINE)
