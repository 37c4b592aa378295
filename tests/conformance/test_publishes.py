"""What the consumers' cases take for a copy of a message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.consumers.publishes import is_copied, lateness
from tests.wire import Wire
from warren.evidence.frames import Direction
from warren.rigs.deadlines import Deadlines
from warren.rigs.pace import PACES
from warren.simulator.wire import BasicAck, BasicPublish, BasicReject, ContentHeader

USUAL_TIMEOUT = 4.0
"""Seconds that hardened gives a broker to let it in."""


@pytest.mark.parametrize("settlement", [BasicAck(1), BasicReject(1, False)], ids=lambda s: s.NAME)
@pytest.mark.parametrize(
    ("body", "is_first", "is_copy"),
    [(b"body", True, True), (b"else", True, False), (b"body", False, False)],
    ids=["the same", "another body", "after the settlement"],
)
def test_copied(
    settlement: BasicAck | BasicReject, body: bytes, *, is_first: bool, is_copy: bool
) -> None:
    """A copy has the body of the message and is published before that is settled."""
    wire = Wire()
    wire.deliver(1, b"body")

    def settle() -> None:
        wire.frame(Direction.TO_BROKER, settlement)

    def publish() -> None:
        wire.frame(Direction.TO_BROKER, BasicPublish("", "later", True), channel=2)
        wire.frame(Direction.TO_BROKER, ContentHeader(60, len(body)), channel=2)
        wire.frame(Direction.TO_BROKER, body, channel=2)

    for act in (publish, settle) if is_first else (settle, publish):
        act()
    (delivery,) = wire.ledger.deliveries
    assert is_copied(wire.ledger, delivery) is is_copy


@pytest.mark.parametrize("slowness", [1.0, 10.0])
def test_late_frames_let_a_connection_open(slowness: float) -> None:
    """On a slow machine, too, late frames let a new connection open before its client gives it up."""
    rig: Any = SimpleNamespace(
        deadlines=Deadlines(PACES["fast"], slowness), calls=SimpleNamespace(timeout=60.0)
    )
    assert 4 * 2 * lateness(rig) < USUAL_TIMEOUT
