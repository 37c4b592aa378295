"""PostgreSQL's protocol: which message begins a commit, and which one tells of it."""

from __future__ import annotations

import pytest

from tests.worlds.database_line.octets import (
    SYNC,
    complete,
    encryption,
    execute,
    extended,
    message,
    query,
    ready,
    start,
)
from warren.worlds.database_line.pieces import Failure, Piece
from warren.worlds.database_line.postgresql import PostgresqlFollower


@pytest.fixture
def follower() -> PostgresqlFollower:
    """Give one on a connection that is ready for its first statement."""
    follower = PostgresqlFollower()
    follower.client_sent(start())
    follower.server_sent(ready("I"))
    return follower


def held(pieces: list[Piece]) -> list[bytes]:
    """Give the pieces that can be held, without their bodies."""
    return [piece.octets[:1] for piece in pieces if piece.moment is not None]


@pytest.mark.parametrize("code", [80877103, 80877104])
def test_encryption_is_declined(code: int) -> None:
    """A request for TLS or GSS is answered by "no", and the server does not see it."""
    follower = PostgresqlFollower()
    assert follower.client_sent(encryption(code)) == [Piece(b"", answer=b"N")]
    assert follower.client_sent(start()) == [Piece(start())]


def test_all_octets_go_on_as_they_came(follower: PostgresqlFollower) -> None:
    """However a stream is cut into pieces, together they are the stream."""
    octets = query("SELECT 1") + extended("INSERT INTO t VALUES (1)") + SYNC
    pieces = [piece for octet in octets for piece in follower.client_sent(bytes([octet]))]
    assert b"".join(piece.octets for piece in pieces) == octets


@pytest.mark.parametrize("commit", [query("COMMIT"), query("end"), extended("COMMIT")])
def test_commit_of_a_transaction(follower: PostgresqlFollower, commit: bytes) -> None:
    """A commit begins where a transaction that has written ends, and is done when the server completes it."""
    assert not held(follower.client_sent(query("BEGIN")))
    follower.server_sent(complete("BEGIN") + ready("T"))
    assert not held(follower.client_sent(extended("INSERT INTO t VALUES ($1)") + SYNC))
    assert not held(follower.server_sent(complete("INSERT 0 1") + ready("T")))
    assert held(follower.client_sent(commit)) == [commit[:1].replace(b"P", b"E")]
    assert held(follower.server_sent(complete("COMMIT") + ready("I"))) == [b"C"]


def test_a_transaction_that_only_reads(follower: PostgresqlFollower) -> None:
    """Its commit is nobody's effect."""
    follower.client_sent(query("BEGIN"))
    follower.server_sent(complete("BEGIN") + ready("T"))
    follower.client_sent(query("SELECT 1"))
    follower.server_sent(complete("SELECT 1") + ready("T"))
    assert not held(follower.client_sent(query("COMMIT")))
    assert not held(follower.server_sent(complete("COMMIT") + ready("I")))


def test_autocommit(follower: PostgresqlFollower) -> None:
    """Outside a transaction a query that writes is its own commit, which the next ReadyForQuery tells of."""
    assert held(follower.client_sent(query("INSERT INTO t VALUES (1)"))) == [b"Q"]
    assert held(follower.server_sent(complete("INSERT 0 1") + ready("I"))) == [b"Z"]
    assert not held(follower.client_sent(query("SELECT 1")))
    assert not held(follower.server_sent(complete("SELECT 1") + ready("I")))


def test_autocommit_by_extended_query(follower: PostgresqlFollower) -> None:
    """Outside a transaction the Sync after a writing Execute is its commit, also of a statement parsed before."""
    follower.client_sent(message("P", b"one\0UPDATE t SET a = 1\0\0\0"))
    assert held(follower.client_sent(execute(name="one") + SYNC)) == [b"S"]
    assert held(follower.server_sent(complete("UPDATE 1") + ready("I"))) == [b"Z"]


def test_a_transaction_begun_in_the_same_burst(follower: PostgresqlFollower) -> None:
    """The Sync behind BEGIN and a write, sent together, commits nothing."""
    burst = extended("BEGIN") + extended("INSERT INTO t VALUES (1)") + SYNC
    assert not held(follower.client_sent(burst))
    assert not held(follower.server_sent(complete("BEGIN") + complete("INSERT 0 1") + ready("T")))
    assert held(follower.client_sent(extended("COMMIT") + SYNC)) == [b"E"]


def test_a_savepoint_is_no_end(follower: PostgresqlFollower) -> None:
    """What was written before a rollback to a savepoint is committed in the end."""
    follower.client_sent(query("BEGIN"))
    follower.server_sent(complete("BEGIN") + ready("T"))
    follower.client_sent(query("INSERT INTO t VALUES (1)"))
    follower.server_sent(complete("INSERT 0 1") + ready("T"))
    follower.client_sent(query("ROLLBACK TO one"))
    follower.server_sent(complete("ROLLBACK") + ready("T"))
    assert held(follower.client_sent(query("COMMIT"))) == [b"Q"]
    assert held(follower.server_sent(complete("COMMIT") + ready("I"))) == [b"C"]


def test_a_transaction_that_failed(follower: PostgresqlFollower) -> None:
    """Its commit is a rollback, which commits nothing."""
    follower.client_sent(query("BEGIN"))
    follower.server_sent(complete("BEGIN") + ready("T"))
    follower.client_sent(query("INSERT INTO t VALUES (1)"))
    follower.server_sent(message("E", b"C42P01\0Mno table\0\0") + ready("E"))
    assert not held(follower.client_sent(query("COMMIT")))
    assert not held(follower.server_sent(complete("ROLLBACK") + ready("I")))


def test_an_error_is_told(follower: PostgresqlFollower) -> None:
    """What the server says went wrong is read along."""
    (piece,) = follower.server_sent(message("E", b"SERROR\0C42P01\0Mno table\0\0"))
    assert piece.error == "42P01 no table"


def test_a_forged_error_to_a_query(follower: PostgresqlFollower) -> None:
    """A query that writes is answered with the failure, and the server never sees it; one that reads goes on."""
    follower.failure = Failure.OUT_OF_SPACE
    (piece,) = follower.client_sent(query("INSERT INTO t VALUES (1)"))
    assert piece.octets == b""
    assert b"53100" in piece.answer
    assert piece.answer.endswith(ready("I"))
    assert follower.client_sent(query("SELECT 1")) == [Piece(query("SELECT 1"))]


def test_a_forged_error_in_a_transaction(follower: PostgresqlFollower) -> None:
    """The Execute is swallowed, its error comes before the next ReadyForQuery, and a commit is a rollback then."""
    follower.client_sent(query("BEGIN"))
    follower.server_sent(complete("BEGIN") + ready("T"))
    follower.failure = Failure.OUT_OF_SPACE
    sent = b"".join(
        p.octets for p in follower.client_sent(extended("INSERT INTO t VALUES (1)") + SYNC)
    )
    assert sent.endswith(SYNC)
    assert message("E", b"\0" * 5) not in sent
    told = b"".join(piece.octets for piece in follower.server_sent(ready("T")))
    assert b"53100" in told
    assert told.endswith(ready("E"))
    assert [piece.octets for piece in follower.client_sent(query("COMMIT"))] == [query("ROLLBACK")]


def test_what_cannot_be_read_goes_on() -> None:
    """A client that speaks something else is passed on, unread."""
    follower = PostgresqlFollower()
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    assert [piece.octets for piece in follower.client_sent(hello)] == [hello]
    assert [piece.octets for piece in follower.server_sent(b"bye")] == [b"bye"]
