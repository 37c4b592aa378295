"""A connection to PostgreSQL that gives up on a server which says nothing, as where a firewall has forgotten it."""

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")

_SILENT_TICKS = 200
"""Of a tenth of a second each, at least: psycopg looks so often whether something has come.

They are counted and not measured by a clock, which a process that was frozen finds far ahead.
"""


class WatchedConnection(psycopg.Connection[Any]):
    """Ends itself when the server does not answer; who asked finds an error as of a lost connection."""

    def wait(self, gen: PQGen[T], *given: Any, **named: Any) -> T:
        """Wait for an answer, but not for ever."""
        return super().wait(self._watched(gen), *given, **named)

    def _watched(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """Go on with what waits, as long as something comes now and then."""
        silent = 0
        state = next(gen)
        while True:
            ready = yield state
            silent = 0 if ready else silent + 1
            if silent >= _SILENT_TICKS:
                self.pgconn.finish()
                raise psycopg.OperationalError("the database server said nothing for 20 s")
            try:
                state = gen.send(ready)
            except StopIteration as done:
                answer: T = done.value
                return answer
