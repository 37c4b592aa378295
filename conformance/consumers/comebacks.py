"""Who comes back after the broker was lost or took it off, and others instead of those that do not. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.rigs.consumers import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Process, Rig, Unit


def not_back(
    rig: Rig, lost_at: float, lost: Sequence[Process], within: float | None = None
) -> list[Violation]:
    """Wait until those who lost the broker consume again or have ended, and say who does not.

    They have the time of a new connection, all of them together, where `within` (s) says no other.
    """
    seconds = within or rig.deadlines.reconnected
    consumers = [p for p in lost if p.role.consumes]

    def is_back(process: Process) -> bool:
        return rig.seen.consumes_since(process, lost_at)

    rig.wait.see(lambda: all(is_back(p) or p.exit_status is not None for p in consumers), seconds)
    silent = [p for p in consumers if p.exit_status is None and not is_back(p)]
    return [
        *ended(rig, consumers),
        *(
            Violation(f"{p.name} does not consume again within {seconds:.1f} s", rig.seen.last(p))
            for p in silent
        ),
    ]


def ended(rig: Rig, processes: Sequence[Process]) -> list[Violation]:
    """Say which instances have ended."""
    return [
        Violation(f"{p.name} ended with status {p.exit_status}", rig.seen.printed(p))
        for p in processes
        if p.exit_status is not None
    ]


def replace_lost(rig: Rig, lost_at: float) -> None:
    """Start another instance for each consumer that has ended or does not consume again: survival is not asked here."""
    lost = [
        p
        for p in rig.instances.consumers
        if p.exit_status is not None or not rig.seen.consumes_since(p, lost_at)
    ]
    for process in lost:
        process.kill()
    rig.start.await_ready(*[rig.start.instance(p.role) for p in lost])


def new_work(rig: Rig, size: int = 1, behind: int = 0) -> tuple[Violation, ...]:
    """Send work, also by HTTP, and say what of it is not done; `behind` is the size of what may come first."""
    rig.publish.work(size)
    rig.wait.finish(rig.work_time(size + behind))
    return rig.seen.losses() or rig.calls.until_done()


def unique_work(rig: Rig, size: int = 1) -> Unit:
    """Send work with bytes of its own: some consumers take equal bytes for the same message."""
    return rig.publish.send(rig.publish.make_unique(size))
