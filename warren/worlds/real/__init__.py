"""The real world: processes of this machine, a RabbitMQ, a database server, and the wall clock."""

from warren.worlds.real.place import Place
from warren.worlds.real.servers import Servers
from warren.worlds.real.world import RealWorld
from warren.worlds.real.worlds import RealWorlds

__all__ = ["Place", "RealWorld", "RealWorlds", "Servers"]
