"""Accounting: every row is somebody's or a stranger's, and what is missing or doubled is named."""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.evidence.ledger import Delivery, Ledger
from warren.evidence.rows import MessageRow
from warren.simulator.wire import BasicProperties
from warren.workloads import DESIGNS as ALL
from warren.workloads.course.package_tally import PACKAGE, Effect, Package, PackageTally
from warren.workloads.course.packages import PackageDesign, package_body

DESIGNS = ("blocking", "parts", "parts-random", "pipeline")


def account(design: str, packages: list[Package], rows: list[MessageRow]) -> PackageTally:
    """Hold rows against packages."""
    return PackageTally.of(of_design(design), packages, rows)


def of_design(slug: str) -> PackageDesign:
    """Give a design that has packages."""
    design = ALL[slug]
    assert isinstance(design, PackageDesign)
    return design


texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=4)


def package(number: int, *words: str) -> Package:
    """Make a package as the rig publishes it."""
    return Package(f"message-{number}", words, package_body(*words))


def written(design: str, of: Package, index: int) -> str:
    """Write the row of an effect, as an implementation does whose JSON is not the rig's."""
    if index == PACKAGE:
        return json.dumps({"texts": of.texts}) if design == "pipeline" else of.body.decode()
    if design == "pipeline":
        return json.dumps({"index": index, "texts": of.texts, "result": {}}, indent=1)
    return json.dumps({"sourceMessage": None, "text": of.texts[index]}, ensure_ascii=False)


def rows(*messages: str) -> list[MessageRow]:
    """Give rows of these messages, with ids from 1."""
    return [MessageRow(n, message) for n, message in enumerate(messages, 1)]


def of_parts(*indices: int) -> tuple[Package, PackageTally]:
    """Account for the rows of one package of `parts`, in that order of its effects."""
    sent = package(1, "a", "b", "c")
    return sent, account("parts", [sent], rows(*(written("parts", sent, i) for i in indices)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[Package], dict[Effect, int], list[MessageRow]]:
    """Draw packages that differ, and how often each effect was written, in any order."""
    design = draw(st.sampled_from(DESIGNS))
    drawn = draw(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True)))
    numbers = count()
    sent = [
        package(next(numbers), *(f"{n}-{word}" for word in words)) for n, words in enumerate(drawn)
    ]
    times = {e: draw(st.integers(0, 2)) for p in sent for e in of_design(design).owes(p)}
    by_id = {p.message_id: p for p in sent}
    messages = [
        written(design, by_id[effect.package], effect.index)
        for effect, n in times.items()
        for _ in range(n)
    ]
    return design, sent, times, rows(*draw(st.permutations(messages)))


@given(cases())
def test_counts_each_effect(
    case: tuple[str, list[Package], dict[Effect, int], list[MessageRow]],
) -> None:
    """Each effect has as many rows as were written of it: none is lost, one is right, two doubled."""
    design, sent, times, written_rows = case
    result = account(design, sent, written_rows)
    assert {e: len(result.rows.get(e, ())) for e in times} == times
    assert set(result.lost()) == {e for e, n in times.items() if n == 0}
    assert set(result.duplicated()) == {e for e, n in times.items() if n > 1}
    assert result.complete == all(times.values())
    assert result.strangers == ()


@given(st.sampled_from(DESIGNS), st.lists(texts, max_size=3), st.lists(st.text(max_size=40)))
def test_conserves_rows(design: str, sent: list[list[str]], messages: list[str]) -> None:
    """Whatever the rows hold, each is accounted for once, with an effect or as a stranger."""
    packages = [package(n, *words) for n, words in enumerate(sent)]
    given_rows = rows(*messages, *(p.body.decode() for p in packages))
    result = account(design, packages, given_rows)
    found = [row for of_effect in result.rows.values() for row in of_effect]
    assert sorted(found + list(result.strangers), key=lambda r: r.id) == given_rows


@pytest.mark.parametrize("design", DESIGNS)
def test_packages_alike(design: str) -> None:
    """Two packages with the same texts need two rows of each effect, and no more."""
    sent = [package(1, "a", "a"), package(2, "a", "a")]
    messages = [written(design, p, e.index) for p in sent for e in of_design(design).owes(p)]
    assert account(design, sent, rows(*messages)).complete
    assert account(design, sent, rows(*messages)).duplicated() == ()
    assert len(account(design, sent, rows(*messages[1:])).lost()) == 1
    assert len(account(design, sent, rows(*messages, messages[0])).duplicated()) == 1


