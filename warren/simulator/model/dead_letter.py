"""Dead letters: why a message dies in a queue, which headers it gets for that, and where it goes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.model.changes import Place
from warren.simulator.model.message import Message
from warren.simulator.model.tables import LARGEST_LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued


class Reason(Enum):
    """Why a message was dead-lettered; the values stand in x-death."""

    REJECTED = "rejected"
    EXPIRED = "expired"
    MAXLEN = "maxlen"
    DELIVERY_LIMIT = "delivery_limit"


def dead_letter(queue: Queue, enqueued: Enqueued, reason: Reason) -> None:
    """Send a message that has left `queue` to its dead-letter exchange, if there is one."""
    queue.note(enqueued, Place.GONE)
    name = queue.policy.dead_letter_exchange
    exchange = None if name is None else queue.vhost.exchanges.get(name)
    if exchange is None:
        return
    dead = bury(queue, enqueued, reason, exchange.name)
    targets = exchange.route(dead)
    if reason is not Reason.REJECTED:
        targets = [target for target in targets if not is_cycle(target.name, dead.deaths)]
    if targets:
        queue.state.onward.append((dead, targets))


def bury(queue: Queue, enqueued: Enqueued, reason: Reason, exchange: str) -> Message:
    """Return the message as the dead-letter `exchange` gets it, with its death in the headers."""
    message = enqueued.message
    semantics = queue.vhost.semantics
    headers = dict(message.properties.headers or {})
    deaths = _history(headers) if semantics.trusts_death_header else message.deaths
    previous = _find(deaths, queue.name, reason)
    long = queue.state.field_types.long
    death = _again(previous, long) if previous else _death(queue, message, reason)
    deaths = (death, *(other for other in deaths if other is not previous))
    first = "x-death" not in headers if semantics.trusts_death_header else not message.deaths
    if first:
        headers |= _summary("first", queue.name, reason, message.exchange)
    if semantics.last_death_headers:
        headers |= _summary("last", queue.name, reason, message.exchange)
    headers["x-death"] = list(deaths)
    key = queue.policy.dead_letter_routing_key
    if key is not None and semantics.new_key_drops_copies:
        headers.pop("CC", None)
    keys = message.routing_keys if key is None else (key,)
    return Message(
        exchange,
        keys[0],
        message.properties.replace(headers=headers, expiration=None),
        message.body,
        copies=message.copies if key is None else (),
        blind_copies=message.blind_copies if key is None else (),
        deaths=deaths,
        failures=enqueued.failures,
    )


def is_cycle(target: str, deaths: Collection[Mapping[str, object]]) -> bool:
    """Tell whether a message on its way to `target` has died there before and was not rejected since."""
    since = []
    for death in deaths:
        since.append(death)
        if death.get("queue") == target:
            return all(one.get("reason") != Reason.REJECTED.value for one in since)
    return False


def _history(headers: Mapping[str, object]) -> tuple[Mapping[str, object], ...]:
    deaths = headers.get("x-death")
    return (
        tuple(death for death in deaths if isinstance(death, dict))
        if isinstance(deaths, list)
        else ()
    )


def _find(
    deaths: Collection[Mapping[str, object]], queue: str, reason: Reason
) -> Mapping[str, object] | None:
    return next(
        (
            death
            for death in deaths
            if death.get("queue") == queue and death.get("reason") == reason.value
        ),
        None,
    )


def _again(death: Mapping[str, object], long: Callable[[int], int]) -> Mapping[str, object]:
    """Count one more death of the same kind.

    A publisher may have written any count. RabbitMQ adds to it without a limit, and wraps to a
    negative number when it writes 64 bits; a count that stays at the largest is wrong for nobody.
    """
    count = death.get("count")
    return {**death, "count": long(min(count + 1, LARGEST_LONG) if isinstance(count, int) else 1)}


def _death(queue: Queue, message: Message, reason: Reason) -> Mapping[str, object]:
    types = queue.state.field_types
    death: dict[str, object] = {
        "count": types.long(1),
        "reason": reason.value,
        "queue": queue.name,
        "time": types.timestamp(int(queue.state.now)),
        "exchange": message.exchange,
        "routing-keys": [message.routing_key, *message.copies],
    }
    if message.properties.expiration is not None:
        death["original-expiration"] = message.properties.expiration
    return death


def _summary(which: str, queue: str, reason: Reason, exchange: str) -> dict[str, object]:
    return {
        f"x-{which}-death-reason": reason.value,
        f"x-{which}-death-queue": queue,
        f"x-{which}-death-exchange": exchange,
    }
