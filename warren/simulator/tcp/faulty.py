"""A client's connection with faults to order. Which faults there are, and when: `faults`."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from warren.simulator.session import Session
from warren.simulator.tcp.client import Client
from warren.simulator.tcp.faults import FaultKind
from warren.simulator.wire import BasicAck, Message

if TYPE_CHECKING:
    from warren.simulator.model.commands import Command
    from warren.simulator.session import Wish
    from warren.simulator.session.portions import Portioned
    from warren.simulator.tcp.faults import FaultPlan
    from warren.simulator.tcp.node import Node
    from warren.simulator.wire.connection_events import WireEvent


class FaultySession(Session):
    """A session that is cut, or goes silent, as the plan says.

    A silent (half-open) one is open for both sides, but nothing goes through it any more.
    """

    def __init__(self, plan: FaultPlan, *arguments: Any) -> None:
        """Wait for a fault's turn; the arguments are a `Session`'s."""
        super().__init__(*arguments)
        self.silent = False
        self._plan = plan

    def hear(self, octets: bytes) -> list[WireEvent]:
        """Hear it, unless the connection is silent."""
        return [] if self.silent else super().hear(octets)

    def translate(self, event: WireEvent | Portioned) -> Command | None:
        """Let the fault happen instead, when it is its turn."""
        if self.silent:
            return None
        is_ack = isinstance(event, Message) and isinstance(event.method, BasicAck)
        fault = self._plan.next_ack() if is_ack else None
        if fault is None:
            return super().translate(event)
        self.silent = True  # also what came with the ack counts no more
        if fault is FaultKind.DISCONNECT_ACK:
            self.abort()
        return None

    def flush(self, wishes: list[Wish]) -> None:
        """Say nothing when the connection is silent."""
        if self.silent:
            self._confirm = None
            self._out.clear()
        super().flush(wishes)

    def miss_heartbeats(self) -> None:
        """Keep a silent connection open: that is its fault."""
        if not self.silent:
            super().miss_heartbeats()


class FaultyClient(Client):
    """The socket of such a session; everything goes out late, if the plan says so."""

    def __init__(self, node: Node, plan: FaultPlan) -> None:
        """Wait for the socket."""
        super().__init__(node)
        self.make_session = partial(FaultySession, plan)
        self._loop = node.loop
        self._delay = plan.delay
        self._late: deque[bytes] = deque()

    def send(self, octets: bytes) -> None:
        """Send it, now or late."""
        if self._delay:
            self._late.append(octets)
            self._loop.call_later(self._delay, self._send_late)
        else:
            super().send(octets)

    def close(self) -> None:
        """Close the socket, after what is still to be sent."""
        if self._late:
            self._loop.call_later(self._delay, super().close)
        else:
            super().close()

    def _send_late(self) -> None:
        octets = self._late.popleft()
        session = self.session
        if not (isinstance(session, FaultySession) and session.silent):
            super().send(octets)
