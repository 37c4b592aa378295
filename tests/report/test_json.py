"""The JSON report keeps its schema, comes back whole, and can be compared."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from warren.claims.verdict import ItemResult, Measurement, Outcome, Stance, Verdict
from warren.errors import SetupError
from warren.report.drawing.facts import Kind
from warren.report.files import write_atomically, write_files
from warren.report.json_report import compare, read_json, to_json

if TYPE_CHECKING:
    from pathlib import Path

    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report


@pytest.fixture
def schema() -> dict[str, Any]:
    """Give the schema that is published with the package."""
    file = resources.files("warren.report") / "schema" / "report-1.schema.json"
    return dict(json.loads(file.read_text("utf-8")))


def test_schema(report: Report, schema: dict[str, Any]) -> None:
    """A report is valid by its schema, and the schema is one."""
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(to_json(report)), schema)


def test_schema_has_teeth(report: Report, schema: dict[str, Any]) -> None:
    """A report with an outcome that does not exist is not valid."""
    data = json.loads(to_json(report))
    data["findings"][0]["verdict"]["outcome"] = "maybe"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


def test_schema_describes_every_field(report: Report, schema: dict[str, Any]) -> None:
    """No field is written that the schema does not describe."""

    def close(node: Any) -> Any:
        if isinstance(node, dict):
            extra = {"additionalProperties": False} if "properties" in node else {}
            return {key: close(value) for key, value in node.items()} | extra
        return node

    jsonschema.validate(json.loads(to_json(report)), close(schema))


def test_schema_knows_the_words(schema: dict[str, Any]) -> None:
    """Stances, outcomes and results in the schema are those of the code."""
    definitions = schema["$defs"]
    finding, verdict = definitions["finding"]["properties"], definitions["verdict"]["properties"]
    assert finding["stance"]["enum"] == list(Stance)
    assert finding["result"]["enum"] == list(ItemResult)
    assert verdict["outcome"]["enum"] == list(Outcome)
    assert definitions["event"]["properties"]["kind"]["enum"] == list(Kind)


def test_events_are_brief(report: Report) -> None:
    """What is empty of an event is left out, and comes back as it was; the place 0 is not empty."""
    events = json.loads(to_json(report))["drawings"][0]["events"]
    assert set(events[0]) == {"at", "kind", "words", "lane", "queue", "message", "until"}
    assert events[1]["of"] == 0


def test_results(report: Report) -> None:
    """Each finding says what it means, in a word and in a sentence."""
    findings = json.loads(to_json(report))["findings"]
    assert [f["result"] for f in findings] == [
        "good",
        "bad",
        "good",
        "good",
        "good",
        "undecided",
        "good",
    ]
    assert findings[5]["sentence"].startswith("inconclusive: rpc-correlated.own on orders rpc")


def test_comes_back(report: Report, catalogue: Catalogue, tmp_path: Path) -> None:
    """What was written is read as it was."""
    path, page = write_files(report, catalogue, tmp_path / "new" / "folder")
    assert read_json(path) == report
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert sorted(p.name for p in path.parent.iterdir()) == ["report.html", "report.json"]


def test_added_field_does_not_matter(report: Report, tmp_path: Path) -> None:
    """A field of a later Warren is passed over."""
    path = tmp_path / "report.json"
    path.write_text(json.dumps(json.loads(to_json(report)) | {"new": 1}), "utf-8")
    assert read_json(path) == report


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "this is no JSON: .*"),
        ("[]", "this is no report of version 1: its version is None; .*"),
        ('{"version": 2}', "this is no report of version 1: its version is 2; .*"),
        ('{"version": 1}', "this is no report: Field required; .*"),
    ],
)
def test_no_report(tmp_path: Path, text: str, sentence: str) -> None:
    """A file that is no report is refused in a sentence."""
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(SetupError, match=rf"^{path}[^:]*: {sentence}"):
        read_json(path)


def test_absent_report(tmp_path: Path) -> None:
    """A report that is not there is named."""
    with pytest.raises(SetupError, match="cannot be read: no such file or directory"):
        read_json(tmp_path / "report.json")


def test_no_number(report: Report) -> None:
    """A measurement that JSON cannot say is refused where it is written."""
    endless = Measurement("case", "orders", "blocking", "m", {"value": math.inf})
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(replace(report, measurements=(endless,)))


def test_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write leaves what stood there, and no half file."""
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_compare_same(report: Report) -> None:
    """Reports of two brokers with the same verdicts do not differ, however long they took."""
    findings = tuple(replace(f, seconds=9.0) for f in reversed(report.findings))
    run = replace(report.run, broker="embedded")
    assert compare(report, replace(report, run=run, findings=findings)) == []


