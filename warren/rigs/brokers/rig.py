"""`BrokerRig`: a case's own vhost, and its hands on it. How each hand works is its own module's matter."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pika

from warren.rigs.brokers.connections import Connections
from warren.rigs.brokers.deadline import deadline
from warren.rigs.brokers.declaring import Declaring
from warren.rigs.brokers.expecting import Expecting
from warren.rigs.brokers.inbox import Inbox, Received, got
from warren.rigs.brokers.judging import to_findings
from warren.rigs.brokers.looking import Looking
from warren.rigs.brokers.opening import Opening
from warren.rigs.brokers.operating import Operating
from warren.rigs.brokers.programs import Programs
from warren.rigs.brokers.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.claims.catalogue import Requirement
    from warren.claims.verdict import Finding, Measurement
    from warren.rigs.brokers.running_program import RunningProgram
    from warren.rigs.pace import Pace
    from warren.worlds.real import Place

_CASE = 120.0
"""Seconds that a case may take, its restarts of the broker included."""


class BrokerRig:
    """What a case that judges a broker holds, in a vhost of its own.

    Publishing, getting and declaring go over the rig's own connection, whose publishes are confirmed: what is published
    is in its queues when `publish` returns. The plugin uses the rig as a `warren.rigs.protocol.CaseRig`.
    """

    def __init__(
        self, place: Place, pace: Pace, requirements: Sequence[Requirement], programs: Path
    ) -> None:
        """Stand on a place that others take back; `programs` is the manifest of what a case may start."""
        self.pace, self.requirements = pace, tuple(requirements)
        self._place = place
        self._connections = Connections(place.broker.amqp_url(place.vhost))
        self.open = Opening(self._connections, place.broker, place.vhost)
        self.declare = Declaring(self._connections)
        self.look = Looking(self._connections, place)
        self.wait = Waiting(self._connections, self.look)
        self.expect = Expecting(self._connections, self.wait)
        self.operate = Operating(place)
        self.programs = Programs(programs, place)

    @property
    def version(self) -> str:
        """The broker's version, e.g. "4.3.6"."""
        return self._place.broker.version

    @property
    def vhost(self) -> str:
        """The case's own vhost."""
        return self._place.vhost

    @property
    def user(self) -> str:
        """The user that the case's clients log in as."""
        return self._place.broker.case_user

    def publish(
        self,
        body: bytes,
        key: str,
        exchange: str = "",
        *,
        mandatory: bool = False,
        **properties: Any,
    ) -> None:
        """Publish and wait for the confirm; for a nack or a return, raise what pika raises."""
        self._connections.confirmed.basic_publish(
            exchange, key, body, pika.BasicProperties(**properties), mandatory=mandatory
        )

    def fill(self, queue: str, *bodies: bytes) -> None:
        """Publish messages to a queue, one after the other."""
        for body in bodies:
            self.publish(body, queue)

    def get(
        self, queue: str, channel: BlockingChannel | None = None, *, auto_ack: bool = True
    ) -> Received | None:
        """Get one message, or None where none is ready."""
        return got(channel or self._connections.confirmed, queue, auto_ack=auto_ack)

    def drain(self, queue: str) -> list[bytes]:
        """Get all that is ready now, and acknowledge it."""
        bodies: list[bytes] = []
        while received := self.get(queue):
            bodies.append(received.body)
        return bodies

    def consume(
        self,
        queue: str,
        channel: BlockingChannel | None = None,
        *,
        prefetch: int | None = None,
        **arguments: Any,
    ) -> Inbox:
        """Begin to consume, on a new connection where no channel is given."""
        channel = channel or self.open.channel()
        if prefetch is not None:
            channel.basic_qos(prefetch_count=prefetch)
        return Inbox(channel, queue, **arguments)

    def restart(self) -> None:
        """Restart the broker in order; every connection is gone then."""
        self._connections.close()
        self._place.restart()

    def kill(self) -> None:
        """Cut the broker off in the middle of everything, and start it again; every connection is gone then."""
        self._place.kill()
        self._connections.close()

    def now(self) -> float:
        """Give the seconds of a clock that only grows."""
        return time.monotonic()

    @property
    def processes(self) -> Sequence[RunningProgram]:
        """The programs that the case started."""
        return self.programs.running

    def deadline(self) -> AbstractContextManager[None]:
        """End a case that takes too long, whatever it waits for: pika may wait without end."""
        return deadline(_CASE, "the case")

    def findings(self, ended: Exception | None, case: str, seconds: float) -> tuple[Finding, ...]:
        """Give one finding for each requirement of a case that ended, by itself or with an error."""
        return to_findings(ended, self.requirements, case, seconds)

    def measurements(self, case: str) -> tuple[Measurement, ...]:  # noqa: ARG002 - as the protocol has it
        """Give nothing: a broker's case measures nothing."""
        return ()

    def record(self) -> None:
        """Give none: a broker's case has no instances to draw."""

    def close(self) -> None:
        """End all that the case began."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.programs.close)
            stack.callback(self.open.close)
            stack.callback(self._connections.close)
