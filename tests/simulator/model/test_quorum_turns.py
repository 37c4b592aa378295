"""Who gets the next message of a quorum queue: who has room, in the order in which they had it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulator.model.lab import Client, Lab
from warren.simulator.model import Version, commands, events

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSIONS: tuple[Version, ...] = ("3.10", "4.0", "4.3")


@pytest.fixture(params=VERSIONS)
def both(request: pytest.FixtureRequest) -> tuple[Client, Client]:
    """Give two channels at a broker with a quorum queue."""
    lab = Lab(request.param)
    first, second = lab.channel(), lab.channel(1, 2)
    first.declare("q", durable=True, arguments={"x-queue-type": "quorum"})
    return first, second


def who(caused: Iterable[object]) -> str:
    """Return the tags of those who got something."""
    return "".join(e.consumer_tag for e in caused if isinstance(e, events.BasicDeliver))


def next_ones(client: Client, count: int) -> str:
    """Publish messages one by one; return who got them."""
    return "".join(who(client.publish("q")) for _ in range(count))


def test_who_has_room_again_is_last(both: tuple[Client, Client]) -> None:
    """A consumer that was full takes its turn behind those who were not."""
    first, second = both
    first.qos(1)
    first.consume("q", "a")
    second.consume("q", "b")
    assert next_ones(second, 2) == "ab"
    first.ack(1)
    assert next_ones(second, 3) == "bab"


def test_who_acknowledges_automatically_is_full_for_a_moment(both: tuple[Client, Client]) -> None:
    """Of what comes back at once it gets its prefetch count, and of what comes later its share."""
    first, second = both
    next_ones(second, 5)
    for _ in range(5):
        second.get("q")
    first.qos(1)
    first.consume("q", "a", no_ack=True)
    second.consume("q", "b")
    assert who(second.nack(0, multiple=True)) == "abbbb"
    assert next_ones(second, 4) == "baba"


def test_who_acknowledges_automatically_gets_all_in_the_end(both: tuple[Client, Client]) -> None:
    """With nobody beside it, what is more than its prefetch count follows at once."""
    first, second = both
    next_ones(second, 5)
    first.qos(2)
    assert who(first.consume("q", "a", no_ack=True)) == "aaaaa"


def test_a_cancelled_consumer_keeps_its_turn(both: tuple[Client, Client]) -> None:
    """While it holds a message, a consumer of its tag comes to its place, if that was not passed by."""
    first, second = both
    first.consume("q", "a")
    assert next_ones(second, 1) == "a"
    first.do(commands.BasicCancel, "a")
    second.consume("q", "b")
    first.consume("q", "a")
    assert next_ones(second, 3) == "aba"
    first.do(commands.BasicCancel, "a")
    assert next_ones(second, 2) == "bb"
    first.consume("q", "a")
    assert next_ones(second, 3) == "bab"


def test_a_place_of_a_lower_priority(both: tuple[Client, Client]) -> None:
    """A consumer that comes to a place has the priority of that until its turn."""
    first, second = both
    first.consume("q", "a")
    next_ones(second, 1)
    first.do(commands.BasicCancel, "a")
    second.qos(1)
    second.consume("q", "b", arguments={"x-priority": 1})
    first.consume("q", "a", arguments={"x-priority": 2})
    assert next_ones(second, 3) == "baa"
    second.ack(1)
    assert next_ones(second, 1) == "a"
