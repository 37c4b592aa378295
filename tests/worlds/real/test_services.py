"""Services of a manifest: real servers on ports of their own, fresh for each case, and gone after it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from warren.claims.implementation import Program
from warren.claims.surroundings import Service
from warren.errors import SetupError
from warren.worlds.real.killed_runs import sweep
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.orphans import adopt_orphans
from warren.worlds.real.runs.ports import LOOPBACK, Ports, listens
from warren.worlds.real.runs.processes import MARK, marked, wait_until
from warren.worlds.real.services import JOURNAL_KIND, Services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Keeps one number; a connection that says "+" adds to it, "0" resets it; all are told what it is.
SERVER = """
import os, socket, subprocess, sys
count = 0
if "child" in sys.argv:
    code = "import signal; signal.pause()"
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.DEVNULL)
if "early" in sys.argv:
    sys.exit("there is no such option")
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client, _ = server.accept()
    said = client.recv(1)
    count = {b"+": count + 1, b"0": 0}.get(said, count)
    client.sendall(f"{count} {os.getpid()}".encode())
    client.close()
"""
ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as client:
    client.sendall(sys.argv[2].encode())
"""


def ask(places: dict[str, tuple[str, int]], word: str = "?") -> tuple[int, int]:
    """Say a word to the service; give its number and its process id."""
    with socket.create_connection(places["counter"]) as client:
        client.sendall(word.encode())
        count, pid = client.recv(100).split()
    return int(count), int(pid)


@pytest.fixture
def service(tmp_path: Path) -> Callable[..., Service]:
    """Describe the service, as a manifest does."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "server.py").write_text(SERVER)
    (project / "ask.py").write_text(ASK)

    def describe(
        *words: str, reset: tuple[str, ...] = (), ready: str = "{port}", within: float = 30.0
    ) -> Service:
        def program(*argv: str) -> Program:
            argv = (sys.executable, *argv)
            return Program(argv, project, has_placeholders=True, source="services.counter")

        return Service(
            "counter",
            program("server.py", "{port}", *words),
            ready,
            within,
            program(*reset) if reset else None,
            source="services.counter",
        )

    return describe


@pytest.fixture
def services(run: Run) -> Iterator[Services]:
    """Give the services of one process of pytest, which takes in orphans."""
    adopt_orphans()
    with closing(Services(run, "tests")) as services:
        yield services


def test_fresh_for_each_case(services: Services, service: Callable[..., Service]) -> None:
    """Without a reset each case has a service of its own, which ends with it."""
    pids = []
    for _ in range(2):
        with services.of_case([service()], ()) as places:
            assert ask(places, "+")[0] == 1
            pids.append(ask(places)[1])
        with pytest.raises(ConnectionRefusedError):
            ask(places)
    assert pids[0] != pids[1]


def test_two_at_once(services: Services, service: Callable[..., Service]) -> None:
    """Two cases at once have two services on two ports."""
    with services.of_case([service()], ()) as one, services.of_case([service()], ()) as other:
        ask(one, "+")
        assert one["counter"] != other["counter"]
        assert ask(other)[0] == 0


def test_reset(services: Services, service: Callable[..., Service]) -> None:
    """With a reset one service is kept, and is as new for each case; it ends with the process that keeps it."""
    described = service(reset=("ask.py", "{port}", "0"))
    pids = set()
    for _ in range(2):
        with services.of_case([described], ()) as places:
            count, pid = ask(places, "+")
            assert count == 1
            pids.add(pid)
    assert len(pids) == 1
    services.close()
    with pytest.raises(ConnectionRefusedError):
        ask(places)


def test_one_that_ended_is_started_again(
    services: Services, service: Callable[..., Service], is_gone: Callable[[int], bool]
) -> None:
    """A case that brings a kept service down leaves the next one a service all the same."""
    described = service(reset=("ask.py", "{port}", "0"))
    with services.of_case([described], ()) as places:
        pid = ask(places)[1]
        psutil.Process(pid).kill()
        assert is_gone(pid)
    with services.of_case([described], ()) as places:
        assert ask(places)[1] != pid


@pytest.fixture
def standing(service: Callable[..., Service]) -> Iterator[Callable[..., Service]]:
    """Start the server as somebody else would; give what describes it by its address."""
    program = service().program
    assert program is not None
    with Ports() as ports:
        port = ports.free()
        argv = [sys.executable, "server.py", str(port)]
        server = subprocess.Popen(argv, cwd=program.directory)

        def describe(*reset: str) -> Service:
            described = service(reset=reset)
            return replace(described, program=None, address=(LOOPBACK, port))

        try:
            assert wait_until(lambda: listens(LOOPBACK, port), timeout=10)
            yield describe
        finally:
            server.kill()
            server.wait(10)


def test_one_that_runs_already(services: Services, standing: Callable[..., Service]) -> None:
    """A service with an address is that of every case, at once, and goes on after them."""
    with services.of_case([standing()], ()) as one, services.of_case([standing()], ()) as other:
        ask(one, "+")
        assert ask(other)[0] == 1
        assert one == other
    assert ask(other)[0] == 1


def test_one_that_runs_already_is_reset(
    services: Services, standing: Callable[..., Service], run: Run
) -> None:
    """With a reset it is as new for each case, and cases take turns, those of other processes too."""
    described = standing("ask.py", "{port}", "0")
    other, entered = Services(run, "others"), Event()

    def second() -> int:
        with other.of_case([described], ()) as places:
            entered.set()
            return ask(places)[0]

    with ThreadPoolExecutor(1) as apart:
        with services.of_case([described], ()) as places:
            ask(places, "+")
            later = apart.submit(second)
            assert not entered.wait(0.5)
            assert ask(places)[0] == 1
        assert later.result(30) == 0


def test_nothing_at_an_address(services: Services, standing: Callable[..., Service]) -> None:
    """An address at which nobody listens is a sentence."""
    described = replace(standing(), address=(LOOPBACK, 9), within=0.2)
    with (
        pytest.raises(SetupError, match=r"nothing listens at 127\.0\.0\.1:9 .*; start it, or mend"),
        services.of_case([described], ()),
    ):
        pass


def test_leaves_nothing(services: Services, service: Callable[..., Service]) -> None:
    """What a service has started in a session of its own ends with it; all of it carries the run's mark."""
    with services.of_case([service("child")], ()):
        assert len(marked(services.run.id, MARK)) == 2
    assert marked(services.run.id, MARK) == []


