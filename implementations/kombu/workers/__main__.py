"""`python -m workers DESIGN ROLE`: run one instance."""

import logging
import sys

from workers.consumer import Consumer
from workers.database import Database
from workers.designs import Designs
from workers.settings import Settings
from workers.stopping import Stop, Stopped
from workers.web import serve

LOG = logging.getLogger(__name__)


def main(design: str, role: str) -> None:
    """Run until told to stop, or until the bound is reached."""
    settings, stop = Settings.from_environment(), Stop()
    stop.listen()
    try:
        if role == "http":
            with stop.may_interrupt():
                serve(settings, design)
        else:
            database = Database(settings.database_url)
            Consumer(settings, stop, Designs(settings, database).of(design, role)).run()
    except Stopped:
        LOG.info("stopped")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    main(*sys.argv[1:])
