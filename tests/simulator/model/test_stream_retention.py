"""What a stream keeps, and for how long: whole segments, by their length and age, over restarts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.model.lab import bodies
from tests.simulator.model.stream_lab import at, fill, lab_with, offsets, read
from warren.simulator.model import commands
from warren.simulator.model.changes import Contents, Place
from warren.simulator.model.policies import Policy

SMALL: dict[str, Any] = {"x_stream_max_segment_size_bytes": 1000}
"""A segment of three messages of 200 octets."""


def test_retention_by_length() -> None:
    """Whole segments go when another begins and all together are too long; each takes an offset."""
    _, client = lab_with(**SMALL, x_max_length_bytes=2500)
    fill(client, *(b"%d" % number + bytes(199) for number in range(9)))
    assert offsets(read(client)) == [4, 5, 6, 8, 9, 10]
    fill(client, b"9" + bytes(199))
    caused = read(client.lab.channel(2))
    assert [body[:1] for body in bodies(caused)] == [b"6", b"7", b"8", b"9"]


def test_the_segment_in_hand_stays() -> None:
    """However little a stream may keep, the last segment is kept."""
    _, client = lab_with(**SMALL, x_max_length_bytes=0)
    fill(client, *(b"%d" % number + bytes(199) for number in range(5)))
    assert [body[:1] for body in bodies(read(client))] == [b"3", b"4"]


def test_retention_by_age() -> None:
    """A segment goes when another begins and its last message is too old; time alone does nothing."""
    lab, client = lab_with(**SMALL, x_max_age="10s")
    fill(client, *(b"%d" % number + bytes(199) for number in range(5)))
    lab.wait(20)
    assert len(bodies(read(lab.channel(2)))) == 5
    fill(client, *(b"%d" % number + bytes(199) for number in range(5, 8)))
    assert [body[:1] for body in bodies(read(lab.channel(3)))] == [b"3", b"4", b"5", b"6", b"7"]


def test_a_reader_of_what_has_gone() -> None:
    """A consumer whose place has gone reads on with the first message that is there."""
    lab, client = lab_with(**SMALL, x_max_length_bytes=0)
    fill(client, bytes(200), bytes(200))
    reader = lab.channel(2)
    read(reader, prefetch=1)
    fill(client, *(b"%d" % number + bytes(199) for number in range(2, 5)))
    assert [body[:1] for body in bodies(reader.ack(1))] == [b"3"]


@pytest.mark.parametrize(("argument", "policy"), [(100_000, 0), (None, 0)])
def test_policy(argument: int | None, policy: int) -> None:
    """What a policy says holds before the argument, and at once for what is there."""
    given = {} if argument is None else {"x_max_length_bytes": argument}
    lab, client = lab_with(**SMALL, **given)
    fill(client, *(b"%d" % number + bytes(199) for number in range(5)))
    own = Policy("p", "^s$", {"max-length-bytes": policy})
    lab.do(commands.SetPolicy("/", "p", own, operator=False))
    assert [body[:1] for body in bodies(read(client))] == [b"3", b"4"]


def test_what_is_kept_of_a_stream() -> None:
    """From what survives, a stream is made again with its offsets and times."""
    lab, client = lab_with(**SMALL)
    changes = lab.broker.record()
    fill(client, *(b"%d" % number + bytes(199) for number in range(5)))
    lab.wait(10)
    fill(client, b"later")
    read(lab.channel())  # a copy; nothing of it is kept
    assert {*changes.messages.values()} == {Place.READY}
    other, _ = lab_with(**SMALL)
    other.now = lab.now
    stream = other.broker.vhosts["/"].queues["s"]
    stream.restore(Contents(stream, [*changes.messages], []), in_order=False)
    assert offsets(read(other.channel())) == [0, 1, 2, 4, 5, 6]
    assert bodies(read(other.channel(2), at(5))) == [b"later"]
