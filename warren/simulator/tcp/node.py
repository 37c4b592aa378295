"""A running broker: the model, its clients, its clock.

Commands of clients and of the management API go through `do`; events go to the client they are
for; timers of the model become timers of the event loop. Listening is `server`'s business.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from warren.simulator.model import SEMANTICS, Broker, FieldTypes, commands
from warren.simulator.model.access import PERMISSIONS
from warren.simulator.tcp.accounts import ADMINISTRATOR, Account
from warren.simulator.tcp.client import Client
from warren.simulator.tcp.faults import FaultPlan
from warren.simulator.tcp.faulty import FaultyClient
from warren.simulator.tcp.memory import Memory
from warren.simulator.wire import Int64, Timestamp
from warren.simulator.wire.connection_tune import Limits

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from warren.simulator.model.commands import Command
    from warren.simulator.model.events import Event
    from warren.simulator.tcp.management.http import HttpClient
    from warren.simulator.tcp.options import Options
    from warren.simulator.wire import FieldTable

VERSIONS = {"3.10": "3.10.8", "4.3": "4.3.6"}
"""What a broker of each semantics calls its version: the release that its answers were measured on.

Scripts compare it with RabbitMQ's."""
_log = logging.getLogger(__name__)


def fresh_names() -> Iterator[str]:
    """Make up names as RabbitMQ does: 22 characters that nobody can guess."""
    while True:
        yield secrets.token_urlsafe(16)


def _pattern(compiled: re.Pattern[str] | None) -> str:
    return ".*" if compiled is None else compiled.pattern


class Node:
    """One broker on one event loop; everything happens on that loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, options: Options) -> None:
        """Begin with the administrator and the vhost `/`, without clients."""
        self.loop = loop
        self.options = options
        self.version = VERSIONS[options.semantics]
        self.semantics = SEMANTICS[options.semantics]
        self.limits = Limits()
        self.clients: dict[int, Client] = {}
        self.http_clients: set[HttpClient] = set()
        self.accounts: dict[str, Account] = {}
        self.broker = Broker(
            options.semantics, fresh_names(), FieldTypes(long=Int64, timestamp=Timestamp)
        )
        self.memory = Memory(self, options.memory_limit)
        self.deserted = asyncio.Event()  # set while there are no clients
        self.deserted.set()
        self._faults = FaultPlan(options.faults)
        self._numbers = count(1)
        self._touched: dict[Client, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._epoch = time.time() - loop.time()
        self._now = time.time()
        self.add_user(options.user, Account(options.password, (ADMINISTRATOR,)))
        self.do(commands.SetPermissions(options.user, "/"))

    @property
    def server_properties(self) -> FieldTable:
        """What connection.start says about us; clients look at the capabilities."""
        return {
            "capabilities": dict.fromkeys(
                (
                    "publisher_confirms",
                    "exchange_exchange_bindings",
                    "basic.nack",
                    "consumer_cancel_notify",
                    "connection.blocked",
                    "consumer_priorities",
                    "authentication_failure_close",
                    "per_consumer_qos",
                    "direct_reply_to",
                ),
                True,
            ),
            "cluster_name": "warren@localhost",
            "copyright": "MIT",
            "information": "Warren's embedded broker, with the behaviour of RabbitMQ",
            "platform": "Python",
            "product": "RabbitMQ",
            "version": self.version,
        }

    # Users

    def add_user(self, name: str, account: Account) -> None:
        """Make a user, or change an existing one."""
        self.accounts[name] = account
        self.do(
            commands.AddUser(name, account.password, impersonator="impersonator" in account.tags)
        )

    def delete_user(self, name: str) -> None:
        """Delete a user; its connections are closed."""
        del self.accounts[name]
        self.do(commands.DeleteUser(name))

    def permissions(self) -> Iterator[dict[str, str]]:
        """Yield who may do what where."""
        for user in self.broker.users.values():
            for vhost, access in user.access.items():
                if access.allowed:
                    facts = {"user": user.name, "vhost": vhost}
                    facts.update((name, _pattern(getattr(access, name))) for name in PERMISSIONS)
                    yield facts

    # Clients

    def new_client(self) -> Client:
        """Make the protocol of a connection that has just been accepted."""
        if self.options.faults:
            return FaultyClient(self, self.new_number(), self._faults)
        return Client(self, self.new_number())

    def new_number(self) -> int:
        """Return a number that no connection ever had."""
        return next(self._numbers)

    def enter(self, client: Client) -> None:
        """Take in a client."""
        self.clients[client.number] = client
        self.deserted.clear()

    def leave(self, client: Client) -> None:
        """Forget a client whose socket is gone."""
        del self.clients[client.number]
        self._touched.pop(client, None)
        with self.turn():
            self.do(commands.ConnectionLost(client.number))
        if not self.clients:
            self.deserted.set()

    # Turns

    @contextmanager
    def turn(self, client: Client | None = None) -> Iterator[None]:
        """Do several commands at one time, then write what came of them to every client.

        What was due before is done first, and is nobody's turn. A mistake of ours ends the
        connection it happened on, and no other.
        """
        self._now = self.loop.time() + self._epoch
        if self._timer_at is not None and self._timer_at <= self._now:
            self._tick()
        try:
            yield
        except Exception:
            if client is None:
                raise
            _log.exception("internal error on %s", client.name)
            client.abort()
        finally:
            self._flush()

    def do(self, command: Command) -> None:
        """Give the model a command, and its events to their clients; within a turn."""
        self._say(self.broker.handle(command, self._now))

    def ask(self, command: Command, number: int) -> list[Event]:
        """As `do` for connection `number`, which is no client's: return what is said to it."""
        caused = self.broker.handle(command, self._now)
        self._say(caused)
        return [event for event in caused if event.connection == number]

    def _say(self, caused: list[Event]) -> None:
        clients, touched = self.clients, self._touched
        for event in caused:
            client = clients.get(event.connection)
            if client is not None:
                client.say(event)
                touched[client] = None

    def touch(self, client: Client) -> None:
        """Have `client` flushed at the end of this turn."""
        self._touched[client] = None

    def _flush(self) -> None:
        touched = self._touched
        while touched:
            touched.popitem()[0].flush()  # may cause deliveries, and so touch others
        self.memory.watch()
        deadline = self.broker.next_deadline()
        if deadline != self._timer_at:
            self._set_timer(deadline)

    def _set_timer(self, deadline: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = (
            None
            if deadline is None
            else self.loop.call_at(deadline - self._epoch, self._run_timers)
        )

    def _run_timers(self) -> None:
        with self.turn():
            self._timer_at = None  # to be set again even if the loop has called a moment too soon

    def _tick(self) -> None:
        """Do what is due. A mistake of ours there is no client's, and ends no connection."""
        try:
            self._say(self.broker.tick(self._now))
        except Exception:  # noqa: BLE001 - logged, and there is nobody to be told
            _log.exception("internal error in what was due")
