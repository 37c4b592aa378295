"""The protocol of MySQL: which packet begins a commit, and which one tells of it."""

from __future__ import annotations

import pytest

from warren.worlds.database_line.mysql import MysqlFollower
from warren.worlds.database_line.pieces import Failure, Moment, Piece

AUTOCOMMIT, INSIDE = 2, 1
BEFORE, AFTER = Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT
OFFERED = 0xFFFFFFFF


def packet(number: int, body: bytes) -> bytes:
    """Write a packet."""
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def greeting(capabilities: int) -> bytes:
    """Write a server's greeting."""
    low, high = (
        (capabilities & 0xFFFF).to_bytes(2, "little"),
        (capabilities >> 16).to_bytes(2, "little"),
    )
    return packet(
        0, b"\x0a10.11\0" + b"\1\0\0\0" + b"12345678\0" + low + b"\x2d\2\0" + high + b"\0" * 11
    )


def query(text: str) -> bytes:
    """Ask by COM_QUERY."""
    return packet(0, b"\x03" + text.encode())


def ok(status: int, affected: int = 0) -> bytes:
    """Answer that all went well."""
    return packet(1, bytes([0, affected, 0]) + status.to_bytes(2, "little") + b"\0\0")


@pytest.fixture
def follower() -> MysqlFollower:
    """Give one on a connection that is ready for its first command."""
    follower = MysqlFollower()
    follower.server_sent(greeting(OFFERED))
    follower.client_sent(packet(1, b"login"))
    follower.server_sent(ok(AUTOCOMMIT))
    return follower


def moments(pieces: list[Piece]) -> list[Moment | None]:
    """Give what can be held."""
    return [piece.moment for piece in pieces]


def test_greeting() -> None:
    """Of all that a server offers, TLS, compression and query attributes are left out."""
    (piece,) = MysqlFollower().server_sent(greeting(OFFERED))
    assert piece.octets == greeting(OFFERED & ~(1 << 11 | 1 << 5 | 1 << 26 | 1 << 27))


def test_autocommit(follower: MysqlFollower) -> None:
    """Outside a transaction a statement that writes is its own commit, which its answer tells of."""
    assert moments(follower.client_sent(query("INSERT INTO t VALUES (1)"))) == [BEFORE]
    assert moments(follower.server_sent(ok(AUTOCOMMIT, affected=1))) == [AFTER]
    assert moments(follower.client_sent(query("SET NAMES utf8mb4"))) == [None]
    assert moments(follower.server_sent(ok(AUTOCOMMIT))) == [None]


@pytest.mark.parametrize("outside", [AUTOCOMMIT, 0], ids=["begun", "autocommit off"])
@pytest.mark.parametrize(
    ("end", "before", "after"), [("COMMIT", BEFORE, AFTER), ("ROLLBACK", None, None)]
)
def test_transaction(
    follower: MysqlFollower, outside: int, end: str, before: Moment | None, after: Moment | None
) -> None:
    """What was written is committed by COMMIT, and by no ROLLBACK."""
    follower.client_sent(query("SET autocommit=0" if outside == 0 else "BEGIN"))
    follower.server_sent(ok(outside if outside == 0 else outside | INSIDE))
    assert moments(follower.client_sent(query("INSERT INTO t VALUES (1)"))) == [None]
    assert moments(follower.server_sent(ok(outside | INSIDE, affected=1))) == [None]
    assert moments(follower.client_sent(query(end))) == [before]
    assert moments(follower.server_sent(ok(outside))) == [after]
    assert moments(follower.client_sent(query("COMMIT"))) == [None]
    assert moments(follower.server_sent(ok(outside))) == [None]


def test_autocommit_is_turned_on(follower: MysqlFollower) -> None:
    """That commits, too."""
    follower.client_sent(query("BEGIN"))
    follower.server_sent(ok(AUTOCOMMIT | INSIDE))
    follower.client_sent(query("INSERT INTO t VALUES (1)"))
    follower.server_sent(ok(AUTOCOMMIT | INSIDE, affected=1))
    assert moments(follower.client_sent(query("SET autocommit = 1"))) == [BEFORE]
    assert moments(follower.server_sent(ok(AUTOCOMMIT))) == [AFTER]


def test_prepared_statement(follower: MysqlFollower) -> None:
    """What an execution does is told by the text that was prepared."""
    follower.client_sent(packet(0, b"\x16INSERT INTO t VALUES (?)"))
    follower.server_sent(packet(1, b"\0\7\0\0\0" + b"\0" * 7))
    assert moments(follower.client_sent(packet(0, b"\x17\7\0\0\0\0\1\0\0\0"))) == [BEFORE]
    assert moments(follower.server_sent(ok(AUTOCOMMIT, affected=1))) == [AFTER]


def test_a_result_set_is_no_commit(follower: MysqlFollower) -> None:
    """Rows are passed on, whatever they begin with."""
    follower.client_sent(query("SELECT 1"))
    rows = packet(1, b"\1") + packet(2, b"\3def") + packet(3, b"\0\0") + packet(4, b"\xfe\0\0\2\0")
    assert moments(follower.server_sent(rows)) == [None] * 4


def test_a_forged_error(follower: MysqlFollower) -> None:
    """A statement that writes is answered with the failure, and the server never sees it."""
    follower.failure = Failure.OUT_OF_SPACE
    (piece,) = follower.client_sent(query("INSERT INTO t VALUES (1)"))
    assert (piece.octets, piece.error) == (b"", "1114 The table is full")
    assert piece.answer[4:7] == b"\xff\x5a\x04"
    assert follower.client_sent(query("SELECT 1")) == [Piece(query("SELECT 1"))]


def test_an_error_is_told(follower: MysqlFollower) -> None:
    """What the server says went wrong is read along."""
    (piece,) = follower.server_sent(packet(1, b"\xff\x7a\x04#42S02no such table"))
    assert piece.error == "1146 42S02no such table"
