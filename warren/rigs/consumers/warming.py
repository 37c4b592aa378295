"""A message for each worker before those that are judged.

Many programs take seconds for their first message, and for that alone: a virtual machine, for example, loads what it
needs only then. A case that compares times, or has a caller wait, gets that over with first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from warren.rigs.consumers.calls import Calls
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.consumers.publishing import Publishing
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.deadlines import Tempo
    from warren.workloads import Workload
    from warren.worlds.protocol import Process

_ROUNDS: Final = 3
"""How often each is sent a message, until each has done one: a broker may give two to the same."""


class Warming:
    """Has the instances of a case do something that nobody judges."""

    def __init__(
        self,
        workload: Workload,
        *,
        tempo: Tempo,
        instances: Instances,
        seen: Seen,
        waiting: Waiting,
        publishing: Publishing,
        calls: Calls,
    ) -> None:
        """Warm nobody yet."""
        self._workload, self._tempo, self._instances = workload, tempo, instances
        self._seen, self._waiting = seen, waiting
        self._publishing, self._calls = publishing, calls

    def __call__(self) -> None:
        """Send work until each worker has done some, and call once where there is somebody to call.

        A worker that does none in time is for the case to judge. A caller has its reply before its server has acked;
        that ack must have come too, or it would be taken for one of what is judged.
        """
        for _ in range(_ROUNDS):
            workers = self._cold()
            if not workers:
                break
            self._send(len(workers))
            if len(self._cold()) == len(self._instances.workers):
                break  # they do nothing at all
        caller = self._workload.caller
        if caller is not None and self._instances.of(caller.role):
            self._calls.answers(self._calls.begin())
            self._waiting.see(self._seen.at_rest, self._tempo.deadlines.stopped)

    def _send(self, count: int) -> None:
        for _ in range(count):
            self._publishing.work(1)
        idle = self._waiting.idle()
        self._waiting.see(
            lambda: (not self._cold() and self._seen.done() and self._seen.at_rest()) or idle(),
            self._tempo.deadlines.within(count * self._workload.unit_work(1)),
        )

    def _cold(self) -> list[Process]:
        """Give the workers that live and have settled nothing yet."""
        warm = {d.instance for d in self._seen.given() if d.settlement is not None}
        return [p for p in self._instances.workers if p.exit_status is None and p.name not in warm]
