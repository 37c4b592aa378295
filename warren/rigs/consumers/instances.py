"""The instances of a case, in the order in which they were started. Starting them is `starting`'s matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.workloads import Role, Workload
    from warren.worlds.protocol import Process


class Instances:
    """All processes that the case has started, alive or ended."""

    def __init__(self, workload: Workload) -> None:
        """Begin with none."""
        self._all: list[Process] = []
        self._workload = workload

    def add(self, process: Process) -> None:
        """Take in one that was started."""
        self._all.append(process)

    @property
    def all(self) -> list[Process]:
        """All that there are now: who goes through them, and starts others meanwhile, comes to an end."""
        return list(self._all)

    def of(self, role: Role) -> list[Process]:
        """Give the instances of a role."""
        return [p for p in self.all if p.role == role]

    @property
    def workers(self) -> list[Process]:
        """The instances of the role that does the timed work and leaves the effect."""
        return self.of(self._workload.worker)

    @property
    def consumers(self) -> list[Process]:
        """The instances that consume from a queue, whatever they do with what they get."""
        return [p for p in self.all if p.role.consumes]

    def named(self, name: str) -> Process:
        """Give one instance by its name in the ledger."""
        return next(p for p in self.all if p.name == name)
