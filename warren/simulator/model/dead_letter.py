"""Dead letters: why a message dies in a queue, which headers it gets for that, and where it goes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.fact import fact
from warren.simulator.model.changes import Place
from warren.simulator.model.deaths import Deaths
from warren.simulator.model.message import Message
from warren.simulator.model.tables import LARGEST_LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from warren.simulator.model.exchange import Exchange
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued


DEATHS_LIKE_A_HOP = 512
"""With every so many deaths behind it, a message costs as much work as another message does."""


class Reason(Enum):
    """Why a message was dead-lettered; the values stand in x-death."""

    REJECTED = "rejected"
    EXPIRED = "expired"
    MAXLEN = "maxlen"
    DELIVERY_LIMIT = "delivery_limit"


def dead_letter(queue: Queue, enqueued: Enqueued, reason: Reason) -> None:
    """Have a message that has left `queue` go to its dead-letter exchange, if there is one."""
    if queue.policy.dead_letter_exchange is None:
        queue.note(enqueued, Place.GONE)
    else:
        queue.state.onward.append(DeadLetter(queue, enqueued, reason))


@fact
class DeadLetter:
    """A message on its way from the queue where it died; nobody asks whether it arrives."""

    queue: Queue
    enqueued: Enqueued
    reason: Reason

    def send(self) -> int:
        """Send it to the queues that get it; return how much work that was."""
        message, targets = self._onward()
        for target in targets:
            if not target.deleted:
                target.enqueue(message)
        return work_of(message, targets)

    def lay_aside(self) -> None:
        """Put it where its way has led it, and do nothing more."""
        message, targets = self._onward()
        for target in targets:
            if not target.deleted:
                target.lay_aside(message)

    def _onward(self) -> tuple[Message, Collection[Queue]]:
        """Return the message as others get it, and the queues that do.

        Until now whoever keeps what is durable has it where it was, so that none is lost on its way.
        """
        queue, enqueued = self.queue, self.enqueued
        queue.note(enqueued, Place.GONE)
        name = queue.policy.dead_letter_exchange
        exchange = None if name is None else queue.vhost.exchanges.get(name)
        if exchange is None:
            return enqueued.message, ()
        dead = bury(queue, enqueued, self.reason, exchange.name, queue.state.now)
        return dead, targets_of(exchange, dead, self.reason)


def targets_of(exchange: Exchange, dead: Message, reason: Reason) -> Collection[Queue]:
    """Return the queues that a dead letter goes to from `exchange`: not in a circle."""
    targets = exchange.route(dead)
    if reason is Reason.REJECTED:
        return targets
    return [each for each in targets if not is_cycle(each.name, Deaths.of(dead.deaths))]


def work_of(message: Message, targets: Collection[Queue]) -> int:
    """Return how much work it is to send a dead letter on."""
    return 1 + len(targets) + len(message.deaths) // DEATHS_LIKE_A_HOP


def bury(
    queue: Queue, enqueued: Enqueued, reason: Reason, exchange: str, died_at: float
) -> Message:
    """Return the message as the dead-letter `exchange` gets it, with its death in the headers."""
    message = enqueued.message
    semantics = queue.vhost.semantics
    headers = dict(message.properties.headers or {})
    deaths = Deaths.of(message.deaths)
    if semantics.trusts_death_header and not deaths:
        deaths = _history(headers)
    previous = deaths.find(queue.name, reason.value)
    if previous is None:
        latest = _death(queue, message, reason, died_at)
    else:
        latest = _again(previous, queue.state.field_types.long)
    if semantics.regroups_deaths and deaths:
        latest = dict(sorted(latest.items()))
    deaths = deaths.with_latest(latest, turns_round=semantics.regroups_deaths)
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


def is_cycle(target: str, deaths: Deaths) -> bool:
    """Tell whether a message on its way to `target` has died there before and was not rejected since."""
    since = [death.get("reason") != Reason.REJECTED.value for death in deaths.since(target)]
    return bool(since) and all(since)


def _history(headers: Mapping[str, object]) -> Deaths:
    """Return what the header says, which a client may have written."""
    deaths = headers.get("x-death")
    return Deaths.of(
        death for death in (deaths if isinstance(deaths, list) else ()) if isinstance(death, dict)
    )


def _again(death: Mapping[str, object], long: Callable[[int], int]) -> Mapping[str, object]:
    """Count one more death of the same kind.

    A publisher may have written any count. RabbitMQ adds to it without a limit, and wraps to a
    negative number when it writes 64 bits; a count that stays at the largest is wrong for nobody.
    """
    count = death.get("count")
    counted = long(min(count + 1, LARGEST_LONG) if isinstance(count, int) else 1)
    return {**death, "count": counted}


def _death(queue: Queue, message: Message, reason: Reason, died_at: float) -> Mapping[str, object]:
    types = queue.state.field_types
    original: dict[str, object] = {}
    if message.properties.expiration is not None:
        original["original-expiration"] = message.properties.expiration
    begins = not queue.state.semantics.trusts_death_header
    death: dict[str, object] = {
        **(original if begins else {}),
        "count": types.long(1),
        "reason": reason.value,
        "queue": queue.name,
        "time": types.timestamp(int(died_at)),
        "exchange": message.exchange,
        "routing-keys": [message.routing_key, *message.copies],
    }
    return death if begins else death | original


def _summary(which: str, queue: str, reason: Reason, exchange: str) -> dict[str, object]:
    return {
        f"x-{which}-death-reason": reason.value,
        f"x-{which}-death-queue": queue,
        f"x-{which}-death-exchange": exchange,
    }
