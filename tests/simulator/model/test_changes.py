"""What the model tells whoever keeps what is durable: every place of every message, and what is declared."""

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.simulator.model.lab import Lab, message
from warren.simulator.model import Version, commands
from warren.simulator.model.changes import Changes, Contents, Place
from warren.simulator.model.exchange import Binding
from warren.simulator.model.ready import Enqueued

if TYPE_CHECKING:
    from warren.simulator.model.queue import Queue

DEAD = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "classic"}
QUEUES: dict[str, dict[str, Any]] = {
    "classic": {"x-max-length": 5},
    "priority": {"x-max-priority": 3, "x-message-ttl": 4000, **DEAD},
    "refusing": {"x-max-length": 2, "x-overflow": "reject-publish-dlx", **DEAD},
    "quorum": {"x-queue-type": "quorum", "x-delivery-limit": 2, "x-max-length": 4, **DEAD},
    "timed": {"x-queue-type": "quorum", "x-message-ttl": 5000},
}
CHANNELS = st.tuples(st.integers(1, 2), st.integers(1, 2))
NAMES = st.sampled_from([*QUEUES])


class Recording(RuleBasedStateMachine):
    """Clients do everything that moves a message; what is told of it is followed."""

    @initialize(semantics=st.sampled_from(["3.10", "4.0", "4.3"]))
    def begin(self, semantics: Version) -> None:
        """Record from the start."""
        self.lab = Lab(semantics)
        self.lab.channel(9)
        self.changes = self.lab.broker.record()
        self.told: dict[int, tuple[Queue, Place]] = {}
        self.numbers = count(1)
        for name in QUEUES:
            self.declare(name)

    @rule(name=NAMES)
    def declare(self, name: str) -> None:
        """Have a queue."""
        self.lab.channel(9).declare(name, durable=True, arguments=QUEUES[name])

    @rule(
        where=CHANNELS, name=NAMES, priority=st.integers(0, 9), lives=st.sampled_from([None, "900"])
    )
    def publish(self, where: Any, name: str, priority: int, lives: str | None) -> None:
        """Publish."""
        self.lab.channel(*where).publish(
            name, b"body", priority=priority, expiration=lives, delivery_mode=2
        )

    @rule(where=CHANNELS, name=NAMES, prefetch=st.integers(0, 2), no_ack=st.booleans())
    def consume(self, where: Any, name: str, prefetch: int, no_ack: bool) -> None:
        """Consume."""
        client = self.lab.channel(*where)
        client.qos(prefetch)
        client.consume(name, "", no_ack=no_ack)

    @rule(where=CHANNELS, name=NAMES, no_ack=st.booleans())
    def get(self, where: Any, name: str, no_ack: bool) -> None:
        """Get one."""
        self.lab.channel(*where).get(name, no_ack=no_ack)

    @rule(where=CHANNELS)
    def select(self, where: Any) -> None:
        """Do the rest in transactions."""
        self.lab.channel(*where).do(commands.TxSelect)

    @rule(where=CHANNELS, how=st.sampled_from([commands.TxCommit, commands.TxRollback]))
    def end_transaction(self, where: Any, how: Any) -> None:
        """Commit, or do not; a channel without a transaction is closed for it."""
        client = self.lab.channel(*where)
        client.do(how)
        client.do(commands.ChannelCloseOk)

    @precondition(lambda self: self.lab.held())
    @rule(data=st.data(), multiple=st.booleans(), requeue=st.booleans(), how=st.integers(0, 2))
    def settle(self, data: st.DataObject, multiple: bool, requeue: bool, how: int) -> None:
        """Ack, nack or reject."""
        *where, tag, _ = data.draw(st.sampled_from(self.lab.held()))
        client = self.lab.channel(*where)
        if how == 0:
            client.ack(tag, multiple=multiple)
        elif how == 1:
            client.nack(tag, multiple=multiple, requeue=requeue)
        else:
            client.do(commands.BasicReject, tag, requeue)

    @rule(seconds=st.sampled_from([0.5, 3.0, 2000.0]))
    def wait(self, seconds: float) -> None:
        """Let messages expire and deliveries be late."""
        self.lab.wait(seconds)
        for connection in [*self.lab.broker.connections.values()]:
            for channel in [*connection.channels.values()]:
                if channel.closing:
                    self.lab.do(commands.ChannelCloseOk(connection.number, channel.number))

    @rule(
        where=CHANNELS, name=NAMES, how=st.sampled_from([commands.QueuePurge, commands.QueueDelete])
    )
    def take_away(self, where: Any, name: str, how: Any) -> None:
        """Purge or delete a queue."""
        self.lab.channel(*where).do(how, name)
        self.declare(name)

    @rule(number=st.integers(1, 2))
    def lose_connection(self, number: int) -> None:
        """Let a connection vanish."""
        self.lab.do(commands.ConnectionLost(number))

    @invariant()
    def what_is_told_is_what_there_is(self) -> None:
        """Follow what is told as one who keeps it, and compare it with all queues and channels."""
        for each, place in self.changes.messages.items():
            if place is Place.GONE:
                self.told.pop(each.kept_as, None)
            else:
                each.kept_as = each.kept_as or next(self.numbers)
                self.told[each.kept_as] = each.queue, place
        self.changes.clear()
        told = {
            kept_as: place for kept_as, (queue, place) in self.told.items() if not queue.deleted
        }
        queues = self.lab.broker.vhosts["/"].queues.values()
        there = {each.kept_as: Place.READY for queue in queues for each in queue.ready}
        there |= {each.kept_as: Place.TAKEN for each in self.taken()}
        assert told == there

    def taken(self) -> list[Enqueued]:
        """Return what clients have, also what a transaction has settled that is not committed."""
        held = [each for *_, each in self.lab.held()]
        for connection in self.lab.broker.connections.values():
            for channel in connection.channels.values():
                for _, batch in () if channel.tx is None else channel.tx.settlements:
                    held += batch.values()
        return [each for each in held if not (each.is_late or each.queue.deleted)]


