"""A consumer whose effects a command of its own counts, judged as by any other effect."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.suite import run_suite

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
MANIFEST = """
protocol = 2
name = "{name}"

[consumers.orders]
command = ["{python}", "orders.py"{defect}]
environment = {{ AMQP_URL = "{{amqp_url}}", DATABASE_URL = "{{database_url}}" }}
queue = "shop.orders"

[consumers.orders.message]
exchange = "shop"
routing_key = "order.created"
body = "order.json"

[[consumers.orders.effects]]
command = ["{python}", "count.py", "{{id}}"]

[database]
schema = "schema.sql"
"""
COUNT = """
import os, sqlite3, sys
with sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///")) as connection:
    print(*connection.execute("SELECT count(*) FROM orders WHERE ref = ?", sys.argv[1:]).fetchone())
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[[str], Path]:
    """Give what writes the manifest of a consumer, in a folder of its own with all that it names."""

    def write(defect: str) -> Path:
        name = f"orders-{defect or 'good'}"
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(HERE / "orders.py", folder)
        (folder / "count.py").write_text(COUNT)
        (folder / "order.json").write_text('{"ref": "{id}", "amount": 42}')
        key = "" if defect else " PRIMARY KEY"
        (folder / "schema.sql").write_text(
            f"CREATE TABLE orders (ref varchar(64){key}, amount integer);"
        )
        words = f', "{defect}"' if defect else ""
        path = folder / "warren.toml"
        path.write_text(MANIFEST.format(name=name, python=sys.executable, defect=words))
        return path

    return write


def test_verdicts(manifest: Callable[[str], Path], tmp_path: Path) -> None:
    """A correct consumer loses and doubles nothing; one that writes a row for each delivery doubles, by the command."""
    ended = run_suite(
        [manifest(""), manifest("no-key")],
        *("-n", "2", "--report", str(tmp_path / "report"), "-k", "test_ack_lost and not long"),
    )
    found = json.loads((tmp_path / "report" / "report.json").read_text())["findings"]
    seen = {(f["implementation"], f["verdict"]["outcome"]) for f in found}
    assert seen == {("orders-good", "pass"), ("orders-no-key", "fail")}, ended.stdout
    (doubled,) = [f["verdict"]["violations"][0] for f in found if f["verdict"]["violations"]]
    assert "is there 2 times" in doubled["words"]
    assert doubled["evidence"][0].startswith(f"2 by {sys.executable} count.py ")
