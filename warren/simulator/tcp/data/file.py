"""Opening the file: it is a broker's own, or new; nothing else is touched, and nobody else reads it.

A new file is made elsewhere, under a name that nobody can guess, and takes its place when it is
complete. A link is not followed, and what is not ours is left as it is.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote

from warren.simulator.tcp.data.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

IN_ORDER = "in order"
"""How a broker has ended that was not cut off."""
FORM = 3
"""Of what is in the file; files of forms 1 and 2 were JSON."""
_MAGIC = b"SQLite format 3\0"
_APPLICATION = 0x5761726E
_HEADER = 100  # octets; in it stand, as big-endian numbers,
_FORM_AT, _APPLICATION_AT = slice(60, 64), slice(68, 72)
_LOGS = {"-wal": (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"), "-journal": ()}
"""What SQLite would take for its own beside the file, and how those begin that are ours."""
_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE setting (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (kind, document)
);
CREATE TABLE definition (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE message (
    id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, turn INTEGER NOT NULL, position INTEGER NOT NULL,
    taken INTEGER NOT NULL, redelivered INTEGER NOT NULL, failures INTEGER NOT NULL, acquired INTEGER,
    expires_at REAL, exchange BLOB NOT NULL, routing_key BLOB NOT NULL, properties BLOB NOT NULL,
    rest TEXT, body BLOB NOT NULL
);
CREATE INDEX message_of_queue ON message (queue, turn);
"""


def open_data(path: Path, release: str) -> sqlite3.Connection:
    """Open the file at `path`, or make one for brokers of this `release`. Raises DataError."""
    try:
        identity = _check(path, release)
        database = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, timeout=0, isolation_level=None
        )
    except OSError as error:
        raise DataError(f"{path} cannot be used ({error.strerror}); name another file") from error
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be opened ({error}); name another file") from error
    try:
        _prepare(database, path, release)
        if _identity(os.lstat(path)) != identity:
            _refuse(path, "was exchanged while it was opened; see who writes there")
    except sqlite3.OperationalError as error:
        database.close()
        trouble = (
            "is another broker's at this time" if "locked" in str(error) else f"fails ({error})"
        )
        raise DataError(f"{path} {trouble}; name another file") from error
    except sqlite3.Error as error:
        database.close()
        raise DataError(f"{path} is damaged ({error}); name another file") from error
    except DataError:
        database.close()
        raise
    return database


def _check(path: Path, release: str) -> tuple[int, int]:
    """Make sure that the file is one of ours, and private; return which it is. Raises OSError and DataError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    if path.is_symlink():
        _refuse(path, "is a link; name the file itself")
    _check_logs(path)
    opened = os.open(path, flags, 0o600)
    try:
        facts = os.fstat(opened)
        if not stat.S_ISREG(facts.st_mode):
            _refuse(path, "is no file; name another one")
        if facts.st_uid != os.geteuid():
            _refuse(path, "belongs to another user; name another file")
        header = os.read(opened, _HEADER)
        if header:
            _check_header(path, header)
        if stat.S_IMODE(facts.st_mode) & 0o077:
            os.fchmod(opened, 0o600)  # passwords' hashes and messages are in it
    finally:  # before SQLite locks it: to close any descriptor of a file ends the locks on it
        os.close(opened)
    return _identity(facts) if header else _make(path, facts, release)


def _check_header(path: Path, header: bytes) -> None:
    if header.startswith(b'{"form": '):
        _refuse(path, "is of an earlier version of Warren; name another file")
    application = int.from_bytes(header[_APPLICATION_AT])
    if not header.startswith(_MAGIC) or application != _APPLICATION:
        _refuse(path, "is not what an embedded broker kept; name another file")
    form = int.from_bytes(header[_FORM_AT])
    if form != FORM:
        _refuse(path, f"is of form {form}, while this version reads {FORM}; name another file")


def _check_logs(path: Path) -> None:
    """See that no file of somebody's is where SQLite writes or deletes one."""
    is_new = not path.exists() or path.stat().st_size == 0
    for suffix, beginnings in _LOGS.items():
        beside = path.with_name(path.name + suffix)
        try:
            opened = os.open(beside, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError:
            beginning = b"?"
        else:
            with open(opened, "rb") as file:  # noqa: PTH123 - it is open
                beginning = file.read(4)
        if is_new or (beginning and beginning not in beginnings):
            _refuse(beside, f"is in the way of {path}; move it, or name another file")


def _make(path: Path, empty: os.stat_result, release: str) -> tuple[int, int]:
    """Put a complete file without contents in the place of the `empty` one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {FORM}")
            database.executescript(_SCHEMA)
            about = (("release", release), ("ended", IN_ORDER))
            database.executemany("INSERT INTO about VALUES (?, ?)", about)
        if _identity(os.lstat(path)) != _identity(empty) or path.stat().st_size:
            _refuse(path, "was exchanged while it was made; see who writes there")
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return _identity(os.lstat(path))


def _prepare(database: sqlite3.Connection, path: Path, release: str) -> None:
    run = database.execute
    run("PRAGMA locking_mode = EXCLUSIVE")
    run("PRAGMA journal_mode = WAL")
    run("PRAGMA synchronous = NORMAL")  # what a power cut takes is the end of it, and no more
    run("PRAGMA wal_autocheckpoint = 4000")
    run("BEGIN EXCLUSIVE")
    run("COMMIT")
    (kept,) = run("SELECT value FROM about WHERE name = 'release'").fetchone() or ("?",)
    if kept != release:
        _refuse(path, f"is of a broker with --semantics {kept}, not {release}; name another file")


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino


def _refuse(path: Path, why: str) -> NoReturn:
    raise DataError(f"{path} {why}")