@pytest.mark.parametrize(
    ("words", "ready", "sentence"),
    [
        (("early",), "{port}", r"ended with status 1 before it was ready; it printed: there is no"),
        ((), "9", r"not ready within 0 s: nothing listens on port 9; it printed nothing"),
    ],
    ids=["ends", "elsewhere"],
)
def test_not_ready(
    services: Services,
    service: Callable[..., Service],
    words: tuple[str, ...],
    ready: str,
    sentence: str,
) -> None:
    """One that ends early, or listens elsewhere, is a sentence with what it printed; nothing of it is left."""
    described = service(*words, ready=ready, within=30.0 if words else 0.3)
    with pytest.raises(SetupError, match=sentence), services.of_case([described], ()):
        pass
    assert marked(services.run.id, MARK) == []


def test_reset_fails(services: Services, service: Callable[..., Service]) -> None:
    """A reset that fails is a sentence with what it printed."""
    described = service(reset=("-c", "import sys; sys.exit('no such key')"))
    with (
        pytest.raises(
            SetupError, match="ended with status 1; it printed: no such key; run it by hand"
        ),
        services.of_case([described], ()),
    ):
        pass


def test_no_such_program(services: Services, tmp_path: Path) -> None:
    """A command that cannot be run is a sentence."""
    project = tmp_path / "empty"
    project.mkdir()
    program = Program(("./server",), project, has_placeholders=True, source="services.counter")
    described = Service("counter", program, "{port}", 1.0)
    with (
        pytest.raises(SetupError, match=r"services\.counter: cannot run './server'"),
        services.of_case([described], ()),
    ):
        pass


def test_killed_run(
    controller: Any,
    temporary: Path,
    service: Callable[..., Service],
    is_gone: Callable[[int], bool],
) -> None:
    """A service that has written over its environment is ended, too, where its run was killed; nobody else is."""
    run = Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))
    hidden = service()
    assert hidden.program is not None
    program = replace(hidden.program, argv=("/usr/bin/env", "-i", *hidden.program.argv))
    services = Services(run, "tests")
    with services.of_case([replace(hidden, program=program)], ()) as places:
        pid = ask(places)[1]
        assert marked(run.id, MARK) == [psutil.Process(controller.child)]
        run.note(JOURNAL_KIND, {"pid": os.getpid(), "created": 1.0})  # an id that was given again
        controller.kill()
        assert sweep().runs == (run.id,)
        assert is_gone(pid)
