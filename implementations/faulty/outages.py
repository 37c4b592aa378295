"""Defects of a database's outage: the message is dropped, tried again without a pause, or ends the process."""

import os
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from implementations.faulty.settling import drop, requeue
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.outage import is_outage
from reference_impl.schema import engine

_ALLOWED = 0.7  # seconds for a statement
_ON_ITS_WAY = 0.2  # seconds for a rejection to leave the process


class _AwayError(Exception):
    """The database is away."""


class RejectsWithoutDatabase(Consumer):
    """Rejects a message whose database is away, and keeps no copy."""

    give_up: Callable[[Delivery], None] = staticmethod(drop)

    def attempt(self, delivery: Delivery) -> bool:
        """Handle a delivery; give it up where the database is away."""

        def handle() -> None:
            try:
                self.handler.handle(delivery)
            except sa.exc.SQLAlchemyError as error:
                if is_outage(error):
                    raise _AwayError from error
                raise

        try:
            return self.persist(handle)
        except _AwayError:
            self.give_up(delivery)
            return False


class RetriesWithoutPause(RejectsWithoutDatabase):
    """Requeues a message whose database is away, and gets it again at once."""

    give_up = staticmethod(requeue)


def unwatched(url: str) -> sa.Engine:
    """Open a pool that neither tries its connections before they are used nor has a time-out for an answer."""
    return engine(url) if url.startswith("sqlite") else sa.create_engine(url)


class DropsWhenDatabaseHangs(Consumer):
    """Drops its message, and ends the process, when a statement takes longer than a watchdog allows."""

    def attempt(self, delivery: Delivery) -> bool:
        """Handle a delivery, each statement under watch."""
        timers: list[threading.Timer] = []

        def give_up() -> None:
            drop(delivery)
            time.sleep(_ON_ITS_WAY)
            os._exit(1)

        def begin(*_: object) -> None:
            timers.append(threading.Timer(_ALLOWED, give_up))
            timers[-1].start()

        def end(*_: object) -> None:
            timers.pop().cancel()

        watched = (("before_cursor_execute", begin), ("after_cursor_execute", end))
        for name, listener in watched:
            sa.event.listen(sa.Engine, name, listener)
        try:
            return super().attempt(delivery)
        finally:
            for name, listener in watched:
                sa.event.remove(sa.Engine, name, listener)
            for timer in timers:  # of a statement that failed
                timer.cancel()


class DiesWithoutDatabase(RejectsWithoutDatabase):
    """Ends the process where the database is away."""

    give_up = staticmethod(lambda _delivery: os._exit(1))


class StallsWithoutDatabase(RejectsWithoutDatabase):
    """Waits for a word that its database is back, which nobody gives: it lives on, and keeps its message for ever."""

    @staticmethod
    def give_up(_delivery: Delivery) -> None:
        """Wait for ever."""
        threading.Event().wait()
