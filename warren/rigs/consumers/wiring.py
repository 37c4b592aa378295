"""What an instance did instead of consuming from its queue, in words: for who has wired it wrongly."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.evidence.ledger import Consumer, Ledger
    from warren.worlds.protocol import Process

_MOST: Final = 6
"""Names that fit into a sentence."""


def lacking(ledger: Ledger, process: Process) -> list[str]:
    """Name the queues of an instance's role, that of its work first, from which it has not begun to consume."""
    consumed = {c.queue for c in ledger.consumers_of(process.name)}
    return [q for q in (process.role.queue, *process.role.also) if q not in consumed]


def seen_instead(ledger: Ledger, instance: str) -> str:
    """Say how far an instance came: whether it connected, what it was refused, declared and consumed."""
    connected = any(c.instance == instance for c in ledger.connections)
    ends = [end for end in ledger.ends if end.instance == instance]
    if not connected and not ends:
        return "it never connected to the broker"
    refusals = [str(r) for r in ledger.refusals if r.instance == instance]
    if refusals:
        return f"it was refused something: {refusals[-1]}"
    consumed = _named(c.queue for c in ledger.consumers if c.instance == instance)
    if consumed:
        return f"it consumes from {consumed} instead"
    declared = [d for d in ledger.declarations if d.instance == instance]
    queues = _named(d.name for d in declared if d.kind == "queue")
    exchanges = _named(d.name for d in declared if d.kind == "exchange")
    told = [
        *([f"declared the queues {queues}"] if queues else []),
        *([f"declared the exchanges {exchanges}"] if exchanges else []),
    ]
    if told:
        return f"it connected, {' and '.join(told)}, and consumes from none"
    if ends and not connected:
        return f"its connection ended: {ends[-1]}"
    return "it connected, and neither declared nor consumed anything"


def advice_to_own(ledger: Ledger, process: Process) -> str:
    """Say which line of its manifest a consumer of somebody's own may need; "" where its output says more."""
    instance, role = process.name, process.role
    connected = any(c.instance == instance for c in ledger.connections)
    consumed = [c for c in ledger.consumers if c.instance == instance]
    here = dict.fromkeys(c.queue for c in consumed if not _vhost_of(c, ledger))
    if role.queue in here:
        return "take out of `queue` what it does not consume from"
    if here:
        lines = " or ".join(f'queue = "{queue}"' for queue in islice(here, _MOST))
        return f'write {lines} under [consumers.{role}], in place of "{role.queue}": the one that it works from'
    if consumed:
        vhosts = dict.fromkeys(_vhost_of(c, ledger) for c in consumed)
        lines = " or ".join(f'vhost = "{vhost}"' for vhost in islice(vhosts, _MOST))
        return f"write {lines} under [consumers.{role}]: the one that its work queue is in"
    if not connected and not any(end.instance == instance for end in ledger.ends):
        return (
            "write {amqp_url}, or {host} and {port}, where it reads the address of its broker: in `environment`, "
            "`templates` or `command`; an address that it has built in must become a variable, "
            "or the program an `image`, in whose network that name leads here"
        )
    return ""


def _vhost_of(consumer: Consumer, ledger: Ledger) -> str:
    """Name the vhost that a consumer is in, where it is not the work's."""
    return ledger.elsewhere.get((consumer.instance, consumer.connection), "")


def _named(names: Iterable[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - _MOST} more" if len(unique) > _MOST else ""
    return ", ".join(f'"{name}"' for name in unique[:_MOST]) + more
