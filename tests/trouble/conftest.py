"""Every test here has a folder of its own, so that no other run sweeps what a killed one left.

One broker in Docker serves them all; where no engine answers CI fails.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

import pytest

from tests.requisites import missing
from tests.trouble.person import DEADLINE, Person
from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers import choose
from warren.worlds.real.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warren.worlds.real.brokers import BrokerAddress


@pytest.fixture(scope="session")
def address() -> Iterator[BrokerAddress]:
    """Give the address of one broker for all tests here."""
    try:
        chosen = choose("docker")
    except BrokerUnavailable as error:
        missing(str(error))
    with contextlib.ExitStack() as stack:
        run = Run.start()
        stack.callback(run.end)
        running = chosen.start(run)
        stack.callback(running.stop)
        yield running.address


@pytest.fixture
def _heeding_interrupts() -> Iterator[None]:
    """Have what is started here heed SIGINT, also where a script's shell began this run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def person(tmp_path: Path, address: BrokerAddress, _heeding_interrupts: None) -> Iterator[Person]:
    """Give a person with a folder of their own; end what they began."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    person = Person(tmp_path, address, temporary)
    yield person
    for process in person.started():
        process.kill()
    for command in person.commands:
        command.process.wait(DEADLINE)
