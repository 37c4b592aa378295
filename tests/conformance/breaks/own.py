"""Defects of users' own consumers, which break what no design of the course has.

One calls an HTTP service (`tests/own/charges.py`), one consumes from two queues (`tests/own/parcels.py`).
"""

from __future__ import annotations

from tests.conformance.breaks.facts import Break
from warren.claims.verdict import Outcome

_LOST = "lost: http POST /charge of message"
_NOT_BACK = "its effect did not come"
_KINDS = ("error", "refused", "hanging")
_NOT_DONE = tuple(
    Break(f"survives-http-loss.{kind}-recovers", _NOT_BACK, Outcome.WARN) for kind in _KINDS
)

BREAKS: dict[str, tuple[Break, ...]] = {
    "acks-failures": (
        *(Break(f"survives-http-loss.{kind}", _LOST) for kind in _KINDS),
        *_NOT_DONE,
    ),
    "ignores-status": (Break("survives-http-loss.error", _LOST), _NOT_DONE[0]),
    "parks": _NOT_DONE,
    "requeues-at-once": (Break("survives-http-loss.pause", "tried", Outcome.WARN),),
    "stops-consuming": (
        Break("survives-http-loss.goes-on", "lives on, and did no new work"),
        _NOT_DONE[0],
    ),
}

OF_TWO_QUEUES: dict[str, tuple[Break, ...]] = {
    "ends": (Break("survives-cancel.one-of-several", "parcels-1 ended with status 1"),),
    "forgets-the-queue": (
        Break("survives-cancel.one-of-several", "parcels-1 does not consume from shop.returns"),
    ),
    "waits-for-all-queues": (Break("survives-cancel.one-of-several", "lost: "),),
}
