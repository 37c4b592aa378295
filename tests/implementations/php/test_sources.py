"""The PHP files as PHP reads them: syntax, and the bytes that the message classes write."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_impl.messages import PartMessage
from reference_impl.php import serialize

ROOT = Path(__file__).parents[3]
FILES = sorted(
    path.relative_to(ROOT)
    for folder in ("implementations/php", "tests/implementations/php")
    for path in (ROOT / folder).rglob("*.php")
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def bodies(php: str, texts: list[str]) -> list[dict[str, bytes]]:
    """Let PHP write a part and a reply with each text."""
    done = subprocess.run(
        [php, str(Path(__file__).with_name("bodies.php"))],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
        timeout=30,
    )
    return [
        {name: bytes.fromhex(body) for name, body in pair.items()}
        for pair in json.loads(done.stdout)
    ]


def test_there_are_php_files() -> None:
    """The folder has the files that its manifest names."""
    names = {path.name for path in FILES}

    assert {"consumer.php", "http.php"} <= names


@pytest.mark.parametrize("path", FILES, ids=str)
def test_syntax(php: str, path: Path) -> None:
    """PHP finds no syntax error in the file."""
    done = subprocess.run(
        [php, "-l", str(ROOT / path)], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_part_escapes_slash_and_non_ascii(php: str) -> None:
    r"""A part has no spaces, `\/` for a slash, and UTF-16 escapes for what is not ASCII."""
    [body] = bodies(php, ["a/é😀"])

    assert (
        body["part"] == rb'{"text":"a\/\u00e9\ud83d\ude00","sourceMessage":"a\/\u00e9\ud83d\ude00"}'
    )


def test_reply_counts_bytes(php: str) -> None:
    """A reply is the string as serialize() writes it, its length in bytes."""
    [body] = bodies(php, ["text1"])

    assert body["reply"] == b's:40:"{"text":"text1","sourceMessage":"text1"}";'


@settings(max_examples=20, deadline=None)  # each example starts a PHP of its own
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=20))
def test_python_writes_the_same_bytes(php: str, texts: list[str]) -> None:
    """The Python reference writes any text, as part and as reply, byte for byte as PHP does."""
    expected = [PartMessage(text=text, sourceMessage=text).encode() for text in texts]

    written = bodies(php, texts)

    assert [body["part"] for body in written] == expected
    assert [body["reply"] for body in written] == [serialize(part.decode()) for part in expected]
