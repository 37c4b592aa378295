"""One lesson: start the consumer, find its work queue, send it two messages, stop it, and write down what was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from warren.errors import InstanceError, OptionError
from warren.learning.changes import together
from warren.learning.clean_run import CleanRun, Moment
from warren.learning.manifest_text import Learnt
from warren.learning.proposal import Proposed, claims, headers_for, key_for, propose
from warren.learning.rehearsal import Script
from warren.learning.words import describe, mode
from warren.workloads.own import most_seconds
from warren.workloads.protocol import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from warren.claims.implementation import Program
    from warren.evidence.ledger import Consumer, Delivery
    from warren.learning.observed import Observed
    from warren.learning.rehearsal import Beside, Rehearsal
    from warren.learning.sample import LearnSample
    from warren.learning.trial import Sent, Stopped, Trial

_USUAL_GRACE: Final = 5.0
_QUICK: Final = 1.0
_MESSAGES: Final = 2


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person says of the consumer, and how a message gets to it; None where that is to be learnt."""

    samples: Sequence[LearnSample]
    """The ways in which the sample can have an id, the likeliest first."""
    queue: str | None = None
    exchange: str | None = None
    routing_key: str | None = None
    route_words: str = "As it was told to `warren learn`."
    """Who says the exchange and the key, where they are not learnt."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was seen."""

    observed: Observed
    consumer: Consumer
    route: Route
    route_words: str
    sample: LearnSample
    """The one of the samples by which something follows the id, else the first."""
    sent: tuple[Sent, ...]
    proposed: Proposed
    stopped: Stopped
    beside: Beside
    """What became of another instance."""
    unseen: tuple[str, ...]
    """What could not be seen, or was not, though it was told where."""

    @property
    def acks_first(self) -> bool:
        """Whether it acked a message before all was done."""
        return any(sent.acks_first for sent in self.sent)

    @property
    def seconds(self) -> float:
        """What its work takes at most, by what was seen."""
        return most_seconds(max(s.seconds for s in self.sent))


def learn(
    trial: Trial,
    rehearsal: Rehearsal,
    wishes: Wishes,
    program: Program,
    choose: Callable[[str, Sequence[str]], str],
) -> Lesson:
    """Have the lesson; `choose` asks the person. Raises `InstanceError` where nothing can be learnt.

    What other runs need no message for goes on meanwhile.
    """
    observed = trial.start()
    queue = _work_queue(observed, wishes, choose)
    way = _way(observed, queue, wishes)
    route, samples = way.route, [sample.matching(way.headers) for sample in wishes.samples]
    queues = [queue] if queue else observed.work_queues()
    _refuse_named_by_broker(observed, queues, route)
    rehearsal.prepare(queues)
    sample, sent = _tried(trial, samples, route)
    consumer = _consumer_of(trial.observed(), sent[0].delivery)
    _refuse_named_by_broker(observed, [consumer.queue], route)
    run = _run(sent)
    route = Route(route.exchange, consumer.queue, route.routing_key)
    rehearsal.play(Script(route, sample, run.ids, not consumer.no_ack, run.left))
    stopped = trial.stop()
    others = rehearsal.rehearsed()
    found = propose((run, *others.runs), others.noise, others.not_ours)
    has_rows = bool(together(others.noise, run.changes).tables)
    return Lesson(
        observed=observed,
        consumer=consumer,
        route=route,
        route_words=way.words,
        sample=sample,
        sent=sent,
        proposed=replace(found, remarks=(*found.remarks, *others.remarks)),
        stopped=stopped,
        beside=others.beside,
        unseen=tuple(_unseen(program, has_rows=has_rows)),
    )


def _refuse_named_by_broker(observed: Observed, queues: Sequence[str], route: Route) -> None:
    """Raise `InstanceError` where each of these queues has another name at each start."""
    if all(map(observed.is_server_named, queues)):
        raise InstanceError(
            f"the broker names its queue ({queues[0]}), so it is another at each start",
            f"the consumer of {route.exchange or 'the default exchange'}",
            "have it consume from a queue with a name: no message survives its end in one like this",
        )


def _run(sent: Sequence[Sent]) -> CleanRun:
    moments = (Moment(0, sent[0].before), *(Moment(n, s.after) for n, s in enumerate(sent, 1)))
    return CleanRun(tuple(s.tried.id for s in sent), moments)


def _tried(
    trial: Trial, samples: Sequence[LearnSample], route: Route
) -> tuple[LearnSample, tuple[Sent, ...]]:
    """Send two messages of each sample in turn, until something follows their ids; else give what became of the first.

    Raises `InstanceError` where the likeliest of them cannot be done, and no other has an effect.
    """
    first: tuple[LearnSample, tuple[Sent, ...]] | InstanceError | None = None
    for sample in samples:
        try:
            sent = tuple(trial.send(sample, route) for _ in range(_MESSAGES))
        except InstanceError as error:
            first = first or error
            continue
        found = sample, trial.look_again(sent)
        if any(s.tried.left_something for s in sent):
            return found
        first = first or found
    if isinstance(first, InstanceError):
        raise first
    assert first is not None, "there is a sample"
    return first


def _work_queue(
    observed: Observed, wishes: Wishes, choose: Callable[[str, Sequence[str]], str]
) -> str:
    """Give the work queue, as far as it is known before a message is delivered; "" where that is to show it."""
    queues = observed.work_queues()
    if wishes.queue is not None:
        if observed.consumer_of(wishes.queue) is None:
            raise OptionError(
                f"it consumes from {', '.join(queues)}, and not from {wishes.queue}",
                "--queue",
                "name one of those",
            )
        return wishes.queue
    if wishes.exchange is not None:
        return ""
    return queues[0] if len(queues) == 1 else choose("Which of them is its work queue?", queues)


