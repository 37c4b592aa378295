"""The designs of the document as data: roles, how many instances, and where their messages go.

Source: document 1, every chapter; the names on the wire are those of `docs/contract.md`, "Messages". What a design
does with a message is the implementation's; what must be left of it in the database is `warren.workloads.accounting`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A process that a design needs."""

    STREAM = "stream"
    PART = "part"
    TASK = "task"
    RPC_SERVER = "rpc-server"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Route:
    """A direct durable exchange and the durable queue bound to it with routing key ""."""

    exchange: str
    queue: str


STREAM = Route("old_sound_rabbit_mq.stream", "old_sound_rabbit_mq.consumer.stream")
PART = Route("old_sound_rabbit_mq.part", "old_sound_rabbit_mq.consumer.part")
TASK = Route("old_sound_rabbit_mq.task", "old_sound_rabbit_mq.consumer.task")
RPC = Route("task", "old_sound_rabbit_mq.task")

ROUTES = {Role.STREAM: STREAM, Role.PART: PART, Role.TASK: TASK, Role.RPC_SERVER: RPC}


@dataclass(frozen=True, slots=True)
class Design:
    """One way in which the document builds the system.

    `roles` maps each role to its number of instances, in the order in which they are started: a consumer of what
    another role publishes is there first. `work` is the shortest and longest work on one message, in document
    seconds (for `blocking`: per text).
    """

    slug: str
    roles: dict[Role, int]
    work: tuple[float, float]

    @property
    def worker(self) -> Role:
        """The role that does the timed work and leaves the effect."""
        return next(iter(self.roles))


DESIGNS = {
    design.slug: design
    for design in (
        Design("blocking", {Role.STREAM: 1}, (1, 1)),
        Design("parts", {Role.PART: 1, Role.STREAM: 1}, (1, 1)),
        Design("parts-random", {Role.PART: 3, Role.STREAM: 1}, (1, 3)),
        Design("pipeline", {Role.PART: 3, Role.STREAM: 1}, (1, 3)),
        Design("task", {Role.TASK: 1, Role.HTTP: 1}, (0, 0)),
        Design("rpc", {Role.RPC_SERVER: 1, Role.HTTP: 1}, (2, 2)),
    )
}
