"""Real processes: what they are given, and how they are ended with all that they started."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from warren.claims.implementation import Program
from warren.errors import InstanceError
from warren.workloads.course.roles import STREAM
from warren.worlds.real.databases import UnfollowedLine
from warren.worlds.real.launching import inherited_environment
from warren.worlds.real.process import RealProcess
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE = 30.0

# Ends with status 7 on SIGINT; its child, in the same group, is told nothing.
PARENT = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print(child.pid, flush=True)
signal.pause()
"""

# Four threads answer at a socket each, while the main one waits, as in a consumer.
ANSWERS = """
import signal, socket, sys, threading
def answer(server):
    link, _ = server.accept()
    while data := link.recv(1):
        link.sendall(data)
servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
for server in servers:
    threading.Thread(target=answer, args=(server,), daemon=True).start()
print(*(server.getsockname()[1] for server in servers), flush=True)
signal.pause()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RealProcess]]:
    """Start a script as an instance; end it after the test."""
    started: list[RealProcess] = []

    def do(*argv: str, secrets: tuple[str, ...] = (), **environment: str) -> RealProcess:
        command = Program(argv, tmp_path, environment, signal.SIGINT, 5.0)
        line: Any = SimpleNamespace(close=lambda: None)
        env = {"WARREN_HTTP_PORT": "1", "WARREN_RUN": "test"}
        started.append(
            RealProcess(
                command,
                "stream-1",
                STREAM,
                line=line,
                database=UnfollowedLine("none"),
                env=env,
                output=tmp_path / "out",
                now=time.monotonic,
                secrets=secrets,
            )
        )
        return started[-1]

    yield do
    for process in started:
        process.close(DEADLINE)


def ended(process: RealProcess) -> bool:
    """Wait until a process has ended."""
    return wait_until(lambda: process.exit_status is not None, timeout=DEADLINE)


def child_of(process: RealProcess) -> psutil.Process:
    """Wait for the process to say what its child is."""
    assert wait_until(lambda: process.output().endswith("\n"), timeout=DEADLINE)
    return psutil.Process(int(process.output()))


def test_no_command(start: Callable[..., RealProcess]) -> None:
    """A command that cannot be run is named, with what to do."""
    with pytest.raises(InstanceError) as refused:
        start("./no-such-program")
    assert str(refused.value) == (
        "instance stream-1: cannot run './no-such-program': No such file or directory; "
        "correct its command in the manifest."
    )


def test_environment(
    start: Callable[..., RealProcess], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An instance gets the manifest's variables and Warren's, and no secret of ours."""
    monkeypatch.setenv("CLOUD_PASSWORD", "hidden")
    monkeypatch.setenv("LC_TIME", "C")
    script = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"
    process = start(sys.executable, "-c", script, APP_ENV="prod")
    assert ended(process)
    environment, directory = json.loads(process.output())
    assert environment["APP_ENV"] == "prod"
    assert environment["WARREN_RUN"] == "test"
    assert environment["LC_TIME"] == "C"
    assert environment["PATH"].startswith(str(Path(sys.executable).parent))
    assert "CLOUD_PASSWORD" not in environment
    assert directory == str(tmp_path)


def test_group_and_session(start: Callable[..., RealProcess]) -> None:
    """An instance leads a process group of its own, in our session: a kernel may share out time by session."""
    process = start(
        sys.executable, "-c", "import os; print(os.getpid(), os.getpgid(0), os.getsid(0))"
    )
    assert ended(process)
    pid, group, session = map(int, process.output().split())
    assert (group, session) == (pid, os.getsid(0))


def test_inherits_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of our own environment only what finds a home, a language and programs is passed on."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    names = set(inherited_environment())
    assert names <= {"PATH", "HOME", "LANG", "TMPDIR", "TZ"} | {n for n in names if n[:3] == "LC_"}


def test_stop(start: Callable[..., RealProcess]) -> None:
    """The manifest's signal goes to the process itself, which ends with its own status."""
    process = start(sys.executable, "-c", PARENT)
    child = child_of(process)
    process.stop()
    assert ended(process)
    assert process.exit_status == 7
    assert process.ended_at is not None
    assert child.is_running()
    process.stop()  # one that has ended is told nothing


def test_kill(start: Callable[..., RealProcess]) -> None:
    """A kill ends the whole process group at once."""
    process = start(sys.executable, "-c", PARENT)
    child = child_of(process)
    process.kill()
    assert ended(process)
    assert process.exit_status == -signal.SIGKILL
    assert wait_until(lambda: gone(child), timeout=DEADLINE)


def test_freeze(start: Callable[..., RealProcess]) -> None:
    """A frozen group stands still, parent and child, until it is thawed."""
    process = start(sys.executable, "-c", PARENT)
    child = child_of(process)
    process.freeze()
    assert child.status() == psutil.STATUS_STOPPED
    assert process.exit_status is None
    process.thaw()
    assert wait_until(lambda: child.status() == psutil.STATUS_SLEEPING, timeout=DEADLINE)


def test_freeze_is_whole(start: Callable[..., RealProcess]) -> None:
    """Of a frozen process no thread answers what it was asked after the freeze, until it is thawed."""
    process = start(sys.executable, "-c", ANSWERS)
    assert wait_until(lambda: process.output().endswith("\n"), timeout=DEADLINE)
    ports = list(map(int, process.output().split()))
    with contextlib.ExitStack() as stack:
        links = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), DEADLINE))
            for port in ports
        ]
        for _ in range(50):
            process.freeze()
            for link in links:
                link.sendall(b"?")
            assert select.select(links, [], [], 0.01)[0] == []
            process.thaw()
            assert [link.recv(1) for link in links] == [b"?"] * len(links)


def gone(process: psutil.Process) -> bool:
    """Whether a process has ended, whoever has to note it."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("behind", [1990, 1970, 0])
def test_output_without_secrets(start: Callable[..., RealProcess], behind: int) -> None:
    """Wherever what is shown of the output begins, also in the middle of a secret, it holds no part of one."""
    secret = "0123456789abcdef" * 2
    process = start(
        sys.executable, "-c", f"print('x' * 9000 + '{secret}' + '.' * {behind})", secrets=(secret,)
    )
    assert ended(process)
    shown = process.output()
    assert shown.endswith("." * behind + "\n")
    assert not any(secret[at : at + 5] in shown for at in range(len(secret) - 4))


def test_command_with_variables(start: Callable[..., RealProcess]) -> None:
    """A word of a command may hold a variable of the contract; other braces stay as they are."""
    script = "import sys; print(*sys.argv[1:], flush=True)"
    words = ("-p", "{http_port}", "--run={run}!", "{", "{nothing}", '{"a": {}}')
    process = start(sys.executable, "-c", script, *words)
    assert wait_until(lambda: process.exit_status is not None, timeout=DEADLINE, interval=0.01)
    assert process.output().strip() == '-p 1 --run=test! { {nothing} {"a": {}}'
