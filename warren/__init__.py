"""Warren finds out what a RabbitMQ consumer really guarantees.

The rooms of the house, each with a docstring that says what lives there:

    evidence    what was seen: frames, database rows, and the ledger that joins them
    claims      what is promised: the catalogue of requirements, manifests, verdicts
    workloads   one unit of work: where it is published, which effects it owes
    worlds      what a case stands on: brokers, databases, processes, and the relay between them
    rigs        what a case holds: one rig for consumers, one for brokers
    report      what a person or a machine reads of a run
    learning    a consumer that nobody described, run and looked at, and its manifest written
    plugin      the cases as pytest items
    testing     fixtures for anybody's tests: a broker, and a consumer under faults
    command     the console command `warren`
    simulator   a RabbitMQ that fits in a process; it knows none of the other rooms
    suite       where the cases, the course's payloads and the reference are
    errors      the errors that a person can meet, each one sentence

The public names are imported when they are first asked for: the embedded broker starts without what they need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.claims.catalogue import load_catalogue
    from warren.claims.manifest import load_manifest
    from warren.errors import WarrenError

__all__ = ["WarrenError", "load_catalogue", "load_manifest"]

_HOMES = {
    "WarrenError": "warren.errors",
    "load_catalogue": "warren.claims.catalogue",
    "load_manifest": "warren.claims.manifest",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
