"""How long work takes is seen once in a run, where a manifest does not say it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.rigs.consumers import timing
from warren.rigs.consumers.timing import with_seconds
from warren.rigs.pace import PACES
from warren.workloads.own import OwnWorkload
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONSUMER = """
import os, sys, time
import pika
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
channel.queue_declare("orders", durable=True)
with open({starts!r}, "a") as starts:
    starts.write("x")
for method, _, body in channel.consume("orders"):
    time.sleep(0.4)
    if sys.argv[1] != "nothing":
        open(body.decode(), "w").close()
    channel.basic_ack(method.delivery_tag)
"""
MANIFEST = """
protocol = 2
name = "orders"

[consumers.orders]
command = ["python", "consumer.py", "{how}"]
environment = {{ AMQP_URL = "{{amqp_url}}" }}
queue = "orders"

[consumers.orders.message]
body = "order.txt"
{seconds}

[[consumers.orders.effects]]
path = "{{id}}"
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Give the servers of a run that need nothing on this machine."""
    with closing(Servers("embedded", "sqlite", print)) as servers:
        yield servers


@pytest.fixture
def seconds(servers: Servers, tmp_path: Path) -> Iterator[Callable[..., float | None]]:
    """Give the question how long the work of a consumer takes, as two cases of a run ask it."""
    with closing(RealWorlds(servers.for_workers(), f"timing{tmp_path.name}")) as worlds:

        def ask(how: str = "all", said: str = "") -> float | None:
            (tmp_path / "consumer.py").write_text(CONSUMER.format(starts=str(tmp_path / "starts")))
            (tmp_path / "order.txt").write_text("{id}")
            path = tmp_path / "warren.toml"
            path.write_text(MANIFEST.format(how=how, seconds=said))
            implementation = load_manifest(path, load_catalogue())
            for _ in range(2):
                workload = implementation.designs["orders"].workload
                workload = with_seconds(worlds, implementation, workload, PACES["fast"])
            assert isinstance(workload, OwnWorkload)
            return workload.sample.seconds

        yield ask


def starts(folder: Path) -> int:
    """Count how often the consumer was started."""
    file = folder / "starts"
    return len(file.read_text()) if file.exists() else 0


def test_seen_once(seconds: Callable[..., float | None], tmp_path: Path) -> None:
    """Twice what the first message took is what work takes at most; one start shows it to all cases."""
    seen = seconds()
    assert seen is not None
    assert seen >= 0.8
    assert starts(tmp_path) == 1


def test_said(seconds: Callable[..., float | None], tmp_path: Path) -> None:
    """What the manifest says is not looked for."""
    assert seconds(said="seconds = 7.0") == 7.0
    assert starts(tmp_path) == 0


def test_never_done(
    seconds: Callable[..., float | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of work that leaves no effect nothing is known, and its cases run all the same."""
    monkeypatch.setattr(timing, "_WITHIN", 1.0)
    assert seconds("nothing") is None
    assert starts(tmp_path) == 1


def test_does_not_start(seconds: Callable[..., float | None], tmp_path: Path) -> None:
    """Of one that does not start nothing is known, either."""
    (tmp_path / "starts").mkdir()
    assert seconds() is None
