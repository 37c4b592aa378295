"""An instance in a container: reached by its network alone, and ended, kept and read as a process is."""

from __future__ import annotations

import errno
import platform
import signal
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.worlds.real.containers.conftest import IMAGE, LABELS
from warren.errors import InstanceError
from warren.worlds.real.containers import holder as holders
from warren.worlds.real.containers.handed import HandedSockets
from warren.worlds.real.containers.holder import Holder
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

    from warren.worlds.real.containers import ContainerProcess

pytestmark = pytest.mark.docker

DEADLINE = 30.0
WAITS = "import signal; print('here', flush=True); signal.pause()"
LISTENS = f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); {WAITS}"
CALLS = """
import socket
print(*(name for _, name in socket.if_nameindex()), flush=True)
with socket.create_connection(("broker", 5672)) as line:
    print(line.recv(5).decode(), flush=True)
"""
ECHOES = """
import socket
with socket.create_connection(("broker", 5672)) as line:
    while data := line.recv(1):
        line.sendall(data)
"""


def has_printed(process: ContainerProcess, word: str) -> bool:
    """Wait until a word is in an instance's output."""
    return wait_until(lambda: word in process.output(), timeout=DEADLINE)


def has_ended(process: ContainerProcess) -> bool:
    """Wait for the end of an instance."""
    return wait_until(lambda: process.exit_status is not None, timeout=DEADLINE)


def left(client: DockerClient) -> list[Container]:
    """Find the containers of these tests."""
    return client.containers.list(
        all=True, filters={"label": "warren.test=containers"}, ignore_removed=True
    )


def test_its_network_has_our_socket_and_nothing_else(
    holder: Holder, start: Callable[..., ContainerProcess]
) -> None:
    """A container has the loopback interface alone, and there, by a name, a socket of this process."""
    with holder.socket() as server:
        server.bind(("127.0.0.1", 5672))
        server.listen()
        server.settimeout(DEADLINE)
        process = start(CALLS)
        accepted, _ = server.accept()
        with accepted:
            accepted.sendall(b"hello")
        assert has_ended(process)
        assert process.output().split() == ["lo", "hello"]
        assert process.exit_status == 0


def test_kill(start: Callable[..., ContainerProcess]) -> None:
    """A kill is seen as of a process: by minus the signal's number, and by when it was seen to have ended."""
    process = start(WAITS)
    assert process.exit_status is None
    process.kill()
    assert has_ended(process)
    assert process.exit_status == -signal.SIGKILL
    assert process.ended_at is not None
    process.kill()
    process.stop()


def test_stop(start: Callable[..., ContainerProcess]) -> None:
    """A worker that handles its stop signal ends with its own status, and nothing is said of it."""
    process = start(LISTENS)
    assert has_printed(process, "here")
    process.stop()
    assert has_ended(process)
    assert process.exit_status == 7
    assert process.output() == "here\n"


def test_deaf_to_its_stop_signal(start: Callable[..., ContainerProcess]) -> None:
    """Process 1 without a handler goes on, and its output says what would end it."""
    process = start(WAITS)
    assert has_printed(process, "here")
    process.stop()
    assert "`init: true`" in process.output()
    assert process.exit_status is None


def test_stop_under_an_init_process(start: Callable[..., ContainerProcess]) -> None:
    """With an init process a worker without a handler is ended by its stop signal, and nothing is said of it."""
    process = start(WAITS, init=True)
    assert has_printed(process, "here")
    process.stop()
    assert has_ended(process)
    assert process.exit_status == -signal.SIGTERM == -process.stop_signal
    assert process.output() == "here\n"


def test_freeze(holder: Holder, start: Callable[..., ContainerProcess]) -> None:
    """A frozen one answers nothing, a thawed one what it was sent meanwhile; a frozen one can be killed."""
    with holder.socket() as server:
        server.bind(("127.0.0.1", 5672))
        server.listen()
        server.settimeout(DEADLINE)
        process = start(ECHOES)
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(DEADLINE)
            accepted.sendall(b"1")
            assert accepted.recv(1) == b"1"
            process.freeze()
            accepted.sendall(b"2")
            accepted.settimeout(0.2)
            with pytest.raises(TimeoutError):
                accepted.recv(1)
            process.thaw()
            accepted.settimeout(DEADLINE)
            assert accepted.recv(1) == b"2"
            process.freeze()
            process.kill()
            assert has_ended(process)


def test_output_without_secrets(start: Callable[..., ContainerProcess]) -> None:
    """The end of a long output is shown, also when the container is gone, and no secret in it."""
    process = start("print('x' * 9999); print('the s3cret is out')", ("s3cret",))
    assert has_ended(process)
    shown = process.output()
    assert shown.endswith("is out\n")
    assert "s3cret" not in shown
    assert len(shown) < 2500
    process.close(5.0)
    assert process.output() == shown


def test_close_leaves_nothing(client: DockerClient, start: Callable[..., ContainerProcess]) -> None:
    """The end of an instance removes its container and its network's."""
    process = start(WAITS)
    process.close(5.0)
    assert not left(client)


def test_an_image_that_is_not_there(client: DockerClient) -> None:
    """An image that is on no machine is told in a sentence, and nothing is pulled."""
    with pytest.raises(InstanceError, match="the image no-such-image:0 is not on this machine"):
        Holder(client, "no-such-image:0", where="a test", labels={}, names={})


@pytest.mark.parametrize("is_root", [True, False])
def test_networks_that_cannot_be_entered(
    client: DockerClient, monkeypatch: pytest.MonkeyPatch, *, is_root: bool
) -> None:
    """Who is elsewhere than the engine is told so, and nothing is left of the holder."""

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(holders, "may_enter_networks", lambda: is_root)
    monkeypatch.setattr(holders, "socket_in_network_of", refuse)
    monkeypatch.setattr(HandedSockets, "accept", refuse)
    with pytest.raises(InstanceError, match="run on the machine of the Docker engine"):
        Holder(client, IMAGE, where="a test", labels=LABELS, names={})
    assert not left(client)


def test_without_root_on_an_unknown_machine(
    client: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no program of ours runs, only root has sockets in a container's network, and nothing is started."""
    monkeypatch.setattr(holders, "may_enter_networks", lambda: False)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(InstanceError, match="only root may enter them on this kind of machine"):
        Holder(client, IMAGE, where="a test", labels=LABELS, names={})
    assert not left(client)
