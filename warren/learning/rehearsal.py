"""Two more clean runs, as unlike the first as they can be while nobody is in the consumer's way (decision 210).

One has other instances, two of them, and the messages in reversed order. In the other the consumer is started, killed
and started without a message; then its first delivery is held, and it is killed before it has seen it. So it is given
messages again that nobody has begun.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError, WarrenError
from warren.learning.changes import NOTHING, changes, together
from warren.learning.clean_run import CleanRun, Moment, is_even, left_by
from warren.learning.looking import observed, outside, wait_until_quiet
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

_HEARTBEAT: Final = 60
_AFTERWARDS: Final = 3.0
"""Seconds in which the effect of a message comes that was settled before."""
_SHORTEST_NAME: Final = 3


@dataclass(frozen=True, slots=True)
class Script:
    """What is done in these runs: the messages of the first run, sent where they were."""

    program: Program
    name: str
    route: Route
    sample: LearnSample
    ids: Sequence[str]
    instances: int
    """How many can consume side by side."""
    is_redelivered: bool
    """Whether what is delivered and never reaches it comes again; not where it counts as acked when it is sent."""
    left: Sequence[str]
    """What the messages have left in the first run that has their ids."""
    within: float


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The runs that came to an end, what changed without a message, and a sentence on each that did not."""

    runs: tuple[CleanRun, ...]
    noise: Changes
    not_ours: NotOurs
    remarks: tuple[str, ...] = ()


def rehearse(one: RealWorld, other: RealWorld, script: Script) -> Rehearsed:
    """Do both beside each other, each in a world of its own that somebody else ends."""
    with ThreadPoolExecutor(2) as pool:
        begun = (
            (
                "with two instances and the messages in reversed order",
                pool.submit(_reversed, one, script),
            ),
            ("with a delivery that it never saw", pool.submit(_again, other, script)),
        )
        found = [_ended(words, future) for words, future in begun]
    runs = [one for one in found if not isinstance(one, str)]
    noise = NOTHING
    for _, more in runs:
        noise = together(noise, more)
    generated = {**one.generated_columns(), **other.generated_columns()}
    return Rehearsed(
        tuple(run for run, _ in runs),
        noise,
        NotOurs(generated, _passing(script.sample.body), time.time()),
        tuple(one for one in found if isinstance(one, str)),
    )


def _ended(words: str, run: Future[tuple[CleanRun, Changes]]) -> tuple[CleanRun, Changes] | str:
    try:
        return run.result()
    except WarrenError as error:
        return f"a clean run {words} did not come to its end, so less is known of what can differ: {error.what}"


def _reversed(world: RealWorld, script: Script) -> tuple[CleanRun, Changes]:
    names = [f"another-{script.name}-{number}" for number in range(7, 7 + script.instances)]
    started = [_start(world, script, name) for name in names]
    for process in started:
        _await_consuming(world, script, process)
    before = outside(world)
    ids = tuple(reversed(script.ids))
    _publish(world, script, ids)
    after = _outcome(world, script, before)
    words = f"{script.instances} instances, reversed"
    return CleanRun(words, ids, (Moment(0, before), Moment(len(ids), after))), NOTHING


def _again(world: RealWorld, script: Script) -> tuple[CleanRun, Changes]:
    untouched = outside(world)
    names = iter(f"{script.name}-{number}" for number in range(1, 9))
    first = _start(world, script, next(names))
    _await_consuming(world, script, first)
    seeded = outside(world)
    _kill(world, script, first)
    second = _start(world, script, next(names))
    _await_consuming(world, script, second)
    before = outside(world)
    held = second.line.hold(delivery(queue=script.route.queue)) if script.is_redelivered else None
    _publish(world, script, script.ids)
    if held is not None:
        if not world.wait_for(lambda: held.seen is not None, script.within):
            raise InstanceError("nothing was delivered", second.name)
        second.kill()
        second.line.cut()
        held.lose()
        _await_gone(world, script, second)
        _await_consuming(world, script, _start(world, script, next(names)))
    after = _outcome(world, script, before)
    run = CleanRun("redelivered", script.ids, (Moment(0, before), Moment(len(script.ids), after)))
    noise = changes(untouched, before)
    # Rows that it makes at its first start alone are no noise, but what its messages may change.
    return run, replace(noise, tables=changes(seeded, before).tables)


def _start(world: RealWorld, script: Script, name: str) -> Process:
    told = {"WARREN_HEARTBEAT": str(_HEARTBEAT), "WARREN_PREFETCH": "1"}
    return world.start(script.program, name, Role(script.name, Route("", "")), told)


def _await_consuming(world: RealWorld, script: Script, process: Process) -> None:
    def consumes() -> bool:
        return observed(world, process.name).consumer_of(script.route.queue) is not None

    world.wait_for(lambda: process.exit_status is not None or consumes(), script.within)
    if not consumes():
        raise InstanceError("it did not consume again", process.name)
    wait_until_quiet(world, script.within)


def _kill(world: RealWorld, script: Script, process: Process) -> None:
    process.kill()
    _await_gone(world, script, process)


def _await_gone(world: RealWorld, script: Script, process: Process) -> None:
    world.wait_for(lambda: not observed(world, process.name).ledger.connections, script.within)


def _publish(world: RealWorld, script: Script, ids: Sequence[str]) -> None:
    for new_id in ids:
        unit = script.sample.template(script.route.routing_key).make(new_id, 1)
        to = Route(script.route.exchange, script.route.queue, unit.routing_key)
        world.publish(to, unit.body, unit.properties)


def _outcome(world: RealWorld, script: Script, before: Outside) -> Outside:
    """Wait until all messages are settled and have left what they leave, and look at that."""
    template = script.sample.template(script.route.routing_key)
    messages = [template.make(new_id, 1).message_id for new_id in script.ids]

    def is_settled() -> bool:
        ledger = observe(world.facts()).ledger
        last = [d for message in messages for d in ledger.of(message)[-1:]]
        return len(last) == len(messages) and all(
            d.auto_ack
            or (d.settlement is not None and d.settlement.counts and not d.settlement.requeue)
            for d in last
        )

    def has_left() -> bool:
        return is_even(left_by(script.ids, changes(before, outside(world))), script.left)

    if not world.wait_for(is_settled, script.within):
        raise InstanceError("its messages were not settled", script.name)
    world.wait_for(has_left, _AFTERWARDS)
    wait_until_quiet(world, script.within)
    return outside(world)


def _passing(body: bytes) -> frozenset[str]:
    """Give texts of this day and this machine, that another will not have; not what the sample itself has."""
    now = datetime.now().astimezone()
    days = (now, now.astimezone(UTC))
    texts = {f"{day:{form}}" for day in days for form in ("%Y", "%Y-%m", "%Y-%m-%d", "%Y%m%d")}
    host = socket.gethostname()
    texts |= {host} if len(host) >= _SHORTEST_NAME else set()
    sample = body.decode("utf-8", "replace")
    return frozenset(text for text in texts if text not in sample)
