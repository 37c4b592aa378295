"""Runs the consumer in a world of its own, sends it messages, and looks at what there is outside before and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from signal import Signals
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError, WarrenError
from warren.evidence.commits import CommitBegun
from warren.learning.changes import Tried, changes
from warren.learning.clean_run import is_even, left_by
from warren.learning.looking import USUAL_HEARTBEAT, observed, outside, wait_until_quiet
from warren.learning.words import expected_and_seen, has_printed, without_delivery
from warren.workloads.own.message import dashed
from warren.workloads.protocol import Role, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.claims.implementation import Program
    from warren.evidence.ledger import Delivery
    from warren.learning.changes import Outside
    from warren.learning.observed import Observed
    from warren.learning.sample import LearnSample
    from warren.worlds.protocol import Process
    from warren.worlds.real.world import RealWorld

_OTHERS_FIRST: Final = 5.0
"""Seconds that it may take from its first consumer to that of its work queue: Celery begins with queues for control."""
_AFTERWARDS: Final = 3.0
"""Seconds in which the effect of a message comes that was settled before, or the end of a consumer that did not ack."""
_TO_STOP: Final = 10.0
_DEAF: Final = (
    ": process 1 of a container is not ended by a signal that it does not handle; `init: true` in a Compose file, or"
    " an init process in the image, mends that"
)
_LINES: Final = 6
_ENOUGH: Final = 20
"""Deliveries of one message after which nobody expects it to be done."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent to the consumer, its last delivery, and what it changed."""

    tried: Tried
    delivery: Delivery
    acks_first: bool
    """Whether something of it came after the settlement."""
    before: Outside
    after: Outside

    @property
    def seconds(self) -> float:
        """How long its work took, as far as its settlement shows that; 0 where it does not."""
        done = self.delivery.settlement
        return done.at - self.delivery.at if done is not None else 0.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """How an instance took it to be asked to end."""

    signal: str
    seconds: float
    exit_status: int | None
    """None where it did not end."""
    in_container: bool = False

    def __str__(self) -> str:
        """Say it in a sentence."""
        if self.exit_status is not None:
            ended = f"{self.signal} ended it in {self.seconds:.1f} s"
            return f"{ended}, with exit status {self.exit_status}"
        advice = _DEAF if self.in_container else ""
        return f"{self.signal} did not end it within {self.seconds:.0f} s{advice}"


