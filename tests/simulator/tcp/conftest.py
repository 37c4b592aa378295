"""Brokers that several tests share."""

from collections.abc import Iterator

import pytest

from tests.simulator.tcp.embedded import Embedded


@pytest.fixture(scope="module")
def broker() -> Iterator[Embedded]:
    """Start an embedded broker without special options."""
    with Embedded.start() as running:
        yield running
