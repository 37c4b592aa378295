"""How long a package may be for php-amqplib, and for pika, in the document's own seconds (document 1, chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.suite import ROOT, run_suite
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = ROOT / "reference_impl" / "document" / "implementation.toml"


@pytest.mark.usefixtures("php_with_amqplib")
def test_php_gives_up_first(implementation: Path, tmp_path: Path) -> None:
    """At a heartbeat of 5 s php-amqplib fails from eleven texts on, by itself; with pika the broker ends sixteen."""
    manifests = [implementation / "implementation.toml", REFERENCE]
    options = ("-k", "heartbeat_tolerance", "--pace", "document", "-n", "2")
    done = run_suite(manifests, *options, "--report", str(tmp_path))
    assert (tmp_path / "report.json").exists(), done.stdout[-4000:]
    found = {m.implementation: m.values for m in read_json(tmp_path / "report.json").measurements}
    php, pika = _by_end(found["document-php"]), _by_end(found["reference-document"])
    assert php["kept"] <= {9, 10} <= php["kept"] | php["late"]
    assert {16, 17} <= php["lost"] <= set(range(11, 18)) <= php["lost"] | php["late"]
    assert {9, 10} <= pika["kept"] | pika["late"]
    assert {16, 17} <= pika["lost"]


def _by_end(values: dict[str, object]) -> dict[str, set[int]]:
    """Read which numbers of texts ended how."""
    return {end: set(texts) for end, texts in values.items() if isinstance(texts, list)}
