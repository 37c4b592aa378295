"""Writes a manifest of a user's own consumer with comments that say where each line comes from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warren.workloads.own import (
    CallEffect,
    PathEffect,
    PublishEffect,
    RowEffect,
    TableEffect,
    TotalEffect,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from warren.learning.proposal import ProposedEffect
    from warren.workloads.own import Effect
    from warren.workloads.own.comparing import Cells

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Learnt:
    """All that a manifest says. Comments stand above the lines they are about."""

    name: str
    language: str
    command: Sequence[str]
    queue: str
    exchange: str
    routing_key: str | None
    """None where each message has one of its own."""
    body: str
    seconds: float
    publish: Sequence[str] = ()
    """Who sends the message, where it has no body of its own."""
    image: str = ""
    compose: str = ""
    service: str = ""
    vhost: str = ""
    directory: str = "."
    environment: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    instances: int = 1
    effects: Sequence[ProposedEffect] = ()
    claims: Sequence[str] = ()
    denies: Sequence[str] = ()
    schema: str = ""
    migrate: Sequence[str] = ()
    grace: float = 0.0
    """Longer than the usual one, where it took that long to end; else 0."""
    seen: Sequence[str] = ()
    """What was seen of the consumer, a line each."""
    route: str = ""
    """Where the exchange and the key come from."""
    sample: str = ""
    """What was done to the sample."""
    promises: str = ""
    """Why these claims are suggested."""


def manifest_text(learnt: Learnt) -> str:
    """Give the whole file."""
    return "\n".join(_lines(learnt)) + "\n"


def _lines(learnt: Learnt) -> Iterator[str]:
    yield from _comments(
        "Written by `warren learn` from what it saw; docs/plug-in.md says what each line means.",
        *(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in learnt.seen),
    )
    yield "protocol = 2"
    yield f"name = {toml(learnt.name)}"
    yield f"language = {toml(learnt.language)}"
    if learnt.directory != ".":
        yield f"directory = {toml(learnt.directory)}"
    yield ""
    yield f"[consumers.{learnt.name}]"
    yield from _what_runs(learnt)
    if learnt.instances > 1:
        yield from _comments("A second one was seen to consume beside the first.")
        yield f"instances = {learnt.instances}"
    if learnt.environment:
        yield f"environment = {toml(learnt.environment)}"
    if learnt.templates:
        yield f"templates = {toml(learnt.templates)}"
    yield from _work_queue(learnt)
    if learnt.grace:
        signal = "" if learnt.image or learnt.compose else 'signal = "SIGTERM", '
        yield f"stop = {{ {signal}grace = {learnt.grace} }}"
    yield from _comments(learnt.promises)
    yield f"claims = {toml(list(learnt.claims))}"
    yield f"denies = {toml(list(learnt.denies))}"
    yield ""
    yield from _message(learnt)
    yield from _effects(learnt)
    if learnt.schema or learnt.migrate:
        yield ""
        yield "[database]"
        if learnt.schema:
            yield f"schema = {toml(learnt.schema)}"
        if learnt.migrate:
            yield f"migrate = {toml(list(learnt.migrate))}"


def _what_runs(learnt: Learnt) -> Iterator[str]:
    if learnt.image:
        yield f"image = {toml(learnt.image)}"
    if learnt.compose:
        yield f"compose = {toml(learnt.compose)}"
        yield f"service = {toml(learnt.service)}"
    if learnt.command:
        yield f"command = {toml(list(learnt.command))}"


def _work_queue(learnt: Learnt) -> Iterator[str]:
    yield f"queue = {toml(learnt.queue)}"
    if learnt.vhost:
        yield f"vhost = {toml(learnt.vhost)}"


def _message(learnt: Learnt) -> Iterator[str]:
    yield from _comments(learnt.sample)
    yield f"[consumers.{learnt.name}.message]"
    yield from _comments(learnt.route)
    yield f"exchange = {toml(learnt.exchange)}"
    if learnt.routing_key is not None:
        yield f"routing_key = {toml(learnt.routing_key)}"
    if learnt.publish:
        yield f"publish = {toml(list(learnt.publish))}"
    else:
        yield f"body = {toml(learnt.body)}"
    if learnt.properties:
        yield f"properties = {toml(learnt.properties)}"
    yield from _comments("The longest that its work takes.")
    yield f"seconds = {learnt.seconds}"


def _effects(learnt: Learnt) -> Iterator[str]:
    for proposed in learnt.effects:
        yield ""
        yield from _comments(f"Seen for each message of all clean runs: {proposed.words}.")
        yield f"[[consumers.{learnt.name}.effects]]"
        yield from _effect(proposed.effect)
    if not learnt.effects:
        yield ""
        yield from _comments(
            "Nothing was seen that follows the id of a message. Name what each message owes, in one of these lines:"
        )
        yield f"# [[consumers.{learnt.name}.effects]]"
        yield '# table = "orders"'
        yield '# key = "ref"'
        yield '# sql = "SELECT count(*) FROM orders WHERE ref = :id"'
        yield '# path = "out/{id}.json"'
        yield '# http = "POST /charge"'
        yield '# publishes = { exchange = "billing", routing_key = "order.paid" }'


def _effect(effect: Effect) -> tuple[str, ...]:
    match effect:
        case RowEffect(sql=sql):
            return (f"sql = {toml(sql)}",)
        case TableEffect(table=table, key=key, expected=rows, ignore=ignore):
            named = (f"table = {toml(table)}", f"key = {toml(key)}")
            return (*named, *_rows(rows), *_ignored(ignore))
        case TotalEffect(table=table, adds=adds, ignore=ignore):
            return (f"table = {toml(table)}", f"adds = {toml(dict(adds))}", *_ignored(ignore))
        case PathEffect(path=path, key=key, expected=rows, ignore=ignore):
            return (f"path = {toml(path)}", *_known_by(key), *_rows(rows), *_ignored(ignore))
        case CallEffect(method=method, path=path, key=known_by):
            return (f"http = {toml(f'{method} {path}')}", *_known_by(known_by))
        case PublishEffect(exchange=exchange, routing_key=key, key=known_by):
            goes = {"exchange": exchange, "routing_key": key}
            return (f"publishes = {toml(goes)}", *_known_by(known_by))
        case _:
            raise TypeError(effect)


def _rows(rows: Sequence[Cells]) -> tuple[str, ...]:
    shown = [toml(dict(row)) for row in rows]
    if len(shown) > 1:
        return ("rows = [", *(f"    {row}," for row in shown), "]")
    return tuple(f"rows = [{row}]" for row in shown)


def _ignored(paths: Sequence[str]) -> tuple[str, ...]:
    return (f"ignore = {toml(list(paths))}",) if paths else ()


def _known_by(key: str) -> tuple[str, ...]:
    return (f"key = {toml(key)}",) if key else ()


def toml(value: object) -> str:
    """Write a value in one line. What JSON writes of texts and numbers is TOML as well, but for DEL."""
    match value:
        case dict():
            pairs = [f"{_key(key)} = {toml(one)}" for key, one in value.items() if one is not None]
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else toml(key)


def _comments(*sentences: str) -> Iterable[str]:
    return (f"# {line}" for sentence in sentences if sentence for line in sentence.splitlines())
