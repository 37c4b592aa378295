"""After `kill -9` of a controller: gone at the next start, and nobody else is touched."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.worlds.real.management_stub import ManagementStub
from warren.errors import SetupError
from warren.worlds.real.brokers import BrokerAddress
from warren.worlds.real.brokers.container import remove_leftovers
from warren.worlds.real.brokers.existing import JOURNAL_KIND
from warren.worlds.real.killed_runs import Swept, sweep
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.run import data_folders, memory_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def test_living_run_is_left_alone(controller: Any, is_gone: Callable[[int], bool]) -> None:
    """A sweep beside a living run takes nothing from it."""
    assert sweep() == Swept()
    assert controller.process.poll() is None
    controller.kill()
    assert sweep() == Swept((controller.run_id,))
    assert is_gone(controller.child)


def test_killed_run_is_swept(
    controller: Any, temporary: Path, is_gone: Callable[[int], bool]
) -> None:
    """Process, folder and data in memory of a killed run are gone after the sweep."""
    run = Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))
    data = run.data_folder("server")
    controller.kill()
    assert sweep() == Swept((controller.run_id,))
    assert is_gone(controller.child)
    assert not run.folder.exists()
    assert not data.exists()
    assert not any(folder.exists() for folder in data_folders(run.id))
    assert sweep() == Swept()


def test_killed_run_of_another_folder(
    controller: Any,
    temporary: Path,
    is_gone: Callable[[int], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a killed run has in memory is found with another TMPDIR too, its own being gone; a living one's stays."""
    run = Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))
    in_memory = data_folders(run.id)[0]
    if not in_memory.exists():
        pytest.skip("this machine has no room in memory")
    other = temporary / "other"
    other.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    sweep()
    assert in_memory.exists()
    controller.kill()
    shutil.rmtree(run.folder)
    sweep()
    assert is_gone(controller.child)
    assert not in_memory.exists()


@pytest.mark.parametrize("moment", ["before its lock is opened", "before its lock is held"])
def test_run_that_ends_just_now(
    controller: Any, temporary: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """A run that ends between the look at its folders and the lock in them is not swept, and not made again."""
    run = Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))
    lock, open_file = fcntl.flock, Path.open
    ended: list[bool] = []

    def end() -> None:
        if not ended:
            ended.append(True)
            controller.kill()
            run.delete_folders()

    def open_late(path: Path, *arguments: Any) -> Any:
        end()
        return open_file(path, *arguments)

    def lock_late(file: Any, operation: int) -> None:
        end()
        lock(file, operation)

    with monkeypatch.context() as patch:
        # FileLock, which a sweep keeps others away with, opens no Path and has its own name for flock.
        if moment == "before its lock is opened":
            patch.setattr(Path, "open", open_late)
        else:
            patch.setattr(
                "warren.worlds.real.killed_runs.fcntl",
                SimpleNamespace(**vars(fcntl) | {"flock": lock_late}),
            )
        assert sweep() == Swept()
    assert ended
    assert not any(folder.exists() for folder in (run.folder, *data_folders(run.id)))


def test_start_killed_before_it_had_a_lock(temporary: Path) -> None:
    """What a start leaves that was killed with its folder just made is gone after the sweep."""
    sweep()
    (folder,) = temporary.glob("warren-*")
    left = folder / "01234567"
    left.mkdir()
    assert sweep() == Swept()
    assert not left.exists()


@pytest.mark.parametrize("begin", [sweep, Run.start])
def test_waits_for_a_sweep_of_another_folder(
    temporary: Path, begin: Callable[[], Swept | Run]
) -> None:
    """While a sweep with another TMPDIR takes back what is in memory, no other one ends and no run starts."""
    assert temporary.is_dir()
    if not os.access("/dev/shm", os.W_OK):  # noqa: S108
        pytest.skip("this machine keeps nothing in memory")
    with ThreadPoolExecutor() as pool:
        with memory_lock():
            begun = pool.submit(begin)
            with pytest.raises(TimeoutError):
                begun.result(0.3)
        done = begun.result(30)
    if isinstance(done, Run):
        done.end()


def test_killed_runs_that_died_is_swept_again(
    controller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep that fails half-way leaves the folder, so the next one finishes the work."""
    controller.kill()

    def fail(_run_id: str) -> None:
        raise SetupError("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr("warren.worlds.real.brokers.container.remove_leftovers", fail)
        with pytest.raises(SetupError, match="interrupted"):
            sweep()
    assert sweep() == Swept((controller.run_id,))


def test_no_engine_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no Docker engine answers there are no containers to remove."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    remove_leftovers("0")


@pytest.fixture
def note(controller: Any, temporary: Path) -> Callable[[str], Path]:
    """Have the controller's run note a broker that is not its own, with that management API; give the run's folder."""

    def do(management_url: str) -> Path:
        run = Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))
        address = BrokerAddress(
            *("127.0.0.1", 1, management_url, "admin", "secret"),
            *(f"warren-{run.id}-cases", "case secret", "4.3", "a broker"),
        )
        run.note(JOURNAL_KIND, address.to_json())
        return run.folder

    return do


def test_broker_away(controller: Any, note: Callable[[str], Path]) -> None:
    """What is on a broker that is away stays noted, and is said, until a sweep finds it back."""
    with ManagementStub(f"warren-{controller.run_id}-", "mine") as stub:
        folder = note(stub.url)
        controller.kill()
        stub.stop()
        (sentence,) = sweep().left
        assert sentence == (
            f"{stub.url}: the management API is not there (ConnectionRefusedError), so what a killed run left there"
            f" stays for now; start Warren again when it is back, or delete {folder} to forget it."
        )
        assert sweep().runs == ()
        stub.start()
        assert sweep() == Swept((controller.run_id,))
        assert stub.left == {"vhosts": ["mine"], "users": ["mine"]}
    assert not folder.exists()


def test_broker_hangs(controller: Any, note: Callable[[str], Path]) -> None:
    """A broker that takes connections and does not answer costs a start some seconds, however often it is noted."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        note(url)
        note(url)
        controller.kill()
        began = time.monotonic()
        (sentence,) = sweep().left
        assert time.monotonic() - began < 8
    assert "the management API did not answer in time" in sentence
