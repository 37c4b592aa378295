"""The real world: processes of this machine, a broker, a database server, and the wall clock.

`servers` is the controller's, `worlds` each pytest process's, `place` and `world` a case's; `process` is an instance,
and `relay` its way to the broker. `runs` is what a run is and how it ends, `brokers` and `databases` are the kinds of
servers there are, and `killed_runs` takes back what killed runs have left.

The public names are imported when they are first asked for: SQLAlchemy, pika, requests and docker are most of what a
process of pytest loads, and one that starts nothing needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.worlds.real.place import Place
    from warren.worlds.real.servers import Servers
    from warren.worlds.real.world import RealWorld
    from warren.worlds.real.worlds import RealWorlds

__all__ = ["Place", "RealWorld", "RealWorlds", "Servers"]

_HOMES = {
    "Place": "warren.worlds.real.place",
    "RealWorld": "warren.worlds.real.world",
    "RealWorlds": "warren.worlds.real.worlds",
    "Servers": "warren.worlds.real.servers",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
