"""The web server's life: it answers what is in hand, and ends."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import waitress.trigger
from flask import Flask

import reference_impl.http
from reference_impl import SettingsError, Stop
from reference_impl.http import serve
from warren.worlds.real.runs.ports import Ports


@pytest.fixture
def taken() -> Iterator[int]:
    """Hold a port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.fixture
def port() -> Iterator[int]:
    """Give a port that nobody else is given."""
    with Ports() as ports:
        yield ports.free()


@pytest.fixture
def long_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a server wait a minute where it waits for too much: that shows on any machine."""
    monkeypatch.setattr(reference_impl.http, "_GRACE_SECONDS", 60.0)


def test_answers_what_is_in_hand(port: int) -> None:
    """A request that has begun when the stop comes is answered before the server ends."""
    app, stop, begun = Flask(__name__), Stop(), threading.Event()

    @app.get("/")
    def index() -> str:
        begun.set()
        stop.wait(5)
        return "done"

    with ThreadPoolExecutor(2) as threads:
        serving = threads.submit(serve, app, port, stop)
        asking = threads.submit(_get, port)
        assert begun.wait(10)
        stop.request()
        assert asking.result(10) == "done"
        serving.result(10)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)


@pytest.mark.usefixtures("long_grace")
def test_closes_idle_connections(port: int) -> None:
    """A client that keeps its connection open does not keep the server from ending."""
    app, stop = Flask(__name__), Stop()
    app.add_url_rule("/", "index", lambda: "done")
    with ThreadPoolExecutor(1) as threads, requests.Session() as session:
        serving = threads.submit(serve, app, port, stop)
        assert _get(port, session) == "done"
        stop.request()
        serving.result(30)


def test_closes_after_it_was_asked_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is woken to close by an answer's thread is not closed before it was asked to itself."""
    app, stop = Flask(__name__), Stop()
    app.add_url_rule("/", "index", lambda: "done")
    pull = waitress.trigger.trigger._physical_pull

    def woken_before(trigger: waitress.trigger.trigger) -> None:
        pull(trigger)
        if trigger.thunks:
            for thread in threading.enumerate():
                if thread.name == "http":
                    thread.join(0.3)  # closed too early, it would end
        pull(trigger)

    monkeypatch.setattr(waitress.trigger.trigger, "_physical_pull", woken_before)
    with ThreadPoolExecutor(1) as threads:
        serving = threads.submit(serve, app, port, stop)
        assert _get(port) == "done"
        stop.request()
        serving.result(10)


@pytest.mark.usefixtures("long_grace")
def test_waits_for_no_failed_request(port: int) -> None:
    """A request whose application failed is answered with 500 and is no longer in hand."""
    app, stop = Flask(__name__), Stop()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.add_url_rule("/", "index", lambda: str(1 / 0))
    with ThreadPoolExecutor(1) as threads:
        serving = threads.submit(serve, app, port, stop)
        assert "Internal Server Error" in _get(port)
        stop.request()
        serving.result(30)


def test_taken_port(taken: int) -> None:
    """A port that cannot be had is named."""
    with pytest.raises(SettingsError, match=f"WARREN_HTTP_PORT {taken}"):
        serve(Flask(__name__), taken, Stop())


def _get(port: int, session: requests.Session | None = None) -> str:
    """Ask until the server listens, 10 s at most."""
    pause, asker = threading.Event(), session or requests.Session()
    for _ in range(200):
        try:
            return asker.get(f"http://127.0.0.1:{port}/", timeout=10).text
        except requests.ConnectionError:
            pause.wait(0.05)
    pytest.fail("the server did not listen within 10 s")
