"""A running broker: its hub, on an event loop, with its users.

The hub does what a broker does; here it gets sockets, timers and the time. Listening is `server`'s
business.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING

from warren.simulator.model import commands
from warren.simulator.model.access import PERMISSIONS
from warren.simulator.model.limits import SetUserLimits
from warren.simulator.session import Hub, Mistake
from warren.simulator.session.hub import AT_ONCE
from warren.simulator.session.terms import RELEASES
from warren.simulator.tcp.accounts import ADMINISTRATOR, Account
from warren.simulator.tcp.client import Client
from warren.simulator.tcp.data.errors import DataError
from warren.simulator.tcp.faults import FaultPlan
from warren.simulator.tcp.faulty import FaultyClient
from warren.simulator.tcp.patterns import linear
from warren.simulator.tcp.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model import Broker
    from warren.simulator.model.commands import Command
    from warren.simulator.model.events import Event
    from warren.simulator.model.patterns import Pattern
    from warren.simulator.tcp.data.keeper import Keeper
    from warren.simulator.tcp.management.http import HttpClient
    from warren.simulator.tcp.options import Options

_log = logging.getLogger(__name__)


def fresh_names() -> Iterator[str]:
    """Make up names as RabbitMQ does: 22 characters that nobody can guess."""
    while True:
        yield secrets.token_urlsafe(16)


def _pattern(compiled: Pattern | None) -> str:
    return ".*" if compiled is None else compiled.pattern


class Node:
    """One broker on one event loop; everything happens on that loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, options: Options) -> None:
        """Begin with the administrator and the vhost `/`, without clients."""
        self.loop = loop
        self.options = options
        self.version = RELEASES[options.semantics]
        self.clients: dict[int, Client] = {}
        self.http_clients: set[HttpClient] = set()
        self.disk_free_limit = 0
        self.body_octets = 0  # of requests that are not answered yet
        self.accounts: dict[str, Account] = {}
        self.records = Records()
        self.listeners: dict[str, int] = {}  # ports by protocol
        self.started = loop.time()
        self._epoch = time.time() - self.started
        self.hub = Hub(
            options.semantics,
            fresh_names(),
            self.now(),
            options.memory_limit,
            options.consumer_timeout,
            engine=linear,
        )
        self.deserted = asyncio.Event()  # set while there are no clients
        self.deserted.set()
        self.ended = asyncio.Event()  # set when it is to end
        self.keeper: Keeper | None = None
        self.failure: DataError | None = None
        self._ends_turns = False  # soon
        self._faults = FaultPlan(options.faults)
        self._timer: asyncio.Handle | None = None
        self._timer_at = inf
        self.add_user(options.user, Account.with_password(options.password, (ADMINISTRATOR,)))
        self.do(commands.SetPermissions(options.user, "/"))

    @property
    def broker(self) -> Broker:
        """The model, to look at."""
        return self.hub.broker

    # Users

    def add_user(self, name: str, account: Account) -> None:
        """Make a user, or change an existing one."""
        self.accounts[name] = account
        impersonator = "impersonator" in account.tags
        self.do(commands.AddUser(name, "", impersonator, account.password_hash))
        self.do(SetUserLimits(name, account.limits))

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
        return FaultyClient(self, self._faults) if self.options.faults else Client(self)

    def enter(self, client: Client) -> None:
        """Take in a client."""
        self.clients[client.session.number] = client
        self.deserted.clear()

    def leave(self, client: Client) -> None:
        """Forget a client whose socket is gone."""
        del self.clients[client.session.number]
        if not self.clients:
            self.deserted.set()

    # Turns

    def now(self) -> float:
        """Return the time, in seconds since the epoch, that no change of the date moves."""
        return self.loop.time() + self._epoch

    @contextmanager
    def turn(self, *, reads: bool = False) -> Iterator[None]:
        """Do several commands at one time, then all that comes of them; only look, if it `reads`.

        Raises DataError where it cannot be kept.
        """
        self.hub.advance(self.now())
        try:
            yield
        finally:
            self._perform(reads=reads)
            if self.failure is not None:
                raise self.failure

    def do(self, command: Command) -> None:
        """Give the model a command; within a turn."""
        self.hub.do(command)

    def ask(self, command: Command, number: int) -> list[Event]:
        """As `do` for connection `number`, which is no client's: return what is said to it."""
        return self.hub.ask(command, number)

    def set_memory_alarm(self, is_on: bool) -> None:
        """Be short of memory, whatever is in use, until told otherwise."""
        with self.turn():
            self.hub.memory.is_rung = is_on

    @property
    def disk_free(self) -> int:
        """How many octets are free where data is kept."""
        data = self.options.data
        return shutil.disk_usage("/" if data is None else data.parent).free

    def set_disk_free_limit(self, octets: int) -> None:
        """Block publishers if less than that is free now; it is looked at when it is set. Within a turn."""
        self.disk_free_limit = octets
        self.hub.memory.disk_is_low = self.disk_free < octets

    def perform(self) -> None:
        """End a turn: now; where it has to be kept first, soon, together with those that come until then."""
        if self.keeper is None:
            self._perform()
        elif not self._ends_turns:
            self._ends_turns = True
            self.loop.call_soon(self._perform)

    def _perform(self, *, reads: bool = True) -> None:
        """Keep what has changed, do what the sessions wish, and set the timer for the next turn."""
        self._ends_turns = False
        clients = self.clients
        while True:
            wishes = self.hub.wishes()
            if not self._keep(reads=reads):
                return  # nothing is said that may not be true after a restart
            if not wishes:
                break
            for wish in wishes:
                if isinstance(wish, Mistake):
                    _log_mistake(wish)
                    continue
                client = clients.get(wish.number)
                if client is not None:
                    client.grant(wish)
        if self.hub.wake_at != self._timer_at:
            self._set_timer(self.hub.wake_at)

    def _keep(self, *, reads: bool) -> bool:
        """Keep what is to outlive the process; end everything where that cannot be done any more."""
        if self.keeper is None:
            return True
        if self.failure is not None:
            return False
        try:
            self.keeper.keep()
            if not reads:
                self.keeper.keep_settings()
        except DataError as error:
            self.failure = error
            self.ended.set()
            for client in [*self.clients.values()]:
                client.abort()
            return False
        return True

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        if when == AT_ONCE:
            self._timer = self.loop.call_soon(self._run_timer)
        elif when == inf:
            self._timer = None
        else:
            self._timer = self.loop.call_at(when - self._epoch, self._run_timer)

    def _run_timer(self) -> None:
        self._timer_at = inf  # to be set again even if the loop has called a moment too soon
        self._timer = None
        self.hub.wake(self.now())
        self.perform()


def _log_mistake(mistake: Mistake) -> None:
    where = "what was due" if mistake.name is None else mistake.name
    _log.error("internal error on %s", where, exc_info=mistake.error)
