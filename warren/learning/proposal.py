"""What follows from what was seen: the effects that follow the id of their message, and what a consumer may claim.

An effect is proposed where every message of every clean run left it, once and with the id of its own; rows also where
each left several, or added the same to a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from warren.learning.changes import NOTHING
from warren.learning.file_effects import own_file, shared_files
from warren.learning.row_effects import NOBODYS, row_effect
from warren.workloads.own import CallEffect, PublishEffect
from warren.workloads.own.message import ID, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from warren.evidence.declarations import Binding
    from warren.evidence.ledger import Consumer
    from warren.learning.changes import Changes, Tried
    from warren.learning.clean_run import CleanRun
    from warren.learning.file_effects import FoundFile
    from warren.learning.row_effects import NotOurs
    from warren.simulator.wire import FieldValue
    from warren.workloads.own import Effect

_IDEMPOTENCY: Final = "Idempotency-Key"
_MESSAGE_ID: Final = "message_id"
_REPLY_TO: Final = "amq.rabbitmq.reply-to"
_SQLITE: Final = b"SQLite format 3"
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class ProposedEffect:
    """An effect, and the words that say what was seen of it."""

    effect: Effect
    words: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The effects, and a sentence for whatever else changed."""

    effects: tuple[ProposedEffect, ...]
    remarks: tuple[str, ...]


def propose(
    runs: Sequence[CleanRun], noise: Changes = NOTHING, not_ours: NotOurs = NOBODYS
) -> Proposed:
    """Find the effects of the messages of clean runs that were not alike.

    `noise` is what changed when no message came: it is no effect, where it has no id.
    """
    tried = [t for run in runs for t in run.tried]
    effects, remarks = list[ProposedEffect](), list[str]()
    for table in dict.fromkeys(name for t in tried for name in t.changes.tables):
        found = row_effect(table, runs, not_ours)
        has_key = isinstance(found, tuple) and found[0].tells_apart
        if table in noise.tables and not has_key:
            remarks.append(f"{table} changes without a message, and will be ignored")
        elif isinstance(found, str):
            remarks.append(found)
        else:
            effects.append(ProposedEffect(*found))
    files = [*_files(tried, not_ours)]
    effects += (ProposedEffect(f.effect, f.words) for f in files)
    effects += (*_call_effects(tried), *_publish_effects(tried))
    remarks += (f.remark for f in files if f.remark)
    known = {f.effect.path for f in files}
    remarks += (*_other_files(tried, noise, known), *_without_id(tried, noise))
    return Proposed(tuple(effects), tuple(remarks))


def key_for(binding: Binding) -> str:
    """Give a routing key that a binding takes: its own, with a word for each wildcard."""
    words = ["any" if word in ("*", "#") else word for word in binding.routing_key.split(".")]
    return ".".join(words)


def headers_for(binding: Binding) -> dict[str, FieldValue]:
    """Give headers that a binding takes: its own that a manifest can say, with a word for what only has to be there."""
    return {
        name: "any" if value is None else value
        for name, value in binding.headers.items()
        if value is None or isinstance(value, bool | int | float | str)
    }


