"""The ways in which a consumer fails, marked with what each of them judges, and who goes on. No case lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

    from warren.rigs.consumers import Process, Rig

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
    lost_at = rig.now()
    worker.line.cut()
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
