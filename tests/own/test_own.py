"""A user's own consumer from its manifest to its verdicts: wired, judged, and caught where it has a defect."""

from __future__ import annotations

import json
import shutil
import subprocess
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
language = "Python 3"

[consumers.orders]
command = ["{python}", "orders.py"{defect}]
environment = {{ {environment} }}
queue = "{queue}"
claims = {claims}

[consumers.orders.message]
exchange = "shop"
routing_key = "order.created"
body = "order.json"
properties = {{ content_type = "application/json" }}
seconds = 0.1

[[consumers.orders.effects]]
sql = "SELECT count(*) FROM orders WHERE ref = :id"

[database]
schema = "schema.sql"
"""
KEYED = "CREATE TABLE orders (ref varchar(64) PRIMARY KEY, amount integer NOT NULL);"
UNKEYED = KEYED.replace(" PRIMARY KEY", "")
LOSSES = "test_killed_before_commit or (test_crash_before_work and cut) or test_ack_lost"
BESIDE = "test_prefetch and first or test_declared or half_open"
"""Cases in which what is beside the work would be taken for it."""
ADDRESSES = 'AMQP_URL = "{amqp_url}", DATABASE_URL = "{database_url}"'


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes the manifest of a consumer, in a folder of its own with all that it names."""

    def write(
        defect: str = "",
        *,
        queue: str = "shop.orders",
        environment: str = ADDRESSES,
        claims: str = "[]",
    ) -> Path:
        folder = tmp_path / (defect or "good")
        folder.mkdir()
        shutil.copy(HERE / "orders.py", folder)
        (folder / "order.json").write_text('{"ref": "{id}", "amount": 42}')
        (folder / "schema.sql").write_text(UNKEYED if defect == "no-key" else KEYED)
        path = folder / "warren.toml"
        path.write_text(
            MANIFEST.format(
                name=f"orders-{defect or 'good'}",
                python=sys.executable,
                defect=f', "{defect}"' if defect else "",
                environment=environment,
                queue=queue,
                claims=claims,
            )
        )
        return path

    return write


def smoke(path: Path) -> subprocess.CompletedProcess[str]:
    """Run `warren smoke` on the lightest servers."""
    return subprocess.run(
        [
            *(str(Path(sys.executable).parent / "warren"), "smoke", str(path)),
            *("--broker", "embedded", "--database", "sqlite"),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_works(manifest: Callable[..., Path]) -> None:
    """A consumer that nobody wrote for Warren works after a few lines of TOML."""
    ended = smoke(manifest())
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect of one message" in ended.stdout


def test_another_queue(manifest: Callable[..., Path]) -> None:
    """A wrong `queue` is told with the one that is consumed, and the line to write."""
    ended = smoke(manifest(queue="shop.order"))
    assert ended.returncode == 2
    assert 'no consumer on its queue "shop.order"' in ended.stdout
    assert 'it consumes from "shop.orders" instead' in ended.stdout
    write = 'write queue = "shop.orders" under [consumers.orders], in place of "shop.order"'
    assert write in ended.stdout
    assert "by hand" not in ended.stdout


def test_verdicts(manifest: Callable[..., Path], tmp_path: Path) -> None:
    """A correct consumer loses and doubles nothing; one that acks first loses, one without a key doubles.

    What a correct one consumes, declares and opens beside its work is not judged.
    """
    report = tmp_path / "report"
    ended = run_suite(
        [manifest(), manifest("acks-first"), manifest("no-key"), manifest("chatters")],
        *("-n", "3", "--report", str(report)),
        *("-k", f"{LOSSES} or (orders-chatters and ({BESIDE}))"),
    )
    assert report.is_dir(), ended.stdout
    found = json.loads((report / "report.json").read_text())["findings"]
    bad = {
        (f["implementation"], f["guarantee"])
        for f in found
        if f["verdict"]["outcome"] not in ("pass", "unsupported")
    }
    assert bad == {("orders-acks-first", "no-loss"), ("orders-no-key", "effect-once")}, ended.stdout


def test_one_cause(manifest: Callable[..., Path], tmp_path: Path) -> None:
    """Who acks first reads that once, with what follows under it, and the evidence once in pytest's failures."""
    claims = '["no-loss", "survives-database-loss"]'
    chosen = (
        "test_killed_before_commit or (test_crash_before_ack and killed) or test_tables_missing"
    )
    ended = run_suite(
        [manifest("acks-first", claims=claims)],
        *("-n", "3", "--report", str(tmp_path / "report"), "-k", chosen),
    )
    cause = "role orders acks before its work is done: what it works on counts as done"
    found = json.loads((tmp_path / "report" / "report.json").read_text())["findings"]
    bad = [f for f in found if f["result"] == "bad"]
    assert len(bad) >= 3, ended.stdout
    assert {f["verdict"]["cause"] for f in bad} == {cause}, ended.stdout
    said = " ".join(ended.stdout.split())
    assert f"{cause}; {len(bad)} verdicts with this cause" in said
    failures = said.partition("= FAILURES =")[2].partition("orders-acks-first guarantee")[0]
    cases = {f["case"] for f in bad}
    assert failures.count("fails, too, which has the evidence") == len(cases) - 1 > 0, ended.stdout
    assert failures.count("what was done, and what came of it:") == 1
