"""A run's identity, folder, shared work and journal."""

import errno
import multiprocessing
import os
import shutil
import stat
from pathlib import Path

import pytest

from warren.errors import FaultUnsupported, SetupError
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.folders import disk_trouble
from warren.worlds.real.runs.mounts import SmallDisk
from warren.worlds.real.runs.register import entry_of
from warren.worlds.real.runs.run import data_folders


def test_folder_is_private(run: Run) -> None:
    """Only the user can read a run's folder."""
    assert stat.S_IMODE(run.folder.stat().st_mode) == 0o700


def test_ids_differ(temporary: Path) -> None:
    """Two runs at once never share a name."""
    runs = [Run.start(), Run.start()]
    try:
        assert runs[0].id != runs[1].id
    finally:
        for run in runs:
            run.end()
    assert [path.name for path in temporary.rglob("*") if path.is_file()] == ["lock"]


def test_end_leaves_nothing(run: Run) -> None:
    """After the end neither the folder nor the data in memory is there."""
    data = run.data_folder("server")
    (data / "file").write_text("x")
    run.end()
    assert not data.exists()
    assert not run.folder.exists()
    assert not any(folder.exists() for folder in data_folders(run.id))


def test_end_unmounts_what_is_left(run: Run) -> None:
    """A small disk that nobody closed ends with its run."""
    try:
        disk = SmallDisk(run.data_folder("server") / "a disk", 1 << 20)
    except FaultUnsupported as error:
        pytest.skip(str(error))
    disk.fill()
    assert shutil.disk_usage(disk.folder).free == 0
    run.end()
    assert not disk.folder.parent.exists()


def test_data_without_room_in_memory(
    run: Run, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where memory has no room a server's data are on disk, and end with the run too."""
    monkeypatch.setattr("warren.worlds.real.runs.run._MEMORY_NEEDED", 1 << 60)
    data = run.data_folder("server")
    assert data.is_relative_to(temporary)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    run.end()
    assert not data.parent.exists()


def test_worker_attaches(run: Run) -> None:
    """A worker's run has the same id, folder and mark."""
    attached = Run.attach(run.folder)
    assert (attached.id, attached.folder) == (run.id, run.folder)
    assert attached.environment == {"WARREN_RUN": run.id}


def _count_once(folder: Path, made: Path) -> None:
    def make() -> int:
        with made.open("a") as log:
            log.write("made\n")
        return os.getpid()

    Run.attach(folder).once("thing", make)


def test_once_over_processes(run: Run, tmp_path: Path) -> None:
    """Four workers that need the same thing make it once."""
    made = tmp_path / "made"
    spawn = multiprocessing.get_context("fork")
    workers = [spawn.Process(target=_count_once, args=(run.folder, made)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert made.read_text() == "made\n"


def test_once_gives_the_first_value(run: Run) -> None:
    """Later callers get what the first one made."""
    assert run.once("thing", lambda: {"port": 1}) == {"port": 1}
    assert run.once("thing", lambda: {"port": 2}) == {"port": 1}


def test_once_forgets_a_failure(run: Run) -> None:
    """What could not be made is made by the next caller."""

    def fail() -> None:
        raise SetupError("no luck")

    with pytest.raises(SetupError, match="no luck"):
        run.once("thing", fail)
    assert run.once("thing", lambda: 2) == 2


def test_journal(run: Run) -> None:
    """Notes come back in order; a line that a kill cut off does not."""
    run.note("broker", {"host": "a"})
    run.note("postgresql", {"host": "b"})
    journal = entry_of(run.id).folder / "journal.jsonl"
    with journal.open("a") as file:
        file.write('{"kind": "mys')
    assert list(run.noted()) == [("broker", {"host": "a"}), ("postgresql", {"host": "b"})]
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_foreign_folder_is_refused(
    temporary: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A folder of runs that somebody else put there, here as a link, is not used."""
    (temporary / f"warren-{os.getuid()}").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(SetupError, match="belongs to somebody else; remove it, or set TMPDIR"):
        Run.start()


def test_disk_full_sentence() -> None:
    """A full disk is called a full disk, with its place."""
    error = disk_trouble(OSError(errno.ENOSPC, "No space left on device"), Path("/x"))
    assert str(error) == "/x: no space is left on the disk; free some, or set TMPDIR."


def test_unwritable_sentence(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary folder that cannot be written is named, with the reason."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SetupError) as caught:
        Run.start()
    assert str(caught.value) == (
        f"{temporary}/warren-{os.getuid()}: cannot be written (Read-only file system); "
        "check its rights, or set TMPDIR."
    )
