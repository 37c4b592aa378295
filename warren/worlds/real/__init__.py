"""The real world: processes of this machine, a broker, a database server, and the wall clock.

`servers` is the controller's, `worlds` each pytest process's, `place` and `world` a case's; `process` is an instance,
and `relay` its way to the broker. `runs` is what a run is and how it ends, `brokers` and `databases` are the kinds of
servers there are, and `killed_runs` takes back what killed runs have left.
"""

from warren.worlds.real.place import Place
from warren.worlds.real.servers import Servers
from warren.worlds.real.world import RealWorld
from warren.worlds.real.worlds import RealWorlds

__all__ = ["Place", "RealWorld", "RealWorlds", "Servers"]
