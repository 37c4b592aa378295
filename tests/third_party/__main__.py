"""Suites that nobody here wrote, on the embedded broker and on RabbitMQ: the same must pass.

Run `python -m tests.third_party [--broker BROKER]... [--suite SUITE]... [--copy SUITE=URL]...`. The
tests of client libraries are downloaded, never copied into the repository, and run on one broker
after the other, which Warren starts anew for each of them. They know one place, 127.0.0.1:5672
(management 15672), and one user, guest. The table on standard output is Markdown; `suites.toml`
says what is left out. Of the suites that nobody named, those whose tools or repository are not to
be had are reported as not run.

Exit status: 0 when all brokers let the same tests pass, 1 when a test fails or differs without a
known reason, 2 when the set-up cannot be used.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

import click
import requests

from tests.third_party.outcomes import NotRun, Outcome, Result, table, unexplained
from tests.third_party.suites import read_suites
from tests.third_party.workshop import Workshop
from warren.errors import OptionError, SetupError
from warren.worlds.real.brokers import choose
from warren.worlds.real.brokers.container import ContainerBroker
from warren.worlds.real.brokers.embedded import EmbeddedBroker
from warren.worlds.real.brokers.local import LocalBroker
from warren.worlds.real.brokers.readiness import Access
from warren.worlds.real.killed_runs import sweep
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.ports import LOOPBACK, is_free

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.third_party.suites import Suite

GUEST = "guest"  # user and password, which many tests have built in
PLACE = Access(LOOPBACK, 5672, f"http://{LOOPBACK}:15672", GUEST, GUEST)  # likewise
BROKERS = ("embedded", "docker:4.3")


def run_all(
    brokers: Sequence[str], suites: Sequence[Suite], workshop: Workshop, run: Run
) -> Iterator[Result]:
    """Run every suite on every broker, one at a time. Raises SetupError."""
    for suite in suites:
        for option in brokers:
            yield run_on(option, suite, workshop, run)


def run_on(option: str, suite: Suite, workshop: Workshop, run: Run) -> Result:
    """Start a broker at the place that the suites know, run one, stop it."""
    broker = choose(option)
    if not isinstance(broker, ContainerBroker | EmbeddedBroker | LocalBroker):
        raise OptionError("it runs already", "--broker", "give docker, local or embedded")
    for port in (PLACE.port, PLACE.management_port):
        if not is_free(port):
            raise SetupError(
                "something listens there", f"{LOOPBACK}:{port}", "stop it: the suites know no other"
            )
    running = broker.start(run, PLACE)
    try:
        if suite.definitions:
            _define(suite)
        click.echo(f"{suite.title} on {option} …", err=True)
        log = workshop.log(suite, option)
        environment = {**os.environ, **run.environment, "LANG": "C.UTF-8", **suite.environment}
        outcomes = workshop.run(suite, environment, log)
    finally:
        running.stop()
    if Outcome.FAILED in outcomes.values():
        click.echo(f"its output: {log}", err=True)
    return Result(suite.name, option, suite.title, running.address.description, outcomes)


def _define(suite: Suite) -> None:
    """Give the broker the users and vhosts that a suite has set up by hand elsewhere."""
    where = f"{PLACE.management_url}/api/definitions"
    answer = requests.post(where, json=suite.definitions, auth=(GUEST, GUEST), timeout=30)
    if not answer.ok:
        raise SetupError(f"it answered {answer.status_code} {answer.text}", where, "look into why")


def at_hand(
    suites: Sequence[Suite], workshop: Workshop, *, must_run: bool
) -> tuple[list[Suite], list[NotRun]]:
    """Make the suites ready; part those that cannot be, with the reason. Raises SetupError where they must run."""
    there, missing = [], []
    for suite in suites:
        try:
            workshop.ready(suite)
        except SetupError as error:
            if must_run:
                raise
            missing.append(NotRun(suite.title, str(error)))
        else:
            there.append(suite)
    return there, missing


def _copies(words: Sequence[str], suites: Mapping[str, Suite]) -> dict[str, str]:
    """Read `--copy SUITE=URL`."""
    pairs = [word.partition("=") for word in words]
    for name, _, url in pairs:
        if name not in suites or not url:
            raise OptionError(f"{name!r} is no suite, or has no URL", "--copy", "give SUITE=URL")
    return {name: url for name, _, url in pairs}


def main() -> int:
    """Read the command line, run, print the table and what is not explained."""
    suites, known = read_suites()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--broker", action="append", help=f"default: {' and '.join(BROKERS)}")
    parser.add_argument("--suite", action="append", choices=suites, help="default: all at hand")
    parser.add_argument(
        "--copy",
        action="append",
        metavar="SUITE=URL",
        help="clone that suite from there: a URL, or the folder of a repository",
    )
    parser.add_argument("--quick", action="store_true", help="of long suites the part named quick")
    options = parser.parse_args()
    chosen = [suites[name] for name in options.suite or suites]
    if options.quick:
        known = [failure for failure in known if suites[failure.suite].runs_quickly(failure.test)]
        chosen = [suite.cut_down() for suite in chosen]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing stays behind
    sweep()  # a broker of a run that was killed would still hold the port
    run = Run.start()
    try:
        with Workshop.open(_copies(options.copy or (), suites)) as workshop:
            there, missing = at_hand(chosen, workshop, must_run=bool(options.suite))
            results = list(run_all(options.broker or BROKERS, there, workshop, run))
    except SetupError as error:
        click.echo(error, err=True)
        return 2
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return 130  # as shells say it of SIGINT
    finally:
        run.end()
    click.echo("\n".join(table(results, missing)))
    faults = [*unexplained(results, known)]
    for fault in faults:
        click.echo(fault, err=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
