"""Ports: free, and nobody else's, in this process and in any other."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from warren.errors import SetupError
from warren.worlds.real.runs import ports
from warren.worlds.real.runs.ports import LOOPBACK, Ports, is_free

if TYPE_CHECKING:
    from collections.abc import Iterator

# Takes a port, names it, and keeps it until it is ended.
OTHER = """
import sys
from warren.worlds.real.runs.ports import Ports
mine = Ports()
print(mine.free(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mine() -> Iterator[Ports]:
    """Give an owner."""
    with Ports() as mine:
        yield mine


@pytest.fixture
def only_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Narrow the range to one port that is free now."""
    with Ports() as some:
        port = some.free()
    narrow(port, monkeypatch)
    return port


def narrow(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrow the range of this process to one port."""
    monkeypatch.setattr(ports, "_FIRST", port)
    monkeypatch.setattr(ports, "_LAST", port + 1)


def test_free(mine: Ports) -> None:
    """A free port can be listened on; one that somebody listens on is not called free."""
    port = mine.free()
    assert port < 32_768
    assert is_free(port)
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)


def test_none_left(mine: Ports, only_port: int) -> None:
    """Where all are listened on the person reads so."""
    with (
        socket.create_server((LOOPBACK, only_port)),
        pytest.raises(SetupError, match=rf"100 ports between {only_port} and .* are all taken"),
    ):
        mine.free()


def test_one_owner(mine: Ports, only_port: int) -> None:
    """A port that has an owner is no other's, though nothing listens there, until it is given back."""
    with Ports() as other:
        assert other.free() == only_port
        with pytest.raises(SetupError, match="are all taken"):
            mine.free()
    assert mine.free() == only_port


def test_owner_in_another_process(mine: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is between processes, and what a killed one had is free again."""
    command = [sys.executable, "-c", OTHER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        narrow(port, monkeypatch)
        with pytest.raises(SetupError, match="are all taken"):
            mine.free()
        other.kill()
        other.wait(10)
    assert mine.free() == port
