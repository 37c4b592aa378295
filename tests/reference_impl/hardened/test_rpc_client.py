"""Calls that share one connection: each gets its own reply, and no other's."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock, patch

import pika
import pytest

from reference_impl.hardened.errors import LinkLostError, UnroutableError
from reference_impl.hardened.rpc_client import ErrorReplyError, NoReplyError, RpcClient
from reference_impl.php import serialize
from tests.reference_impl.stand_ins import Channel, Link


class Server(Channel):
    """A broker and a server: replies to requests once `expected` of them are there."""

    def __init__(self, expected: int = 1, *, wrong_id: bool = False, body: bytes = b"") -> None:
        """Reply with `body`, or else with the request's own."""
        super().__init__()
        self.client = RpcClient(Link(self))  # type: ignore[arg-type]  # a stand-in
        self.expected = expected
        self.wrong_id = wrong_id
        self.body = body
        self.lock = threading.Lock()

    def basic_publish(
        self, exchange: str, routing_key: str, body: bytes, properties: Any, mandatory: bool
    ) -> None:
        """Take a request."""
        with self.lock:
            super().basic_publish(exchange, routing_key, body, properties, mandatory)
            if len(self.published) == self.expected:
                for _, _, request, asked in reversed(self.published):
                    self.reply(asked.correlation_id, self.body or serialize(request.decode()))

    def queue_declare(self, *_: Any, **__: Any) -> Any:
        """Name a reply queue."""
        return Mock()

    def reply(self, correlation_id: str, body: bytes) -> None:
        """Deliver a reply."""
        given = f"{correlation_id}?" if self.wrong_id else correlation_id
        self.client.receive(None, None, pika.BasicProperties(correlation_id=given), body)


def test_each_caller_gets_its_own_reply() -> None:
    """Five callers at once, answered in the reverse order, each get their own reply."""
    server = Server(expected=5)
    with ThreadPoolExecutor(5) as threads:
        bodies = [f"request {number}" for number in range(5)]
        replies = threads.map(lambda body: server.client.call("task", body.encode(), 5), bodies)
        assert list(replies) == bodies
    ids = {properties.correlation_id for *_, properties in server.published}
    assert len(ids) == 5


def test_request_expires_with_its_caller() -> None:
    """The expiration is the timeout in milliseconds; the request is transient."""
    server = Server()
    server.client.call("task", b"{}", 2.5)
    [(exchange, _, _, properties)] = server.published
    assert exchange == "task"
    assert (properties.expiration, properties.delivery_mode) == ("2500", 1)


def test_no_reply_in_time() -> None:
    """A call that nobody answers ends at its timeout, and its late reply reaches nobody."""
    server = Server(expected=99)
    with pytest.raises(NoReplyError):
        server.client.call("task", b"first", 0.01)
    late = server.published[0][3].correlation_id
    server.expected = 2
    server.reply(late, serialize("late"))
    assert server.client.call("task", b"second", 5) == "second"


def test_reply_to_another_id() -> None:
    """A reply with an id that no caller has is no reply."""
    with pytest.raises(NoReplyError):
        Server(wrong_id=True).client.call("task", b"{}", 0.01)


@pytest.mark.parametrize("body", [b"error: there is no task 7", b"garbage"])
def test_error_reply(body: bytes) -> None:
    """An error reply, or one that cannot be read, is no result."""
    with pytest.raises(ErrorReplyError):
        Server(body=body).client.call("task", b"{}", 5)


def test_unroutable_request() -> None:
    """A request that no queue takes fails at once."""
    server = Server()
    server.failure = UnroutableError("no queue")
    with pytest.raises(UnroutableError):
        server.client.call("task", b"{}", 5)


def test_lost_connection_ends_waiting_calls() -> None:
    """When a new channel is opened, replies to the old one's queue can no longer come."""
    server = Server(expected=99)
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(server.client.call, "task", b"{}", 5)
        _until(lambda: bool(server.published))
        server.client.start(server)
        with pytest.raises(LinkLostError):
            call.result(5)


def test_call_that_waits_for_a_channel() -> None:
    """A call made before there is a connection is sent on the first one, and gets its reply."""
    server = Server()
    call_at_once = server.client._link.call

    def connect_and_call(function: Any, timeout: float) -> Any:
        server.client.start(server)
        return call_at_once(function, timeout)

    with patch.object(server.client._link, "call", connect_and_call):
        assert server.client.call("task", b"early", 5) == "early"


def _until(condition: Any) -> None:
    ticks = threading.Event()
    for _ in range(500):
        if condition():
            return
        ticks.wait(0.01)
    pytest.fail("the condition did not come true within 5 s")
