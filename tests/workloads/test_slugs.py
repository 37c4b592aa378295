"""Who decides by the slug of a design, by the syntax trees of the source; import-linter checks the layers."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SLUGS = frozenset({"blocking", "parts", "parts-random", "pipeline", "task", "rpc"})

COMPARING = """
if design.slug == "rpc": ...
if "parts" in slugs: ...
if slug not in ("task", "rpc"): ...
match slug:
    case "blocking" | "pipeline": ...
{"parts-random": f}[slug]
{"task": f}.get(slug)
slug.startswith("parts")
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
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
            compared = [key for key in node.value.keys if key is not None]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            compared = asked_of(node.func, node.args)
        for expression in compared:
            for part in ast.walk(expression):
                if isinstance(part, ast.Constant) and part.value in SLUGS:
                    yield part.lineno, str(part.value)


def asked_of(method: ast.Attribute, arguments: list[ast.expr]) -> list[ast.expr]:
    """Give what a method compares its text with: a part of a text, or the keys of a table by slug."""
    if method.attr in ("startswith", "endswith"):
        return arguments
    if method.attr == "get" and isinstance(method.value, ast.Dict):
        return [key for key in method.value.keys if key is not None]
    return []


@pytest.mark.parametrize("room", ["warren", "conformance"])
def test_only_workloads_compare_slugs(room: str) -> None:
    """Nobody else decides by the slug of a design: they ask the workload."""
    found = [
        f"{path}:{line} compares with {slug!r}"
        for path, tree in parsed(room)
        for line, slug in compared_slugs(tree)
    ]
    assert not found


@pytest.mark.parametrize(
    ("source", "slugs"),
    [(COMPARING, set(SLUGS)), (NOT_COMPARING, set())],
    ids=["comparing", "not comparing"],
)
def test_comparisons_are_found(source: str, slugs: set[str]) -> None:
    """A comparison is found however it is written; naming a slug is none."""
    assert {slug for _, slug in compared_slugs(ast.parse(source))} == slugs
