"""The servers of a run: the controller starts its broker and its database, and ends them.

The *controller* is xdist's, or the only process. The *workers* get the servers' addresses and make worlds on them
(`warren.worlds.real.worlds`).
"""

from __future__ import annotations

import contextlib
import secrets
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import warren.worlds.real.brokers
import warren.worlds.real.databases
from warren.worlds.real import services
from warren.worlds.real.brokers.embedded import EmbeddedBroker
from warren.worlds.real.brokers.own import CONTAINER
from warren.worlds.real.killed_runs import sweep
from warren.worlds.real.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_SEEDS: Final = 1_000_000
"""How many there are to choose from: few enough to be typed."""


class Servers:
    """A run with its broker and its database, ended by `close`."""

    def __init__(
        self,
        broker: str,
        database: str,
        say: Callable[[str], object],
        *,
        tls: bool = False,
        seed: int | None = None,
        queue_type: str | None = None,
    ) -> None:
        """Clean up after killed runs, then start what the two options name. Raises `SetupError` in one sentence.

        Durable queues of cases that are declared without a type are of `queue_type`, where one is given. With `tls` all
        instances speak TLS on their lines. All chance of the worlds follows from the `seed`, which is drawn where none
        is given. What of killed runs cannot be taken back yet is told to `say`, a sentence each. As long as the servers
        run, SIGTERM ends this process as Ctrl-C does: in order, with everything taken back.
        """
        self.tls, self.queue_type = tls, queue_type
        self.seed = secrets.randbelow(_SEEDS) if seed is None else seed
        for sentence in sweep().left:
            say(sentence)
        with contextlib.ExitStack() as stack:
            before = signal.signal(signal.SIGTERM, signal.default_int_handler)
            stack.callback(signal.signal, signal.SIGTERM, before)
            self.run, self._started = Run.start(), False
            stack.push(self._end_run)
            stack.push(self._remove_containers)
            stack.callback(self._remove_services)
            chosen = warren.worlds.real.brokers.choose(broker)
            bare = isinstance(chosen, EmbeddedBroker)
            chosen_database = warren.worlds.real.databases.choose(database, bare=bare)
            running_database = chosen_database.start(self.run)
            stack.callback(running_database.stop)
            running_broker = chosen.start(self.run)
            stack.callback(running_broker.stop)
            self._chosen, self._chosen_database = chosen, chosen_database
            self.broker, self.database = running_broker.address, running_database.address
            if queue_type is not None:
                said = f"{self.broker.description}, {queue_type} queues by default"
                self.broker = replace(self.broker, description=said)
            self._stack, self._started = stack.pop_all(), True

    def for_workers(self) -> dict[str, Any]:
        """Give what a worker needs, as plain JSON (it holds passwords: never print it)."""
        return {
            "run": str(self.run.folder),
            "option": self._chosen.option,
            "light": self._chosen.is_light,
            "tls": self.tls,
            "seed": self.seed,
            "queue_type": self.queue_type,
            "broker": self.broker.to_json(),
            "database_option": self._chosen_database.option,
            "database": self.database.to_json(),
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords of this run."""
        return (*self.broker.secrets, *self.database.secrets)

    def close(self) -> None:
        """Stop broker and database, kill what carries the run's mark, delete its folder.

        Raises `SetupError` where something could not be taken back; the next start does that.
        """
        self._stack.close()

    def _remove_services(self) -> None:
        """End what a worker left that was killed before it ended its services."""
        for kind, facts in self.run.noted():
            if kind == services.JOURNAL_KIND:
                services.remove_leftover(facts)

    def _remove_containers(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Remove what a worker left that was killed before it stopped the broker of its own.

        Where something could not be taken back already, that is what a person is told; the next start does the rest.
        """
        if error is None and any(kind == CONTAINER for kind, _ in self.run.noted()):
            from warren.worlds.real.brokers.container import remove_leftovers  # noqa: PLC0415 - costs docker

            remove_leftovers(self.run.id)

    def _end_run(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is not None and self._started:
            self.run.leave()
        else:
            self.run.end()
