"""`warren new`: what it writes for each language, and what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from tests.requisites import missing
from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.command.cli import main
from warren.command.new import LANGUAGES, starter_files
from warren.worlds.real.databases.postgresql import binaries

READERS = {".js": ["node", "--check"], ".php": ["php", "-l"], ".go": ["gofmt", "-e"]}
"""What reads a source file and does nothing else with it, by what its name ends with."""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    """Run the command; give its status and what it printed."""
    result = CliRunner().invoke(main, words)
    return result.exit_code, result.output


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language(language: str) -> None:
    """The manifest can be read and claims most of all, no place is left, and what comes next is said."""
    status, output = run("new", "my-orders", "--language", language)
    assert status == 0, output
    assert "cd my-orders && make install && warren smoke" in output
    folder = Path("my-orders")
    left = [path for path in folder.rglob("*") if path.is_file() and "@@" in path.read_text()]
    assert not left
    design = load_manifest(folder / "warren.toml", load_catalogue()).designs["my-orders"]
    assert {"no-loss", "effect-once", "survives-database-loss"} <= design.claims
    assert len(design.claims | design.denies) == 20
    assert {"Makefile", "README.md", "schema.sql", "samples", ".gitignore"} <= {
        path.name for path in folder.iterdir()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_can_be_read(language: str, in_folder: Path) -> None:
    """What is written can be read by what will read it: make, its language, and whatever gets its libraries."""
    assert run("new", "my-orders", "--language", language)[0] == 0
    folder = in_folder / "my-orders"
    _check(["make", "--dry-run", "install"], folder)
    for path in (p for p in folder.rglob("*") if p.is_file()):
        match path.suffix:
            case ".json" if path.parent == folder:
                json.loads(path.read_text())
            case ".xml":
                ET.parse(path)  # noqa: S314 - our own
            case ".py":
                compile(path.read_text(), path, "exec")
            case ".js" | ".php" | ".go":
                _check([*READERS[path.suffix], str(path)], folder)


def _check(command: list[str], folder: Path) -> None:
    """Run what reads a file, where it is here: weekly all of it is built, and judged."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on PATH")
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("name", ["Orders", "-orders", "a/b", "..", "a--b", "1st", "o" * 41, ""])
def test_no_name(name: str, in_folder: Path) -> None:
    """A name that is no name of a queue, a folder and a package is refused, and nothing is written."""
    status, output = run("new", "--language", "go", "--", name)
    assert status == 2
    assert "is no name" in output
    assert not list(in_folder.iterdir())


def test_nothing_is_overwritten() -> None:
    """A folder with something in it stays as it is; an empty one will do."""
    mine = Path("orders/consumer.py")
    mine.parent.mkdir()
    assert run("new", "orders", "--language", "python")[0] == 0
    mine.write_text("mine")
    status, output = run("new", "orders", "--language", "python")
    assert status == 2
    assert "it is there already" in output
    assert mine.read_text() == "mine"


def test_unknown_language() -> None:
    """The languages are named."""
    status, output = run("new", "orders", "--language", "cobol")
    assert status == 2
    assert all(language in output for language in LANGUAGES)


@pytest.mark.postgresql
def test_python_works(in_folder: Path) -> None:
    """What is made for Python is wired right and does its work; its libraries are those of this environment."""
    if binaries() is None:
        missing("PostgreSQL's server programs are not here: apt-get install postgresql")
    assert run("new", "orders", "--language", "python")[0] == 0
    (in_folder / "orders" / ".venv").symlink_to(sys.prefix)
    status, output = run(
        *("smoke", "orders/warren.toml", "--broker", "embedded", "--database", "postgresql")
    )
    assert status == 0, output
    assert "orders: works" in output


def test_what_an_installation_compiled_is_left(in_folder: Path) -> None:
    """Python's compiled files among the starters are no part of them."""
    for name in ("worker.py", "__pycache__/worker.pyc"):
        (in_folder / name).parent.mkdir(exist_ok=True)
        (in_folder / name).write_bytes(b"\xa7")
    assert [path for path, _ in starter_files(in_folder)] == ["worker.py"]
