"""The factory: which pieces a role is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.consumer import Consumer, Handler
from reference_impl.hardened.database import watched_engine
from reference_impl.hardened.gathering import Gathering
from reference_impl.hardened.inbox import Inbox
from reference_impl.hardened.link import Link
from reference_impl.hardened.parts import PartsPart, PartsStream
from reference_impl.hardened.pipeline import PipelinePart, PipelineStream
from reference_impl.hardened.process import ConsumerProcess, HttpProcess
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.rpc_client import RpcClient
from reference_impl.hardened.rpc_server import RpcServer
from reference_impl.hardened.settlement import Settlement
from reference_impl.hardened.task_consumer import TaskConsumer
from reference_impl.hardened.tasks import Tasks
from reference_impl.hardened.tools import Tools
from reference_impl.hardened.work import Work
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import PART, RPC, STREAM, TASK, Route

Role = tuple[str, str]
"""A design and one of its roles."""


class Playable(Protocol):
    """A role, ready to be played."""

    def run(self) -> None:
        """Play it until its `Stop` is requested."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What a consuming role does: its queue, its handler, and how many seconds a text takes it."""

    route: Route
    handler: Callable[[Tools], Handler]
    seconds: tuple[int, int] = (0, 0)


DUTIES: Mapping[Role, Duty] = {
    ("blocking", "stream"): Duty(STREAM, BlockingStream, (1, 1)),
    ("parts", "stream"): Duty(STREAM, PartsStream),
    ("parts", "part"): Duty(PART, PartsPart, (1, 1)),
    ("parts-random", "stream"): Duty(STREAM, PartsStream),
    ("parts-random", "part"): Duty(PART, PartsPart, (1, 3)),
    ("pipeline", "stream"): Duty(STREAM, PipelineStream),
    ("pipeline", "part"): Duty(PART, PipelinePart, (1, 3)),
    ("task", "task"): Duty(TASK, TaskConsumer),
    ("rpc", "rpc-server"): Duty(RPC, RpcServer, (2, 2)),
}


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces a role is built of; give another one to change exactly one behaviour.

    Each is called as the class that stands here by default, so that a subclass with one method
    overridden will do: `Pieces(settlement=NeverAcks)`. `handlers` replaces the handlers of some
    roles: `Pieces(handlers={("blocking", "stream"): MyStream})`.
    """

    database: Callable[[str], sa.Engine] = watched_engine
    link: Callable[..., Link] = Link
    consumer: Callable[[Settings, Stop, Route, Handler, Settlement], Consumer] = Consumer
    settlement: Callable[[Link, Route], Settlement] = Settlement
    publisher: Callable[[Link], Publisher] = Publisher
    inbox: Callable[[sa.Engine], Inbox] = Inbox
    gathering: Callable[[], Gathering] = Gathering
    tasks: Callable[[sa.Engine], Tasks] = Tasks
    work: Callable[[Settings, int, int], Work] = Work
    rpc_client: Callable[[Link], RpcClient] = RpcClient
    handlers: Mapping[Role, Callable[[Tools], Handler]] = field(default_factory=dict)


def build(
    settings: Settings, design: str, role: str, stop: Stop, pieces: Pieces | None = None
) -> Playable:
    """Put a role together out of `pieces`; nothing is opened or started before `run`."""
    chosen = pieces or Pieces()
    if role == "http":
        return _http(settings, design, stop, chosen)
    return _consumer(settings, (design, role), stop, chosen)


def play(settings: Settings, design: str, role: str, stop: Stop) -> None:
    """Play one role until it is stopped or has reached its bound."""
    build(settings, design, role, stop).run()


def _consumer(settings: Settings, name: Role, stop: Stop, pieces: Pieces) -> ConsumerProcess:
    duty = DUTIES[name]

    def start(channel: BlockingChannel) -> None:
        consumer.start(channel)  # made below: it settles through the link that starts it

    link = pieces.link(settings, on_channel=start, patient=False)
    database = pieces.database(settings.database_url)
    tools = Tools(
        settings=settings,
        database=database,
        publisher=pieces.publisher(link),
        inbox=pieces.inbox(database),
        gathering=pieces.gathering(),
        tasks=pieces.tasks(database),
        work=pieces.work(settings, *duty.seconds),
    )
    handler = pieces.handlers.get(name, duty.handler)(tools)
    settlement = pieces.settlement(link, duty.route)
    consumer = pieces.consumer(settings, stop, duty.route, handler, settlement)
    return ConsumerProcess(link, consumer, database, stop)


def _http(settings: Settings, design: str, stop: Stop, pieces: Pieces) -> HttpProcess:
    from reference_impl.hardened.http import TaskAcceptor, TaskCaller  # noqa: PLC0415 - costs Flask

    def start(channel: BlockingChannel) -> None:
        if design == "rpc":
            client.start(channel)  # made below: it calls through the link that starts it

    link = pieces.link(settings, on_channel=start, patient=True)
    database = pieces.database(settings.database_url)
    tasks = pieces.tasks(database)
    client = pieces.rpc_client(link)
    controller: TaskAcceptor | TaskCaller = (
        TaskCaller(settings, tasks, client)
        if design == "rpc"
        else TaskAcceptor(settings, tasks, pieces.publisher(link))
    )
    return HttpProcess(settings, link, controller, database, stop)