@pytest.mark.parametrize(
    "message",
    [
        *(
            "",
            "no JSON",
            "[]",
            "null",
            '{"texts":["a"]}',
            '{"text":"d","sourceMessage":null}',
            "{}",
        ),
        pytest.param("[" * 200_000, id="deep"),
    ],
)
@pytest.mark.parametrize("design", DESIGNS)
def test_strangers(design: str, message: str) -> None:
    """A row that no package asked for is unexpected, and shown."""
    result = account(design, [package(1, "a", "b")], rows(message))
    assert [r.message for r in result.strangers] == [message]
    (violation,) = result.unexpected()
    assert violation.words.startswith("unexpected: ")
    assert violation.evidence[0].startswith("message_log 1: ")


def test_many_strangers() -> None:
    """Of rows without number, one violation says how many there are, and shows the first."""
    (violation,) = account("blocking", [package(1, "a")], rows(*["junk"] * 10_000)).unexpected()
    assert violation.words == "unexpected: 10000 rows that no package asked for"
    assert violation.evidence[0].startswith("message_log 1: ")
    assert violation.evidence[-1] == "… and 9980 more"
    assert len(violation.evidence) == 21


def test_many_duplicates() -> None:
    """An effect that is there without number is shown by its first rows."""
    sent = package(1, "a")
    doubled = account("blocking", [sent], rows(*[sent.body.decode()] * 10_000))
    (violation,) = doubled.duplicates(Ledger())
    assert "10000 times" in violation.words
    assert len(violation.evidence) == 21


def test_source_body_byte_for_byte() -> None:
    """A source body that was written anew, with the same meaning, is not the package row."""
    sent = package(1, "a")
    result = account("blocking", [sent], rows(json.dumps({"texts": ["a"]}, indent=1)))
    assert result.lost() == (Effect("message-1", PACKAGE),)


def test_losses_and_duplicates_have_their_rows() -> None:
    """What is lost is named in the person's numbers, what is doubled with its rows."""
    _, result = of_parts(0, 0, 2, PACKAGE)
    assert [v.words for v in result.losses(Ledger())] == ["lost: the row of part 2 never came"]
    (doubled,) = result.duplicates(Ledger())
    assert doubled.words == (
        "duplicated: the row of part 1 is there 2 times, and nothing was redelivered of its package"
    )
    assert [line[:13] for line in doubled.evidence] == ["message_log 1", "message_log 2"]


def delivered(message_id: str | None, body: bytes, at: float = 1.0) -> Delivery:
    """Give a redelivery."""
    properties = BasicProperties(message_id=message_id)
    to = ("part-1", 1, 1, 1, "", "part")
    return Delivery(at, *to, redelivered=True, properties=properties, body=body, passed_at=at)


@pytest.mark.parametrize(
    ("message_id", "body"),
    [("message-1", b""), ("message-1:0", b""), (None, b'{"sourceMessage":null,"text":"a"}')],
    ids=["package", "part", "part without id"],
)
def test_duplicates_forced_by_their_own_redelivery(message_id: str | None, body: bytes) -> None:
    """A redelivery explains what is doubled of its own package, not of another."""
    sent = [package(1, "a"), package(2, "b")]
    messages = [written("parts", p, i) for p in sent for i in (0, 0, PACKAGE)]
    again = delivered(message_id, body)
    found = account("parts", sent, rows(*messages)).duplicates(Ledger((again,)))
    assert [v.words.partition(", ")[2] for v in found] == [
        "after a redelivery",
        "and nothing was redelivered of its package",
    ]
    assert [str(again) in v.evidence for v in found] == [True, False]


def test_order() -> None:
    """Parts in another order than the package's are out of order; the package row is not asked."""
    assert of_parts(0, 1, 2, PACKAGE)[1].disorder() == ()
    assert of_parts(PACKAGE, 0, 1, 2)[1].disorder() == ()
    (violation,) = of_parts(1, 0, 2, PACKAGE)[1].disorder()
    assert violation.words == "out of order: the part rows came as 2, 1, 3"
    assert len(violation.evidence) == 4


def test_early_results() -> None:
    """A package row before the first row of a part is early, whatever is out of order or doubled."""
    assert of_parts(2, 1, 0, PACKAGE)[1].early_results() == ()
    assert of_parts(0, 1)[1].early_results() == ()
    assert of_parts(0, 1, 2, PACKAGE, 1, PACKAGE)[1].early_results() == ()
    assert len(of_parts(0, PACKAGE, 1, 2, PACKAGE)[1].early_results()) == 1
    (violation,) = of_parts(0, PACKAGE, 2, 1)[1].early_results()
    assert violation.words == "early result: the package row came before that of part 3, 2"
