"""A user's own consumer whose effect is a file of each message: when that is whole, nothing tells but its ack."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.suite import run_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
MANIFEST = """
protocol = 2
name = "{name}"
language = "Python 3"

[consumers.labels]
command = ["{python}", "labels.py", "{habit}"]
environment = {{ AMQP_URL = "{{amqp_url}}" }}
queue = "labels"
claims = ["effect-once"]

[consumers.labels.message]
body = "label.json"

[[consumers.labels.effects]]
path = "out/{{id}}.txt"
"""
CASES = "test_undisturbed or test_ack_lost"


def manifests(folder: Path) -> Iterator[Path]:
    """Write the manifests of the correct consumer and of the faulty one."""
    for habit in ("once", "again"):
        own = folder / habit
        own.mkdir()
        shutil.copy(HERE / "labels.py", own)
        (own / "label.json").write_text('{"ref": "{id}"}')
        path = own / "warren.toml"
        name = f"labels-{habit}"
        path.write_text(MANIFEST.format(name=name, python=sys.executable, habit=habit))
        yield path


def test_two_pieces(tmp_path: Path) -> None:
    """A file that is written in two pieces is one effect; one that is made anew for a redelivery is doubled."""
    report = tmp_path / "report"
    ended = run_suite([*manifests(tmp_path)], *("-n", "2", "--report", str(report), "-k", CASES))
    assert report.is_dir(), ended.stdout
    found = json.loads((report / "report.json").read_text())["findings"]
    bad = {
        (f["implementation"], f["case"].partition("[")[0].rpartition("::")[2])
        for f in found
        if f["verdict"]["outcome"] != "pass"
    }
    assert bad == {("labels-again", "test_ack_lost")}, ended.stdout
