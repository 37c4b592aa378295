"""`rpc`, the client: many callers share one connection and one reply queue."""

import logging
import time
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.errors import HardenedError, LinkLostError
from reference_impl.hardened.link import Link
from reference_impl.hardened.publisher import send
from reference_impl.php import UnserializeError, unserialize

_log = logging.getLogger(__name__)

_ERROR = b"error: "


class NoReplyError(HardenedError):
    """No reply came in time; the request may still be worked on."""


class ErrorReplyError(HardenedError):
    """The server replied with an error; the message says which."""


class RpcClient:
    """Calls a server; each call has a correlation id of its own.

    A reply whose caller no longer waits is dropped. When the connection is lost, so is the reply
    queue: the calls that wait fail then, not at their timeout.
    """

    def __init__(self, link: Link) -> None:
        """Call through `link`."""
        self._link = link
        self._queue = ""
        self._waiting: dict[str, Future[bytes]] = {}

    def start(self, channel: BlockingChannel) -> None:
        """Declare and consume the reply queue, on every new channel."""
        for correlation_id in list(self._waiting):
            self._settle(correlation_id, LinkLostError("the connection was lost"))
        self._queue = channel.queue_declare("", exclusive=True).method.queue
        # Nobody could be answered any more; the next channel has a new queue.
        channel.add_on_cancel_callback(lambda _method: channel.close())
        channel.basic_consume(self._queue, self.receive, auto_ack=True)

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Send a request and wait for its reply, `timeout` seconds for both.

        Raises:
            ErrorReplyError: the server replied with an error.
            NoReplyError: the time was over.
            UnroutableError: no server has declared its queue.
            TryAgainError, LinkLostError, BrokerAwayError: the request was not sent, or the
                connection was lost.

        """
        deadline = time.monotonic() + timeout
        correlation_id = str(uuid.uuid4())
        future: Future[bytes] = Future()

        def ask(channel: BlockingChannel) -> None:
            # Only now: a lost connection fails all that wait for a reply, and a call that still waits
            # for a channel has lost nothing.
            self._waiting[correlation_id] = future
            self.request(channel, exchange, body, correlation_id, timeout)

        try:
            self._link.call(ask, timeout)
            return _result(future.result(max(0.0, deadline - time.monotonic())))
        except NotInTimeError:
            raise NoReplyError(f"no reply within {timeout} s") from None
        finally:
            self._waiting.pop(correlation_id, None)

    def request(
        self,
        channel: BlockingChannel,
        exchange: str,
        body: bytes,
        correlation_id: str,
        timeout: float,
    ) -> None:
        """Publish a request that expires when its caller gives up."""
        properties = pika.BasicProperties(
            content_type="text/plain",
            delivery_mode=1,
            reply_to=self._queue,
            correlation_id=correlation_id,
            expiration=str(max(1, round(timeout * 1000))),
        )
        send(channel, exchange, "", body, properties)

    def receive(
        self,
        _channel: BlockingChannel,
        _method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        """Hand a reply to its caller."""
        self._settle(properties.correlation_id, body)

    def _settle(self, correlation_id: str | None, outcome: bytes | Exception) -> None:
        future = self._waiting.pop(correlation_id or "", None)
        if future is None:
            _log.warning("dropped a reply that nobody waits for: %s", correlation_id)
        elif isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _result(body: bytes) -> str:
    if body.startswith(_ERROR):
        raise ErrorReplyError(body.removeprefix(_ERROR).decode(errors="replace"))
    try:
        return unserialize(body)
    except UnserializeError as error:
        raise ErrorReplyError(str(error)) from None
