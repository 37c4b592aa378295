"""HTTP calls to the role that publishes work when it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.evidence.record import Asked
from warren.evidence.starved import covered
from warren.evidence.violation import Violation
from warren.worlds.protocol import HttpReply

if TYPE_CHECKING:
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.deadlines import Tempo
    from warren.workloads import Unit, Workload
    from warren.worlds.protocol import Call, Process, World


class Calls:
    """Calls at the instances of the workload's caller."""

    def __init__(
        self,
        world: World,
        workload: Workload,
        tempo: Tempo,
        instances: Instances,
        seen: Seen,
        *,
        waiting: Waiting,
    ) -> None:
        """Call nobody yet."""
        self._world, self._workload, self._tempo = world, workload, tempo
        self._instances, self._seen, self._waiting = instances, seen, waiting
        self._begun: list[tuple[Asked, Call]] = []

    @property
    def timeout(self) -> float:
        """How long the role waits for a reply (WARREN_TIMEOUT), in real seconds."""
        return self._tempo.rpc_timeout

    def begin(self, within: float | None = None) -> Call:
        """Begin a call at the first instance that lives."""
        caller = self._workload.caller
        assert caller is not None, f"{self._workload.slug} has nobody to call"
        limit = within or self._tempo.deadlines.answered(self.timeout)
        instances = self._instances.of(caller.role)
        alive = (process for process in instances if process.exit_status is None)
        asked = next(alive, instances[0])
        call = self._world.call(asked.http_port, caller.path, limit)
        self._begun.append((Asked(self._world.now(), asked.name, caller.path), call))
        return call

    def made(self) -> tuple[Asked, ...]:
        """Give all calls so far, each with what came of it by now."""
        return tuple(
            _answered(asked, call.result()) if call.done() else asked for asked, call in self._begun
        )

    def answers(self, *calls: Call) -> list[HttpReply]:
        """Wait for the answers of calls; one that does not come has status 0."""
        asked = self._world.now()
        for call in calls:
            self._world.wait_for(call.done, self._tempo.deadlines.answered(self.timeout) + 1)
        none = HttpReply(0, b"", asked, self._world.now(), "no answer")
        return [call.result() if call.done() else none for call in calls]

    def seconds_running(self, process: Process, answer: HttpReply) -> float:
        """Give how long an instance took for its answer, without what it, or Warren itself, was kept from running."""
        kept = [(s.began, s.ended) for s in self._world.starved() if s.instance == process.name]
        kept += [(pause.began, pause.ended) for pause in self._world.pauses()]
        meanwhile = [
            (max(began, answer.asked_at), min(ended, answer.answered_at)) for began, ended in kept
        ]
        return answer.seconds - covered(meanwhile)

    def until_done(self) -> tuple[Violation, ...]:
        """Call until it works, and wait until the work that was accepted is done; say what does not come to pass.

        Nothing is said of a workload without a caller. The caller, too, has the time of a new connection. What a call
        that failed has left may be done, or not.
        """
        caller = self._workload.caller
        if caller is None:
            return ()
        answers: list[HttpReply] = []
        before: list[Unit] = []

        def works() -> bool:
            before[:] = self._workload.called(self._seen)
            answers.extend(self.answers(self.begin()))
            return answers[-1].status in caller.statuses

        def is_done() -> bool:
            new = [unit for unit in self._workload.called(self._seen) if unit not in before]
            return self._workload.tally(new, self._seen).count > 0

        deadlines = self._tempo.deadlines
        if not self._waiting.see(works, deadlines.reconnected):
            last = answers[-1]
            words = f"GET {caller.path} still answers {last.status} {last.error}".rstrip()
            return (Violation(words),)
        if self._waiting.see(is_done, deadlines.within(1)):
            return ()
        words = f"GET {caller.path} answered {answers[-1].status}, and its task was never done"
        return (Violation(words, self._seen.last()),)


def _answered(asked: Asked, reply: HttpReply) -> Asked:
    return replace(asked, until=reply.answered_at, status=reply.status, error=reply.error)
