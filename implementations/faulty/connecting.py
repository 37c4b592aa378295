"""Defects of the connection: its heartbeat, and what becomes of the process when it is lost."""

import contextlib
import os
import ssl
import threading
import time
from collections.abc import Callable

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from reference_impl.hardened.backoff import Backoff
from reference_impl.hardened.errors import LinkLostError
from reference_impl.hardened.link import Link, Result
from reference_impl.settings import Settings

_PATIENCE = 20.0
_LATE = 10.0
_LOCKED = (403, 405)


class DisablesHeartbeats(Link):
    """Negotiates a heartbeat of 0: nobody ever notices a silent connection."""

    def _parameters(self) -> pika.URLParameters:
        parameters = super()._parameters()
        parameters.heartbeat = 0
        return parameters


class WaitsForHandshake(Link):
    """Gives a broker that has taken its connection all the time in the world to say its first word."""

    def _parameters(self) -> pika.URLParameters:
        parameters = super()._parameters()
        parameters.socket_timeout = parameters.stack_timeout = None
        return parameters


class WaitsForEver(DisablesHeartbeats):
    """Waits for the broker without an end: neither a heartbeat nor a time-out tells it that nothing comes."""

    def call(
        self, function: Callable[[BlockingChannel], Result], timeout: float | None = None
    ) -> Result:
        """Forget the time-out."""
        del timeout
        return super().call(function)


class AnswersLate(Link):
    """Tries again what a lost connection has failed, until its time-out is over by four fifths."""

    def call(
        self, function: Callable[[BlockingChannel], Result], timeout: float | None = None
    ) -> Result:
        """Try for longer than was asked for."""
        if timeout is None:
            return super().call(function)
        until = time.monotonic() + 1.8 * timeout
        while True:
            try:
                return super().call(function, until - time.monotonic())
            except LinkLostError:
                if self._end.requested or time.monotonic() >= until:
                    raise


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


class ExitsWhenBlocked(Link):
    """Ends the process when the broker says that it is short of memory (connection.blocked)."""

    def _connect(self) -> pika.BlockingConnection:
        connection = super()._connect()
        connection.add_on_connection_blocked_callback(lambda *_: os._exit(1))
        return connection


class KeepsItsClosedChannel(Link):
    """Does not open a channel again that the broker closed; its connection lives on, with nothing on it."""

    def _goes_on(self, channel: BlockingChannel) -> bool:
        # pika keeps to itself who has closed a channel.
        closed_by_broker = isinstance(channel._closing_reason, ChannelClosedByBroker)  # noqa: SLF001
        return super()._goes_on(channel) or (closed_by_broker and not self._end.requested)


class ReopensItsChannel(Link):
    """Correct: opens another channel on the same connection where one has ended."""

    def _serve(self, backoff: Backoff) -> None:
        connection = self._connection = self._connect()
        is_first = True
        while not self._end.requested:
            channel = connection.channel()
            self._prepare(channel, is_first)
            is_first, self._gives_up = False, False
            self._channel, self._takes_calls = channel, True
            self._on_channel(channel)
            backoff.reset()
            self._run_calls()
            while self._goes_on(channel):
                connection.process_data_events(time_limit=None)
        connection.close()

    def _prepare(self, channel: BlockingChannel, is_first: bool) -> None:
        """Put a channel in confirm mode, be it the first of its connection or not."""
        del is_first
        channel.confirm_delivery()


class ReopensUnconfirmed(ReopensItsChannel):
    """Puts the first channel of each connection in confirm mode, and none that it opens there later."""

    def _prepare(self, channel: BlockingChannel, is_first: bool) -> None:
        """Leave later ones as they are."""
        if is_first:
            super()._prepare(channel, is_first)


class _KnowsItIsBack(Link):
    """Knows whether it has come as far as to consume on its present connection."""

    _is_back = False

    def _run_calls(self) -> None:
        self._is_back = True
        super()._run_calls()

    def _is_cut(self) -> bool:
        """Whether its connection was lost once it had a channel there."""
        return self._channel is not None and not self._channel.connection.is_open

    def _forget(self) -> None:
        super()._forget()
        self._is_back = False


class SurvivesOneLoss(_KnowsItIsBack):
    """Connects again after the first loss, and ends the process at the second."""

    most = 1
    _losses = 0

    def _forget(self) -> None:
        # The answer to basic.consume may be lost with its connection: whoever looks on saw it go out.
        is_lost = (self._is_back or self._is_cut()) and not self._end.requested
        super()._forget()
        self._losses += is_lost
        if self._losses > self.most:
            os._exit(1)


class SurvivesFiveLosses(SurvivesOneLoss):
    """Counts its losses, and no success sets the counter back: it ends the process at the sixth."""

    most = 5


class GivesUpWhenRefused(Link):
    """Ends the process when nobody has let it in for twenty seconds."""

    _refused_since = 0.0

    def _connect(self) -> pika.BlockingConnection:
        try:
            connection = super()._connect()
        except AMQPError:
            self._refused_since = self._refused_since or time.monotonic()
            if time.monotonic() - self._refused_since > _PATIENCE:
                os._exit(1)
            raise
        self._refused_since = 0.0
        return connection


class DiesReconnecting(_KnowsItIsBack):
    """Ends the process when a new connection is lost before it consumes there; the first one may be."""

    _was_there = False

    def _forget(self) -> None:
        is_cut = self._is_cut()
        is_half_made = is_cut and not self._is_back
        super()._forget()
        if is_half_made and self._was_there and not self._end.requested:
            os._exit(1)
        self._was_there = self._was_there or is_cut


class LosesPatience(Link):
    """Ends the process when a broker takes longer than ten seconds to agree to its consumer."""

    def __init__(
        self, settings: Settings, on_channel: Callable[[BlockingChannel], None], patient: bool
    ) -> None:
        """Watch over what is done with a new channel."""

        def watched(channel: BlockingChannel) -> None:
            watch = threading.Timer(_LATE, os._exit, [1])
            watch.start()
            try:
                on_channel(channel)
            finally:
                watch.cancel()

        super().__init__(settings, watched, patient)


class ReconnectsBeforeItStops(Link):
    """Waits for a connection when it is told to close, however long the broker is away."""

    def close(self) -> None:
        """Be connected, then close."""
        while self._channel is None:
            time.sleep(self._settings.second / 10)
        super().close()


class GivesUpLocked(Link):
    """Ends the process when a queue is in exclusive use (403) or locked (405), as an old instance may leave it."""

    def _serve(self, backoff: Backoff) -> None:
        try:
            super()._serve(backoff)
        except ChannelClosedByBroker as error:
            if error.reply_code in _LOCKED:
                os._exit(1)
            raise


class TrustsAnybody(Link):
    """Takes any certificate for its broker's."""

    def _trust(self) -> ssl.SSLContext:
        context = super()._trust()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class TrustsAnyHost(Link):
    """Takes any certificate of its CA for its broker's, whoever's it is."""

    def _trust(self) -> ssl.SSLContext:
        context = super()._trust()
        context.check_hostname = False
        return context
