"""After `kill -9` of a controller: gone at the next start, and nobody else is touched."""

from __future__ import annotations

import fcntl
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
from warren.worlds.real.brokers.existing import JOURNAL_KIND
from warren.worlds.real.brokers.own import CONTAINER
from warren.worlds.real.killed_runs import Swept, sweep
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.register import entry_of, register_lock
from warren.worlds.real.runs.run import data_folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@pytest.fixture
def run_of_controller(controller: Any, temporary: Path) -> Run:
    """Give the controller's run, as its workers have it."""
    return Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))


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


@pytest.mark.parametrize("is_left", [True, False], ids=["left", "gone"])
def test_killed_run_of_another_folder(
    *,
    is_left: bool,
    controller: Any,
    temporary: Path,
    is_gone: Callable[[int], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a killed run left is found with another TMPDIR, its own being there or not; a living one's stays."""
    run = Run.attach(next(temporary.glob(f"warren-*/{controller.run_id}")))
    folders = (run.folder, run.data_folder("server"))
    other = temporary / "other"
    other.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    assert sweep() == Swept()
    assert all(folder.exists() for folder in folders)
    controller.kill()
    if not is_left:
        shutil.rmtree(run.folder.parent)
    assert sweep() == Swept((controller.run_id,))
    assert is_gone(controller.child)
    assert not any(folder.exists() for folder in folders)


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
            run.forget()

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
    """What a start leaves that was killed with its entry just made is gone after the sweep."""
    left = entry_of("01234567").folder
    left.mkdir()
    assert left.is_relative_to(temporary)
    assert sweep() == Swept()
    assert not left.exists()


def test_start_killed_before_it_had_a_folder(temporary: Path) -> None:
    """A start that was killed between its entry and its folder is swept."""
    entry = entry_of("01234567")
    entry.make([temporary / "01234567"]).release()
    assert sweep() == Swept(("01234567",))
    assert not entry.folder.exists()


@pytest.mark.parametrize("begin", [sweep, Run.start])
def test_waits_for_a_sweep_beside(temporary: Path, begin: Callable[[], Swept | Run]) -> None:
    """While one sweep goes on no other one ends, and no run starts."""
    assert temporary.is_dir()
    with ThreadPoolExecutor() as pool:
        with register_lock():
            begun = pool.submit(begin)
            with pytest.raises(TimeoutError):
                begun.result(0.3)
        done = begun.result(30)
    if isinstance(done, Run):
        done.end()


def test_no_state_folder(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Where the user's state folder cannot be made, the register is in the temporary one."""
    file = tmp_path_factory.mktemp("state") / "file"
    file.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(file))
    run = Run.start()
    assert entry_of(run.id).folder.is_relative_to(temporary)
    run.end()
    assert sweep() == Swept()


def test_killed_runs_that_died_is_swept_again(
    controller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep that fails half-way leaves the folder, so the next one finishes the work."""
    controller.kill()

    def fail(*_: object, **_more: object) -> None:
        raise SetupError("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr("warren.worlds.real.killed_runs.kill_marked", fail)
        with pytest.raises(SetupError, match="interrupted"):
            sweep()
    assert sweep() == Swept((controller.run_id,))


@pytest.mark.parametrize("is_noted", [True, False])
def test_no_engine(
    *, is_noted: bool, controller: Any, run_of_controller: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no Docker engine answers the container of a killed run stays noted; without one no engine is asked."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    if is_noted:
        run_of_controller.note(CONTAINER, {})
    controller.kill()
    swept = sweep()
    assert swept.runs == (() if is_noted else (controller.run_id,))
    assert entry_of(controller.run_id).folder.exists() is is_noted
    starts = [sentence.partition(" (")[0] for sentence in swept.left]
    assert starts == ["--broker docker: no Docker engine answers"] * is_noted


@pytest.fixture
def note(run_of_controller: Run) -> Callable[[str], Path]:
    """Have the controller's run note a broker that is not its own, with that management API; give the run's entry."""

    def do(management_url: str) -> Path:
        run = run_of_controller
        address = BrokerAddress(
            *("127.0.0.1", 1, management_url, "admin", "secret"),
            *(f"warren-{run.id}-cases", "case secret", "4.3", "a broker"),
        )
        run.note(JOURNAL_KIND, address.to_json())
        return entry_of(run.id).folder

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
