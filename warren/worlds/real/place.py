"""A place: what one case is given on the servers of its run. A world stands on one, and so does a broker's case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.errors import FaultUnsupported, WarrenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from warren.worlds.real.brokers import BrokerAddress, Management, RunningBroker
    from warren.worlds.real.databases import CaseDatabase, PrivateServer


@dataclass(frozen=True, slots=True)
class Place:
    """A vhost of the case's own on a broker, a folder for what it leaves, and a database where it asks for one.

    `own_broker` is there where the case may restart the broker, since no other case is on it then, and
    `own_database_server` where it may restart that.
    """

    broker: BrokerAddress
    vhost: str
    management: Management
    folder: Path
    database: Callable[[], AbstractContextManager[CaseDatabase]]
    """Makes a database for the case, and drops it at the end of the block."""
    make_vhost: Callable[[str], str]
    """Makes another vhost, for what a consumer calls by that name; it goes with the place."""
    own_broker: RunningBroker | None = None
    own_database_server: PrivateServer | None = None

    def restart(self) -> None:
        """Restart the broker in order, and return when it takes connections; every connection is gone then.

        Raises `WarrenError` where this broker is not ours to restart.
        """
        self._own("be restarted").restart()

    def kill(self) -> None:
        """Cut the broker off, start it again, and return when it takes connections.

        Raises `WarrenError` where this broker is not ours to kill.
        """
        self._own("be killed").kill()

    def set_memory_alarm(self, is_on: bool) -> None:
        """Have the broker be short of memory, or no longer; its publishers are blocked meanwhile.

        Raises `WarrenError` where this broker is not ours.
        """
        self._own("be short of memory").set_memory_alarm(is_on)

    def set_disk_alarm(self, is_on: bool) -> None:
        """Have the broker be short of disk space, or no longer; its publishers are blocked meanwhile.

        Raises `WarrenError` where this broker is not ours.
        """
        self._own("be short of disk space").set_disk_alarm(is_on)

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Have the broker wait so long for the acks of channels that are opened from now on, or as by default.

        Raises `WarrenError` where this broker is not ours.
        """
        self._own("wait shorter for acks").set_ack_timeout(seconds)

    @property
    def restartable_database_server(self) -> PrivateServer:
        """The case's own; raises `FaultUnsupported` where there is none."""
        if self.own_database_server is None:
            raise FaultUnsupported(
                "there is no database server that could be restarted",
                where="--database",
                what_to_do="run the case on a PostgreSQL or MariaDB that Warren starts itself",
            )
        return self.own_database_server

    def _own(self, what: str) -> RunningBroker:
        if self.own_broker is None:
            raise WarrenError(
                f"this broker cannot {what}",
                where=self.broker.description,
                what_to_do="use a broker that Warren starts itself",
            )
        return self.own_broker