Recording.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRecording = pytest.mark.timeout(120)(Recording.TestCase)


def told(changes: Changes) -> list[tuple[str, str, bool]]:
    """Return what was told of definitions since the last time: kind, name or key, and whether it is there."""
    given = [
        (type(each).__name__, each.routing_key if isinstance(each, Binding) else each.name, exists)
        for each, exists in changes.definitions
    ]
    changes.clear()
    return given


def test_definitions() -> None:
    """What is durable is told when it is made and when it goes, and nothing else."""
    lab = Lab("3.10")
    changes = lab.broker.record()
    client = lab.channel()
    client.exchange("kept", "topic", durable=True)
    client.exchange("passing", "topic")
    client.declare("kept")
    client.declare("passing", durable=False)
    client.declare("mine", durable=True, exclusive=True)
    for exchange in ("kept", "passing"):
        for queue in ("kept", "passing", "mine"):
            client.bind(queue, exchange, f"{exchange}.{queue}")
            client.bind(queue, exchange, f"{exchange}.{queue}")
    assert told(changes) == [
        ("Exchange", "kept", True),
        ("ClassicQueue", "kept", True),
        ("Binding", "kept.kept", True),
    ]
    client.do(commands.QueueDelete, "kept")
    assert told(changes) == [("Binding", "kept.kept", False), ("ClassicQueue", "kept", False)]
    lab.do(commands.DeleteVhost("/"))
    assert ("Exchange", "kept", False) in told(changes)


def test_restart_tells_nothing() -> None:
    """A restart of the broker gives back what clients hold; what it leaves out was never told."""
    lab = Lab()
    changes = lab.broker.record()
    client = lab.channel()
    client.declare("kept")
    client.declare("passing", durable=False)
    client.publish("kept", b"kept", delivery_mode=2)
    client.publish("kept", b"passing", delivery_mode=1)
    client.get("kept")
    told(changes)
    lab.do(commands.Restart())
    ((enqueued, place),) = [
        each for each in changes.messages.items() if each[0].message.body == b"kept"
    ]
    assert (enqueued.redelivered, place, changes.definitions) == (True, Place.READY, [])
    assert Place.GONE not in changes.messages.values()


def test_late_settlement_tells_nothing() -> None:
    """Who settles a delivery that its queue has taken back takes nothing away from the queue."""
    lab = Lab("4.3")
    changes = lab.broker.record()
    client = lab.channel()
    client.declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    client.publish("q", b"late")
    client.consume("q")
    ((enqueued, _),) = changes.messages.items()
    enqueued.kept_as = 7
    lab.wait(2000)
    changes.clear()
    client.ack(1, multiple=True)
    assert [(each.kept_as, place) for each, place in changes.messages.items()] == [
        (7, Place.TAKEN)  # by the consumer, which may have messages again
    ]


@pytest.mark.parametrize("in_order", [True, False])
def test_classic_contents_are_restored(in_order: bool) -> None:
    """A classic queue has its old order again; after a cut everything counts as delivered before."""
    lab = Lab()
    lab.channel().declare("q")
    queue = lab.broker.vhosts["/"].queues["q"]
    places = [
        Enqueued(queue, message("q", b"%d" % at, delivery_mode=2), at, None) for at in (7, 5, 6)
    ]
    places[0].expires_at = lab.now + 5
    lab.broker.restore([Contents(queue, places, ())], lab.now, in_order=in_order)
    client = lab.channel()
    client.publish("q", b"new")
    assert lab.ready("q") == [b"5", b"6", b"7", b"new"]
    assert client.get("q", no_ack=True).redelivered is not in_order
    client.get("q", no_ack=True)
    lab.wait(6)
    assert lab.ready("q") == [b"new"]


def test_quorum_contents_are_restored() -> None:
    """What had come back is first, then what was taken, which counts as lost: at its limit it is dead-lettered."""
    lab = Lab()
    client = lab.channel()
    client.declare(
        "q", durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 1, **DEAD}
    )
    client.declare("classic")
    queue = lab.broker.vhosts["/"].queues["q"]
    fresh, returned, taken, spent = (
        Enqueued(queue, message("q", name), position, None)
        for position, name in enumerate((b"fresh", b"returned", b"taken", b"spent"))
    )
    returned.acquired, spent.failures, spent.acquired = 1, 1, 1
    contents = Contents(queue, [fresh, returned], [taken, spent])
    lab.broker.restore([contents], lab.now, in_order=False)
    assert lab.ready("q") == [b"returned", b"taken", b"fresh"]
    assert lab.ready("classic") == [b"spent"]
    client.get("q", no_ack=True)
    assert client.get("q", no_ack=True).message.properties.headers == {
        "x-delivery-count": 1,
        "x-acquired-count": 1,
    }