def test_compare(report: Report) -> None:
    """A verdict that differs, and one that only one report has, are told."""
    first, second, *rest = report.findings
    changed = replace(first, verdict=Verdict("no-loss.crash", Outcome.WARN))
    differences = compare(report, replace(report, findings=(changed, *rest)))
    assert {(d.requirement, d.first, d.second) for d in differences} == {
        ("no-loss.crash", Outcome.PASS, Outcome.WARN),
        ("no-loss.frozen", Outcome.FAIL, None),
    }
    assert str(differences[-1]) == (
        "no-loss.frozen on orders blocking in test_no-loss.frozen[orders-blocking]: fail / not run"
    )
    assert second.verdict.requirement == "no-loss.frozen"


def denied(report: Report, *verdicts: tuple[Outcome, bool]) -> Report:
    """Give the report with nothing but such verdicts of a guarantee that is denied: outcome, and whether witnessed."""
    first = replace(report.findings[0], stance=Stance.DENIED)
    found = (
        Verdict(f"no-loss.{number}", outcome, witnessed=witnessed)
        for number, (outcome, witnessed) in enumerate(verdicts)
    )
    return replace(report, findings=tuple(replace(first, verdict=each) for each in found))


HELD, VIOLATED, WAITED = (Outcome.PASS, True), (Outcome.FAIL, True), (Outcome.FAIL, False)


def test_compare_what_is_denied(report: Report) -> None:
    """A denied guarantee differs when it was seen violated in one report alone, in whatever case."""
    violated = denied(report, HELD, VIOLATED)
    assert compare(violated, denied(report, VIOLATED, HELD)) == []
    (difference,) = compare(violated, denied(report, HELD, HELD))
    assert str(difference) == "no-loss on orders blocking in some case: fail / pass"


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.UNSUPPORTED, Outcome.INCONCLUSIVE])
@pytest.mark.parametrize("other", [HELD, VIOLATED], ids=["held", "violated"])
def test_compare_what_was_not_judged_of_a_denial(
    report: Report, outcome: Outcome, other: tuple[Outcome, bool]
) -> None:
    """Of a denied guarantee, too, it is told that a case has no judgement in one report."""
    (difference,) = compare(denied(report, other, other), denied(report, other, (outcome, True)))
    assert (difference.first, difference.second) == (other[0], outcome)


def test_compare_what_waited_in_vain(report: Report) -> None:
    """A failure without a witness is no violation of what is denied, as it is none for the run."""
    (difference,) = compare(denied(report, HELD, VIOLATED), denied(report, HELD, WAITED))
    assert (difference.first, difference.second) == (Outcome.FAIL, Outcome.PASS)


@pytest.mark.parametrize("stance", [Stance.CLAIMED, Stance.DENIED])
def test_compare_what_is_left_out(report: Report, stance: Stance) -> None:
    """What one of the two had to leave out is passed over, whatever the other says of it."""
    judged = replace(report.findings[0], stance=stance)
    verdict = Verdict("no-loss.crash", Outcome.UNSUPPORTED, "nothing can be held", left_out=True)
    without = replace(report, findings=(replace(judged, verdict=verdict),))
    assert compare(replace(report, findings=(judged,)), without) == []
