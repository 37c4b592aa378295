"""The two commands of the PHP implementation, as far as they go without a broker."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from warren.worlds.real.runs.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_BROKER = {"WARREN_AMQP_URL": "amqp://nobody:nothing@127.0.0.1:1/none"}
UNTIL_IT_LISTENS = Retry(total=None, connect=10, backoff_factor=0.01)


def command(
    php: str, implementation: Path, *words: str, **environment: str
) -> subprocess.Popen[str]:
    """Start a command as the leader of a process group, with nothing else in its environment."""
    return subprocess.Popen(
        [php, *words],
        cwd=implementation,
        env={"PATH": os.environ["PATH"], **NO_BROKER, **environment},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def http_port() -> Iterator[int]:
    """Give a port on which nobody else listens until the test has ended."""
    with Ports() as ports:
        yield ports.free()


@pytest.fixture
def web_server(
    php_with_amqplib: str, implementation: Path, http_port: int
) -> Iterator[subprocess.Popen[str]]:
    """Give a running web server of the design `task`; its whole group is ended after the test."""
    server = command(
        php_with_amqplib, implementation, "http.php", "task", WARREN_HTTP_PORT=str(http_port)
    )
    with server:
        try:
            yield server
        finally:
            if group_lives(server):
                os.killpg(server.pid, signal.SIGKILL)


def group_lives(leader: subprocess.Popen[str]) -> bool:
    """Tell whether any process of the group is left."""
    try:
        os.killpg(leader.pid, 0)
    except ProcessLookupError:
        return False
    return True


def get(port: int, path: str) -> requests.Response:
    """Ask the web server, as soon as it listens."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=UNTIL_IT_LISTENS))
        return session.get(f"http://127.0.0.1:{port}{path}", timeout=10)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("consumer.php", "blocking", "part"), 127, "Design 'blocking' has no consumer 'part'"),
        (("consumer.php", "fast", "stream"), 127, "There is no design 'fast'."),
        (("consumer.php",), 2, "Usage: php consumer.php DESIGN ROLE"),
        (("http.php", "parts"), 127, "Design 'parts' has no web page, but: task, rpc."),
        (("http.php", "task"), 2, "WARREN_HTTP_PORT is not set"),
        (("consumer.php", "blocking", "stream"), 1, "Connection refused"),
    ],
)
def test_refusal(
    php_with_amqplib: str, implementation: Path, words: tuple[str, ...], status: int, sentence: str
) -> None:
    """What cannot be run ends with a status of its own and one sentence that says why."""
    with command(php_with_amqplib, implementation, *words) as process:
        _, errors = process.communicate(timeout=30)

    assert process.returncode == status
    assert sentence in errors
    assert errors.count("\n") == 1


def test_wrong_heartbeat(php_with_amqplib: str, implementation: Path) -> None:
    """A heartbeat of 0 is refused with the variable's name and what to give instead."""
    words = ("consumer.php", "blocking", "stream")
    with command(php_with_amqplib, implementation, *words, WARREN_HEARTBEAT="0") as process:
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 2
    assert errors == "WARREN_HEARTBEAT is '0': give a whole number, 1 or more.\n"


@pytest.mark.usefixtures("web_server")
@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/?a=b", 200), ("/other", 404)])
def test_page(http_port: int, path: str, status: int) -> None:
    """The web server is ready without a broker, and knows its pages."""
    assert get(http_port, path).status_code == status


@pytest.mark.usefixtures("web_server")
def test_page_without_broker(http_port: int) -> None:
    """A task page that reaches no broker answers 500, and the server goes on."""
    assert get(http_port, "/task").status_code == 500
    assert get(http_port, "/").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_web_server_stops(
    web_server: subprocess.Popen[str], http_port: int, number: signal.Signals
) -> None:
    """A stop signal to the leader alone ends all its workers, and it exits with status 0."""
    get(http_port, "/")

    web_server.send_signal(number)

    assert web_server.wait(timeout=10) == 0
    assert not group_lives(web_server)
