"""What the pure rooms take from the standard library, by their syntax trees: these modules, and no other.

import-linter forbids what is known to be impure; here everything that is not listed is.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1] / "warren"
EVERYWHERE = frozenset({"__future__", "collections", "dataclasses", "enum", "itertools", "typing"})
PURE: dict[str, set[str]] = {  # sys for its maxsize alone
    "simulator/model": {
        "abc",
        "base64",
        "bisect",
        "copy",
        "decimal",
        "hashlib",
        "heapq",
        "hmac",
        "math",
        "re",
    },
    "simulator/wire": {"decimal", "math", "struct", "sys", "types"},
    "simulator/session": {"math", "struct", "sys"},
    "simulator/errors.py": set(),
    "evidence": {"json", "re", "urllib"},  # urllib.parse alone, which only knows text
    "report/drawing": {"bisect", "json", "math", "signal"},  # signal for the names of signals
    "workloads": {
        "abc",
        "base64",
        "decimal",
        "fractions",
        "hashlib",
        "json",
        "math",
        "re",
        "types",
    },
    "worlds/line": set(),
    "worlds/database_line": {"re", "struct"},
    "worlds/protocol": set(),
    "rigs/consumers": {"contextlib", "decimal", "functools", "operator", "traceback"},
    "rigs/protocol.py": {"contextlib"},
    "rigs/deadlines.py": {"math", "operator"},
    "rigs/pace.py": set(),
}
"""Beside what may be used everywhere."""


def imported(tree: ast.AST) -> Iterator[str]:
    """Name the first part of each module that is imported by an absolute import, wherever that stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("room", PURE)
def test_standard_library(room: str) -> None:
    """A pure room uses of the standard library what is listed for it, and of all else Warren alone."""
    place = ROOT / room
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    used = {name for path in files for name in imported(ast.parse(path.read_text("utf-8")))}
    assert used & sys.stdlib_module_names <= EVERYWHERE | PURE[room]
    assert used - sys.stdlib_module_names <= {"warren"}
    assert used >= PURE[room], "the list has what nobody uses any more"


def test_imports_are_found() -> None:
    """An import is found in a function too, and by whatever form."""
    source = "import os.path\ndef f():\n    from datetime import datetime\n    import time as t\n"
    assert set(imported(ast.parse(source))) == {"os", "datetime", "time"}
