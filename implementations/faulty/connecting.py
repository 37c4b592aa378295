"""Defects of the connection: its heartbeat, and what becomes of the process when it is lost."""

import contextlib
import os

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from reference_impl.hardened.backoff import Backoff
from reference_impl.hardened.link import Link


class DisablesHeartbeats(Link):
    """Negotiates a heartbeat of 0: nobody ever notices a silent connection."""

    def _parameters(self) -> pika.URLParameters:
        parameters = super()._parameters()
        parameters.heartbeat = 0
        return parameters


class DiesWithItsConnection(Link):
    """Ends the process when its connection is lost."""

    def _run(self, backoff: Backoff) -> None:
        self._serve(backoff)


class NeverReconnects(Link):
    """Stays when its connection is lost, and never opens another."""

    def _run(self, backoff: Backoff) -> None:
        with contextlib.suppress(AMQPError):
            self._serve(backoff)
        self._forget()
        self._end.wait()


class LeavesCallersAlone(NeverReconnects):
    """Does not reopen the connection of role `http`, through which others call; a consumer's it does."""

    def _run(self, backoff: Backoff) -> None:
        if self._patient:
            super()._run(backoff)
        else:
            super(NeverReconnects, self)._run(backoff)


class EndsWithoutClosing(Link):
    """Ends the process, its work done and acked, without connection.close."""

    def close(self) -> None:
        """Leave the connection to the operating system."""
        os._exit(0)


class SurvivesOneLoss(Link):
    """Connects again after the first loss, and ends the process at the second."""

    _served: BlockingChannel | None = None

    def _forget(self) -> None:
        channel = self._channel
        super()._forget()
        if channel is None or channel is self._served:
            return
        if self._served is not None and not self._end.requested:
            os._exit(1)
        self._served = channel
