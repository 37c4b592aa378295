"""What the options of `warren learn` say of the program and its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.errors import OptionError
from warren.learning.telling import as_started, properties, refuse_outside, slug, variables

if TYPE_CHECKING:
    from pathlib import Path


def test_properties() -> None:
    """Headers are read as JSON where they are JSON, the rest as AMQP has it."""
    texts = ("type=order", "priority=3", "headers.n=1", "headers.id={id}", "headers.deep=[1, null]")
    assert properties(texts) == {
        "type": "order",
        "priority": 3,
        "headers": {"n": 1, "id": "{id}", "deep": [1, None]},
    }


@pytest.mark.parametrize("text", ["typ=order", "priority=high", "delivery_mode=3", "timestamp=1"])
def test_no_property(text: str) -> None:
    """What no message has is refused, with the names that there are."""
    with pytest.raises(OptionError, match=r"write one of content_type, .*headers\.NAME"):
        properties([text])


@pytest.mark.parametrize("text", ["AMQP_URL", "=x", "WARREN_X=1", "a-b=1"])
def test_no_variable(text: str) -> None:
    """A variable has a name that a manifest may set, and a value."""
    with pytest.raises(OptionError, match="--env: "):
        variables([text])


def test_program_of_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that a case would find elsewhere is named by its whole path; any other as it was given."""
    for folder in ("mine", "other"):
        program = tmp_path / folder / "worker"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "mine"))
    inherited = f"{tmp_path / 'other'}:{tmp_path / 'mine'}"
    assert as_started(("worker", "-v"), inherited) == (str(tmp_path / "mine" / "worker"), "-v")
    assert as_started(("worker", "-v"), str(tmp_path / "mine")) == ("worker", "-v")
    assert as_started(("./worker",), inherited) == ("./worker",)


def test_slug() -> None:
    """Any name of a directory becomes one of a manifest."""
    assert [slug(text) for text in ("My_Orders 2", "...", "a")] == ["my-orders-2", "consumer", "a"]


@pytest.mark.parametrize("word", ["../venv/bin/python", "./../venv/bin/python"])
def test_program_outside(tmp_path: Path, word: str) -> None:
    """A path that a copy of the directory does not have is refused, and the absolute one is named."""
    program = tmp_path / "venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.touch()
    (tmp_path / "shop").mkdir()
    with pytest.raises(OptionError, match=f"in a copy of .* absolute path: {program}"):
        refuse_outside((word, "consumer.py"), tmp_path / "shop")
    with pytest.raises(OptionError, match="leads out of"):
        refuse_outside(("python", word), tmp_path / "shop")
    refuse_outside((str(program), "../nothing", "bin/../consumer.py"), tmp_path / "shop")
