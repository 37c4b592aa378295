"""The frame log: what is appended is there, in order, and wakes who waits."""

import threading
import time
from collections.abc import Sequence

from warren.evidence.frames import ConnectionOpened, Fact
from warren.worlds.real.relay.log import FrameLog


def opened(number: int) -> ConnectionOpened:
    """Make some fact."""
    return ConnectionOpened(float(number), "stream-1", number)


def test_snapshot_is_in_order_and_stays() -> None:
    """A snapshot has all facts in order, and later facts do not change it."""
    log = FrameLog()
    log.append(opened(1))
    before = log.snapshot()
    log.append(opened(2))
    assert before == (opened(1),)
    assert log.snapshot() == (opened(1), opened(2))


def test_time_begins_with_the_log() -> None:
    """The time that facts carry counts from the beginning of their log."""
    log = FrameLog()
    first = log.now()
    assert 0 <= first <= log.now() < 10


def test_wait_for_what_is_there() -> None:
    """What already holds is not waited for, even without time."""
    log = FrameLog()
    log.append(opened(1))
    assert log.wait_for(lambda facts: len(facts) == 1, 0)


def test_wait_for_is_woken_by_another_thread() -> None:
    """A fact from another thread wakes the waiter long before its deadline."""
    log = FrameLog()
    looked = threading.Event()

    def enough(facts: Sequence[Fact]) -> bool:
        looked.set()
        return len(facts) >= 3

    def append() -> None:
        assert looked.wait(5)
        for number in range(3):
            log.append(opened(number))

    thread = threading.Thread(target=append)
    thread.start()
    begun = time.monotonic()
    assert log.wait_for(enough, 20)
    assert time.monotonic() - begun < 10
    thread.join(5)


def test_wait_for_gives_up_at_its_deadline() -> None:
    """What never comes true is False once the deadline is over, and not before."""
    log = FrameLog()
    begun = time.monotonic()
    assert not log.wait_for(lambda _: False, 0.1)
    assert time.monotonic() - begun >= 0.1
