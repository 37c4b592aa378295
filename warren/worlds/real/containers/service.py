"""What is to run in a container, as facts: of an image alone, or of a service of a Compose file."""

from __future__ import annotations

from dataclasses import dataclass, field
from signal import Signals
from typing import TYPE_CHECKING, Any

from warren.errors import InstanceError

if TYPE_CHECKING:
    from warren.claims.implementation import Program


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


def stop_signal_of(program: Program, service: Service, of_image: str | None, where: str) -> Signals:
    """Say what asks a container to end: the manifest's signal, or the service's, or the image's, or SIGTERM.

    Raises `InstanceError` where the service or the image names none that there is.
    """
    named = str(service.options.get("stop_signal") or of_image or "")
    assert program.container is not None, "it is started in one"
    if not named or not program.container.keeps_stop_signal:
        return program.stop_signal
    try:
        if named.isdigit():
            return Signals(int(named))
        return Signals[f"SIG{named.upper().removeprefix('SIG')}"]
    except (KeyError, ValueError) as error:
        raise InstanceError(
            f"it is to be stopped by {named}, which is no signal that has a name here",
            where,
            "write the one that it listens to as `stop.signal` of the consumer",
        ) from error
