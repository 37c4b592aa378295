"""`python -m orders DESIGN ROLE`: run one instance."""

import asyncio
import logging
import sys

from orders.consumer import Consumer
from orders.database import Database
from orders.designs import Designs
from orders.settings import Settings
from orders.stopping import Stop, Stopped
from orders.web import RpcPage, TaskPage

LOG = logging.getLogger(__name__)


async def main(design: str, role: str) -> None:
    """Run until told to stop, or until the bound is reached."""
    settings, stop = Settings.from_environment(), Stop()
    stop.listen()
    database = Database(settings.database_url)
    try:
        if role == "http":
            page = {"task": TaskPage, "rpc": RpcPage}[design](settings, database, stop)
            await page.run()
        else:
            exchange, queue, handler, concurrent = Designs(settings, database, stop).of(
                design, role
            )
            await Consumer(settings, stop, exchange, queue, handler, concurrent=concurrent).run()
    except Stopped:
        LOG.info("stopped")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    asyncio.run(main(*sys.argv[1:]))
