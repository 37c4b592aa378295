"""The one connection of a process, opened again whenever it is lost, served by its own thread.

pika's connections belong to one thread. That thread does nothing here but serve the connection,
so that heartbeats flow while others work; they reach the channel through `Link.call`.
"""

import contextlib
import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass
from typing import Any, TypeVar

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPConnectionError, AMQPError, ConnectionWrongStateError

from reference_impl.hardened.backoff import Backoff
from reference_impl.hardened.errors import BrokerAwayError, LinkLostError
from reference_impl.hardened.watchdog import Watchdog
from reference_impl.settings import Settings
from reference_impl.stop import Stop

Result = TypeVar("Result")

_log = logging.getLogger(__name__)

_START_UP_SECONDS = 30.0
_CONNECT_SECONDS = 4.0  # less than the grace of a stop, which cannot interrupt an attempt
_FAREWELL_SECONDS = 4.0  # as above: a deaf broker must not keep us


@dataclass(frozen=True, slots=True)
class _Call:
    function: Callable[[BlockingChannel], Any]
    future: "Future[Any]"


class Link:
    """A connection with one channel in confirm mode, kept open until `close`.

    `run` belongs to the link's own thread; `call` and `close` are for every other thread.
    """

    def __init__(
        self, settings: Settings, on_channel: Callable[[BlockingChannel], None], patient: bool
    ) -> None:
        """Remember what to do with each new channel: declare, consume.

        Args:
            settings: address, heartbeat and second
            on_channel: called in the link's thread with every channel that is opened
            patient: whether to wait for a connection, at the start and in calls. A link that is not
                gives up its start after 30 s, and fails its calls when the connection is lost:
                they are about a delivery, which is lost with it

        """
        self._settings = settings
        self._on_channel = on_channel
        self._patient = patient
        self._gives_up = not patient
        self._end = Stop()
        self._watchdog = Watchdog()
        self._calls: deque[_Call] = deque()
        self._takes_calls = patient
        self._gate = threading.Lock()  # or a call could be taken just after all others were refused
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve the connection and open it again with backoff, until `close`.

        Raises:
            BrokerAwayError: no broker let us in within the time for the start.

        """
        self._thread = threading.current_thread()
        backoff = Backoff(self._settings.second)
        try:
            self._run(backoff)
        finally:
            self._thread = None
            self._refuse_calls("the link is closed")

    def call(
        self, function: Callable[[BlockingChannel], Result], timeout: float | None = None
    ) -> Result:
        """Run `function` with the open channel in the link's thread; wait for what it returns.

        While the connection is away the call of a patient link waits for the next one, `timeout`
        seconds at most; without a timeout, until the link closes.

        Raises:
            LinkLostError: the connection was lost while it ran, or is away and the link is not
                patient, or the link is closed.
            BrokerAwayError: it was not done in time; it may have begun.

        """
        if threading.current_thread() is self._thread:
            assert self._channel is not None  # this thread runs callbacks of an open channel
            return function(self._channel)
        future: Future[Result] = Future()
        with self._gate:
            if not self._takes_calls:
                raise LinkLostError("there is no connection")
            self._calls.append(_Call(function, future))
        self._wake()
        try:
            return future.result(timeout)
        except NotInTimeError:
            future.cancel()
            raise BrokerAwayError(f"the broker did not answer within {timeout} s") from None
        except AMQPError as error:
            raise LinkLostError(f"the connection was lost: {error!r}") from error

    def close(self) -> None:
        """End `run`: the connection is closed in good order if it is open and the broker answers."""
        self._end.request()
        self._wake()
        self._watchdog.abort(_FAREWELL_SECONDS)

    def abort(self) -> None:
        """Give the connection up at once: the broker does not answer."""
        self._watchdog.abort(0)

    def _run(self, backoff: Backoff) -> None:
        start_ends = time.monotonic() + _START_UP_SECONDS
        while not self._end.requested:
            try:
                self._serve(backoff)
            except AMQPError as error:
                _log.warning("connection lost or refused: %r", error)
                if self._gives_up and time.monotonic() > start_ends:
                    raise BrokerAwayError(
                        f"nobody let us in at WARREN_AMQP_URL: {error!r}"
                    ) from None
            self._forget()
            self._end.wait(backoff.next())

    def _serve(self, backoff: Backoff) -> None:
        """Open a connection and serve it until the link closes or the channel does."""
        connection = self._connection = self._connect()
        channel = connection.channel()
        channel.confirm_delivery()
        self._channel, self._takes_calls = channel, True
        self._gives_up = False  # the start is over
        self._on_channel(channel)
        backoff.reset()
        self._run_calls()
        while self._goes_on(channel):
            connection.process_data_events(time_limit=None)
        connection.close()

    def _goes_on(self, channel: BlockingChannel) -> bool:
        """Whether the connection is served on; it ends with its channel, which the broker may close alone."""
        return channel.is_open and not self._end.requested

    def _connect(self) -> pika.BlockingConnection:
        parameters = self._parameters()  # not in the try: a bad URL is bad at the next attempt, too
        try:
            return pika.BlockingConnection(parameters)
        # pika does not make AMQPErrors of these: a peer that says nothing, a network that fails, and
        # (ValueError) a socket that is connected no more when pika asks for its peer's address.
        except (AMQPConnectorException, OSError, ValueError) as error:
            raise AMQPConnectionError(repr(error)) from error

    def _parameters(self) -> pika.URLParameters:
        """Bound every wait, so that a peer that is silent or went silent is noticed."""
        heartbeat = self._settings.heartbeat
        parameters = pika.URLParameters(self._settings.amqp_url)
        parameters.heartbeat = lambda connection, _offered: self._watchdog.watch(
            connection, heartbeat
        )
        if parameters.ssl_options is not None:
            parameters.ssl_options = pika.SSLOptions(self._trust(), parameters.host)
        parameters.socket_timeout = _CONNECT_SECONDS
        parameters.stack_timeout = _CONNECT_SECONDS
        parameters.connection_attempts = 1
        return parameters

    def _trust(self) -> ssl.SSLContext:
        """Trust the CA of the settings alone, and only where the certificate is the host's."""
        return ssl.create_default_context(cafile=self._settings.amqp_ca or None)

    def _forget(self) -> None:
        """Drop a connection that was lost; calls wait for the next one if the link is patient."""
        connection, self._connection, self._channel = self._connection, None, None
        if not self._patient:
            self._refuse_calls("the connection was lost")
        if connection is not None and connection.is_open:
            with contextlib.suppress(AMQPError):
                connection.close()

    def _wake(self) -> None:
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(ConnectionWrongStateError):
                connection.add_callback_threadsafe(self._run_calls)

    def _run_calls(self) -> None:
        """Run what other threads asked for, as long as the channel lives."""
        channel = self._channel
        while self._calls and channel is not None and channel.is_open:
            call = self._calls.popleft()
            if not call.future.set_running_or_notify_cancel():
                continue
            try:
                call.future.set_result(call.function(channel))
            except Exception as error:  # noqa: BLE001 - it belongs to the caller's thread
                call.future.set_exception(error)

    def _refuse_calls(self, reason: str) -> None:
        """Take no more calls, and fail those that wait."""
        with self._gate:
            self._takes_calls = False
            while self._calls:
                call = self._calls.popleft()
                if call.future.set_running_or_notify_cancel():
                    call.future.set_exception(LinkLostError(reason))
