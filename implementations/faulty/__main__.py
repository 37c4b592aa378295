"""The command line: `python -m implementations.faulty DEFECT DESIGN ROLE`."""

import argparse
import os
import sys
from collections.abc import Sequence

from implementations.faulty.defects import DEFECTS
from reference_impl.__main__ import stop_on_signals
from reference_impl.hardened import build
from reference_impl.roles import DESIGNS
from reference_impl.settings import SettingsError, from_environment

_USABLE, _UNUSABLE = 0, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the role that the command line names, with the defect; give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m implementations.faulty",
        description="Play one role of the hardened reference with one planted defect.",
    )
    parser.add_argument("defect", choices=DEFECTS, metavar="DEFECT", help=", ".join(DEFECTS))
    parser.add_argument("design", choices=DESIGNS, metavar="DESIGN", help=", ".join(DESIGNS))
    parser.add_argument("role", metavar="ROLE", help="one of the design's roles")
    options = parser.parse_args(arguments)
    if options.role not in DESIGNS[options.design]:
        parser.error(f"the roles of {options.design} are {', '.join(DESIGNS[options.design])}")
    try:
        settings = from_environment(os.environ)
    except SettingsError as error:
        print(f"implementations.faulty: {error}", file=sys.stderr)  # noqa: T201 - a person reads it
        return _UNUSABLE
    stop = stop_on_signals()
    build(settings, options.design, options.role, stop, DEFECTS[options.defect]).run()
    return _USABLE


if __name__ == "__main__":
    sys.exit(main())
