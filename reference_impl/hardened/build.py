"""The factory: which pieces a role is made of, and how a process of them lives and ends."""

import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.consumer import Consumer, Handler
from reference_impl.hardened.errors import BrokerAwayError, LinkLostError
from reference_impl.hardened.gathering import Gathering
from reference_impl.hardened.inbox import Inbox
from reference_impl.hardened.link import Link
from reference_impl.hardened.parts import PartsPart, PartsStream
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.settlement import Settlement
from reference_impl.hardened.tools import Tools
from reference_impl.hardened.work import Work
from reference_impl.schema import engine
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import PART, STREAM, Route

Role = tuple[str, str]
"""A design and one of its roles."""


class Playable(Protocol):
    """A role put together."""

    def run(self) -> None:
        """Play it until its `Stop` is requested."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a consuming role does: where its messages come from, who handles them, how long."""

    route: Route
    handler: Callable[[Tools], Handler]
    seconds: tuple[int, int]


DUTIES: Mapping[Role, Duty] = {
    ("blocking", "stream"): Duty(STREAM, BlockingStream, (1, 1)),
    ("parts", "stream"): Duty(STREAM, PartsStream, (0, 0)),
    ("parts", "part"): Duty(PART, PartsPart, (1, 1)),
    ("parts-random", "stream"): Duty(STREAM, PartsStream, (0, 0)),
    ("parts-random", "part"): Duty(PART, PartsPart, (1, 3)),
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The pieces a role is built of; give another one to change exactly one behaviour.

    Each is called as the class that stands here by default. `handlers` replaces the handler of
    some roles: `Parts(handlers={("blocking", "stream"): MyStream})`.
    """

    link: Callable[..., Link] = Link
    consumer: Callable[..., Consumer] = Consumer
    settlement: Callable[[Link, Route], Settlement] = Settlement
    publisher: Callable[[Link], Publisher] = Publisher
    inbox: Callable[[], Inbox] = Inbox
    gathering: Callable[[], Gathering] = Gathering
    work: Callable[[Settings, int, int], Work] = Work
    handlers: Mapping[Role, Callable[[Tools], Handler]] = field(default_factory=dict)


class ConsumerProcess:
    """A consumer with its link: two threads, and the caller's, which owns both."""

    def __init__(self, link: Link, consumer: Consumer, stop: Stop) -> None:
        """Play `consumer` on `link` until `stop`."""
        self.link = link
        self.consumer = consumer
        self.stop = stop

    def run(self) -> None:
        """Consume; after a stop finish the message in hand, settle it and close.

        The message in hand takes the time it takes: who cannot wait for it kills the process,
        and the broker delivers it again.

        Raises:
            BrokerAwayError: no broker let us in at the start.

        """
        with ThreadPoolExecutor(2) as threads:
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

    def _cancel(self) -> None:
        """Take no more messages; when the connection is away none can come."""
        with contextlib.suppress(LinkLostError, BrokerAwayError):
            self.link.call(self.consumer.cancel, timeout=1.0)


def build(
    settings: Settings, design: str, role: str, stop: Stop, parts: Parts | None = None
) -> Playable:
    """Put a role together out of `parts`; nothing is opened or started before `run`."""
    return _consumer(settings, (design, role), stop, parts or Parts())


def play(settings: Settings, design: str, role: str, stop: Stop) -> None:
    """Play one role until it is stopped or has reached its bound."""
    build(settings, design, role, stop).run()


def _consumer(settings: Settings, name: Role, stop: Stop, parts: Parts) -> ConsumerProcess:
    duty = DUTIES[name]

    def start(channel: BlockingChannel) -> None:
        consumer.start(channel)

    link = parts.link(settings, on_channel=start, patient=False)
    tools = Tools(
        settings,
        engine(settings.database_url),
        parts.publisher(link),
        parts.inbox(),
        parts.gathering(),
        parts.work(settings, *duty.seconds),
    )
    handler = parts.handlers.get(name, duty.handler)(tools)
    settlement = parts.settlement(link, duty.route)
    consumer = parts.consumer(settings, stop, duty.route, handler, settlement)
    return ConsumerProcess(link, consumer, stop)
