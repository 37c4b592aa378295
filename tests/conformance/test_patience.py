"""What the consumers' cases take for the last try of work that always fails."""

from __future__ import annotations

import pytest

from conformance.consumers.patience import is_last
from tests.wire import Wire
from warren.evidence.frames import Direction
from warren.simulator.wire import BasicNack, BasicReject


@pytest.mark.parametrize(
    ("settlement", "is_kept", "expected"),
    [
        (None, True, False),
        (BasicReject(1, False), False, True),
        (BasicNack(1, requeue=True), False, False),
        (BasicNack(1, requeue=True), True, True),
    ],
    ids=["in hand", "given up", "put back", "put back for the last time, by a delivery limit"],
)
def test_last(settlement: BasicReject | BasicNack | None, *, is_kept: bool, expected: bool) -> None:
    """A try is the last when it is given up, or when the broker has put aside what was put back."""
    wire = Wire()
    wire.deliver(1, b"body")
    if settlement is not None:
        wire.frame(Direction.TO_BROKER, settlement)
    (tried,) = wire.ledger.deliveries
    assert is_last(tried, is_kept=is_kept) is expected
