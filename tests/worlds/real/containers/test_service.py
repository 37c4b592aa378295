"""What a container is asked to end by."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from warren.claims.implementation import Container, Program
from warren.errors import InstanceError
from warren.worlds.real.containers.service import Service, stop_signal_of


@pytest.mark.parametrize(
    ("keeps", "of_service", "of_image", "asked_by"),
    [
        (False, "SIGQUIT", "SIGHUP", signal.SIGINT),
        (True, "SIGQUIT", "SIGHUP", signal.SIGQUIT),
        (True, None, "SIGHUP", signal.SIGHUP),
        (True, "quit", None, signal.SIGQUIT),
        (True, None, "3", signal.SIGQUIT),
        (True, None, None, signal.SIGINT),
    ],
)
def test_stop_signal(
    keeps: bool, of_service: str | None, of_image: str | None, asked_by: signal.Signals
) -> None:
    """The manifest's counts where it is written, then the service's, then the image's."""
    container = Container("shop/orders", keeps_stop_signal=keeps)
    program = Program((), Path("/"), stop_signal=signal.SIGINT, container=container)
    service = Service("shop/orders", options={"stop_signal": of_service} if of_service else {})
    assert stop_signal_of(program, service, of_image, "instance orders-1") == asked_by


@pytest.mark.parametrize("named", ["SIGRTMIN+3", "SIGFOO", "99"])
def test_no_stop_signal(named: str) -> None:
    """What an image names and Python has no name for is told, with what to write in its place."""
    program = Program((), Path("/"), container=Container("shop/orders"))
    with pytest.raises(InstanceError, match=f"by {re.escape(named)}, .+`stop.signal`"):
        stop_signal_of(program, Service("shop/orders"), named, "instance orders-1")
