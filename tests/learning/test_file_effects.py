"""What is learnt of files: what of their JSON was alike in clean runs is compared, what differed is ignored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.learning.test_proposal import IDS, effects, remarks, run
from warren.learning.changes import Outside
from warren.learning.proposal import propose
from warren.learning.row_effects import NotOurs
from warren.workloads.own import PathEffect

if TYPE_CHECKING:
    from collections.abc import Callable

Left = dict[str, object]


def files(of: Callable[[str, int], Left], path: str = "out/{id}.json") -> tuple[Outside, Outside]:
    """Give what there is after each of two messages, which write a file each."""
    written = {path.replace("{id}", i): json.dumps(of(i, n)).encode() for n, i in enumerate(IDS)}
    first = dict([next(iter(written.items()))])
    return Outside(files=first), Outside(files=written)


def lines(of: Callable[[str, int], list[Left]]) -> tuple[Outside, Outside]:
    """Give what there is after each of two messages, which write into one file of JSON lines."""
    text, seen = "", []
    for number, new_id in enumerate(IDS):
        text += "".join(f"{json.dumps(line)}\n" for line in of(new_id, number))
        seen.append(Outside(files={"labels.jsonl": text.encode()}))
    return seen[0], seen[1]


def test_json_by_its_paths() -> None:
    """What differs between messages is ignored, path by path; the rest is what each owes."""
    seen = files(lambda i, n: {"ref": i, "to": {"city": "Riga", "at": n}, "by": {"pid": n}})
    rows = [{"ref": "{id}", "to.city": "Riga"}]
    assert effects(*seen) == [PathEffect.of("out/{id}.json", "", rows, ["to.at", "by"])]
    (proposed,) = propose([run(*seen)]).effects
    assert proposed.words == (
        "the file out/{id}.json, with what is in it; to.at, by can differ, and will be ignored"
    )


def test_what_is_of_this_day_alone() -> None:
    """Texts of this day and machine are ignored though they were alike."""
    seen = files(lambda i, _: {"ref": i, "host": "box-7"})
    (proposed,) = propose([run(*seen)], not_ours=NotOurs(passing=frozenset({"box-7"}))).effects
    assert proposed.effect == PathEffect.of("out/{id}.json", "", [{"ref": "{id}"}], ["host"])


def test_nothing_alike() -> None:
    """Where all of it differs, it is known that it is there."""
    assert effects(*files(lambda _, n: {"at": n})) == [PathEffect("out/{id}.json", ignore=("at",))]


def test_no_json() -> None:
    """A file of which one is no JSON is compared by its octets alone."""
    first, second = files(lambda i, _: {"ref": i})
    torn = {**second.files, f"out/{IDS[1]}.json": b'{"ref'}
    assert effects(first, Outside(files=torn)) == [PathEffect("out/{id}.json")]


def test_lines_of_one_file() -> None:
    """Lines that have the id are an effect of their message, by the path that has it."""
    seen = lines(lambda i, n: [{"ref": i, "step": 1, "at": n}, {"ref": i, "step": 2, "at": n}])
    rows = [{"ref": "{id}", "step": 1}, {"ref": "{id}", "step": 2}]
    assert effects(*seen) == [PathEffect.of("labels.jsonl", "ref", rows, ["at"])]
    assert remarks(*seen) == ()


def test_as_many_of_each() -> None:
    """Lines that are not as many for each message are no effect, and that is said."""
    seen = lines(lambda i, n: [{"ref": i}] * (n + 1))
    assert effects(*seen) == []
    assert remarks(*seen)[0].startswith("the file labels.jsonl has the id in it, but")
