"""The first line of a run: which broker, database and pace are really used."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.rigs.pace import Pace
    from warren.worlds.real import Servers


def header(servers: Servers, pace: Pace) -> str:
    """Name what is really used."""
    return (
        f"warren {metadata.version('pytest-warren')}: {servers.broker.description}; "
        f"{servers.database.description}; "
        f"pace {pace.name} (second {pace.second} s, heartbeat {pace.heartbeat} s); "
        f"seed {servers.seed}"
    )
