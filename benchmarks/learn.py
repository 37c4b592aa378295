"""How long `warren learn` takes, and where the time goes.

    python -m benchmarks.learn [CONSUMER...] [--database WHICH] [--broker WHICH] [--timeline]

Learns consumers of this repository on several libraries (those in `examples` after `make install` there) and prints a
table in Markdown: how long the first start took, with the pause after which it counts as begun; the whole command, the
servers' start with it; and the machine's load before and after. 20 s are the aim where the start takes one.
`--timeline` prints when each step began and ended, and in which thread. Exit status 1 where one was not learnt.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from click.testing import CliRunner

from warren.command import learn
from warren.learning.rehearsal import Rehearsal
from warren.learning.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).parents[1]
HEAD: Final = "| consumer | first start, s | whole, s | load before, after |\n|---|---|---|---|"
STEPS: Final[tuple[tuple[object, tuple[str, ...]], ...]] = (
    (Trial, ("start", "send", "look_again", "stop")),
    (Rehearsal, ("_start_pair", "_start_again", "_reversed", "_redelivered")),
    (learn, ("smoke",)),
)
_CELERY: Final = (
    '[["order-{id}", 5], {"pages": 1},'
    ' {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
)
_DRAMATIQ: Final = (
    '{"queue_name": "payments", "actor_name": "book_payment", "args": ["{id}", 100], "kwargs": {}, "options": {},'
    ' "message_id": "{id}", "message_timestamp": 1700000000000}'
)


@dataclass(frozen=True, slots=True)
class Consumer:
    """One to learn: its folder, its command, the message it is sent, and what else is said of it."""

    folder: str
    command: tuple[str, ...]
    message: str
    options: tuple[str, ...] = ()
    database: str = "sqlite"


CONSUMERS: Final = {
    "pika": Consumer(
        "tests/learning/consumers",
        (sys.executable, "orders.py"),
        '{"ref": "order-17", "amount": 12}',
        ("--env", "AMQP_URL={amqp_url}", "--env", "DATABASE_URL={database_url}"),
    ),
    "go": Consumer(
        "examples/go",
        ("./bin/labels",),
        "",
        (
            *("--message", "examples/go/samples/parcel.json", "--property", "message_id={id}"),
            *("--env", "LABELS_AMQP={amqp_url}", "--env", "LABELS_DIRECTORY=out"),
        ),
    ),
    "node": Consumer(
        "examples/node",
        ("node", "worker.js"),
        "",
        (
            *("--message", "examples/node/samples/order.json"),
            *("--property", "message_id=order-{id}"),
            *("--env", "AMQP_URL={amqp_url}", "--env", "CHARGE_API={http_stub_url}"),
        ),
    ),
    "dramatiq": Consumer(
        "examples/dramatiq",
        (".venv/bin/dramatiq", "payments", "--processes", "1", "--threads", "4"),
        _DRAMATIQ,
        (
            *("--queue", "payments", "--schema", "examples/dramatiq/schema.sql"),
            *("--env", "RABBITMQ_URL={amqp_url}", "--env", "DATABASE_URL={database_url}"),
        ),
    ),
    "faststream": Consumer(
        "examples/faststream",
        (".venv/bin/faststream", "run", "bookings:app"),
        "",
        (
            *("--message", "examples/faststream/samples/booking.json"),
            *("--property", "content_type=application/json", "--property", "message_id={id}"),
            *("--exchange", "travel", "--routing-key", "hotel.astoria.requested"),
            *("--schema", "examples/faststream/schema.sql"),
            *("--env", "AMQP_URL={amqp_url}", "--env", "PG_DSN={database_url}"),
        ),
        "postgresql",
    ),
    "celery": Consumer(
        "examples/celery",
        ("./worker", "shipments"),
        _CELERY,
        (
            *("--property", "headers.task=shop.book_shipment", "--property", "headers.id={id}"),
            *(
                "--property",
                "content_type=application/json",
                "--property",
                "content_encoding=utf-8",
            ),
            *("--schema", "examples/celery/schema.sql"),
            *("--env", "CELERY_BROKER_URL={amqp_url}", "--env", "DATABASE_URL={database_url}"),
        ),
    ),
    "php": Consumer(
        "examples/php",
        ("php", "worker.php"),
        "",
        (
            *("--message", "examples/php/samples/order.json", "--exchange", "warehouse"),
            *("--routing-key", "reserve", "--property", "content_type=application/json"),
            *("--file", "config.ini=config.ini.template", "--schema", "examples/php/schema.sql"),
        ),
    ),
    "rust": Consumer(
        "examples/rust",
        ("./target/release/payments",),
        "",
        (
            *("--message", "examples/rust/samples/order.json"),
            *("--schema", "examples/rust/schema.sql"),
            *("--env", "PAYMENTS_BROKER={amqp_url}", "--env", "PAYMENTS_DATABASE={database_url}"),
        ),
        "postgresql",
    ),
    "spring": Consumer(
        "examples/spring",
        ("./stock",),
        "",
        (
            *("--message", "examples/spring/samples/order.json", "--exchange", "shop"),
            *("--routing-key", "order.created", "--property", "content_type=application/json"),
            *("--property", "message_id={id}", "--schema", "examples/spring/schema.sql"),
            *("--env", "STOCK_BROKER={amqp_url}", "--env", "STOCK_DATABASE={jdbc_url}"),
        ),
        "postgresql",
    ),
}


@dataclass
class Timeline:
    """When the steps of one command began and ended, in seconds since its beginning."""

    began: float = field(default_factory=time.monotonic)
    steps: list[tuple[float, float, str, str]] = field(default_factory=list)

    def timed(self, name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        """Give a step that is noted."""

        @wraps(do)
        def timed(*args: Any, **options: Any) -> Any:
            began = self.now
            try:
                return do(*args, **options)
            finally:
                self.steps.append((began, self.now, threading.current_thread().name, name))

        return timed

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    def lines(self) -> Iterator[str]:
        """Show the steps, as they began."""
        for began, ended, thread, name in sorted(self.steps):
            yield f"  {began:6.2f} to {ended:6.2f}  {name}  ({thread})"


def main() -> int:
    """Learn all consumers; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("consumers", nargs="*", default=[*CONSUMERS], metavar="CONSUMER")
    parser.add_argument("--broker", default="embedded")
    parser.add_argument("--database", default="")
    parser.add_argument("--timeline", action="store_true")
    chosen = parser.parse_args()
    status = 0
    print(HEAD)
    for name in chosen.consumers:
        before = os.getloadavg()[0]
        ended, printed, timeline = learnt(CONSUMERS[name], chosen.broker, chosen.database)
        start = next(
            (end - begin for begin, end, _, step in timeline.steps if step == "start"), 0.0
        )
        load = f"{before:.1f}, {os.getloadavg()[0]:.1f}"
        print(f"| {name} | {start:.1f} | {timeline.now:.1f} | {load} |", flush=True)
        if chosen.timeline:
            print(*timeline.lines(), sep="\n", file=sys.stderr)
        if ended:
            status = 1
            print(printed, file=sys.stderr)
    return status


