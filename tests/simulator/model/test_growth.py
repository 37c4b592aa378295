"""What a broker keeps and looks at stays in proportion to what is there: by count, not by time."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.model.lab import Lab
from tests.simulator.model.test_consumers import publish
from warren.simulator.model import commands
from warren.simulator.model.consumer import Consumer
from warren.simulator.model.timers import Timers


def test_deadlines_that_are_replaced_do_not_pile_up() -> None:
    """A queue that is used again and again has one deadline, not one for each use."""
    lab = Lab()
    client = lab.channel()
    client.declare("q", durable=True, arguments={"x-expires": 3_600_000})
    for _ in range(2000):
        lab.now += 0.001
        client.get("q")
    assert len(lab.broker._state.timers._heap) <= 2
    assert lab.broker.next_deadline() == pytest.approx(lab.now + 3600)


def test_queues_that_are_gone_leave_no_deadline() -> None:
    """A deleted queue is forgotten before its time, too."""
    lab = Lab()
    client = lab.channel()
    for number in range(100):
        client.declare(f"q{number}", durable=True, arguments={"x-expires": 3_600_000})
    for number in range(100):
        client.do(commands.QueueDelete, f"q{number}")
    assert lab.broker._state.timers._heap == []


CHANGES = st.tuples(st.integers(0, 4), st.integers(1, 9) | st.none())


@settings(deadline=None)
@given(st.lists(CHANGES, max_size=60), st.integers(0, 10))
def test_timers_keep_the_last_word(changes: list[tuple[int, int | None]], now: int) -> None:
    """Whatever is set and cancelled, each key comes at its last deadline, earliest first."""
    timers: Timers[int] = Timers()
    expected: dict[int, int] = {}
    for key, deadline in changes:
        if deadline is None:
            timers.cancel(key)
            expected.pop(key, None)
        else:
            timers.set(key, deadline)
            expected[key] = deadline
        assert timers.next <= min(expected.values(), default=timers.next)
        assert len(timers._heap) <= 2 * len(expected)
    assert timers.next_deadline() == min(expected.values(), default=None)
    came = [*timers.due(now)]
    assert {*came} == {key for key, deadline in expected.items() if deadline <= now}
    assert [expected[key] for key in came] == sorted(expected[key] for key in came)


def test_priorities_that_nobody_has_are_forgotten() -> None:
    """A queue keeps turns for the priorities of its consumers alone."""
    lab = Lab()
    client = lab.channel()
    client.declare("q")
    client.qos(1)
    for priority in range(50):
        client.consume("q", f"{priority}", arguments={"x-priority": priority})
    client.publish("q")  # the last one's prefetch is used up now
    for priority in range(50):
        client.do(commands.BasicCancel, f"{priority}")
    assert len(lab.broker.vhosts["/"].queues["q"].rotation._rings) == 0


def test_a_consumer_goes_without_a_look_at_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is cancelled is found at once, and the others' turns stay in order."""
    looks: list[Any] = []

    def equal(self: Consumer, other: object) -> bool:
        looks.append(other)
        return self is other

    client = Lab().channel()
    client.declare("q")
    for number in range(200):
        client.consume("q", f"{number}")
    monkeypatch.setattr(Consumer, "__eq__", equal)
    monkeypatch.setattr(Consumer, "__hash__", object.__hash__)
    for number in reversed(range(1, 199)):
        client.do(commands.BasicCancel, f"{number}")
    assert not looks
    assert publish(client, 4) == ["0", "199", "0", "199"]


class Unsearched(dict[str, Any]):
    """A dictionary in which one may look up, but not around."""

    def values(self) -> Any:
        """Refuse."""
        raise AssertionError("somebody looks at every queue")


def test_a_connection_goes_without_a_look_at_the_queues() -> None:
    """A connection that ends takes its exclusive queues with it, and asks no other queue."""
    lab = Lab()
    lab.channel(1).declare("shared")
    for queue in ("mine", "deleted", "mine too"):
        lab.channel(2).declare(queue, exclusive=True)
    lab.channel(2).do(commands.QueueDelete, "deleted")
    vhost = lab.broker.vhosts["/"]
    vhost.queues = Unsearched(vhost.queues)
    lab.do(commands.ConnectionLost(2))
    assert [*vhost.queues] == ["shared"]
