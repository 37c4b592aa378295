"""Who a case imports, by its syntax tree: of Warren the face of its kind alone, of the suite its own folder.

In an installed wheel the cases are `warren.suite.conformance`, so an absolute import of `conformance` finds nothing.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CASES = ROOT / "conformance"
FACES = {"brokers": "warren.rigs.brokers", "consumers": "warren.rigs.consumers"}
"""The one module of Warren that the cases of a folder import."""
NOT_OURS = (
    "conformance",
    "reference_impl",
    "implementations",
    "fixtures",
    "tests",
    "importlib",
    "sys",
)


def imports(path: Path) -> Iterator[str]:
    """Name each module that a file imports by an absolute import; a relative one stays in the suite."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"), path.name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module is not None, "an absolute import has a module"
            yield node.module


def imported(folder: Path, *packages: str) -> dict[str, set[str]]:
    """Give what the files of a folder import of these packages, by the file's name."""
    found = {
        path.name: {name for name in imports(path) if name.partition(".")[0] in packages}
        for path in folder.rglob("*.py")
    }
    assert found, f"there is no file in {folder}"
    return {name: modules for name, modules in found.items() if modules}


@pytest.mark.parametrize("kind", FACES)
def test_a_case_imports_the_face_of_its_kind(kind: str) -> None:
    """Of Warren a case imports one module: what is not there is no matter of a case."""
    others = {
        name: modules - {FACES[kind]}
        for name, modules in imported(CASES / kind, "warren").items()
        if modules != {FACES[kind]}
    }
    assert others == {}


@pytest.mark.parametrize("kind", FACES)
def test_a_case_takes_what_the_face_shows(kind: str) -> None:
    """A module behind the face is no part of it, though Python would give it by the same import."""
    shown = importlib.import_module(FACES[kind]).__all__
    taken = {
        alias.name
        for path in (CASES / kind).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8"), path.name))
        if isinstance(node, ast.ImportFrom) and node.module == FACES[kind]
        for alias in node.names
    }
    assert taken - set(shown) == set()


@pytest.mark.parametrize("kind", FACES)
def test_a_case_imports_no_implementation_and_its_own_suite_relatively(kind: str) -> None:
    """A case judges what it does not know, and finds its own folder wherever that is installed."""
    assert imported(CASES / kind, *NOT_OURS) == {}


def test_imports_are_found(tmp_path: Path) -> None:
    """Every form of an absolute import is found, also one inside a function; a relative one is none."""
    path = tmp_path / "case.py"
    path.write_text(
        "import warren.errors\n"
        "from warren.rigs import brokers\n"
        "from .releases import release_of\n"
        "def late():\n    import conformance as cases\n"
    )
    assert set(imports(path)) == {"warren.errors", "warren.rigs", "conformance"}
