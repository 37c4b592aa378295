"""What a user's own consumers find around them, as facts: services, definitions, the answers of HTTP services.

A manifest says it (`warren.claims.own_surroundings`); a world makes it for each case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from warren.claims.implementation import Program


@dataclass(frozen=True, slots=True)
class Service:
    """A server that consumers need besides broker and database: a process or a container on a free port of its own.

    One is started for each case; where `reset` empties it, one for each process of pytest, which runs that before
    each case. One with an `address`, and no program, runs already, for all cases. `{port}` and `{host}` in its programs
    are its own.
    """

    name: str
    program: Program | None
    ready: str
    """Which port listens when it is ready: `{port}`, or a number; of a container, one in it."""
    within: float
    """Seconds in which it must be ready."""
    reset: Program | None = None
    """What empties it; of a container, run in it."""
    address: tuple[str, int] | None = None
    source: str = field(default="", compare=False)
    """Where it is named."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """A file of RabbitMQ definitions, of which one vhost is for the work; "" where the file has no more than one."""

    path: Path
    vhost: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the HTTP stub answers to a request; a segment `{…}` of its path stands for any."""

    method: str
    path: str
    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it; of the answers the first that fits counts."""

    services: tuple[Service, ...] = ()
    definitions: Definitions | None = None
    answers: tuple[Answer, ...] = ()