class _Way(NamedTuple):
    """How a message gets to a queue, by which headers where an exchange compares them, and where that comes from."""

    route: Route
    words: str
    headers: Mapping[str, object] = MappingProxyType({})


def _way(observed: Observed, queue: str, wishes: Wishes) -> _Way:
    key = wishes.routing_key
    if wishes.exchange is not None:
        key = key if key is not None else ("" if wishes.exchange else queue)
        return _Way(Route(wishes.exchange, queue, key), wishes.route_words)
    bindings = observed.bindings_of(queue)
    if not bindings:
        words = (
            "It was not seen to bind its queue, so its messages go there by the default exchange."
        )
        return _Way(Route("", queue, queue), words)
    binding, *others = bindings
    words, headers = f"It binds {binding}", headers_for(binding)
    if headers:
        words += "; its messages have the headers that this asks for"
    if binding.is_pattern and key is None:
        words += "; the key is made up to match it: write the one that its publisher uses"
    if others and key is None:
        words += f"; it also binds {'; '.join(map(str, others))}"
    key = key_for(binding) if key is None else key
    return _Way(Route(binding.exchange, queue, key), f"{words}.", headers)


def _consumer_of(observed: Observed, delivery: Delivery) -> Consumer:
    """Give the consumer that a delivery was for: it says which queue is the work queue."""
    where = delivery.connection, delivery.channel, delivery.consumer_tag
    return next(c for c in observed.ledger.consumers if (c.connection, c.channel, c.tag) == where)


def _unseen(program: Program, *, has_rows: bool) -> Iterator[str]:
    told = " ".join((*program.argv, *program.environment.values(), *program.templates))
    is_told = any(p in told for p in ("{database_", "{sqlalchemy_url}", "{jdbc_url}", "{dsn}"))
    is_told |= program.container is not None and program.container.compose is not None
    if is_told and not has_rows:
        yield (
            "no table of the case's database changed; see whether it writes to the one that it was told of"
        )
    if not is_told and not program.templates:
        yield (
            "it was told of no database (by --env NAME={database_url}, or {database_path} of SQLite), so rows"
            " could not be seen"
        )
    if not program.templates and program.container is None and "{http_stub_url}" not in told:
        yield "it was told of no {http_stub_url}, so calls to other services could not be seen"


def told_in_words(lesson: Lesson) -> tuple[str, ...]:
    """Say what was seen and what could not be seen, a sentence each."""
    return tuple(_told(lesson))


def _told(lesson: Lesson) -> Iterator[str]:
    yield from describe(lesson.observed)
    if len(lesson.observed.consumers) > 1:
        yield f"its work queue is {lesson.consumer.queue}, from which the sample was delivered"
    yield f"the sample: {lesson.sample.words}"
    if not lesson.consumer.no_ack:
        when = ", before all was done" if lesson.acks_first else ""
        times = " and ".join(f"{sent.seconds:.3f} s" for sent in lesson.sent)
        yield f"it acked two messages {times} after their deliveries{when}"
    for proposed in lesson.proposed.effects:
        yield f"each left {proposed.words}"
    if not lesson.proposed.effects:
        yield "nothing was seen that follows the id of a message"
    yield from lesson.proposed.remarks
    if lesson.beside.refused:
        yield f"a second instance beside it was refused: {lesson.beside.refused}"
    elif not lesson.beside.consumes:
        yield "a second instance beside it did not get to consume, and was refused nothing"
    yield str(lesson.stopped)
    yield from (f"not seen: {what}" for what in lesson.unseen)


def as_learnt(
    lesson: Lesson,
    program: Program,
    *,
    name: str,
    body: str,
    publish: Sequence[str],
    compose: str,
    directory: str,
    schema: str,
    migrate: Sequence[str],
) -> Learnt:
    """Give what the manifest says."""
    claimed, denied = claims(
        lesson.consumer,
        heartbeat=lesson.observed.heartbeat,
        acks_first=lesson.acks_first,
        calls_http=any(sent.tried.changes.calls for sent in lesson.sent),
        exit_status=lesson.stopped.exit_status,
    )
    words = lesson.sample.words
    return Learnt(
        name=name,
        language=lesson.observed.platform or "unknown",
        command=program.argv,
        image=program.container.image if program.container else "",
        compose=compose,
        service=program.container.service if program.container else "",
        queue=lesson.consumer.queue,
        vhost=program.vhost,
        exchange=lesson.route.exchange,
        routing_key=None if lesson.sample.has_own_keys else lesson.route.routing_key,
        body=body,
        publish=publish,
        seconds=lesson.seconds,
        directory=directory,
        environment=program.environment,
        templates=program.templates,
        properties=lesson.sample.properties,
        instances=2 if lesson.beside.consumes else 1,
        effects=lesson.proposed.effects,
        claims=claimed,
        denies=denied,
        schema=schema,
        migrate=migrate,
        grace=2 * _USUAL_GRACE if lesson.stopped.seconds > _QUICK else 0.0,
        seen=describe(lesson.observed),
        route=lesson.route_words,
        sample=f"{words[:1].upper()}{words[1:]}.",
        promises=_promises(lesson),
    )


def _promises(lesson: Lesson) -> str:
    said = f"Suggested, since it consumes with {mode(lesson.consumer)}"
    said += ", and before all is done" if lesson.acks_first else ""
    return f"{said}; `warren check` shows what holds, `warren list` names all there is."