def claims(
    consumer: Consumer,
    *,
    heartbeat: int,
    acks_first: bool,
    calls_http: bool,
    exit_status: int | None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Suggest what a consumer may claim, and what it cannot but deny.

    `exit_status` is that with which it ended when it was asked to, None where it did not.
    """
    orderly = ("graceful-stop",) if exit_status == 0 else ()
    if consumer.no_ack:
        return orderly, ("no-loss",)
    fair = ("fair-dispatch",) if consumer.prefetch else ()
    lively = ("heartbeat-safe",) if heartbeat else ()
    if acks_first:
        return (*fair, *lively, *orderly), ("no-loss",)
    called = ("survives-http-loss",) if calls_http else ()
    return ("no-loss", "effect-once", *fair, *lively, *called, *orderly), ()


def _files(tried: Sequence[Tried], not_ours: NotOurs) -> Iterator[FoundFile]:
    def paths(t: Tried) -> list[str]:
        return [t.marked(path) for path in t.changes.files if t.is_in(path)]

    for path in _common(tried, paths):
        yield own_file(path, tried, not_ours)
    yield from shared_files(tried, not_ours)


def _call_effects(tried: Sequence[Tried]) -> Iterator[ProposedEffect]:
    def requests(t: Tried) -> list[tuple[str, str]]:
        return [(call.method, t.marked(call.path.partition("?")[0])) for call in t.calls]

    def keys(t: Tried) -> list[str]:
        return [t.marked(call.header(_IDEMPOTENCY) or "") for call in t.calls]

    for method, path in _common(tried, requests):
        key = _IDEMPOTENCY if _follow_the_id(tried, keys) else ""
        words = f"a call of {method} {path} with the id{_as_one(key)}"
        yield ProposedEffect(CallEffect(method, path, key), words)


def _publish_effects(tried: Sequence[Tried]) -> Iterator[ProposedEffect]:
    def routes(t: Tried) -> list[tuple[str, str]]:
        return [(p.exchange, _same_key(t.marked(p.routing_key))) for p in t.publishes]

    for exchange, key in _common(tried, routes):
        fixed = None if ID in key or NUMBER in key or key == _REPLY_TO else key

        def names(t: Tried, exchange: str = exchange) -> list[str]:
            own = (p for p in t.publishes if p.exchange == exchange)
            return [t.marked(p.properties.message_id or "") for p in own]

        known_by = _MESSAGE_ID if _follow_the_id(tried, names) else ""
        yield ProposedEffect(
            PublishEffect(exchange, fixed, known_by),
            f'a message to exchange "{exchange}" with key "{key}" that has the id{_as_one(known_by)}',
        )


def _same_key(key: str) -> str:
    """Give what is the same of a routing key: of a direct reply-to the broker adds who has asked."""
    return _REPLY_TO if key.startswith(f"{_REPLY_TO}.") else key


def _follow_the_id(tried: Sequence[Tried], keys: Callable[[Tried], list[str]]) -> bool:
    """Whether what others know them by is the same for a message whenever it is done, and another for each."""
    return all(ID in key or NUMBER in key for t in tried for key in keys(t))


def _as_one(key: str) -> str:
    return f"; two with the same {key} count as one" if key else ""


def _other_files(tried: Sequence[Tried], noise: Changes, known: Collection[str]) -> Iterator[str]:
    """Say which files changed whose names have no id, and that are no effects."""
    others = [
        {
            p: octets
            for p, octets in t.changes.files.items()
            if p not in noise.files and p not in known and not any(one.is_in(p) for one in tried)
        }
        for t in tried
    ]
    for path in dict.fromkeys(path for files in others for path in files):
        octets = [files.get(path, b"") for files in others]
        texts = [o.decode("utf-8", "replace") for o in octets]
        if any(o.startswith(_SQLITE) for o in octets):
            yield (
                f"the file {path} is a SQLite database of its own, which is not looked into: have it told"
                " by {database_url} or {database_name} where its database is, and use --database sqlite"
            )
        elif all(t.is_in(text) for t, text in zip(tried, texts, strict=True)):
            yield (
                f"the file {path} has the id in it, but only one whose name has it, or one of JSON lines, can"
                " be an effect"
            )
        else:
            yield f"the file {path} changed, without the id"


def _without_id(tried: Sequence[Tried], noise: Changes) -> Iterator[str]:
    """Say what was called and published that has no id."""
    calls = [c for t in tried for c in t.changes.calls if not any(c in o.calls for o in tried)]
    publishes = [p for t in tried for p in t.changes.publishes if not any(o.has(p) for o in tried)]
    known_calls = {(c.method, c.path) for c in noise.calls}
    for method, path in dict.fromkeys((c.method, c.path) for c in calls):
        if (method, path) not in known_calls:
            yield f"it called {method} {path} without the id"
    known_routes = {(p.exchange, p.routing_key) for p in noise.publishes}
    for exchange, key in dict.fromkeys((p.exchange, p.routing_key) for p in publishes):
        if (exchange, key) not in known_routes:
            yield f'it published to exchange "{exchange}" with key "{key}" without the id'


def _common(tried: Sequence[Tried], of: Callable[[Tried], list[_Thing]]) -> list[_Thing]:
    """Give what each message has exactly once."""
    found = [of(t) for t in tried]
    return [one for one in dict.fromkeys(found[0]) if all(f.count(one) == 1 for f in found)]
