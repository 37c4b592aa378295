"""What is chosen of the columns: all that can be, and nothing by which two groups differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from warren.learning.columns import Group, chosen, ignored, key_of, paths_of

if TYPE_CHECKING:
    from random import Random

CELLS = st.one_of(st.none(), st.integers(0, 2), st.sampled_from(["a", "b"]))
PATHS = "key", "a", "b", "c.d", "c.e"
ROWS = st.tuples(st.just("{id}"), CELLS, CELLS, CELLS, CELLS).map(
    lambda cells: dict(zip(PATHS, cells, strict=True))
)
GROUPS = st.integers(1, 3).flatmap(
    lambda size: st.lists(
        st.lists(ROWS, min_size=size, max_size=size).map(tuple), min_size=2, max_size=4
    )
)


def multiset(group: Group, paths: list[str]) -> Counter[tuple[object, ...]]:
    """Give the rows of a group by some paths."""
    return Counter(tuple(row.get(path) for path in paths) for row in group)


@given(GROUPS)
def test_groups_are_alike_by_what_is_chosen(groups: list[Group]) -> None:
    """By the chosen paths together every group is the same multiset, and no path more can be added."""
    kept = chosen(groups, "key")
    assert len({frozenset(multiset(g, kept).items()) for g in groups}) == 1
    for path in {*paths_of(groups)} - {*kept}:
        assert len({frozenset(multiset(g, [*kept, path]).items()) for g in groups}) > 1


@given(GROUPS, st.randoms())
def test_order_of_rows_is_no_matter(groups: list[Group], chance: Random) -> None:
    """Rows may come in any order."""
    shuffled = [tuple(chance.sample(group, len(group))) for group in groups]
    assert chosen(shuffled, "key") == chosen(groups, "key")


@given(GROUPS)
def test_each_path_is_kept_or_ignored(groups: list[Group]) -> None:
    """What is ignored is all that is not kept, and nothing that is."""
    kept, paths = chosen(groups, "key"), paths_of(groups)
    left_out = ignored(paths, kept)
    for path in paths:
        is_ignored = any(path == one or path.startswith(f"{one}.") for one in left_out)
        assert is_ignored == (path not in kept)


def test_ignored_together() -> None:
    """An object of which nothing is kept is named once."""
    assert ignored(["a.b", "a.c", "d.e", "d.f"], ["d.f"]) == ("a", "d.e")


def test_key() -> None:
    """The key is the path that is the id, before one in JSON and before one that has it within."""
    rows: Group = ({"said": "of {id}", "more.ref": "{id}", "ref": "{id}"},)
    assert key_of([rows, rows]) == "ref"
    within: Group = ({"said": "of {id}", "more.ref": "{id}"},)
    assert key_of([within]) == "more.ref"
    at: list[Group] = [({"said": f"{{id}} at {hour}"},) for hour in (1, 2)]
    assert key_of(at) is None
    assert key_of([rows, ()]) is None
