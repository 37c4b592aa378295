"""What was expected of a consumer of somebody's own, what was seen instead, and which line to write: for `smoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.workloads.own import (
    CallEffect,
    CommandEffect,
    OwnTally,
    PathEffect,
    PublishEffect,
    RowEffect,
    TableEffect,
    TotalEffect,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from warren.claims.implementation import Program
    from warren.errors import WarrenError
    from warren.evidence.declarations import Binding
    from warren.learning.observed import Observed
    from warren.rigs.consumers.rig import Rig
    from warren.workloads.own import Effect, OwnWorkload
    from warren.workloads.own.found import Found

_MOST: Final = 4
_REFUSALS: Final = ("reject", "nack")
_OF_DATABASES: Final = ("{database_", "{sqlalchemy_url}", "{jdbc_url}", "{dsn}")
_FILES: Final = ("database_path", "database_name")
"""What a consumer may be told that writes to a file."""
_OF_SERVERS: Final = (
    "{database_url}",
    "{database_host}",
    "{sqlalchemy_url}",
    "{jdbc_url}",
    "{dsn}",
)
_SQLITE: Final = "SQLite"
_PLACES: Final = "where it reads the address: in `environment`, `templates` or `command`"


def unrouted(own: OwnWorkload, observed: Observed, error: WarrenError) -> str:
    """Say why a message reached no queue: what the consumer has declared and bound."""
    key = own.sample.message.routing_key
    return (
        f"{error.where}: {error.what}; {_bound(observed, own)}; {_route_advice(own, observed, key)}"
    )


def undelivered(own: OwnWorkload, observed: Observed) -> str:
    """Say why nothing was delivered, though the message reached a queue."""
    consumed = _named(c.queue for c in observed.consumers) or "nothing any more"
    key = own.sample.message.routing_key
    return (
        f'nothing was delivered from "{own.queue}" of what went to exchange "{own.exchange}" with routing key'
        f' "{key}"; it consumes from {consumed}, and {_bound(observed, own)};'
        f" {_route_advice(own, observed, key)}"
    )


def undone(rig: Rig, program: Program, database: str) -> str:
    """Say which effects are missing, what became of the message, and what else was seen.

    `database` is that of this run, in words.
    """
    last = rig.seen.ledger().deliveries[-1]
    tally = rig.seen.tally()
    assert isinstance(tally, OwnTally), "it is of an OwnWorkload"
    sentences = [f"the message was delivered ({last})"]
    if last.settlement is not None and last.settlement.kind in _REFUSALS:
        sentences.append(
            "it refused the message: see what it printed, and whether the sample is what its publisher sends"
        )
    for effect, found in tally.missing():
        sentences += [
            f"{effect} was expected of it, and {found.words or 'never came'}",
            *_instead(effect, found, rig, program, database),
        ]
    sentences += [line for unit in tally.units for line in tally.trail(unit)]
    return "; ".join(dict.fromkeys(sentences))


def unread(error: WarrenError, program: Program, database: str) -> str:
    """Say which database of this run an effect could not be read in, and what the consumer was told of it."""
    words = f"{error.where}: {error.what}; the database of this run is {database}"
    files = [f"{{{name}}}" for name in _FILES if _is_written(program, (f"{{{name}}}",))]
    if not _is_told(program, _OF_DATABASES):
        return f"{words}, and the consumer is told of none: write {{database_url}} or the like {_PLACES}"
    if files and not _is_written(program, _OF_SERVERS) and not database.startswith(_SQLITE):
        return (
            f"{words}, and the consumer is told {' and '.join(files)} alone, which leads to no server: one that "
            f"writes to a file of SQLite is run with --database sqlite, any other needs {{database_url}} {_PLACES}"
        )
    return (
        f"{words}; see whether the consumer makes these tables there, add [database] with `schema` or `migrate`"
        " where it makes none, or mend the statement of the effect"
    )


def _instead(
    effect: Effect, found: Found, rig: Rig, program: Program, database: str
) -> Iterator[str]:
    """Say what was seen of such effects, and what to look at."""
    match effect:
        case RowEffect() | TableEffect() | TotalEffect():
            yield f"in the case's database ({database}): {'; '.join(found.evidence)}"
            if not _is_told(program, _OF_DATABASES):
                yield f"it is told of no database: write {{database_url}} or the like {_PLACES}"
            else:
                yield f"see whether it writes to the database that it is told of{_and(effect)}"
        case CallEffect():
            calls = _some(map(str, rig.seen.calls()))
            yield f"the HTTP stub was asked {calls or 'nothing'}"
            if not _is_told(program, ("{http_stub_url}",)):
                yield f"it is told of no HTTP service: write {{http_stub_url}} {_PLACES}"
            elif calls:
                yield "write the method and path of the call that has the id"
        case PublishEffect():
            published = _some(map(str, rig.seen.published()))
            yield f"it published {published or 'nothing'}"
            if published:
                yield "write exchange and routing_key of the publish that has the id"
        case CommandEffect():
            yield f"it was counted: {'; '.join(found.evidence)}"
            yield "run it by hand on a message that was done"
        case PathEffect():
            yield "the path is one in its directory, with {id} where the id of the message stands"
        case _:
            return


def _and(effect: RowEffect | TableEffect | TotalEffect) -> str:
    """Say what else may keep an effect from being found."""
    match effect:
        case RowEffect():
            return ", and whether the statement finds the row by :id, the {id} of the message"
        case TableEffect(key=key):
            return f", and whether {key} has the {{id}} of the message"
        case TotalEffect():
            return ", and whether `adds` is what one message adds"


def _is_told(program: Program, places: Iterable[str]) -> bool:
    """Whether the program has such a place; a file made from a template, or a container, may have one."""
    return bool(program.templates or program.container is not None) or _is_written(program, places)


def _is_written(program: Program, places: Iterable[str]) -> bool:
    """Whether its command or environment has such a place."""
    texts = (*program.argv, *program.environment.values())
    return any(place in text for place in places for text in texts)


def _bound(observed: Observed, own: OwnWorkload) -> str:
    """Say what is bound to the work queue, and which exchanges there are."""
    bindings = observed.bindings_of(own.queue)
    if bindings:
        return f"it has bound {_some(map(str, bindings))}"
    declared = _named(e.exchange for e in observed.exchanges)
    return f"it has bound {own.queue} to nothing" + (
        f" and declared {declared}" if declared else ""
    )


def _route_advice(own: OwnWorkload, observed: Observed, key: str) -> str:
    """Say which line to write."""
    bindings = observed.bindings_of(own.queue)
    if not bindings:
        return (
            "leave `exchange` and `routing_key` out, by which it goes to its queue by name, or have the queue"
            " bound before the consumer is ready, by `definitions`"
        )
    same = [b for b in bindings if b.exchange == own.exchange]
    if not same:
        return f"write exchange = {_quoted(bindings)} and the routing key that its publisher uses"
    if any(b.headers for b in same):
        return f"write properties.headers that are as those of {_some(map(str, same))}"
    keys = ", ".join(f'"{b.routing_key}"' for b in same[:_MOST])
    return (
        f'write a routing_key that {keys} lets through, as its publisher does, in place of "{key}"'
    )


def _quoted(bindings: Iterable[Binding]) -> str:
    return " or ".join(dict.fromkeys(f'"{binding.exchange}"' for binding in bindings))


def _named(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(f'"{name}"' for name in names))


def _some(lines: Iterable[str]) -> str:
    """Join the first of them."""
    unique = list(dict.fromkeys(lines))
    more = f" and {len(unique) - _MOST} more" if len(unique) > _MOST else ""
    return ", ".join(unique[:_MOST]) + more
