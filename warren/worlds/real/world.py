"""The real world of one case, and the factory that gives every case its own.

A world owns what it starts: processes, wiretap, vhost, database, connections. `close` ends all of it, whatever
happened, and tells of what it could not end.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

import pika

from warren.errors import WarrenError
from warren.worlds.real.broker_link import BrokerLink
from warren.worlds.real.brokers import Place, Vhosts, choose, private
from warren.worlds.real.http import Callers
from warren.worlds.real.process import RealProcess
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Wiretap
from warren.worlds.real.runs.orphans import Orphans
from warren.worlds.real.runs.ports import Ports
from warren.worlds.real.runs.processes import kill_marked
from warren.worlds.real.runs.run import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from warren.claims.manifest import Program
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.rows import MessageRow, TaskRow
    from warren.workloads import Role, Route
    from warren.worlds.protocol import Call, QueueDepth, ReceivedReply
    from warren.worlds.real.brokers import BrokerAddress, RunningBroker
    from warren.worlds.real.databases import CaseDatabase, Databases
    from warren.worlds.real.runs import Run

_POLL = 0.05
_CLOSE = 5.0
CASE_MARK = "WARREN_CASE"


class RealWorld:
    """See `warren.worlds.protocol.World`."""

    def __init__(self, place: Place, database: CaseDatabase, run: Run) -> None:
        """Stand on a vhost and a database that the factory made and will drop."""
        self._broker, self._vhost, self._database, self._run = (
            place.broker,
            place.vhost,
            database,
            run,
        )
        self._restart, self._management = place.restart, place.management
        self._log = FrameLog()
        self._wiretap = Wiretap((place.broker.host, place.broker.port), self._log)
        self._callers = Callers(self.now)
        self._ports = Ports()
        self._link: BrokerLink | None = None
        self._processes: list[RealProcess] = []
        self._orphans = Orphans(run.id)
        self._folder = run.folder / "cases" / place.vhost
        with writing(self._folder):
            self._folder.mkdir(parents=True)

    def now(self) -> float:
        """Seconds since the case began, which the wiretap's facts carry too."""
        return self._log.now()

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        """Ask again after every frame, and every 50 ms for what shows in no frame."""
        deadline = self.now() + within
        while not condition():
            left = deadline - self.now()
            if left <= 0:
                return condition()
            seen = len(self._log.snapshot())
            self._log.wait_for(lambda facts, seen=seen: len(facts) > seen, min(_POLL, left))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        return True

    def new_id(self) -> str:
        """Make an id that is unique beyond this world too, since the broker may be shared."""
        return uuid.uuid4().hex

    def start(self, command: Program, name: str, role: Role, env: Mapping[str, str]) -> RealProcess:
        """Start a process behind a wiretap of its own and return at once."""
        tap = self._wiretap.open(name)
        environment = {
            **env,
            **self._run.environment,
            **self._database.urls.environment,
            CASE_MARK: self._vhost,
            "WARREN_AMQP_URL": self._broker.amqp_url(self._vhost, "127.0.0.1", tap.port),
            "WARREN_HTTP_PORT": str(self._ports.free()),
        }
        try:
            process = RealProcess(
                command,
                name,
                role,
                line=tap,
                env=environment,
                output=self._folder / f"{name}.out",
                now=self.now,
            )
        except WarrenError:
            tap.close()
            raise
        self._processes.append(process)
        return process

    def publish(
        self,
        route: Route,
        body: bytes,
        message_id: str,
        reply_to: str = "",
        correlation_id: str = "",
    ) -> None:
        """Publish with a confirm; raise `WarrenError` where the message reached no queue."""
        properties = pika.BasicProperties(
            content_type="text/plain",
            delivery_mode=2,
            message_id=message_id,
            reply_to=reply_to or None,
            correlation_id=correlation_id or None,
        )
        self._broker_link().publish(route.exchange, "", body, properties)

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer somebody else's request, on its reply queue; raise `WarrenError` where there is none."""
        properties = pika.BasicProperties(content_type="text/plain", correlation_id=correlation_id)
        self._broker_link().publish("", queue, body, properties)

    def queue(self, name: str) -> QueueDepth | None:
        """Ask the broker now; None where there is no such queue."""
        return self._broker_link().depth(name)

    def queues(self) -> tuple[str, ...]:
        """Name all queues that there are now, also those of the rig and of no design."""
        return tuple(queue.name for queue in self._management.queues(self._vhost))

    def reply_queue(self) -> str:
        """Declare a queue of the rig's own for replies and give its name."""
        return self._broker_link().reply_queue()

    def replies(self, queue: str) -> tuple[ReceivedReply, ...]:
        """Take what has come to a reply queue since the last call."""
        return self._broker_link().take(queue)

    def call(self, port: int, path: str, within: float) -> Call:
        """Begin a GET on 127.0.0.1."""
        return self._callers.call(port, path, within)

    def add_task(self) -> int:
        """Insert a task row, as the HTTP role does, and give its id."""
        return self._database.add_task()

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""
        return self._database.messages()

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""
        return self._database.tasks()

    def facts(self) -> tuple[Fact, ...]:
        """All that the wiretaps saw so far, in order."""
        return self._log.snapshot()

    def pauses(self) -> tuple[Pause, ...]:
        """When the wiretap's thread was kept from running."""
        return self._wiretap.pauses()

    def restart_broker(self) -> None:
        """Restart the case's private broker; raise `WarrenError` where this broker is not ours to restart."""
        if self._restart is None:
            raise WarrenError(
                "this broker cannot be restarted",
                where=self._broker.description,
                what_to_do="use a broker that Warren starts itself",
            )
        self._close_link()
        self._restart()

    def close(self) -> None:
        """End all processes, wiretaps and connections of the case."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._ports.close)
            stack.callback(self._wiretap.close)
            stack.callback(self._close_link)
            stack.callback(self._callers.close)
            for process in self._processes:
                stack.callback(process.close, _CLOSE)
            # Also children that left their process group; before the outputs are closed, which they may hold open.
            kill_marked(self._vhost, CASE_MARK)
            self._orphans.end()

    def _broker_link(self) -> BrokerLink:
        if self._link is None:
            self._link = BrokerLink(self._broker.amqp_url(self._vhost))
        return self._link

    def _close_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()


class RealWorlds:
    """Makes the worlds of one pytest process, on the broker and the database that the run shares.

    Cases that restart their broker get one of their own, started at the first such case and kept for the others.
    """

    def __init__(
        self, run: Run, broker_option: str, broker: BrokerAddress, databases: Databases, owner: str
    ) -> None:
        """`owner` is unique among the processes of a run, e.g. the xdist worker's id."""
        self._run, self._option, self._broker, self._databases = (
            run,
            broker_option,
            broker,
            databases,
        )
        self._owner = owner
        self._stack = contextlib.ExitStack()
        self._shared = self._stack.enter_context(Vhosts(broker, run, owner))
        self._private: tuple[RunningBroker, Vhosts] | None = None

    @property
    def brokers(self) -> tuple[BrokerAddress, ...]:
        """The shared broker, and the private one where it has been started."""
        return (self._broker, self._private[0].address) if self._private else (self._broker,)

    @contextlib.contextmanager
    def open(self, template: str, *, restarts: bool) -> Iterator[RealWorld]:
        """Give a case its world, and take everything back at the end."""
        with self.place(restarts=restarts) as place:
            database = self._databases.create_copy(template)
            try:
                world = RealWorld(place, database, self._run)
                try:
                    yield world
                finally:
                    world.close()
            finally:
                self._databases.drop(database)

    @contextlib.contextmanager
    def place(self, *, restarts: bool) -> Iterator[Place]:
        """Give a case a vhost of its own, on a broker that it may restart if it `restarts`."""
        own = restarts and choose(self._option).can_restart
        running, vhosts = self._restartable() if own else (None, self._shared)
        vhost = vhosts.open()
        try:
            yield Place(
                running.address if running else self._broker,
                vhost,
                vhosts.management,
                running.restart if running else None,
            )
        finally:
            vhosts.close(vhost)

    def close(self) -> None:
        """End the private broker and drop what is left."""
        self._stack.close()

    def _restartable(self) -> tuple[RunningBroker, Vhosts]:
        if self._private is None:
            running = self._stack.enter_context(private(self._option, self._run))
            owner = f"{self._owner}-private"
            vhosts = self._stack.enter_context(Vhosts(running.address, self._run, owner))
            self._private = running, vhosts
        return self._private
