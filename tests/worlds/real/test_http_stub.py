"""The HTTP stub: it records what is asked of it, and answers."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
import requests

from warren.worlds.real.http_stub import HttpStub

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stub() -> Iterator[HttpStub]:
    """Give a stub whose clock stands still."""
    with contextlib.closing(HttpStub(lambda: 1.5)) as stub:
        yield stub


def test_recorded(stub: HttpStub) -> None:
    """A call is known by its method, path, headers and body, and was answered with success."""
    answer = requests.post(
        f"{stub.url}/charge?x=1", data=b"order-1", headers={"Idempotency-Key": "k"}, timeout=10
    )
    assert (answer.status_code, answer.json()) == (HTTPStatus.OK, {})
    (call,) = stub.calls()
    assert (call.at, call.method, call.path, call.body) == (1.5, "POST", "/charge?x=1", b"order-1")
    assert call.header("idempotency-key") == "k"
    assert call.mentions("order-1")
    assert str(call) == "1.500 POST /charge?x=1 order-1 -> 200"


def test_any_method_on_one_connection(stub: HttpStub) -> None:
    """Any method is answered, and a connection is kept for the next."""
    with requests.Session() as session:
        for method in ("GET", "PUT", "DELETE", "PURGE"):
            assert session.request(method, stub.url, timeout=10).status_code == HTTPStatus.OK
    assert [call.method for call in stub.calls()] == ["GET", "PUT", "DELETE", "PURGE"]


def test_closed_while_it_answers(stub: HttpStub) -> None:
    """Who waits for an answer gets it at once when the stub is closed, however long it was to take."""
    stub.seconds = 600.0
    stub.closing.set()
    assert requests.get(stub.url, timeout=10).status_code == HTTPStatus.OK
