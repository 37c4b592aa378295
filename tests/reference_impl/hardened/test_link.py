"""A link without a broker: every wait on it ends."""

import errno
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl import Settings
from reference_impl.hardened.backoff import Backoff
from reference_impl.hardened.errors import BrokerAwayError, LinkLostError
from reference_impl.hardened.link import Link
from tests.reference_impl.stand_ins import Broker


@pytest.fixture
def link(settings: Settings) -> Link:
    """Give a link to an address where no broker is."""
    return Link(settings, on_channel=lambda _channel: None, patient=True)


def test_call_times_out(link: Link) -> None:
    """A call without a connection ends at its timeout."""
    with pytest.raises(BrokerAwayError):
        link.call(lambda channel: channel, timeout=0.01)


def test_close_ends_everything(link: Link) -> None:
    """Closing ends the link's thread between two attempts, and fails the calls that wait."""
    serving = threading.Thread(target=link.run)
    serving.start()
    threading.Timer(0.05, link.close).start()
    with pytest.raises(LinkLostError):
        link.call(lambda channel: channel, timeout=5)
    serving.join(5)
    assert not serving.is_alive()


def test_call_after_the_end(link: Link) -> None:
    """A call that comes when the link is closed already fails at once."""
    link.close()
    link.run()
    with pytest.raises(LinkLostError):
        link.call(lambda channel: channel)


def test_impatient_call_needs_a_connection(settings: Settings) -> None:
    """A call of a link that is not patient fails at once while there is no connection."""
    link = Link(settings, on_channel=lambda _channel: None, patient=False)
    with pytest.raises(LinkLostError):
        link.call(lambda channel: channel)


def test_impatient_call_ends_with_its_connection(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that waits when the connection is lost fails then, and does not wait for the next."""
    broker, up = Broker(), threading.Event()
    monkeypatch.setattr("pika.BlockingConnection", broker)
    link = Link(settings, on_channel=lambda _channel: up.set(), patient=False)
    busy, lost = threading.Event(), threading.Event()

    def work(_channel: BlockingChannel) -> None:
        busy.set()
        assert lost.wait(5)

    with ThreadPoolExecutor(2) as threads:
        threads.submit(link.run)
        try:
            assert up.wait(5)
            first = threads.submit(link.call, work)
            assert busy.wait(5)
            broker.leave()
            threading.Timer(0.05, lost.set).start()
            with pytest.raises(LinkLostError):
                link.call(lambda channel: channel, timeout=5)
            first.result(5)
        finally:
            link.close()


def test_gives_up_at_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer that never found its broker ends with a sentence that names the variable."""
    monkeypatch.setattr("reference_impl.hardened.link._START_UP_SECONDS", 0.01)
    link = Link(settings, on_channel=lambda _channel: None, patient=False)
    with pytest.raises(BrokerAwayError, match="WARREN_AMQP_URL"):
        link.run()


def test_silent_peer_is_tried_again(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer that takes connections and says nothing is tried again."""
    monkeypatch.setattr("reference_impl.hardened.link._CONNECT_SECONDS", 0.2)
    with ThreadPoolExecutor(1) as threads, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        settings = make_settings(amqp_url=f"amqp://127.0.0.1:{listener.getsockname()[1]}/")
        link = Link(settings, on_channel=lambda _channel: None, patient=True)
        threads.submit(link.run)
        try:
            with listener.accept()[0], listener.accept()[0]:
                pass
        finally:
            link.close()


def test_socket_that_dies_at_once_is_tried_again(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is gone before pika has looked who the peer is, is lost like any other."""
    ask, asked = socket.socket.getpeername, []

    def getpeername(of: socket.socket) -> object:
        asked.append(of)
        if len(asked) == 1:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return ask(of)

    monkeypatch.setattr(socket.socket, "getpeername", getpeername)
    with ThreadPoolExecutor(1) as threads, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        settings = make_settings(amqp_url=f"amqp://127.0.0.1:{listener.getsockname()[1]}/")
        link = Link(settings, on_channel=lambda _channel: None, patient=True)
        threads.submit(link.run)
        try:
            with listener.accept()[0], listener.accept()[0] as second:
                assert second.recv(4) == b"AMQP"
        finally:
            link.close()


def test_backoff_grows_to_its_cap() -> None:
    """Pauses grow from a tenth of a second to five, with jitter, and begin again."""
    backoff = Backoff(1.0)
    pauses = [backoff.next() for _ in range(10)]
    assert 0.05 <= pauses[0] <= 0.1
    assert all(2.5 <= pause <= 5.0 for pause in pauses[-3:])
    backoff.reset()
    assert backoff.next() <= 0.1
