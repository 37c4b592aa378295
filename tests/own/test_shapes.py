"""Users' own consumers of priority, lazy and single-active-consumer queues, and one that answers by direct reply-to."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from tests.conformance.suite import run_suite

HERE = Path(__file__).parent
MANIFEST = """
protocol = 2
name = "{shape}-{kind}"
language = "Python 3"

[consumers.{shape}]
command = ["{python}", "shapes.py", "{shape}", "{kind}"]
instances = 2
environment = {{ AMQP_URL = "{{amqp_url}}", DATABASE_URL = "{{database_url}}" }}
queue = "{shape}"
claims = ["no-loss", "effect-once", "survives-redeploy", "graceful-stop"]

[consumers.{shape}.message]
body = "order.json"
properties = {{ {properties} }}
seconds = 0.1

[[consumers.{shape}.effects]]
sql = "SELECT count(*) FROM orders WHERE ref = :id"

[database]
schema = "schema.sql"
"""
REPLY = """
[[consumers.replies.effects]]
publishes = { exchange = "" }
key = "message_id"
"""
PROPERTIES = {
    "priority": "priority = 3",
    "lazy": "",
    "single": "",
    "replies": 'reply_to = "amq.rabbitmq.reply-to", message_id = "{id}"',
}
OF_GOOD = "test_ack_lost or test_exclusive_consumer or test_stopped_while_blocked"
CASES = f"test_killed_before_commit or (good and ({OF_GOOD}))"
NOT_JUDGED = {
    ("single", "survives-redeploy"): "a single active consumer queue has no exclusive consumers",
    ("replies", "graceful-stop"): "its work publishes, and a broker that is short of memory",
}


def test_verdicts(tmp_path: Path) -> None:
    """A correct one holds what it claims, and one that acks first is seen to lose, whatever its queue is like."""
    manifests = [
        _manifest(tmp_path / f"{shape}-{kind}", shape, kind)
        for shape in PROPERTIES
        for kind in ("good", "acks-first")
    ]
    report = tmp_path / "report"
    ended = run_suite(manifests, "-n", "3", f"--report={report}", "-k", CASES)
    assert report.is_dir(), ended.stdout
    found = json.loads((report / "report.json").read_text("utf-8"))["findings"]
    bad = {(f["implementation"], f["guarantee"]) for f in found if f["result"] == "bad"}
    assert bad == {(f"{shape}-acks-first", "no-loss") for shape in PROPERTIES}, ended.stdout
    good = [f for f in found if f["implementation"].endswith("-good")]
    judged = {(f["design"], f["guarantee"]): f["verdict"]["outcome"] for f in good}
    guarantees = ("no-loss", "effect-once", "survives-redeploy", "graceful-stop")
    expected = {(shape, guarantee): "pass" for shape in PROPERTIES for guarantee in guarantees}
    assert judged == expected | dict.fromkeys(NOT_JUDGED, "unsupported"), ended.stdout
    assert all(words in ended.stdout for words in NOT_JUDGED.values()), ended.stdout


def _manifest(folder: Path, shape: str, kind: str) -> Path:
    folder.mkdir()
    shutil.copy(HERE / "shapes.py", folder)
    (folder / "order.json").write_text('{"ref": "{id}"}')
    (folder / "schema.sql").write_text("CREATE TABLE orders (ref varchar(64) PRIMARY KEY);")
    text = MANIFEST.format(
        shape=shape, kind=kind, python=sys.executable, properties=PROPERTIES[shape]
    )
    path = folder / "warren.toml"
    path.write_text(text + (REPLY if shape == "replies" else ""))
    return path
