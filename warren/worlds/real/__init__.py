"""The real world: processes of this machine, a broker, a database server, and the wall clock.

`servers` is the controller's, `worlds` each pytest process's, `place` and `world` a case's; `process` is an instance,
and `relay` its way to the broker. `runs` is what a run is and how it ends, `brokers` and `databases` are the kinds of
servers there are, and `killed_runs` takes back what killed runs have left.

How an instance is started: `launching` is the plain way, `preloading` a quicker one, `containers` that of an image.
What a user's own consumer is given (`own_programs`): the words in its command (`placeholders`), a copy of its folder
(`directories`), other servers (`services`), an HTTP service to call (`http_stub`).

The names are imported when they are first asked for: somebody else's tests take brokers, processes and the relay, and
wait for no database's driver.
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

_HOMES = {"Place": "place", "RealWorld": "world", "RealWorlds": "worlds", "Servers": "servers"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
