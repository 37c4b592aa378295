"""The two sets of cases: the quick one that every run has, and the full one that `--full` adds.

A case belongs to the quick set unless a mark says otherwise: `full` for all its designs, `quick(designs=...)` for all
but those. With `first=True`, which may stand alone, the first design of each manifest is quick, too. Marks of a case
and of its parameters add up: one that says full is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

MARKERS = (
    "full: the case belongs to the full set alone, so it runs only with --full",
    "quick(designs=(...)): the case belongs to the quick set for these designs, to the full set alone for its others",
    "quick(first=True), or with designs: the case belongs to the quick set for the first design of each manifest, too",
)


def is_full(item: pytest.Item, *designs: str, is_first: bool) -> bool:
    """Whether an item, which judges somebody as all these designs, the first of its manifest or not, is full alone."""
    if item.get_closest_marker("full"):
        return True
    marks = (marker.kwargs for marker in item.iter_markers("quick"))
    return any(
        not (mark.get("first", False) and is_first) and not {*designs} & {*mark.get("designs", ())}
        for mark in marks
    )


def check_marks(case: pytest.Item, designs: tuple[str, ...]) -> None:
    """Raise `SetupError` for a mark of a case, or of its parameters, that names what is no design of the case."""
    for mark in _marks(case):
        fault = _fault(mark, designs)
        if fault:
            raise SetupError(
                f"mark `{mark.name}`: {fault}",
                where=case.nodeid,
                what_to_do='write `full`, or `quick(designs=("blocking",))` with designs of the case',
            )


def _fault(mark: pytest.Mark, designs: tuple[str, ...]) -> str:
    if mark.name == "full":
        return "it takes no arguments" if mark.args or mark.kwargs else ""
    is_first = mark.kwargs.get("first", False)
    quick = mark.kwargs.get("designs", ())
    known = not mark.args and mark.kwargs.keys() <= {"designs", "first"}
    if (
        not known
        or is_first not in (True, False)
        or isinstance(quick, str)
        or not (quick or is_first)
    ):
        return "it takes `designs`, a tuple of some, or `first=True`, or both"
    wrong = [design for design in quick if design not in designs]
    about = ", ".join(designs) or "none"
    return f"no design of the case is called {', '.join(wrong)}; it has {about}" if wrong else ""


def _marks(case: pytest.Item) -> Iterator[pytest.Mark]:
    """Give the marks that say a set: of the case, and of each parameter it will have."""
    for mark in case.iter_markers():
        if mark.name in ("full", "quick"):
            yield mark
        if mark.name == "parametrize":
            values = mark.args[1] if len(mark.args) > 1 else mark.kwargs["argvalues"]
            of_values = (inner for value in values for inner in getattr(value, "marks", ()))
            yield from (inner for inner in of_values if inner.name in ("full", "quick"))
