"""What is to run in a container, as facts: of an image alone, or of a service of a Compose file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of the project that is seen in the container."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """An image, and what is other than it has it. `options` go to the engine as they are.

    `peers` are the names of the other services, which its addresses may have for broker and database.
    """

    image: str
    command: list[str] | str | None = None
    entrypoint: list[str] | str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    peers: tuple[str, ...] = ()
