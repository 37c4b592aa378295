"""The ways in which a consumer fails, marked with what each of them judges, and who goes on. No case lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

    from warren.rigs.consumers import Process, Rig

UNKNOWN_TAG = "unknown delivery tag 9"
"""What a broker says as it closes a channel."""
CRASHES: dict[str, Callable[[Process], object]] = {
    "killed": lambda process: process.kill(),
    "cut": lambda process: process.line.cut(),
    "frozen": lambda process: process.freeze(),
}


def crashes_at(guarantee: str, moment: str) -> list[ParameterSet]:
    """Give a parameter for each way, marked with the requirement that it judges."""
    return [
        pytest.param(crash, id=how, marks=pytest.mark.requirement(f"{guarantee}.{how}-{moment}"))
        for how, crash in CRASHES.items()
    ]


def cut_and_consume_again(rig: Rig, worker: Process, prefetch: int) -> Process:
    """Cut a worker's connection, and give who consumes then: itself, or one started in its stead."""
    return _consume_again(rig, worker, prefetch, worker.line.cut)


def close_and_consume_again(rig: Rig, worker: Process, prefetch: int) -> Process:
    """Have a worker's channel closed, not its connection; give who consumes then, as after a cut."""
    return _consume_again(rig, worker, prefetch, lambda: close_consumers_channels(rig, worker))


def close_consumers_channels(rig: Rig, *processes: Process) -> None:
    """Have the broker close the channels on which these consume, as for an ack that it does not know (406)."""
    ledger = rig.seen.ledger()
    rig.faults.close_channels(
        UNKNOWN_TAG, *[c for p in processes for c in ledger.active_consumers(p.name)]
    )


def _consume_again(rig: Rig, worker: Process, prefetch: int, lose: Callable[[], object]) -> Process:
    lost_at = rig.now()
    lose()
    rig.wait.see(
        lambda: worker.exit_status is not None or rig.seen.consumes_since(worker, lost_at),
        rig.deadlines.reconnected,
    )
    if rig.seen.consumes_since(worker, lost_at):
        return worker
    worker.kill()
    heir = rig.start.instance(worker.role, prefetch=prefetch)
    rig.start.await_ready(heir)
    return heir
