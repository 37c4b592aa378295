"""The command line: `python -m reference_impl FAMILY DESIGN ROLE`, or `migrate`."""

import argparse
import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from reference_impl.errors import ConsumerError
from reference_impl.roles import DESIGNS, load, run
from reference_impl.settings import SettingsError, database_url, from_environment
from reference_impl.stop import SIGNALS, Stop

_ENDED, _CRASHED, _UNUSABLE = 0, 1, 2

_EPILOG = """\
designs and roles:
{pairs}

Settings come from the environment: WARREN_AMQP_URL and WARREN_DATABASE_URL are
required; WARREN_HEARTBEAT, WARREN_PREFETCH, WARREN_SECOND, WARREN_MAX_MESSAGES,
WARREN_TIMEOUT and WARREN_HTTP_PORT have the document's values as defaults.
docs/contract.md says what each means. SIGTERM and SIGINT end a role after the
message in hand. Exit status: 0 ended as asked, 1 crashed, 2 settings that
cannot be used.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the role that the command line names; give the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # we say the same, once and shorter
    try:
        if options.family == "migrate":
            # Alembic costs 0.2 s of processor time, and no role needs it.
            from reference_impl.migrate import upgrade  # noqa: PLC0415

            upgrade(database_url(os.environ))
        else:
            with _permanent():
                load(options.family)
            run(
                from_environment(os.environ),
                options.family,
                options.design,
                options.role,
                stop_on_signals(),
            )
    except ConsumerError as error:
        print(f"reference_impl: {error}", file=sys.stderr)  # noqa: T201 - a person reads it
        return _UNUSABLE if isinstance(error, SettingsError) else _CRASHED
    return _ENDED


def stop_on_signals() -> Stop:
    """Make SIGTERM and SIGINT request the end; a second signal asks again and changes nothing."""
    stop = Stop()
    for number in SIGNALS:
        signal.signal(number, lambda _number, _frame: stop.request())
    return stop


@contextmanager
def _permanent() -> Iterator[None]:
    """Spare garbage collection what is imported in this block: it lives as long as the process.

    Otherwise the collector looks through SQLAlchemy's modules during the imports and once more at
    the exit: a third of the processor time of a process that does little else.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_impl",
        description="Play one role of the document's consumers, or make their tables.",
        epilog=_EPILOG.format(
            pairs="\n".join(f"  {name:<14}{' '.join(roles)}" for name, roles in DESIGNS.items())
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    families = parser.add_subparsers(dest="family", metavar="FAMILY", required=True)
    for family, meaning in (
        ("document", "as the document writes them, defects kept"),
        ("hardened", "as they should be"),
    ):
        one = families.add_parser(family, help=meaning)
        one.add_argument("design", metavar="DESIGN", choices=tuple(DESIGNS), help="see below")
        one.add_argument("role", metavar="ROLE", help="see below")
    families.add_parser("migrate", help="make or update the tables in WARREN_DATABASE_URL")
    return parser


if __name__ == "__main__":
    sys.exit(main())
