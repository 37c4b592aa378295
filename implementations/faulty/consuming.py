"""Defects of consuming: where the work is done, how much is taken, and how it ends."""

import atexit
import os
import queue
import signal
import time
from typing import Any

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery


class BlocksHeartbeats(Consumer):
    """Works in the connection's own thread, so that no heartbeat flows meanwhile."""

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        """Work at once, where the heartbeats should be served."""
        if self.stop.requested:
            return
        self.execute(Delivery(channel, method.delivery_tag, method.redelivered, properties, body))
        if self.limit_reached():
            self.stop.request()


class HangsUpEarly(Consumer):
    """Closes its connection instead of acking when the work took more than one heartbeat; a broker waits for two."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work, and hang up if that was long; False, for then there is nothing to ack through."""
        began = time.monotonic()
        done = super().attempt(delivery)
        if time.monotonic() - began <= self.settings.heartbeat:
            return done
        connection = delivery.channel.connection
        connection.add_callback_threadsafe(connection.close)
        return False


class ExceedsPrefetch(Consumer):
    """Asks for ten messages at once, whatever WARREN_PREFETCH says."""

    def qos(self, channel: BlockingChannel) -> None:
        """Ask for ten."""
        channel.basic_qos(prefetch_count=10)


class ConsumesTwice(Consumer):
    """Has two consumers on its queue, each with the prefetch count of an instance."""

    def start(self, channel: BlockingChannel) -> None:
        """Consume, and once more."""
        super().start(channel)
        channel.basic_consume(self.route.queue, self.receive)


class ConsumesWithoutAcks(Consumer):
    """Consumes with `no_ack`: a message counts as done when it is sent."""

    def start(self, channel: BlockingChannel) -> None:
        """Consume without acks."""
        self.route.declare(channel)
        self.qos(channel)
        channel.add_on_cancel_callback(lambda _method: self.cancelled(channel))
        channel.basic_consume(self.route.queue, self.receive, auto_ack=True)


class IgnoresCancel(Consumer):
    """Does not consume again when the broker has cancelled it: it stays, alive and idle."""

    def cancelled(self, channel: BlockingChannel) -> None:
        """Take no notice."""


class IgnoresBound(Consumer):
    """Goes on after WARREN_MAX_MESSAGES messages."""

    def limit_reached(self) -> bool:
        """Know no limit."""
        return False


class OvershootsBound(Consumer):
    """Does one message more than WARREN_MAX_MESSAGES."""

    def limit_reached(self) -> bool:
        """Stop one too late."""
        return self.settled > self.settings.max_messages > 0


class IgnoresStop(Consumer):
    """Ignores SIGTERM."""

    def __init__(self, *pieces: Any) -> None:
        """Take the handler of the stop signal away."""
        super().__init__(*pieces)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


class StopsAtOnce(Consumer):
    """Ends at SIGTERM with status 0, the message in hand unfinished."""

    def __init__(self, *pieces: Any) -> None:
        """Replace the handler of the stop signal."""
        super().__init__(*pieces)
        signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))


class LeavesAChild(Consumer):
    """Consumes in a child, and ends at SIGTERM with status 0 while the child goes on."""

    def __init__(self, *pieces: Any) -> None:
        """Split before there is a thread or a connection."""
        super().__init__(*pieces)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            return
        signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
        _, status = os.waitpid(child, 0)
        os._exit(abs(os.waitstatus_to_exitcode(status)))


class ExitsWithOne(Consumer):
    """Stops at SIGTERM as it should, but with status 1."""

    def __init__(self, *pieces: Any) -> None:
        """Replace the handler of the stop signal."""
        super().__init__(*pieces)
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, _number: int, _frame: object) -> None:
        atexit.register(os._exit, 1)
        self.stop.request()


class ExitsWith143(Consumer):
    """Correct: stops at SIGTERM as it should, with the status that a JVM has then."""

    def __init__(self, *pieces: Any) -> None:
        """Replace the handler of the stop signal."""
        super().__init__(*pieces)
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, number: int, _frame: object) -> None:
        atexit.register(os._exit, 128 + number)
        self.stop.request()


class WarmsUpSlowly(Consumer):
    """Correct: only its first message takes two seconds more, as where a virtual machine loads what it needs then."""

    _FIRST = 2.0
    _is_warm = False

    def execute(self, delivery: Delivery) -> None:
        """Take the time once."""
        if not self._is_warm:
            time.sleep(self._FIRST)
        self._is_warm = True
        super().execute(delivery)


class DoesNothing(Consumer):
    """Consumes and never does anything, not even stop in good order."""

    def __init__(self, *pieces: Any) -> None:
        """Let the stop signal kill."""
        super().__init__(*pieces)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def execute(self, delivery: Delivery) -> None:
        """Neither work nor settle."""


class ExitsIdle(DoesNothing):
    """Holds a message for one heartbeat and exits; acks a redelivery. It works on neither."""

    def execute(self, delivery: Delivery) -> None:
        """Ack, or wait and exit."""
        if delivery.redelivered:
            self.settlement.ack(delivery)
            return
        self.stop.wait(self.settings.heartbeat)
        os._exit(1)


class SetsPrefetchOnce(Consumer):
    """Sets its prefetch count on its first channel alone: on later ones there is none."""

    _is_set = False

    def qos(self, channel: BlockingChannel) -> None:
        """Ask once."""
        if not self._is_set:
            super().qos(channel)
        self._is_set = True


class SetsPrefetchPerConnection(Consumer):
    """Sets its prefetch count on the first channel of each connection alone."""

    _set_on: pika.BlockingConnection | None = None

    def qos(self, channel: BlockingChannel) -> None:
        """Ask once on each."""
        if channel.connection is not self._set_on:
            super().qos(channel)
        self._set_on = channel.connection


class ShrinksPrefetch(Consumer):
    """Asks for its prefetch count on its first channel, and for one message at a time on later ones."""

    _is_set = False

    def qos(self, channel: BlockingChannel) -> None:
        """Ask for less, the second time."""
        if self._is_set:
            channel.basic_qos(prefetch_count=1)
        else:
            super().qos(channel)
        self._is_set = True


class DrainsBeforeStop(Consumer):
    """Looks for a stop only when it has nothing to do, so that it works through all that waits first."""

    def cancel(self, channel: BlockingChannel) -> None:
        """Go on consuming."""

    def work(self) -> None:
        """Execute deliveries; look at the stop when none comes for a while."""
        while not self.limit_reached():
            try:
                delivery = self._deliveries.get(timeout=self.settings.second)
            except queue.Empty:
                if self.stop.requested:
                    return
            else:
                if delivery is not None and delivery.channel.is_open:
                    self.execute(delivery)
        self.stop.request()


class PurgesAtStart(Consumer):
    """Begins with an empty queue: what waited for it when it started is gone."""

    _is_new = True

    def start(self, channel: BlockingChannel) -> None:
        """Purge once in the life of the process, then consume."""
        if self._is_new:
            self.route.declare(channel)
            channel.queue_purge(self.route.queue)
        self._is_new = False
        super().start(channel)


class IgnoresEmptyBodies(Consumer):
    """Overlooks a message without a body, which is never settled."""

    def execute(self, delivery: Delivery) -> None:
        """Execute what has a body."""
        if delivery.body:
            super().execute(delivery)


class CountsAnew(Consumer):
    """Counts what it has settled on each channel anew, so that its bound begins again after a loss."""

    def start(self, channel: BlockingChannel) -> None:
        """Begin with none."""
        self.settled = 0
        super().start(channel)