class Trial:
    """One instance of a consumer, in a world that somebody else ends."""

    def __init__(
        self,
        world: RealWorld,
        program: Program,
        name: str,
        within: float,
        fixed: Sequence[str] = (),
    ) -> None:
        """Start nothing yet; it is given so many seconds to be ready, and for each message.

        `fixed` are the places of addresses in its source.
        """
        self._world, self._program, self._name, self._within = world, program, name, within
        self._fixed = fixed
        self._process: Process | None = None

    def start(self) -> Observed:
        """Start it and wait until it consumes. Raises `InstanceError` where it does not."""
        told = {"WARREN_HEARTBEAT": str(USUAL_HEARTBEAT), "WARREN_PREFETCH": "1"}
        role = Role(self._name, Route("", ""))
        process = self._process = self._world.start(self._program, f"{self._name}-1", role, told)

        def consumes() -> bool:
            return process.exit_status is not None or bool(self.observed().consumers)

        def works() -> bool:
            return process.exit_status is not None or self.observed().has_lasting_queue

        self._world.wait_for(consumes, self._within)
        self._world.wait_for(works, _OTHERS_FIRST)
        self._wait_until_quiet()
        observed = self.observed()
        if process.exit_status is None and observed.consumers:
            return observed
        what, what_to_do = expected_and_seen(
            observed,
            process.exit_status,
            self._program,
            within=self._within,
            printed=self.printed(),
            fixed=self._fixed,
        )
        raise InstanceError(what, self._name, what_to_do)

    def observed(self) -> Observed:
        """Give what it has shown of itself up to now."""
        return observed(self._world, self._process.name if self._process is not None else "")

    def send(self, sample: LearnSample, route: Route) -> Sent:
        """Send a message and see what comes of it. Raises `InstanceError` where it is not delivered and settled."""
        before = self.outside()
        new_id = dashed(self._world.new_id())
        unit = sample.template(route.routing_key).make(new_id, 1)
        try:
            to = Route(route.exchange, route.queue, unit.routing_key)
            self._world.publish(to, unit.body, unit.properties)
        except WarrenError as error:
            raise InstanceError(*without_delivery(route, self.observed(), error.what)) from error
        self._world.wait_for(lambda: self._is_settled(unit.message_id), self._within)
        deliveries = self.observed().ledger.of(unit.message_id)
        if not deliveries:
            raise InstanceError(*without_delivery(route, self.observed(), ""))
        self._refuse_undone(deliveries)
        was_late = self._await_effect(new_id, before)
        after = self.outside()
        tried = Tried(new_id, changes(before, after))
        last = max((*self._commits_of(tried), *tried.seen_at), default=0.0)
        acks_first = was_late or last > _settled_at(deliveries[-1])
        return Sent(tried, deliveries[-1], acks_first, before, after)

    def look_again(self, sent: Sequence[Sent]) -> tuple[Sent, ...]:
        """Wait until each message has left as much as the others, and look at what there is then."""
        ids = [one.tried.id for one in sent]

        def is_over() -> bool:
            return is_even(left_by(ids, changes(sent[0].before, self.outside())))

        if is_over():
            return tuple(sent)
        self._world.wait_for(is_over, _AFTERWARDS)
        self._wait_until_quiet()
        return (*sent[:-1], replace(sent[-1], after=self.outside()))

    def stop(self) -> Stopped:
        """Ask it to end, and see what it does."""
        assert self._process is not None, "it is started first"
        process, began = self._process, self._world.now()
        process.stop()
        self._world.wait_for(lambda: process.exit_status is not None, _TO_STOP)
        name, took = Signals(process.stop_signal).name, self._world.now() - began
        is_in_one = self._program.container is not None
        return Stopped(name, took, process.exit_status, in_container=is_in_one)

    def outside(self) -> Outside:
        """Look at all that there is outside now."""
        return outside(self._world)

    def printed(self) -> str:
        """Give what it printed last."""
        lines = self._process.output().strip().splitlines() if self._process else []
        return "\n".join(lines[-_LINES:])

    def _is_settled(self, message: str) -> bool:
        """Whether it is done with a message; one that it gives back again and again comes to no end."""
        deliveries = self.observed().ledger.of(message)
        ended = self._process is not None and self._process.exit_status is not None
        last = deliveries[-1] if deliveries else None
        settled = last is not None and (last.auto_ack or last.settlement is not None)
        requeued = last is not None and last.settlement is not None and last.settlement.requeue
        return ended or (settled and not requeued) or len(deliveries) > _ENOUGH

    def _refuse_undone(self, deliveries: Sequence[Delivery]) -> None:
        """Raise `InstanceError` where the sample was not acked: nothing can be learnt from one that is not done."""
        done = deliveries[-1].settlement
        if deliveries[-1].auto_ack or (done is not None and done.kind == "ack"):
            return
        what = f"the sample was delivered, and not settled within {self._within:.0f} s"
        status = self._status_afterwards()
        if status is not None:
            answer = f"answered the sample with {done}, and " if done is not None else ""
            what = f"it {answer}ended with exit status {status} when it had the sample"
        elif len(deliveries) > 1:
            what = f"the sample was delivered {len(deliveries)} times, and never acked"
        elif done is not None:
            what = f"it answered the sample with {done}"
        raise InstanceError(
            f"{what}{has_printed(self.printed())}",
            self._name,
            "give a sample that it can do (--message), with the properties it needs (--property)",
        )

    def _status_afterwards(self) -> int | None:
        """Let it end, if it is about to: what it ends of it prints after its answer. Give its exit status."""
        process = self._process
        if process is None:
            return None
        self._world.wait_for(lambda: process.exit_status is not None, _AFTERWARDS)
        return process.exit_status

    def _await_effect(self, new_id: str, before: Outside) -> bool:
        """Wait for an effect that has the id, then until it is quiet; say whether it was not there at once."""

        def has_effect() -> bool:
            return Tried(new_id, changes(before, self.outside())).left_something

        was_late = not has_effect() and self._world.wait_for(has_effect, _AFTERWARDS)
        self._wait_until_quiet()
        return was_late

    def _commits_of(self, tried: Tried) -> list[float]:
        """Give when commits were asked for, if the message has left rows."""
        facts = self._world.facts() if tried.changes.tables else ()
        return [fact.at for fact in facts if isinstance(fact, CommitBegun)]

    def _wait_until_quiet(self) -> None:
        """At most as long as it is given to be ready."""
        wait_until_quiet(self._world, self._within)


def _settled_at(delivery: Delivery) -> float:
    return delivery.settlement.at if delivery.settlement else float("inf")
