"""What `learn` says in plain words: what it saw of a consumer, and why it could not go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.evidence.text import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from warren.claims.implementation import Program
    from warren.evidence.ledger import Consumer
    from warren.learning.observed import Observed
    from warren.simulator.wire import FieldValue, QueueDeclare
    from warren.workloads.protocol import Route

TWO_WAYS_OUT: Final = (
    "tell it where its broker is by --env NAME={amqp_url} or --file FILE=TEMPLATE; where its code has a fixed"
    " host and port there are two ways out: make them a variable, or run it in a container in which the name"
    " of the broker leads to Warren's relay"
)
_IN_A_CONTAINER: Final = (
    "tell it where its broker is by --env NAME={amqp_url}; in its network the name `broker`, the names of a Compose"
    " file's other services, and the host of an `amqp://` URL in its variables lead there, and no other name"
)
_MEND: Final = "mend what it says there, and pass what it needs of the environment by --env"
_PASSED_OVER: Final = 12
"""Queues that are named one by one."""


def told(program: Program) -> str:
    """Say what a program was told: its variables, its templates and its command. Values of its own are not shown."""
    parts = [
        f"{name}={redact(value, ()) if '{' in value else '…'}"
        for name, value in program.environment.items()
    ]
    parts += [f"{made} made from {source}" for made, source in program.templates.items()]
    parts += [f"{word} in its command" for word in program.argv if "{" in word]
    container = program.container
    if container is not None:
        parts += [
            f"what service {container.service} has"
            if container.service
            else f"what {container.image} has"
        ]
    return ", ".join(parts) or "nothing"


def expected_and_seen(
    observed: Observed,
    status: int | None,
    program: Program,
    *,
    within: float,
    printed: str,
    fixed: Sequence[str] = (),
) -> tuple[str, str]:
    """Say why a consumer does not consume, and what to do; `fixed` are the places of addresses in its source."""
    ended = f" and ended with exit status {status}" if status is not None else ""
    said = has_printed(printed)
    if not observed.connections:
        way_out = TWO_WAYS_OUT if program.container is None else _IN_A_CONTAINER
        places = f"look at {', '.join(fixed)}; " if fixed else ""
        if status is not None:
            what = f"it ended with exit status {status} before it asked for its broker; it was told {told(program)}"
            return (
                f"{what}{said}",
                f"{_MEND}; if it did not reach its broker, {places}{way_out}",
            )
        what = f"it never connected to its broker within {within:.0f} s; it was told {told(program)}{said}"
        return what, f"{places}{way_out}"
    asked = "; ".join(describe(observed)) or "it has not said anything yet"
    if refusals := observed.ledger.refusals:
        what = f"the broker refused it: {refusals[0].words}{ended}; {asked}{said}"
        return what, "have it declare what it uses before it consumes"
    if observed.fetches:
        what = (
            f"it asks for messages one by one (basic.get) and has no consumer{ended}; {asked}{said}"
        )
        return what, "have it consume (basic.consume): only consumers are judged"
    ends = [str(end) for end in observed.ledger.ends][-1:]
    last = f"; {ends[0]}" if ends else ""
    what = f"it connected, but consumes from no queue{ended}; {asked}{last}{said}"
    return what, "see what it waits for; give it more time with --within SECONDS"


def without_delivery(route: Route, observed: Observed, error: str) -> tuple[str, str, str]:
    """Say why a message did not come to a consumer: what, where, and what to do."""
    where = f'exchange "{route.exchange}", routing key "{route.routing_key}"'
    bound = "; ".join(map(str, observed.bindings)) or "nothing, as far as it said"
    if error:
        what = f"the sample reached no queue: {error}; the consumer has bound {bound}"
        return what, where, "give --exchange and --routing-key as its publisher does"
    consumed = ", ".join(dict.fromkeys(c.queue for c in observed.consumers)) or "nothing"
    what = f"the sample was published and not delivered; it consumes from {consumed}, and has bound {bound}"
    return what, where, "give --exchange and --routing-key as its publisher does, or --queue"


def describe(observed: Observed) -> tuple[str, ...]:
    """Say what was seen of it, a sentence each."""
    return tuple(_sentences(observed))


def _sentences(observed: Observed) -> Iterator[str]:
    if observed.connections:
        times = "once" if observed.connections == 1 else f"{observed.connections} times"
        clients = " and ".join(observed.clients) or "a library that does not name itself"
        beats = f"heartbeat {observed.heartbeat} s" if observed.heartbeat else "no heartbeat"
        yield f"it connects {times} as {clients}, {beats}"
    for vhost in observed.other_vhosts:
        is_fresh = vhost in observed.ledger.elsewhere.values()
        let_in = "one that stands for it" if is_fresh else "the one that a case has"
        yield f'it asks for vhost "{vhost}", and is let into {let_in}'
    for exchange in observed.exchanges:
        kept = "durable" if exchange.durable else "not durable"
        name = f'exchange "{exchange.exchange}"'
        yield (
            f"it expects {name}"
            if exchange.passive
            else f"it declares {name} ({exchange.type}, {kept})"
        )
    for queue in observed.queues[:_PASSED_OVER]:
        name = f'queue "{queue.queue}"' if queue.queue else "a queue that the broker names"
        yield f"it expects {name}" if queue.passive else f"it declares {name} ({_kind(queue)})"
    if more := len(observed.queues[_PASSED_OVER:]):
        yield f"it declares {more} more queues"
    for binding in observed.bindings[:_PASSED_OVER]:
        yield f"it binds {binding}"
    for consumer in observed.consumers:
        yield f"it consumes from {consumer.queue}, {mode(consumer)}"


def mode(consumer: Consumer) -> str:
    """Say how a consumer takes its messages."""
    prefetch = f"prefetch {consumer.prefetch}" if consumer.prefetch else "without a prefetch count"
    acks = "its messages count as acked when they are sent (no_ack)"
    return f"{prefetch}, {acks if consumer.no_ack else 'and acks its messages'}"


def _kind(queue: QueueDeclare) -> str:
    words = [str(queue.arguments.get("x-queue-type", "classic"))]
    words += ["durable"] if queue.durable else []
    words += ["exclusive"] if queue.exclusive else []
    words += ["auto-delete"] if queue.auto_delete else []
    return ", ".join((*words, *_arguments(queue.arguments)))


def _arguments(given: Mapping[str, FieldValue]) -> Iterator[str]:
    return (f"{key}={value!s}" for key, value in given.items() if key != "x-queue-type")


def has_printed(text: str) -> str:
    """Say what a consumer printed last."""
    if not text:
        return "; it printed nothing"
    lines = "\n".join(f"    {line}" for line in text.splitlines() if line.strip(" ^~"))
    return f"; it printed last:\n{lines}"
