"""Suites that nobody here wrote, on the embedded broker and on RabbitMQ: the same must pass.

Run `python -m tests.third_party [--broker BROKER]... [--suite SUITE]...`. pika's acceptance
tests, py-amqp's and kombu's integration tests are downloaded, never copied into the repository,
and run on one broker after the other, which Warren starts. They know one place, 127.0.0.1:5672, and
one user, guest. The table on standard output is Markdown; `suites.toml` says what is left out.

Exit status: 0 when all brokers let the same tests pass, 1 when a test fails or differs without a
known reason, 2 when the set-up cannot be used.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

import click

from tests.third_party.outcomes import Outcome, Result, table, unexplained
from tests.third_party.suites import Suite, Workshop, read_suites
from warren.errors import OptionError, SetupError
from warren.worlds.real.brokers import choose
from warren.worlds.real.brokers.container import ContainerBroker
from warren.worlds.real.brokers.embedded import EmbeddedBroker
from warren.worlds.real.brokers.local import LocalBroker
from warren.worlds.real.brokers.own import new_access
from warren.worlds.real.killed_runs import sweep
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.ports import LOOPBACK, Ports, is_free

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PORT = 5672  # what pika's tests have built in
GUEST = "guest"  # user and password, likewise
BROKERS = ("embedded", "docker:4.3")


def run_all(brokers: Sequence[str], suites: Sequence[Suite], run: Run) -> Iterator[Result]:
    """Run every suite on every broker, one at a time. Raises SetupError."""
    with Workshop.open() as workshop:
        for suite in suites:
            workshop.sources(suite)  # what cannot be had is said before anything runs
        for option in brokers:
            yield from run_on(option, suites, workshop, run)


def run_on(option: str, suites: Sequence[Suite], workshop: Workshop, run: Run) -> Iterator[Result]:
    """Start the broker at the place that the suites know, run them, stop it."""
    broker = choose(option)
    if not isinstance(broker, ContainerBroker | EmbeddedBroker | LocalBroker):
        raise OptionError("it runs already", "--broker", "give docker, local or embedded")
    if not is_free(PORT):
        raise SetupError(
            "something listens there", f"{LOOPBACK}:{PORT}", "stop it: the suites know no other"
        )
    with contextlib.ExitStack() as stack:
        ports = stack.enter_context(Ports())
        running = broker.start(run, new_access(ports, PORT, GUEST, GUEST))
        stack.callback(running.stop)
        environment = run.environment | {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "RABBITMQ_HOST": LOOPBACK,
            "RABBITMQ_5672_TCP": str(PORT),
        }
        for suite in suites:
            click.echo(f"{suite.title} on {option} …", err=True)
            log = workshop.log(suite, option)
            outcomes = workshop.run(suite, environment, log)
            if Outcome.FAILED in outcomes.values():
                click.echo(f"its output: {log}", err=True)
            yield Result(suite.name, option, suite.title, running.address.description, outcomes)


def main() -> int:
    """Read the command line, run, print the table and what is not explained."""
    suites, known = read_suites()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--broker", action="append", help=f"default: {' and '.join(BROKERS)}")
    parser.add_argument("--suite", action="append", choices=suites, help="default: all")
    options = parser.parse_args()
    chosen = [suites[name] for name in options.suite or suites]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing stays behind
    sweep()  # a broker of a run that was killed would still hold the port
    run = Run.start()
    try:
        results = list(run_all(options.broker or BROKERS, chosen, run))
    except SetupError as error:
        click.echo(error, err=True)
        return 2
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 130  # as shells say it of SIGINT
    finally:
        run.end()
    click.echo("\n".join(table(results)))
    faults = [*unexplained(results, known)]
    for fault in faults:
        click.echo(fault, err=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
