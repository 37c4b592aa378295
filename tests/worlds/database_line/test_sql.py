"""Statements: what they do to their transaction."""

from __future__ import annotations

import pytest

from warren.worlds.database_line.sql import deeds


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("COMMIT", ["commit"]),
        (" end work ; ", ["commit"]),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", ["begin", "write", "commit"]),
        ("start  transaction isolation level serializable", ["begin"]),
        ("ROLLBACK", ["rollback"]),
        ("ROLLBACK TO SAVEPOINT one", []),
        ("RELEASE SAVEPOINT one", []),
        ("SELECT 'COMMIT; INSERT'", []),
        ("SELECT 1 -- ; COMMIT", []),
        ("/* ; COMMIT */ update t set a = 1", ["write"]),
        ("INSERT INTO t VALUES ('it''s; COMMIT')", ["write"]),
        (r"INSERT INTO t VALUES (E'it\'s; COMMIT')", ["write"]),
        ("DO $$ BEGIN COMMIT; END $$", ["write"]),
        ("WITH a AS (SELECT 1) SELECT * FROM a", []),
        ("WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a", ["write"]),
        ("SET search_path = public", []),
        ("", []),
    ],
)
def test_deeds(text: str, does: list[str]) -> None:
    """Words in strings, names and comments do nothing; each statement is told by its first words."""
    assert list(deeds(text)) == does


@pytest.mark.parametrize(
    "text",
    [r"INSERT INTO t VALUES ('it\'s; COMMIT')", "INSERT INTO `a;commit` VALUES (1) # ; COMMIT"],
)
def test_quotes_of_mysql(text: str) -> None:
    """There a backslash escapes a quote, and names have quotes of their own."""
    assert list(deeds(text, backslashes=True)) == ["write"]