def learnt(consumer: Consumer, broker: str, database: str) -> tuple[int, str, Timeline]:
    """Learn one; give the exit status, what was printed, and when each step was."""
    timeline = Timeline()
    usual = [(of, name, getattr(of, name)) for of, names in STEPS for name in names]
    try:
        for of, name, do in usual:
            setattr(of, name, timeline.timed(name, _whole(do)))
        with tempfile.TemporaryDirectory() as home:
            options = list(consumer.options)
            if consumer.message:
                message = Path(home, "message.json")
                message.write_text(consumer.message)
                options += ["--message", str(message)]
            options += ["--directory", consumer.folder, "--out", f"{home}/warren.toml", "--yes"]
            options += ["--broker", broker, "--database", database or consumer.database]
            os.chdir(ROOT)
            timeline.began = time.monotonic()
            result = CliRunner().invoke(learn.command, [*options, "--", *consumer.command])
    finally:
        for of, name, do in usual:
            setattr(of, name, do)
    return result.exit_code, result.output, timeline


def _whole(do: Callable[..., Any]) -> Callable[..., Any]:
    """Give one that has done all that a generator does when it returns."""
    return (lambda *args: list(do(*args))) if do.__name__ == "smoke" else do


if __name__ == "__main__":
    sys.exit(main())
