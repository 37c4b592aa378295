"""A run that the workers of xdist share, for a broker of which one is enough: a RabbitMQ in Docker, or a local one.

The controller begins and ends it. The first worker that needs the broker starts it, so that a run of which no test
asks for one starts none.
"""

from __future__ import annotations

from warren.worlds.real.runs import Run


class SharedRun:
    """Held by the controller."""

    def __init__(self) -> None:
        """Begin; no broker is started yet."""
        self._run = Run.start()

    @property
    def folder(self) -> str:
        """What a worker needs to take part."""
        return str(self._run.folder)

    def end(self) -> None:
        """Remove the container that a worker may have started, and end what else the run began."""
        try:
            if any(True for _ in self._run.noted()):
                from warren.worlds.real.brokers.container import remove_leftovers  # noqa: PLC0415

                remove_leftovers(self._run.id)
        except BaseException:
            self._run.leave()
            raise
        self._run.end()
