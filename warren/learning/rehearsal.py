"""Two more clean runs, as unlike the first as they can be while nobody is in the consumer's way (decision 210).

One has other instances, two of them, and the messages in reversed order. In the other the consumer is started, killed
and started without a message; then its first delivery is held, and it is killed before it has seen it. So it is given
messages again that nobody has begun.
"""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError, WarrenError
from warren.learning.changes import NOTHING, changes, together
from warren.learning.clean_run import CleanRun, Moment, is_even, left_by
from warren.learning.looking import (
    USUAL_HEARTBEAT,
    await_consuming,
    observed,
    outside,
    wait_until_quiet,
)
from warren.learning.observed import observe
from warren.learning.row_effects import NotOurs
from warren.workloads.protocol import Role, Route
from warren.worlds.line.rules import delivery

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from warren.claims.implementation import Program
    from warren.learning.changes import Changes, Outside
    from warren.learning.sample import LearnSample
    from warren.worlds.protocol import Process
    from warren.worlds.real.world import RealWorld

_AFTERWARDS: Final = 3.0
"""Seconds in which the effect of a message comes that was settled before."""
_SHORTEST_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class Script:
    """What is done in these runs: the messages of the first run, sent where they were."""

    route: Route
    sample: LearnSample
    ids: Sequence[str]
    is_redelivered: bool
    """Whether what is delivered and never reaches it comes again; not where it counts as acked when it is sent."""
    left: Sequence[str]
    """What the messages have left in the first run that has their ids."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Whether a second instance got to consume beside the first, and what the broker refused it ("" for nothing)."""

    consumes: bool
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The runs that came to an end, what changed without a message, and a sentence on each that did not."""

    runs: tuple[CleanRun, ...]
    noise: Changes
    not_ours: NotOurs
    beside: Beside
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A consumer that is ready for the messages of its run."""

    process: Process
    before: Outside
    noise: Changes = NOTHING
    beside: Beside | None = None


