"""A client's connection with faults to order. Which faults there are, and when: `faults`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from warren.simulator.tcp.client import Client
from warren.simulator.tcp.faults import FaultKind
from warren.simulator.wire import BasicAck, Message

if TYPE_CHECKING:
    from warren.simulator.tcp.faults import FaultPlan
    from warren.simulator.tcp.node import Node


class FaultyClient(Client):
    """A connection that is cut, goes silent, or is slow, as the plan says.

    A silent (half-open) one is open for both sides, but nothing goes through it any more.
    """

    def __init__(self, node: Node, number: int, plan: FaultPlan) -> None:
        """Wait for the socket, and for a fault's turn."""
        super().__init__(node, number)
        self._plan = plan
        self._silent = False
        self._late: deque[bytes] = deque()

    def data_received(self, data: bytes) -> None:
        """Hear it, unless the connection is silent."""
        if not self._silent:
            super().data_received(data)

    def write(self, octets: bytes) -> None:
        """Send it, now or late, unless the connection is silent."""
        if self._silent:
            return
        if self._plan.delay:
            self._late.append(octets)
            self._loop.call_later(self._plan.delay, self._write_late)
        else:
            super().write(octets)

    def miss_heartbeats(self) -> None:
        """Keep a silent connection open: that is its fault."""
        if not self._silent:
            super().miss_heartbeats()

    def _write_late(self) -> None:
        octets = self._late.popleft()
        if not self._silent:
            super().write(octets)

    def _command(self, said: Message[bytes]) -> None:
        if self._silent:
            return
        fault = self._plan.next_ack() if isinstance(said.method, BasicAck) else None
        if fault is None:
            super()._command(said)
            return
        self._silent = True  # also what came with the ack counts no more
        if fault is FaultKind.DISCONNECT_ACK:
            self.abort()

    def _close_socket(self) -> None:
        if self._late:
            self._loop.call_later(self._plan.delay, super()._close_socket)
        else:
            super()._close_socket()
