"""`broker.expect`: what must be so at once, or how something must end. Otherwise it is an AssertionError."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from pika.exceptions import AMQPError, ChannelClosedByBroker, ConnectionClosedByBroker

from warren.rigs.brokers.inbox import Received, got

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers.connections import Connections
    from warren.rigs.brokers.waiting import Waiting

_CONNECTION_CODES = 500


class Expecting:
    """Expects over the rig's own channel, unless another is given."""

    def __init__(self, connections: Connections, wait: Waiting) -> None:
        """Expect nothing yet."""
        self._connections, self._wait = connections, wait

    def message(self, queue: str, channel: BlockingChannel | None = None) -> Received:
        """Get the next message, which must be ready; it is acknowledged by that."""
        return _present(queue, got(channel or self._connections.confirmed, queue, auto_ack=True))

    def held(self, queue: str, channel: BlockingChannel) -> Received:
        """Get the next message over a channel, which holds it from now on: it is not acknowledged."""
        return _present(queue, got(channel, queue, auto_ack=False))

    @contextlib.contextmanager
    def refusal(self, code: int, on: BlockingChannel | None = None) -> Iterator[None]:
        """Expect that the broker closes with `code` what the block uses: a channel, or from 500 its connection.

        Acks and publishes are not answered: name the channel that sends them, and its refusal is waited for.
        """
        scope = ConnectionClosedByBroker if code >= _CONNECTION_CODES else ChannelClosedByBroker
        refusal: AMQPError | None = None
        try:
            yield
            if on is not None:
                self._wait.answered(on)
        except (ChannelClosedByBroker, ConnectionClosedByBroker) as error:
            refusal = error
        assert isinstance(refusal, scope), f"{scope.__name__} was expected, not {refusal!r}"
        assert refusal.reply_code == code, f"{code} was expected, not {refusal!r}"

    @contextlib.contextmanager
    def at_least(self, seconds: float) -> Iterator[None]:
        """Expect that what the block does, or waits for, takes no less than that."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        assert took >= seconds, f"it took {took:.3f} s, expected were at least {seconds:.3f} s"


def _present(queue: str, received: Received | None) -> Received:
    assert received is not None, f"nothing is ready in {queue}"
    return received
