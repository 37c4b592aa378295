"""Files as effects: there or not, as in a clean run or not, made again; JSON by its paths."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.workloads.own.test_effects import ONE, TEMPLATE, TWO, Outside, judged
from warren.evidence.ledger import Ledger
from warren.workloads.own import OwnWorkload, PathEffect, Sample
from warren.workloads.own.file_effects import documents

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = "out/{id}.json"
LABEL = PathEffect.of(
    PATH, "", [{"ref": "{id}", "to.city": "Riga", "pieces": 2}], ["printed", "by"]
)
LINES = PathEffect.of("labels.jsonl", "ref", [{"ref": "{id}", "pieces": 2}], ["printed"])
OTHER, MORE = "is not as a clean run leaves it", "has more in it than a clean run leaves"
NO_JSON = "is not the JSON that a clean run leaves"


def label(new_id: str, **other: object) -> dict[str, object]:
    """Give what a clean run leaves in a file."""
    clean = {"ref": new_id, "to": {"city": "Riga"}, "pieces": 2, "printed": 17, "by": {"host": "a"}}
    return {**clean, **other}


def found(effect: PathEffect, files: Mapping[str, bytes]) -> tuple[list[str], list[str]]:
    """Give what is lost and what is doubled of two messages."""
    workload, units = judged(effect)
    tally = workload.tally(units, Outside(files=dict(files)))
    lost, doubled = tally.losses(Ledger()), tally.duplicates(Ledger())
    return [v.words for v in lost], [v.words for v in doubled]


def as_files(one: object, two: object) -> dict[str, bytes]:
    """Write what two messages left into their files; octets as they are."""
    written = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in (one, two))
    return dict(zip((f"out/{ONE}.json", f"out/{TWO}.json"), written, strict=True))


def test_what_can_differ_may() -> None:
    """JSON is compared path by path: what is ignored may be anything, and the order and space are no matter."""
    two = dict(reversed(label(TWO, printed="late", by=["b"]).items()))
    assert found(LABEL, as_files(label(ONE), json.dumps(two, indent=2).encode())) == ([], [])


@pytest.mark.parametrize(
    ("left", "lost", "doubled"),
    [
        (label(ONE, to={"city": "Oslo"}), OTHER, ""),
        (label(ONE, note="x"), OTHER, ""),
        (label(ONE, pieces=4), "", MORE),
        (label(TWO), OTHER, ""),
        (b'{"ref": "', NO_JSON, ""),
        (b"", NO_JSON, ""),
        (b"\xff", NO_JSON, ""),
    ],
)
def test_what_differs(left: object, lost: str, doubled: str) -> None:
    """Other values, more paths or a torn file are a loss, and greater numbers a doubling, each of its message."""
    found_lost, found_doubled = found(LABEL, as_files(left, label(TWO)))
    for sentences, words in ((found_lost, lost), (found_doubled, doubled)):
        assert len(sentences) == bool(words)
        assert all(f"path {PATH} of message {ONE} {words}" in said for said in sentences)


def test_made_again() -> None:
    """A file is made again where something else than what is ignored has changed in it."""
    workload, units = judged(LABEL)
    before = workload.tally(units, Outside(files=as_files(label(ONE), label(TWO))))
    later = workload.tally(units, Outside(files=as_files(label(ONE, printed=99), label(TWO))))
    assert later.duplicates(Ledger(), before) == ()
    for effect in (PathEffect(PATH), PathEffect.of(PATH, "", (), ["to"])):
        workload, units = judged(effect)
        before = workload.tally(units, Outside(files=as_files(label(ONE), label(TWO))))
        later = workload.tally(units, Outside(files=as_files(label(ONE, printed=99), label(TWO))))
        (again,) = later.duplicates(Ledger(), before)
        assert "was made again" in again.words


def test_lines_that_messages_share() -> None:
    """Lines of JSON belong to the message whose id they have; one that is missing is lost, one more is doubled."""
    lines = {i: json.dumps({"ref": i, "pieces": 2, "printed": n}) for n, i in enumerate((ONE, TWO))}

    def judged_lines(*written: str) -> tuple[list[str], list[str]]:
        return found(LINES, {"labels.jsonl": "\n".join(written).encode()})

    assert judged_lines(lines[TWO], "", lines[ONE]) == ([], [])
    lost, _ = judged_lines(lines[TWO], '{"torn')
    assert lost == [f"lost: path labels.jsonl by ref of message {ONE} never came"]
    _, doubled = judged_lines(lines[ONE], lines[TWO], lines[ONE])
    words = f"path labels.jsonl by ref of message {ONE} has 2 rows in place of 1"
    assert doubled == [f"duplicated: {words}"]


def test_another_body_leaves_other_values() -> None:
    """Of a message that is not the usual one it is known that its file is there."""
    slow = Sample(TEMPLATE, slow=TEMPLATE, slow_seconds=3.0)
    workload = OwnWorkload("labels", "labels", "", slow, (LABEL,))
    _, units = judged(LABEL)
    other = replace(units[0], is_usual=False)
    left = as_files(label(ONE, pieces=1), label(TWO))
    assert workload.tally([other], Outside(files=left)).complete


@pytest.mark.parametrize(
    ("octets", "rows"),
    [
        (b'{"a": {"b": [1, null]}}', [{"a.b.0": 1, "a.b.1": None}]),
        (b'[{"a": 1}, 2]', [{"0.a": 1, "1": 2}]),
        (b'{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (b'{"a": 1}\n{"a"', [{"a": 1}, None]),
        (b"7", [None]),
        (b"{}", [None]),
    ],
)
def test_documents(octets: bytes, rows: list[object]) -> None:
    """A file is one document, or one a line; what is no JSON object or array is none."""
    assert documents(octets) == rows
