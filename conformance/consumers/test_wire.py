"""durable-topology and safe-publishing: what a consumer declares and publishes, read from the wire.

What is judged is what others would find after a restart of the broker, or a crash of the publisher: neither shows while
all goes well.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
    HTTP,
    STREAM,
    TASK,
    Inconclusive,
    UnroutedError,
    Violation,
    confirms,
    publish,
)

from .comebacks import replace_lost
from .crashes import UNKNOWN_TAG, close_and_consume_again, cut_and_consume_again
from .publishes import (
    PERSISTENT,
    is_accepted,
    is_settled_early,
    lateness,
    unconfirmed_at,
    unconfirmed_at_ack,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from warren.rigs.consumers import Declaration, HttpReply, Ledger, Process, Published, Rig, Role

TEXTS = 2


def _lose_queue(rig: Rig) -> None:
    """Delete the queue of the workers, and wait until they, or others in their stead, have declared it anew."""
    worker, lost_at = rig.workload.worker, rig.now()
    rig.faults.delete_queue(worker)
    rig.wait.see(
        lambda: all(
            p.exit_status is not None or rig.seen.consumes_since(p, lost_at)
            for p in rig.instances.workers
        ),
        rig.deadlines.reconnected,
    )
    replace_lost(rig, lost_at)


@pytest.mark.guarantee("durable-topology", designs=("blocking", "rpc"))
@pytest.mark.requirement("durable-topology.declared")
@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(None, id="first"),
        pytest.param(_lose_queue, id="after-its-queue-went", marks=pytest.mark.full),
    ],
)
def test_declared(rig: Rig, lose: Callable[[Rig], None] | None) -> None:
    """Every named queue and exchange that is declared is durable, not auto-delete, exclusive or to expire."""
    rig.start.workers(1, http=True)
    _have_work_done(rig)
    if lose:
        lose(rig)
    _judge_declarations(rig)


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee(
    "durable-topology", designs=("blocking", "parts", "parts-random", "pipeline")
)
@pytest.mark.requirement("durable-topology.between-instances")
def test_published_between_instances(rig: Rig) -> None:
    """What is published when all consumers have stopped, and before the next ones start, waits for these."""
    rig.start.workers(1)
    _have_work_done(rig)
    old = rig.instances.consumers
    for process in old:
        process.stop()
    grace = max(map(rig.start.grace, old)) + rig.deadlines.stopped
    rig.wait.see(lambda: all(p.exit_status is not None for p in old), grace)
    for process in old:
        process.kill()
    try:
        rig.publish.work(TEXTS)
    except UnroutedError as error:
        rig.violated(
            "what was published when all consumers had stopped reached no queue", str(error)
        )
    else:
        rig.start.await_ready(*[rig.start.instance(process.role) for process in old])
        rig.wait.finish(rig.work_time(TEXTS))
    rig.judge(*rig.seen.losses())


def _lose_connections(rig: Rig) -> None:
    """Cut every connection, and wait until there are consumers again, on new ones."""
    for process in rig.instances.all:
        if process.role.consumes:
            cut_and_consume_again(rig, process, 1)
        else:
            process.line.cut()


def _lose_channels(rig: Rig) -> None:
    """Have every channel closed on which somebody consumes or has published, and wait until there are consumers again.

    The connections live on. Who opens a channel for each publish has none of these to lose.
    """
    published = rig.seen.ledger().publishes
    for process in rig.instances.consumers:
        close_and_consume_again(rig, process, 1)
    rig.faults.close_channels(UNKNOWN_TAG, *published)


@pytest.mark.quick(designs=("parts", "pipeline", "task"))
@pytest.mark.guarantee(
    "durable-topology", "safe-publishing", designs=("parts", "parts-random", "pipeline", "task")
)
@pytest.mark.requirement(
    "durable-topology.declared",
    "safe-publishing.persistent",
    "safe-publishing.confirmed",
    "safe-publishing.mandatory",
)
@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(None, id="first"),
        pytest.param(_lose_connections, id="after-a-loss", marks=pytest.mark.full),
        pytest.param(_lose_channels, id="after-a-channel-close", marks=pytest.mark.full),
    ],
)
def test_declared_and_published(rig: Rig, lose: Callable[[Rig], None] | None) -> None:
    """What is declared is durable; what is published is persistent, mandatory, confirmed before its source is acked.

    All frames are late both ways, so that who does not wait for a confirm does the next thing before it comes.
    """
    rig.start.workers(1, http=True)
    if lose:
        _have_work_done(rig)  # so that what is chosen once, at the first publish, has been chosen
        lose(rig)
    since, late = rig.now(), lateness(rig)
    for process in rig.instances.all:
        process.line.delay(late)
    answers = _have_work_done(rig)
    rig.wait.rest(rig.work_time(TEXTS))
    rig.wait.need(
        lambda: any(p.at >= since for p in rig.seen.ledger().publishes),
        rig.deadlines.within(rig.work_time(TEXTS)),
        "nobody published what follows from the work",
    )
    ledger = rig.seen.ledger()  # later there may be copies of bad bodies among its publishes
    for process in rig.instances.all:
        process.line.restore()
    _judge_declarations(rig)
    _judge_publishes(rig, ledger, since, late, answers)


@pytest.mark.full
@pytest.mark.guarantee("safe-publishing", designs=("parts", "parts-random"))
@pytest.mark.requirement("safe-publishing.confirmed")
def test_confirm_lost(rig: Rig) -> None:
    """A package is acked when each part is confirmed: not for the last one's confirm, nor as its channel closes.

    The confirm of the first part is lost, and then, where the package is not acked, the channel is closed.
    """
    rig.start.workers(1)
    stream = rig.instances.of(STREAM)[0]
    last = rig.faults.hold(lambda: publish(body=lambda body: b"null" not in body), stream)
    confirm = rig.faults.hold(confirms, stream)
    package = rig.publish.work(TEXTS).message_id

    def is_acked() -> bool:
        return rig.seen.ledger().settled(package)

    rig.wait.see(lambda: bool(confirm.caught()) or is_acked(), rig.deadlines.within(0))
    for caught in confirm.caught():
        caught.held.lose()  # and nothing else: its connection lives
    last.release()  # so that each of both has a confirm of its own
    if rig.wait.quiet(is_acked):
        rig.faults.close_channels(UNKNOWN_TAG, *rig.seen.ledger().published_by(stream.name))
        rig.wait.see(is_acked, rig.deadlines.reconnected)
    rig.judge(*unconfirmed_at_ack(rig, stream, package))


@pytest.mark.guarantee("safe-publishing", designs=("task",))
@pytest.mark.requirement("safe-publishing.routed")
def test_task_without_queue(rig: Rig) -> None:
    """GET /task accepts no task whose message reaches no queue, for nobody has declared one."""
    rig.start.all(http=True, task=0)
    http, answer = rig.instances.of(HTTP)[0], rig.calls.answers(rig.calls.begin())[0]
    if not answer.status:
        raise Inconclusive(f"no witness: GET /task had no answer: {answer.error}")
    is_kept = not is_accepted(rig, answer) or rig.wait.see(
        lambda: rig.seen.ready(TASK) + rig.seen.kept_aside() > 0, rig.deadlines.stopped
    )
    words = f"GET /task answered {answer.status}, and its message reached no queue"
    rig.expect(is_kept, words, *map(str, rig.seen.ledger().published_by(http.name)))
    rig.judge()


def _have_work_done(rig: Rig) -> list[HttpReply]:
    """Have one unit of work done, and a call accepted where somebody is there to be called; give the answers."""
    rig.publish.work(TEXTS)
    rig.wait.need(
        rig.seen.done, rig.deadlines.within(rig.work_time(TEXTS)), "the work was not done"
    )
    answers: list[HttpReply] = []

    def accepted() -> bool:
        answers.extend(rig.calls.answers(rig.calls.begin()))
        return is_accepted(rig, answers[-1])

    if rig.workload.caller:
        rig.wait.see(accepted, rig.deadlines.reconnected)
    return answers


def _judge_declarations(rig: Rig) -> None:
    """Judge all that is declared, also for what cannot be worked on."""
    _have_bad_bodies_settled(rig)
    declared = list(_for_keeps(rig))
    for process in rig.instances.consumers:
        if not any(d.name == process.role.queue for d in declared):
            raise Inconclusive(f"no witness: nobody declared the queue {process.role.queue}")
    faults: dict[str, list[Declaration]] = defaultdict(list)
    for d in declared:
        if d.perishable:
            faults[f"{d.kind} {d.name} is declared {d.perishable}"].append(d)
    found = [Violation(words, tuple(map(str, wrong)), seen=True) for words, wrong in faults.items()]
    rig.judge(*found, requirement="durable-topology.declared")


def _for_keeps(rig: Rig) -> Iterator[Declaration]:
    """Give the declarations but for those of queues for replies, which end with who waits for them."""
    ledger = rig.seen.ledger()
    for_replies = {p.properties.reply_to for p in ledger.publishes}
    for declared in ledger.declarations:
        if not declared.server_named and declared.name not in for_replies:
            yield declared


def _have_bad_bodies_settled(rig: Rig) -> None:
    """Send each consumer what it has to put aside, so that it declares where; one that ends of it has declared all."""
    consumers = rig.instances.consumers
    bad = [rig.publish.raw(rig.workload.malformed[0], role) for role in _roles(consumers)]
    rig.wait.see(
        lambda: (
            all(map(rig.seen.ledger().settled, bad))
            or any(p.exit_status is not None for p in consumers)
        ),
        rig.deadlines.within(0),
    )


def _roles(processes: Iterable[Process]) -> list[Role]:
    return list(dict.fromkeys(p.role for p in processes))


def _judge_publishes(
    rig: Rig, ledger: Ledger, since: float, late: float, answers: Iterable[HttpReply]
) -> None:
    faults: dict[str, dict[str, list[Published]]] = defaultdict(lambda: defaultdict(list))
    published = [p for p in ledger.publishes if p.at >= since]
    alternates = {d.name for d in ledger.declarations if d.has_alternate}
    for p in published:
        where = f'{p.instance} publishes to exchange "{p.exchange}"'
        if p.properties.delivery_mode != PERSISTENT:
            faults["persistent"][f"{where} what is not persistent"].append(p)
        if not p.mandatory and p.exchange not in alternates:
            words = f"{where} what is not mandatory, and has no alternate exchange"
            faults["mandatory"][words].append(p)
        if not p.mode:
            faults["confirmed"][f"{where} without a confirm"].append(p)
        elif p.confirmed_at is not None and p.confirmed_at - p.at < late:
            raise Inconclusive("no witness: a confirm came, and was not held up")
        elif is_settled_early(ledger, p):
            words = f"{p.instance} acked its message before its publish was confirmed"
            faults["confirmed"][words].append(p)
    for answer in answers:
        for p in unconfirmed_at(rig, ledger, answer):
            words = f"GET /task was answered {answer.status} before its message was confirmed"
            faults["confirmed"][words].append(p)
    for slug in ("persistent", "confirmed", "mandatory"):
        found = [
            Violation(words, tuple(map(str, ps)), seen=True) for words, ps in faults[slug].items()
        ]
        rig.judge(*found, requirement=f"safe-publishing.{slug}")
