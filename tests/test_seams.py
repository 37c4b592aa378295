"""What the source says about the seams of the house, read from its syntax trees; import-linter checks the layers."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SLUGS = frozenset({"blocking", "parts", "parts-random", "pipeline", "task", "rpc"})

COMPARING = """
if design.slug == "rpc": ...
if "parts" in slugs: ...
if slug not in ("task", "rpc"): ...
match slug:
    case "blocking" | "pipeline": ...
"""

NOT_COMPARING = """
guarantee("no-loss", designs=("blocking", "parts"))
if step == "part": ...
for slug in ("blocking", "parts"): ...
"""


def parsed(room: str) -> Iterator[tuple[Path, ast.Module]]:
    """Give the files of a room with their syntax trees, but for those of the workloads."""
    for path in sorted((ROOT / room).rglob("*.py")):
        if ROOT / "warren" / "workloads" not in path.parents:
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def compared_slugs(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find each slug of a design that is compared with something, and its line."""
    for node in ast.walk(tree):
        compared: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            compared = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            compared = [node.value]
        for expression in compared:
            for part in ast.walk(expression):
                if isinstance(part, ast.Constant) and part.value in SLUGS:
                    yield part.lineno, str(part.value)


def imported_of_warren(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find each module of Warren that is imported, and the line."""
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        for module in modules:
            if module.partition(".")[0] == "warren":
                yield node.lineno, module


@pytest.mark.parametrize("room", ["warren", "conformance"])
def test_only_workloads_compare_slugs(room: str) -> None:
    """Nobody else decides by the slug of a design: they ask the workload."""
    found = [
        f"{path}:{line} compares with {slug!r}"
        for path, tree in parsed(room)
        for line, slug in compared_slugs(tree)
    ]
    assert not found


@pytest.mark.parametrize("kind", ["consumers", "brokers"])
def test_a_case_imports_its_face(kind: str) -> None:
    """Of Warren a case imports the face of its kind, and nothing that stands behind it."""
    face = f"warren.rigs.{kind}"
    found = [
        f"{path}:{line} imports {module}"
        for path, tree in parsed(f"conformance/{kind}")
        for line, module in imported_of_warren(tree)
        if module != face
    ]
    assert not found


@pytest.mark.parametrize(
    ("source", "slugs"),
    [(COMPARING, {"rpc", "parts", "task", "blocking", "pipeline"}), (NOT_COMPARING, set())],
    ids=["comparing", "not comparing"],
)
def test_comparisons_are_found(source: str, slugs: set[str]) -> None:
    """A comparison is found however it is written; naming a slug is none."""
    assert {slug for _, slug in compared_slugs(ast.parse(source))} == slugs
