"""A wish to end reaches whoever waits, from wherever it is made."""

import threading

from reference_impl import Stop


def test_waits_until_requested() -> None:
    """A waiting thread wakes when another requests the end."""
    stop = Stop()
    timer = threading.Timer(0.01, stop.request)
    timer.start()
    assert stop.wait(5)
    timer.join()


def test_times_out() -> None:
    """Without a request a wait ends at its timeout."""
    assert not Stop().wait(0.001)


def test_times_out_before_it_waits() -> None:
    """A timeout that is over before the wait begins, as on a busy machine, ends it all the same."""

    def wait() -> None:
        assert not any(Stop().wait(1e-7) for _ in range(2000))

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(30)
    assert not waiting.is_alive()


def test_is_never_taken_back() -> None:
    """Every later wait returns at once, in every thread, after one request or more."""
    stop = Stop()
    stop.request()
    stop.request()
    assert all(stop.wait(5) for _ in range(4))
