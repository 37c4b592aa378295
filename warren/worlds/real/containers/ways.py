"""The ways of one container: the network that is held for it, and what leads out of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import contextlib

    from warren.worlds.real.databases import DatabaseUrls
    from warren.worlds.real.databases.line import UnfollowedLine
    from warren.worlds.real.relay.database_line import RealDatabaseLine
    from warren.worlds.real.relay.line import RealLine


@dataclass(frozen=True, slots=True)
class Ways:
    """A network, as the mode in which a container joins it, its lines, and where its database is in it."""

    network: str
    line: RealLine
    database: RealDatabaseLine | UnfollowedLine
    urls: DatabaseUrls
    owned: contextlib.ExitStack

    def close(self) -> None:
        """End the lines, and the network. The second time does nothing."""
        self.owned.close()
