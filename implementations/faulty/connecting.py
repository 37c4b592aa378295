"""Defects of the connection: its heartbeat, and what becomes of the process when it is lost."""

import contextlib

import pika
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
