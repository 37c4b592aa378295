"""How a role lives: which threads it has, who ends them, and in which order."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import sqlalchemy as sa

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.errors import BrokerAwayError, LinkLostError
from reference_impl.hardened.link import Link
from reference_impl.settings import Settings
from reference_impl.stop import Stop, leave_signals_to_main

if TYPE_CHECKING:
    from reference_impl.hardened.http import TaskAcceptor, TaskCaller

_CANCEL_SECONDS = 4.0  # less than the grace of a stop


class ConsumerProcess:
    """A consumer with its link: two threads, and the caller's, which owns both."""

    def __init__(self, link: Link, consumer: Consumer, database: sa.Engine, stop: Stop) -> None:
        """Play `consumer` on `link` until `stop`."""
        self.link = link
        self.consumer = consumer
        self.database = database
        self.stop = stop

    def run(self) -> None:
        """Consume; after a stop finish the message in hand, settle it and close.

        The message in hand takes the time it takes: who cannot wait for it kills the process,
        and the broker delivers it again.

        Raises:
            BrokerAwayError: no broker let us in at the start.

        """
        with ThreadPoolExecutor(2, initializer=leave_signals_to_main) as threads:
            serving = threads.submit(self.link.run)
            working = threads.submit(self.consumer.work)
            for future in (serving, working):
                future.add_done_callback(lambda _future: self.stop.request())
            self.stop.wait()
            self.consumer.finish()
            self._cancel()
            try:
                working.result()
            finally:
                self.link.close()
            serving.result()
        self.database.dispose()

    def _cancel(self) -> None:
        """Take no more messages."""
        try:
            self.link.call(self.consumer.cancel, _CANCEL_SECONDS)
        except LinkLostError:
            pass  # without a connection none can come
        except BrokerAwayError:
            # A broker that does not answer a cancel takes no ack either. The message in hand will be
            # delivered again anyway, so there is nothing to wait for.
            self.link.abort()


class HttpProcess:
    """A web server with its link, which waits for a broker for as long as it takes."""

    def __init__(
        self,
        settings: Settings,
        link: Link,
        controller: "TaskAcceptor | TaskCaller",
        database: sa.Engine,
        stop: Stop,
    ) -> None:
        """Serve `controller` until `stop`."""
        self.settings = settings
        self.link = link
        self.controller = controller
        self.database = database
        self.stop = stop

    def run(self) -> None:
        """Answer requests; after a stop those in hand first.

        Raises:
            SettingsError: the port cannot be had.

        """
        # Flask costs 0.1 s of processor time, and only this role needs it.
        from reference_impl.hardened.http import application  # noqa: PLC0415
        from reference_impl.http import serve  # noqa: PLC0415

        with ThreadPoolExecutor(1, initializer=leave_signals_to_main) as threads:
            serving = threads.submit(self.link.run)
            try:
                serve(application(self.controller), self.settings.http_port, self.stop)
            finally:
                self.link.close()
            serving.result()
        self.database.dispose()
