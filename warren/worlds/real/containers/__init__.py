"""Instances in containers, each in a network of its own in which nothing but its lines can be reached.

`containers` starts them for a case, `process` is one of them. `service` is what is to run, as facts, `compose` reads it
from a Compose file, and `addresses` finds what its own values lead to. `holder` makes a network without a way out, and
`namespace` and, without root, `handed` sockets in it; `programs` are what runs in a holder. `ways` are what leads out
of one all the same.
"""

from warren.worlds.real.containers.compose import services_in
from warren.worlds.real.containers.containers import Containers, variables_in
from warren.worlds.real.containers.process import ContainerProcess

__all__ = ["ContainerProcess", "Containers", "services_in", "variables_in"]
