"""Texts from outside: no secret is left in what is shown of them, wherever they are cut."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.evidence.ledger import short
from warren.evidence.text import CUT, REDACTED, end_of, redact

SECRET = 'p@ss/w"ö\\rd'  # noqa: S105 - made up, to be found
PASSWORD = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "form",
    [SECRET, quote(SECRET, safe=""), repr(SECRET)[1:-1], json.dumps(SECRET)[1:-1]],
    ids=["plain", "percent-encoded", "Python", "JSON"],
)
def test_forms(form: str) -> None:
    """A secret is found in each form in which programs write it."""
    assert redact(f"before {form} after", [SECRET]) == f"before {REDACTED} after"


def test_longest_first() -> None:
    """A secret that begins with another leaves no rest."""
    assert redact("abcdef", ["abc", "abcdef"]) == REDACTED


def test_empty_secret() -> None:
    """An empty password hides nothing."""
    assert redact("text", [""]) == "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amqp://user:hidden@host:5672/v", f"amqp://user:{REDACTED}@host:5672/v"),
        ("postgresql+psycopg://u:p%40@h/d", f"postgresql+psycopg://u:{REDACTED}@h/d"),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
        ("amqp://host/vhost", "amqp://host/vhost"),
    ],
)
def test_password_in_url(text: str, expected: str) -> None:
    """The password in a URL is a secret that nobody has to name."""
    assert redact(text, []) == expected


@pytest.mark.parametrize("characters", range(1, 60))
def test_cut_anywhere(characters: int) -> None:
    """However much is shown of the end of a text, it holds no part of a secret that is in it."""
    shown = end_of(f"I was given {PASSWORD} and leave", characters, [PASSWORD])
    assert f"I was given {REDACTED} and leave".endswith(shown)


@pytest.mark.parametrize("before", range(60))
def test_cut_body(before: int) -> None:
    """Of a message body that is cut inside a secret no more than four characters of it are shown."""
    shown = redact(short(b"x" * before + PASSWORD.encode() + b"y" * 90), [PASSWORD])
    assert CUT in shown
    assert PASSWORD[:4] not in shown


def test_cut_url() -> None:
    """The password of a URL that is cut inside it is a secret, too."""
    assert redact(f"amqp://user:hid{CUT} and so on", []) == f"amqp://user:{REDACTED}{CUT} and so on"


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"text", "'text'"), (b"\xff\n", r"b'\xff\n'"), ("é".encode(), r"'\xe9'"), (b"", "''")],
)
def test_short(body: bytes, shown: str) -> None:
    """A body is shown in one printable line, quoted; one that is no text as octets."""
    assert short(body) == shown


@given(st.binary(), st.integers(10, 80))
def test_short_is_short(body: bytes, limit: int) -> None:
    """No body is longer than the limit, and none has a character that does not print."""
    assert len(short(body, limit)) <= limit
    assert short(body, limit).isprintable()
