"""What must hold after any commands: no message lost or doubled, order and prefetch kept."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.simulator.model.lab import Lab, message
from warren.simulator.model import Version, commands, events

QUEUES = ("plain", "again", "priority", "short", "quorum", "limited")
CHANNELS = st.tuples(st.integers(1, 3), st.integers(1, 2))


class Conservation(RuleBasedStateMachine):
    """Clients publish, consume, settle and vanish; every message is kept in view."""

    @initialize(semantics=st.sampled_from(["3.10", "4.0", "4.3"]))
    def begin(self, semantics: Version) -> None:
        """Make queues of both types; none of them loses a message."""
        self.lab = Lab(semantics)
        client = self.lab.channel(9)
        client.declare("plain")
        client.declare("again")
        client.declare("priority", durable=True, arguments={"x-max-priority": 4})
        dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "again"}
        client.declare("short", durable=True, arguments={"x-max-length": 2, **dead})
        quorum = {"x-queue-type": "quorum"}
        given = {} if semantics == "3.10" else {"x-delivery-limit": -1}
        client.declare("quorum", durable=True, arguments={**quorum, **given})
        limited = {"x-delivery-limit": 1, "x-max-length": 3}
        client.declare("limited", durable=True, arguments={**quorum, **limited, **dead})
        self.published = 0
        self.alive: set[bytes] = set()
        self.last_seen: dict[str, int] = {}

    def do(self, command: Any) -> Any:
        """Give a command and look at the deliveries it causes."""
        caused = self.lab.do(command)
        for event in caused:
            if isinstance(event, events.BasicDeliver | events.BasicGetOk):
                self.see(event)
        return caused

    def see(self, event: Any) -> None:
        """Check that first deliveries from `plain` come in the order of publishing."""
        key = event.message.routing_key
        if key == "plain" and not event.redelivered:
            number = int(event.message.body)
            assert number > self.last_seen.get(key, -1)
            self.last_seen[key] = number

    @rule(where=CHANNELS, queue=st.sampled_from(QUEUES), priority=st.integers(0, 6))
    def publish(self, where: tuple[int, int], queue: str, priority: int) -> None:
        """Publish a numbered message."""
        self.lab.channel(*where)
        body = b"%d" % self.published
        self.published += 1
        self.alive.add(body)
        self.do(commands.BasicPublish(*where, message(queue, body, priority=priority)))

    @rule(where=CHANNELS, queue=st.sampled_from(QUEUES), prefetch=st.integers(0, 3))
    def consume(self, where: tuple[int, int], queue: str, prefetch: int) -> None:
        """Begin to consume with a prefetch count."""
        client = self.lab.channel(*where)
        client.qos(prefetch)
        self.do(commands.BasicConsume(*where, queue))

    @rule(where=CHANNELS, queue=st.sampled_from(QUEUES))
    def get(self, where: tuple[int, int], queue: str) -> None:
        """Get a message."""
        self.lab.channel(*where)
        self.do(commands.BasicGet(*where, queue))

    @rule(where=CHANNELS, prefetch=st.integers(0, 2))
    def limit_channel(self, where: tuple[int, int], prefetch: int) -> None:
        """Set a prefetch count for the channel."""
        self.lab.channel(*where)
        self.do(commands.BasicQos(*where, prefetch, global_=True))

    @precondition(lambda self: self.lab.held())
    @rule(data=st.data(), multiple=st.booleans())
    def ack(self, data: st.DataObject, multiple: bool) -> None:
        """Acknowledge, and count the message as gone."""
        connection, channel, tag, _ = data.draw(st.sampled_from(self.lab.held()))
        for other, number, earlier, item in self.lab.held():
            if (other, number) == (connection, channel) and (
                earlier == tag or (multiple and earlier < tag)
            ):
                self.alive.discard(item.message.body)
        self.do(commands.BasicAck(connection, channel, tag, multiple))

    @precondition(lambda self: self.lab.held())
    @rule(data=st.data(), multiple=st.booleans())
    def requeue(self, data: st.DataObject, multiple: bool) -> None:
        """Give back."""
        connection, channel, tag, _ = data.draw(st.sampled_from(self.lab.held()))
        self.do(commands.BasicNack(connection, channel, tag, multiple, requeue=True))

    @rule(where=CHANNELS)
    def close_channel(self, where: tuple[int, int]) -> None:
        """Close a channel."""
        self.lab.channel(*where)
        self.do(commands.ChannelClose(*where))

    @rule(number=st.integers(1, 3))
    def lose_connection(self, number: int) -> None:
        """Let a connection vanish."""
        self.do(commands.ConnectionLost(number))

    @rule(where=CHANNELS)
    def break_a_rule(self, where: tuple[int, int]) -> None:
        """Have the broker close a channel."""
        self.lab.channel(*where)
        self.do(commands.BasicAck(*where, 10**6))
        self.do(commands.ChannelCloseOk(*where))

    @invariant()
    def every_message_is_in_exactly_one_place(self) -> None:
        """Find each message ready in one queue or held by one channel."""
        ready = [body for queue in QUEUES for body in self.lab.ready(queue)]
        held = [item.message.body for *_, item in self.lab.held()]
        assert Counter(ready + held) == Counter(self.alive)

    @invariant()
    def queues_count_what_is_held(self) -> None:
        """Compare counts and bytes with what is there."""
        held = Counter(item.queue.name for *_, item in self.lab.held())
        for name, queue in self.lab.broker.vhosts["/"].queues.items():
            assert queue.unacked_count == held[name]
            assert queue.ready_bytes == sum(map(len, self.lab.ready(name)))
            assert queue.ready_size == sum(each.message.size for each in queue.ready)

    @invariant()
    def ready_messages_are_in_order(self) -> None:
        """Positions grow from head to tail."""
        for name in ("plain", "again", "short"):
            queue = self.lab.broker.vhosts["/"].queues[name]
            positions = [enqueued.position for enqueued in queue.ready]
            assert positions == sorted(positions)

    @invariant()
    def no_prefetch_is_exceeded_and_no_message_waits_for_nothing(self) -> None:
        """See that a consumer holds no more than it may, and gets what it may."""
        for queue in self.lab.broker.vhosts["/"].queues.values():
            for consumer in queue.consumers:
                held = [item for *_, item in self.lab.held() if item.consumer is consumer]
                assert consumer.unacked == len(held)
                assert not consumer.prefetch or consumer.unacked <= consumer.prefetch
                assert not (queue.message_count and consumer.can_take())


Conservation.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestConservation = pytest.mark.timeout(120)(Conservation.TestCase)
