"""The management HTTP API: the subset of RabbitMQ's that Warren's rig and people's scripts use.

`http` speaks HTTP, `api` has the paths, `views` what is shown, `connection` how it is done over AMQP.
"""

from warren.simulator.tcp.management.http import serve_management

__all__ = ["serve_management"]
