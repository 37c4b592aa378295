"""The real world of one case.

A world owns what it starts: processes, relay, vhost, database, connections. `close` ends all of it, whatever
happened, and tells of what it could not end.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

import pika

from warren.errors import WarrenError
from warren.worlds.real.broker_link import BrokerLink
from warren.worlds.real.http import Callers
from warren.worlds.real.launching import spawn
from warren.worlds.real.process import RealProcess
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Relay
from warren.worlds.real.runs.orphans import Orphans
from warren.worlds.real.runs.ports import Ports
from warren.worlds.real.runs.processes import CASE_MARK, kill_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.claims.manifest import Program
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.rows import MessageRow, TaskRow
    from warren.workloads import Role, Route
    from warren.worlds.protocol import Call, QueueDepth, ReceivedReply
    from warren.worlds.real.databases import CaseDatabase
    from warren.worlds.real.place import Place
    from warren.worlds.real.preloading import Preloader
    from warren.worlds.real.runs import Run

_POLL = 0.05
_CLOSE = 5.0


class RealWorld:
    """See `warren.worlds.protocol.World`."""

    def __init__(
        self, place: Place, database: CaseDatabase, run: Run, preloader: Preloader
    ) -> None:
        """Stand on a place and a database that `RealWorlds` made and will drop."""
        self._place, self._database, self._run = place, database, run
        self._preloader = preloader
        self._log = FrameLog()
        self._relay = Relay((place.broker.host, place.broker.port), self._log)
        self._callers = Callers(self.now)
        self._ports = Ports()
        self._link: BrokerLink | None = None
        self._processes: list[RealProcess] = []
        self._orphans = Orphans(run.id)

    def now(self) -> float:
        """Seconds since the case began, which the relay's facts carry too."""
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

    def start(self, program: Program, name: str, role: Role, env: Mapping[str, str]) -> RealProcess:
        """Start a process behind a line of its own and return at once."""
        if program.preload:
            self._orphans.leave(self._preloader.prepare(program))
        line = self._relay.open(name)
        environment = {
            **env,
            **self._run.environment,
            **self._database.urls.environment,
            CASE_MARK: self._place.vhost,
            "WARREN_AMQP_URL": self._place.broker.amqp_url(
                self._place.vhost, "127.0.0.1", line.port
            ),
            "WARREN_HTTP_PORT": str(self._ports.free()),
        }
        try:
            process = RealProcess(
                program,
                name,
                role,
                line=line,
                env=environment,
                output=self._place.folder / f"{name}.out",
                now=self.now,
                launch=self._preloader.launch if program.preload else spawn,
            )
        except WarrenError:
            line.close()
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
        self._broker_link().publish(route.exchange, route.routing_key, body, properties)

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer somebody else's request, on its reply queue; raise `WarrenError` where there is none."""
        properties = pika.BasicProperties(content_type="text/plain", correlation_id=correlation_id)
        self._broker_link().publish("", queue, body, properties)

    def queue(self, name: str) -> QueueDepth | None:
        """Ask the broker now; None where there is no such queue."""
        return self._broker_link().depth(name)

    def queues(self) -> tuple[str, ...]:
        """Name all queues that there are now, also those that are not for work."""
        return tuple(queue.name for queue in self._place.management.queues(self._place.vhost))

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
        """All that the lines saw so far, in order."""
        return self._log.snapshot()

    def pauses(self) -> tuple[Pause, ...]:
        """When the relay's thread was kept from running."""
        return self._relay.pauses()

    def restart_broker(self) -> None:
        """Restart the case's broker; raise `WarrenError` where this broker is not ours to restart."""
        self._close_link()
        self._place.restart()

    def close(self) -> None:
        """End all processes, lines and connections of the case."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._ports.close)
            stack.callback(self._relay.close)
            stack.callback(self._close_link)
            stack.callback(self._callers.close)
            for process in self._processes:
                stack.callback(process.close, _CLOSE)
            # Also children that left their process group; before the outputs are closed, which they may hold open.
            kill_marked(self._place.vhost, CASE_MARK)
            self._orphans.end()

    def _broker_link(self) -> BrokerLink:
        if self._link is None:
            self._link = BrokerLink(self._place.broker.amqp_url(self._place.vhost))
        return self._link

    def _close_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
