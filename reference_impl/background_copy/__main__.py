"""One copier: `python -m reference_impl.background_copy SOURCE TARGET`.

Settings come from the environment as for every role (docs/contract.md), but for the database; SIGTERM and SIGINT end it
after the file in hand. Exit status: 0 ended as asked, 1 crashed, 2 settings that cannot be used.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.__main__ import stop_on_signals
from reference_impl.background_copy.copier import FileCopier
from reference_impl.errors import ConsumerError
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.link import Link
from reference_impl.hardened.process import ConsumerProcess
from reference_impl.hardened.settlement import Settlement
from reference_impl.schema import engine
from reference_impl.settings import Settings, SettingsError, from_environment
from reference_impl.stop import Stop
from reference_impl.topology import Route

ROUTE = Route("background-copy", "background-copy")

# The settings and the process of a role want a database. A copier has none: this one is never opened.
_NO_DATABASE = {"WARREN_DATABASE_URL": "sqlite://"}
_ENDED, _CRASHED, _UNUSABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Copy until a signal comes, and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m reference_impl.background_copy",
        description=f"Copy the files that messages of the queue {ROUTE.queue} name.",
    )
    parser.add_argument("source", metavar="SOURCE", type=Path, help="a directory")
    parser.add_argument("target", metavar="TARGET", type=Path, help="a directory")
    options = parser.parse_args(arguments)
    for directory in (options.source, options.target):
        if not directory.is_dir():
            parser.error(f"{directory} is no directory")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # we say the same, once and shorter
    try:
        copier = FileCopier(options.source, options.target)
        settings = from_environment(_NO_DATABASE | dict(os.environ))
        build(settings, copier, stop_on_signals()).run()
    except ConsumerError as error:
        print(f"background_copy: {error}", file=sys.stderr)  # noqa: T201 - a person reads it
        return _UNUSABLE if isinstance(error, SettingsError) else _CRASHED
    return _ENDED


def build(settings: Settings, copier: FileCopier, stop: Stop) -> ConsumerProcess:
    """Put a copier together; nothing is opened or started before `run`."""

    def start(channel: BlockingChannel) -> None:
        consumer.start(channel)  # made below: it settles through the link that starts it

    link = Link(settings, on_channel=start, patient=False)
    consumer = Consumer(settings, stop, ROUTE, copier, Settlement(link, ROUTE))
    return ConsumerProcess(link, consumer, engine(settings.database_url), stop)


if __name__ == "__main__":
    sys.exit(main())
