"""The real world: processes of this machine, a RabbitMQ, a database server, and the wall clock."""

from warren.worlds.real.world import RealWorld, RealWorlds

__all__ = ["RealWorld", "RealWorlds"]
