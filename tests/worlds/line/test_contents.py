"""Content under way: from a method that carries some to the last octet of it."""

import pytest

from warren.evidence.frames import Direction, FrameSeen
from warren.simulator.wire import (
    BasicAck,
    BasicProperties,
    BasicPublish,
    Content,
    ContentHeader,
    Heartbeat,
)
from warren.worlds.line.contents import Contents


def header(size: int) -> ContentHeader:
    """Promise a body of that size."""
    return ContentHeader(60, size, BasicProperties())


@pytest.mark.parametrize(
    ("frames", "under_way", "ends"),
    [
        ([BasicAck(1)], False, False),
        ([Heartbeat()], False, False),
        ([BasicPublish()], True, False),
        ([BasicPublish(), header(0)], False, True),
        ([BasicPublish(), header(2)], True, False),
        ([BasicPublish(), header(2), b"a"], True, False),
        ([BasicPublish(), header(2), b"a", b"b"], False, True),
        ([BasicPublish(), header(2), b"ab", BasicAck(1)], False, False),
        ([b"the rest of something"], False, False),
    ],
)
def test_contents(frames: list[Content], under_way: bool, ends: bool) -> None:
    """It is under way until its last octet, which ends it, and on its own channel alone."""
    contents = Contents()
    last = False
    for content in frames:
        last = contents.note(FrameSeen(0.0, "stream-1", 1, Direction.TO_BROKER, 1, content))
    assert contents.under_way(1) is under_way
    assert last is ends
    assert not contents.under_way(2)
