"""A case ends in time, whatever it waits for."""

from __future__ import annotations

import contextlib
import signal
import socket

import pytest

from warren.rigs.brokers.deadline import deadline


def wait_for_ever() -> None:
    """Wait for octets that never come."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.recv(1)


def test_over() -> None:
    """What is not done in time is an assertion that says so."""
    with (
        pytest.raises(AssertionError, match="the case was not done within 0 s"),
        deadline(0.05, "the case"),
    ):
        wait_for_ever()


def test_in_time() -> None:
    """What is done in time is left alone, and its timer is gone."""
    before = signal.getsignal(signal.SIGALRM)
    with deadline(30.0, "the case"):
        pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


def test_nested() -> None:
    """An inner deadline leaves the outer one as it was."""
    with deadline(30.0, "the case"):
        with pytest.raises(AssertionError, match="a step"), deadline(0.05, "a step"):
            wait_for_ever()
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] < 30.0


def test_an_outer_deadline_that_passed() -> None:
    """An outer deadline that passed inside an inner one is raised when that ends."""
    with pytest.raises(AssertionError, match="the case"):
        _wait_twice()


def _wait_twice() -> None:
    with deadline(0.5, "the case"):  # long enough for the inner one to begin before it is over
        with contextlib.suppress(AssertionError), deadline(1.0, "a step"):
            wait_for_ever()
        wait_for_ever()
