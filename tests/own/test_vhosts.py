"""A user's own consumer that names several vhosts: each is a fresh one, and no queue is taken for its namesake."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.suite import run_suite
from tests.own.test_own import KEYED, smoke

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
CASES = "test_killed_before_commit or test_undisturbed or (test_crash_before_work and cut) or test_ack_lost"
MANIFEST = """
protocol = 2
name = "branches-{name}"
language = "Python 3"
{definitions}

[consumers.branches]
command = ["{python}", "branches.py"{defect}]
environment = {{ BROKER_HOST = "{{host}}", BROKER_PORT = "{{port}}", DATABASE_URL = "{{sqlalchemy_url}}" }}
queue = "work"
{vhost}

[consumers.branches.message]
body = "order.json"
properties = {{ content_type = "application/json" }}
seconds = 0.1

[[consumers.branches.effects]]
sql = "SELECT count(*) FROM orders WHERE ref = :id"

[[consumers.branches.effects]]
publishes = {{ exchange = "bills" }}
key = "message_id"

[database]
schema = "schema.sql"
"""
DURABLE = {"name": "work", "durable": True, "auto_delete": False}
BILLS = {"name": "bills", "type": "fanout", "durable": True, "auto_delete": False}
BOUND = {"source": "bills", "destination": "work", "destination_type": "queue", "routing_key": ""}
BOTH = {
    "queues": [
        {**DURABLE, "vhost": "orders", "arguments": {"x-queue-type": "quorum"}},
        {**DURABLE, "vhost": "billing", "arguments": {"x-max-length": 100_000}},
    ],
    "exchanges": [{**BILLS, "vhost": "billing", "internal": False, "arguments": {}}],
    "bindings": [{**BOUND, "vhost": "billing", "arguments": {}}],
}


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes the manifest of a consumer, in a folder of its own with all that it names."""

    def write(defect: str = "", *, vhost: str = 'vhost = "orders"') -> Path:
        folder = tmp_path / (defect or "good")
        folder.mkdir()
        shutil.copy(HERE / "branches.py", folder)
        (folder / "order.json").write_text('{"ref": "{id}", "amount": 42}')
        (folder / "schema.sql").write_text(KEYED)
        (folder / "definitions.json").write_text(json.dumps(BOTH))
        path = folder / "warren.toml"
        path.write_text(
            MANIFEST.format(
                name=defect or "good",
                definitions='definitions = "definitions.json"' if defect == "declared" else "",
                python=sys.executable,
                defect=f', "{defect}"' if defect else "",
                vhost=vhost,
            )
        )
        return path

    return write


@pytest.mark.parametrize("defect", ["", "declared"])
def test_works(manifest: Callable[..., Path], defect: str) -> None:
    """Queues of one name in two vhosts are two, whether it declares them or definitions of both vhosts have them."""
    ended = smoke(manifest(defect))
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert "branches: works: 2 effects of one message" in ended.stdout


def test_unclear(manifest: Callable[..., Path]) -> None:
    """Where nothing says in which vhost the work queue is, a sentence names both, and the line to write."""
    ended = smoke(manifest(vhost=""))
    assert ended.returncode == 2
    said = " ".join(ended.stdout.split())
    assert 'it asks for the vhosts "billing" and "orders"' in said
    assert 'write vhost = "billing" (or "orders")' in said


def test_learnt(manifest: Callable[..., Path]) -> None:
    """`learn` is told in which vhost the work is, and writes that; the queue of the other is none to ask about."""
    path = manifest()
    path.unlink()
    ended = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "warren"), "learn", "--yes", "--vhost", "orders"),
            *("--message", "order.json", "--schema", "schema.sql", "--broker", "embedded"),
            *("--env", "BROKER_HOST={host}", "--env", "BROKER_PORT={port}"),
            *("--env", "DATABASE_URL={sqlalchemy_url}", "--database", "sqlite"),
            *("--", sys.executable, "branches.py"),
        ],
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    learnt = tomllib.loads(path.read_text())["consumers"]
    (consumer,) = learnt.values()
    assert (consumer["queue"], consumer["vhost"]) == ("work", "orders")
    assert {"publishes", "table"} <= {key for effect in consumer["effects"] for key in effect}


def test_wrong(manifest: Callable[..., Path]) -> None:
    """A queue that is in another vhost than the one that was named is told with that vhost."""
    ended = smoke(manifest(vhost='vhost = "shop"'))
    assert ended.returncode == 2
    said = " ".join(ended.stdout.split())
    assert 'it consumes from "work in vhost billing", "work in vhost orders" instead' in said
    assert 'write vhost = "billing" or vhost = "orders" under [consumers.branches]' in said


def test_verdicts(manifest: Callable[..., Path], tmp_path: Path) -> None:
    """A correct one loses and doubles nothing; one that acks first loses. What is billed elsewhere is no work."""
    report = tmp_path / "report"
    ended = run_suite(
        [manifest(), manifest("acks-first")],
        *("-n", "3", "--report", str(report), "-k", CASES),
    )
    assert report.is_dir(), ended.stdout
    found = json.loads((report / "report.json").read_text())["findings"]
    bad = {
        (f["implementation"], f["guarantee"])
        for f in found
        if f["verdict"]["outcome"] not in ("pass", "unsupported")
    }
    assert bad == {("branches-acks-first", "no-loss")}, ended.stdout
