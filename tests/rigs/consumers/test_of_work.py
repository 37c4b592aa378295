"""What of the wire is about the work of a user's own consumer, and what it has beside."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.stand_ins import StandInProcess, StandInWorld
from tests.worlds.line.octets import deliver_octets, method_octets, publish_octets
from tests.worlds.line.virtual import Clock, VirtualLine
from warren.evidence.frames import ConnectionEnded, ConnectionOpened, Direction, FrameSeen
from warren.evidence.steps import steps_of
from warren.rigs.consumers.instances import Instances
from warren.rigs.consumers.seen import Seen
from warren.rigs.consumers.starting import Starting
from warren.rigs.deadlines import Tempo
from warren.rigs.pace import PACES
from warren.simulator.wire import (
    BasicAck,
    BasicConsume,
    BasicDeliver,
    BasicProperties,
    BasicPublish,
    BasicQos,
    ChannelClose,
    ConnectionTuneOk,
    ContentHeader,
    Heartbeat,
    QueueDeclare,
    QueueDeclareOk,
)
from warren.workloads.own import OwnWorkload, PublishEffect, Sample, Template, number_of
from warren.worlds.line.rules import acks, consuming, delivery, passing, publish, refusal
from warren.worlds.protocol import QueueDepth

if TYPE_CHECKING:
    from warren.simulator.wire import Content
    from warren.worlds.line.rules import Match

TO_BROKER, TO_CLIENT = Direction.TO_BROKER, Direction.TO_CLIENT
ONE = "5f0c34a1-9f6d-4b8e-8a44-0d4c27ad1f10"
BODY = f'{{"ref": "{ONE}"}}'.encode()
WORK, EVENTS, IDLE = 1, 2, 3
"""The connections of the consumer: one works, one hears of others, one is of its start."""


class Case:
    """A case of an own consumer that works by its first connection, and was sent a message."""

    def __init__(self, world: Any) -> None:
        """Have it consume its queue, and events beside."""
        self.world = world
        self.workload = OwnWorkload(
            "orders",
            "jobs",
            "shop",
            Sample(Template(b'{"ref": "{id}"}')),
            (PublishEffect("", "invoices"),),
        )
        self.process: Any = StandInProcess("orders-1", self.workload.worker, {})
        instances = Instances(self.workload)
        instances.add(self.process)
        tempo = Tempo(PACES["fast"])
        self.seen = Seen(world, self.workload, tempo, instances, [])
        self.seen.of_work.know(ONE)
        for connection, heartbeat in ((WORK, 1), (EVENTS, 0), (IDLE, 0)):
            self.world.seen.append(ConnectionOpened(0.0, "orders-1", connection))
            self.see(0.0, TO_BROKER, ConnectionTuneOk(heartbeat=heartbeat), connection)
        self.see(0.1, TO_BROKER, BasicQos(prefetch_count=2))
        self.see(0.1, TO_BROKER, BasicConsume("jobs", "work", no_wait=True))
        events = BasicConsume("events.1", "events", no_ack=True, no_wait=True)
        self.see(0.2, TO_BROKER, events, EVENTS)

    def see(self, at: float, way: Direction, content: Content, connection: int = WORK) -> None:
        """See a frame."""
        self.world.seen.append(FrameSeen(at, "orders-1", connection, way, 1, content))

    def deliver(self, at: float, tag: str, body: bytes, connection: int = WORK) -> None:
        """See a delivery."""
        self.see(at, TO_CLIENT, BasicDeliver(tag, 1, False, "", ""), connection)
        self.see(at, TO_CLIENT, ContentHeader(60, len(body)), connection)
        self.see(at, TO_CLIENT, body, connection)

    def publish(self, at: float, key: str, body: bytes, connection: int = WORK) -> None:
        """See a publish to the default exchange."""
        self.see(at, TO_BROKER, BasicPublish("", key), connection)
        self.see(at, TO_BROKER, ContentHeader(60, len(body), BasicProperties()), connection)
        self.see(at, TO_BROKER, body, connection)

    def declare(self, name: str, *, durable: bool = False, dlx: str | None = None) -> None:
        """Declare a queue, which the broker then has."""
        arguments: Any = {} if dlx is None else {"x-dead-letter-exchange": dlx}
        self.see(0.3, TO_BROKER, QueueDeclare(name, durable=durable, arguments=arguments))
        self.see(0.3, TO_CLIENT, QueueDeclareOk(name))


@pytest.fixture
def case() -> Case:
    """Give a case."""
    return Case(StandInWorld())


def test_deliveries_and_consumers(case: Case) -> None:
    """Deliveries and consumers are those of the work queue; a record has the others too."""
    case.deliver(1.0, "work", BODY)
    case.deliver(1.1, "events", b"alive", EVENTS)
    assert [d.body for d in case.seen.given()] == [BODY]
    assert [d.body for d in case.seen.everything().deliveries] == [BODY, b"alive"]
    assert [c.queue for c in case.seen.ledger().active_consumers("orders-1")] == ["jobs"]
    assert not any(d.auto_ack for d in case.seen.delivered())


def test_from_a_queue_for_later_tries(case: Case) -> None:
    """A message of ours that comes for an ack from another queue is work too; what was told of it is not."""
    case.see(0.4, TO_BROKER, BasicConsume("jobs.later", "later", no_wait=True))
    case.deliver(1.0, "later", BODY)
    case.deliver(1.1, "events", BODY, EVENTS)
    assert [d.queue for d in case.seen.given()] == ["jobs.later"]


def test_connections(case: Case) -> None:
    """Heartbeats, silences and ends are those of the connections by which it works."""
    assert case.seen.heartbeat_faults() == ()
    case.world.seen.append(ConnectionEnded(1.0, "orders-1", EVENTS, "broker", "eof", ""))
    assert case.seen.ledger().ends == ()
    assert [c.connection for c in case.seen.ledger().open_of("orders-1")] == [WORK]
    case.see(5.0, TO_BROKER, Heartbeat())
    assert case.seen.has_spoken_since(case.process, 2.0)
    assert [s.connection for s in case.seen.ledger().silences] == [WORK]
    assert "opened connection 3" in str(case.seen.last())


def test_declarations(case: Case) -> None:
    """Declared for the work is what it goes through, and what hands on to that."""
    case.declare("jobs", durable=True, dlx="aside")
    case.declare("events.1")
    case.declare("waiting", dlx="aside")
    assert [d.name for d in case.seen.ledger().declarations] == ["jobs"]
    case.see(0.5, TO_BROKER, BasicConsume("waiting", "waiting", no_wait=True))
    case.deliver(1.0, "waiting", BODY)
    assert [d.name for d in case.seen.ledger().declarations] == ["jobs", "waiting"]


def test_publishes(case: Case) -> None:
    """Published of the work is what the id of a message is in, or what is a copy of one that has none."""
    case.seen.of_work.know_body(b"bad")
    case.publish(1.0, "dead", BODY)
    case.publish(2.0, "dead", b"bad")
    case.publish(3.0, "events.1", b"bad news", EVENTS)
    assert [p.body for p in case.seen.ledger().publishes] == [BODY, b"bad"]
    assert len(case.seen.published()) == 3


def test_kept_aside(case: Case) -> None:
    """What is in a queue that may be gone, or that results go to, is not kept; in any other it may be."""
    case.declare("events.1")
    case.declare("dead", durable=True)
    ready = {"events.1": 4, "invoices": 1, "dead": 2, "jobs": 3}
    case.world.depths = {name: QueueDepth(count, 0) for name, count in ready.items()}
    assert case.seen.kept_aside() == 2


def test_steps(case: Case) -> None:
    """Steps at which an instance may die are those of its work, and the line holds the same."""
    case.deliver(1.0, "work", BODY)
    case.publish(1.1, "events.1", b"alive", EVENTS)
    case.publish(1.2, "invoices", BODY)
    case.see(1.3, TO_BROKER, BasicAck(1))
    work = case.seen.of_work.facts(case.world.facts(), case.seen.everything(), case.seen.ledger())
    assert [(s.at, s.name) for s in steps_of(work)] == [(1.2, "basic.publish"), (1.3, "basic.ack")]


REFUSED = "ACCESS_REFUSED - queue 'jobs' in vhost '/' in exclusive use"


@pytest.mark.parametrize(
    ("match", "beside", "meant"),
    [
        (delivery(), deliver_octets(1, consumer="events"), deliver_octets(2, consumer="work")),
        (acks(), method_octets(BasicAck(1)), method_octets(BasicAck(2))),
        (publish(), publish_octets(b"alive"), publish_octets(BODY)),
        (consuming(), method_octets(BasicConsume("x")), method_octets(BasicConsume("jobs"))),
        (
            refusal(),
            method_octets(ChannelClose(405, "RESOURCE_LOCKED - queue 'events.1'")),
            method_octets(ChannelClose(403, REFUSED)),
        ),
    ],
    ids=["delivery", "ack", "publish", "consume", "refusal"],
)
def test_match(case: Case, match: Match, beside: bytes, meant: bytes) -> None:
    """What a case holds is about the work; what is beside it passes, and is not counted."""
    line = VirtualLine(Clock())
    lanes = line.connect()
    for queue, tag in (("events.1", "events"), ("jobs", "work")):
        lanes.to_broker.receive(method_octets(BasicConsume(queue, tag)), 0.0)
    if match.methods == acks().methods:
        given = deliver_octets(1, consumer="events") + deliver_octets(2, consumer="work")
        lanes.to_client.receive(given, 0.0)
    lane = lanes.to_broker if match.direction is TO_BROKER else lanes.to_client
    held = line.hold(passing(case.seen.of_work.match(match), 1))
    lane.receive(beside + beside + meant, 0.0)
    assert held.seen is None
    lane.receive(meant, 0.0)
    assert held.seen is not None


def test_other_forms_of_an_id(case: Case) -> None:
    """A publish is about the work by the id in hexadecimal, or as a number, too."""
    case.publish(1.0, "dead", ONE.replace("-", "").encode())
    case.publish(2.0, "dead", b'{"ref": %d}' % number_of(ONE))
    case.publish(3.0, "dead", b'{"ref": 1}')
    assert [p.at for p in case.seen.ledger().publishes] == [1.0, 2.0]


@pytest.mark.parametrize(("second", "together"), [(3, 5), (0, 0)], ids=["bounded", "unbounded"])
def test_several_consumers(case: Case, second: int, together: int) -> None:
    """Several consumers of the work queue hold together what each may, and those of other queues do not count."""
    case.see(0.5, TO_BROKER, BasicQos(prefetch_count=second))
    case.see(0.5, TO_BROKER, BasicConsume("jobs", "second", no_wait=True))
    parts: Any = SimpleNamespace(known=None)
    start = Starting(
        case.world,
        case.workload,
        parts,
        tempo=parts,
        instances=parts,
        seen=case.seen,
        waiting=parts,
        journal=parts,
        known=parts,
        measure=parts,
    )
    assert start.prefetch(case.process, 1) == together