class Rehearsal:
    """Both runs, each in a world of its own that somebody else ends, beside each other and beside the first run.

    What takes no message is done while the first run has its messages: `prepare`, then `play`, then `rehearsed`.
    """

    def __init__(
        self, pair: RealWorld, again: RealWorld, program: Program, name: str, within: float
    ) -> None:
        """Start nothing yet. An instance is given so many seconds to be ready, and for its messages."""
        self._pair, self._again = pair, again
        self._program, self._name, self._within = program, name, within
        self._pool = ThreadPoolExecutor(2)
        self._ready: tuple[Future[_Ready], ...] = ()
        self._played: tuple[Future[CleanRun], ...] = ()
        self._body = b""

    def close(self) -> None:
        """Wait until both have come to an end; each of their waits has one."""
        self._pool.shutdown(cancel_futures=True)

    def prepare(self, queues: Sequence[str]) -> None:
        """Begin to start the instances, which are ready when they consume from one of these queues."""
        self._ready = (
            self._pool.submit(self._start_pair, queues),
            self._pool.submit(self._start_again, queues),
        )

    def play(self, script: Script) -> None:
        """Have each do the messages as soon as it is ready."""
        pair, again = self._ready
        self._played = (
            self._pool.submit(lambda: self._reversed(pair.result(), script)),
            self._pool.submit(lambda: self._redelivered(again.result(), script)),
        )
        self._body = script.sample.body

    def rehearsed(self) -> Rehearsed:
        """Wait for the end of both, and give what came of them."""
        words = (
            "with two instances and the messages in reversed order",
            "with a delivery that it never saw",
        )
        ended = [_ended(*one) for one in zip(words, self._played, strict=True)]
        ready = [one.result() for one in self._ready if one.exception() is None]
        noise = NOTHING
        for one in ready:
            noise = together(noise, one.noise)
        generated = {**self._pair.generated_columns(), **self._again.generated_columns()}
        return Rehearsed(
            tuple(run for run in ended if not isinstance(run, str)),
            noise,
            NotOurs(generated, _passing(self._body), time.time()),
            next((one.beside for one in ready if one.beside), Beside(consumes=False)),
            tuple(one for one in ended if isinstance(one, str)),
        )

    def _start_pair(self, queues: Sequence[str]) -> _Ready:
        """Start two under other names, the second when the first consumes; it may be refused."""
        world, (one, other) = self._pair, (f"another-{self._name}-{n}" for n in (7, 8))
        first = self._start(world, one)
        await_consuming(world, first, queues, self._within)
        second = self._start(world, other)
        with contextlib.suppress(InstanceError):
            await_consuming(world, second, queues, self._within)
        found = observed(world, other)
        consumes = any(map(found.consumer_of, queues)) and second.exit_status is None
        refused = next((refusal.words for refusal in found.ledger.refusals), "")
        if not consumes:
            self._kill(world, second)
        wait_until_quiet(world, self._within)
        return _Ready(first, outside(world), beside=Beside(consumes, refused))

    def _start_again(self, queues: Sequence[str]) -> _Ready:
        """Start one, kill it, and start it again: what changes meanwhile comes of no message."""
        world = self._again
        untouched = outside(world)
        first = self._start(world, f"{self._name}-1")
        await_consuming(world, first, queues, self._within)
        wait_until_quiet(world, self._within)
        seeded = outside(world)
        self._kill(world, first)
        second = self._start(world, f"{self._name}-2")
        await_consuming(world, second, queues, self._within)
        wait_until_quiet(world, self._within)
        before = outside(world)
        # Rows that it makes at its first start alone are no noise, but what its messages may change.
        tables = changes(seeded, before).tables
        return _Ready(second, before, replace(changes(untouched, before), tables=tables))

    def _reversed(self, ready: _Ready, script: Script) -> CleanRun:
        """Send the messages in reversed order."""
        ids = tuple(reversed(script.ids))
        _publish(self._pair, script, ids)
        return self._outcome(self._pair, ready, script, ids)

    def _redelivered(self, ready: _Ready, script: Script) -> CleanRun:
        """Keep the first delivery on its way, and kill whom it is for: so another is given it again."""
        world, process = self._again, ready.process
        is_meant = delivery(queue=script.route.queue)
        held = process.line.hold(is_meant) if script.is_redelivered else None
        _publish(world, script, script.ids)
        if held is not None:
            if not world.wait_for(lambda: held.seen is not None, self._within):
                raise InstanceError("nothing was delivered", process.name)
            process.kill()
            process.line.cut()
            held.lose()
            self._await_gone(world, process)
            third = self._start(world, f"{self._name}-3")
            await_consuming(world, third, [script.route.queue], self._within)
        return self._outcome(world, ready, script, script.ids)

    def _start(self, world: RealWorld, name: str) -> Process:
        told = {"WARREN_HEARTBEAT": str(USUAL_HEARTBEAT), "WARREN_PREFETCH": "1"}
        return world.start(self._program, name, Role(self._name, Route("", "")), told)

    def _kill(self, world: RealWorld, process: Process) -> None:
        process.kill()
        self._await_gone(world, process)

    def _await_gone(self, world: RealWorld, process: Process) -> None:
        def is_gone() -> bool:
            return not observed(world, process.name).ledger.connections

        world.wait_for(is_gone, self._within)

    def _outcome(
        self, world: RealWorld, ready: _Ready, script: Script, ids: Sequence[str]
    ) -> CleanRun:
        """Wait until all messages are settled and have left what they leave, and look at that."""
        template = script.sample.template(script.route.routing_key)
        messages = [template.make(new_id, 1).message_id for new_id in ids]

        def is_settled() -> bool:
            ledger = observe(world.facts()).ledger
            last = [d for message in messages for d in ledger.of(message)[-1:]]
            return len(last) == len(messages) and all(
                d.auto_ack
                or (d.settlement is not None and d.settlement.counts and not d.settlement.requeue)
                for d in last
            )

        def has_left() -> bool:
            found = changes(ready.before, outside(world))
            return is_even(left_by(script.ids, found), script.left)

        if not world.wait_for(is_settled, self._within):
            raise InstanceError("its messages were not settled", self._name)
        world.wait_for(has_left, _AFTERWARDS)
        wait_until_quiet(world, self._within)
        return CleanRun(ids, (Moment(0, ready.before), Moment(len(ids), outside(world))))


def _ended(words: str, run: Future[CleanRun]) -> CleanRun | str:
    try:
        return run.result()
    except WarrenError as error:
        return f"a clean run {words} did not come to its end, so less is known of what can differ: {error.what}"


def _publish(world: RealWorld, script: Script, ids: Sequence[str]) -> None:
    for new_id in ids:
        unit = script.sample.template(script.route.routing_key).make(new_id, 1)
        to = Route(script.route.exchange, script.route.queue, unit.routing_key)
        world.publish(to, unit.body, unit.properties)


def _passing(body: bytes) -> frozenset[str]:
    """Give texts of this day and this machine, that another will not have; not what the sample itself has."""
    now = datetime.now().astimezone()
    days = (now, now.astimezone(UTC))
    texts = {f"{day:{form}}" for day in days for form in ("%Y", "%Y-%m", "%Y-%m-%d", "%Y%m%d")}
    host = socket.gethostname()
    texts |= {host} if len(host) >= _SHORTEST_NAME else set()
    sample = body.decode("utf-8", "replace")
    return frozenset(text for text in texts if text not in sample)
