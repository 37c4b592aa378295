"""A database server of one worker's own, and the databases on it: for the cases that restart it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.worlds.real.databases.choice import attach, choose
from warren.worlds.real.databases.own import OwnServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.databases.copies import Databases
    from warren.worlds.real.runs.run import Run


@dataclass(frozen=True, slots=True)
class PrivateServer:
    """A server that no other worker is on."""

    server: OwnServer
    databases: Databases

    def shut_down(self) -> None:
        """End it in order, with all that is committed kept."""
        self.databases.disconnect()
        self.server.shut_down()

    def start_again(self) -> None:
        """Start it where it was, and wait until it answers. Raises DatabaseUnavailable."""
        self.server.start_again()


@contextlib.contextmanager
def private_server(option: str, run: Run, owner: str) -> Iterator[PrivateServer | None]:
    """Start one as `--database` names it, and stop it afterwards; None where that would not be ours to restart."""
    chosen = choose(option)
    if not chosen.can_restart:
        yield None
        return
    running = chosen.start(run)
    assert isinstance(running, OwnServer)
    try:
        with attach(running.address, run, owner) as databases:
            yield PrivateServer(running, databases)
    finally:
        running.stop()
