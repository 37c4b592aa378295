"""Waiting serves the connections, and what does not come in time is named. No broker is needed."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from warren.rigs.brokers.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from warren.rigs.brokers import Inbox


def waiting(serve: Callable[[], object] = lambda: None, **look: Any) -> Waiting:
    """Make one that looks at what it is given."""
    connections, looking = SimpleNamespace(serve=serve), SimpleNamespace(**look)
    return Waiting(cast("Any", connections), cast("Any", looking))


def inbox(*bodies: bytes) -> Inbox:
    """Stand in for a consumer that got these."""
    received = [SimpleNamespace(body=body) for body in bodies]
    return cast("Inbox", SimpleNamespace(received=received, bodies=list(bodies)))


def test_connections_are_served() -> None:
    """What is waited for may come only because the connections are served."""
    came: list[int] = []
    waiting(serve=lambda: came.append(1)).until(lambda: len(came) > 1, "two turns")


def test_words() -> None:
    """What did not come is named, with the time that it had."""
    with pytest.raises(AssertionError, match="expected within 0 s: rain"):
        waiting().until(lambda: False, "rain", within=0.02)


def test_deliveries() -> None:
    """The deliveries of several consumers count together, and all are given."""
    one, two = inbox(b"1", b"3"), inbox(b"2")
    got = waiting().deliveries(3, one, two)
    assert [received.body for received in got] == [b"1", b"3", b"2"]
    with pytest.raises(AssertionError, match=r"4 deliveries, not \[\[b'1', b'3'\], \[b'2'\]\]"):
        waiting().deliveries(4, one, two, within=0.02)


def test_empty() -> None:
    """A queue with a message in somebody's hands is not empty, nor are two where one is not."""
    states = {
        "held": SimpleNamespace(ready=0, unacked=1),
        "full": SimpleNamespace(ready=1, unacked=0),
        "empty": SimpleNamespace(ready=0, unacked=0),
    }
    wait = waiting(state=states.__getitem__)
    wait.empty("empty")
    for queue in ("held", "full"):
        with pytest.raises(AssertionError, match=f"every message of empty and {queue}"):
            wait.empty("empty", queue, within=0.02)


def test_reader(tmp_path: Path) -> None:
    """A named pipe is written to once somebody reads it, and ends with the block."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[bytes] = []
    reading = threading.Thread(target=lambda: read.append(path.read_bytes()))
    with pytest.raises(AssertionError, match="somebody to read pipe"):
        waiting().reader(path, within=0.02).__enter__()
    reading.start()
    with waiting().reader(path, within=30.0) as pipe:
        pipe.write(b"half")
    reading.join(30.0)
    assert read == [b"half"]
