"""Where the sessions of one broker meet: the model, the alarms, and whose turn it is.

A turn is what happens at one time: octets of one client, the end of a connection, commands of the
broker's owner, or what was due. `Hub.wishes` ends it. How long it may be: `turns`.
"""

from __future__ import annotations

from itertools import count
from math import inf
from sys import maxsize
from typing import TYPE_CHECKING

from warren.simulator.model import CONSUMER_TIMEOUT, Broker, FieldTypes, commands
from warren.simulator.model.patterns import backtracking
from warren.simulator.session.alarms import Alarms
from warren.simulator.session.memory import Memory, used
from warren.simulator.session.portions import Portioned, first_portion
from warren.simulator.session.session import READ_LIMIT, Session
from warren.simulator.session.terms import terms_of
from warren.simulator.session.turns import Turns
from warren.simulator.session.wishes import Mistake
from warren.simulator.wire import Int64, Timestamp
from warren.simulator.wire.connection_events import Login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warren.simulator.model import Version
    from warren.simulator.model.events import Event
    from warren.simulator.model.patterns import Compile
    from warren.simulator.session.wishes import Wish
    from warren.simulator.wire.connection_events import WireEvent


AT_ONCE = 0.0
"""When to wake a hub that has more to do: as soon as everybody else was heard."""


class Hub:
    """One broker and its connections; `now` is always in seconds since the epoch.

    After every call that takes `now`, and after `do`, the owner does the `wishes` until there are
    none left, and calls `wake` at `wake_at`, having looked at the sockets.
    """

    def __init__(
        self,
        semantics: Version,
        names: Iterator[str],
        now: float,
        memory_limit: int | None = None,
        consumer_timeout: int | None = CONSUMER_TIMEOUT,
        *,
        engine: Compile = backtracking,
    ) -> None:
        """Begin with the virtual host `/`, without users and sessions.

        `names`, `consumer_timeout` and `engine` are for the model; `memory_limit` in octets, None for no alarm at all.
        """
        types = FieldTypes(long=Int64, timestamp=Timestamp)
        self.broker = Broker(semantics, names, types, consumer_timeout, engine)
        self.sessions: dict[int, Session] = {}
        self.memory = Memory(memory_limit)
        self._was_short = False
        self.wake_at = inf
        self._due_at = inf  # as `wake_at`, but for those who wait for their turn
        self._mistakes: list[Wish] = []
        self._terms = terms_of(semantics)
        self._alarms = Alarms(now)
        self._turns = Turns(self.broker.meter)
        self._numbers = count(1)
        self._touched: dict[Session, None] = {}  # who may have wishes
        self._sent: dict[Session, None] = {}  # whose wishes were taken, and perhaps done by now

    # What happens

    def advance(self, now: float) -> None:
        """Begin a turn: do what is due."""
        self._alarms.now = now
        if now >= self._due_at:
            self._do_what_is_due()

    def wake(self, now: float) -> None:
        """Begin a round: do what is due, and have those go on who wait for their turn."""
        self._alarms.now = now
        self._turns.begin()
        self._do_what_is_due()
        for session, stop in self._turns.due():
            try:
                self._go_on(session, stop)
            except Exception as error:  # noqa: BLE001 - handed on
                self._mistaken(session, error)

    def _go_on(self, session: Session, stop: int) -> None:
        """Give a session that waited its turn; who is stuck waits on until it is `drained`."""
        if session.is_stuck or session.number not in self.sessions:
            return
        if session.is_thirsty:
            self.do(session.drink())
        backlog, session.backlog = session.backlog, []
        self._work(session, backlog, stop)

    def _do_what_is_due(self) -> None:
        """Let time do its work. A mistake of ours there is no client's, and ends no connection."""
        try:
            self._say(self.broker.tick(self._alarms.now))
            self._ring()
        except Exception as error:  # noqa: BLE001 - handed on, and nobody here could do more
            self._mistakes.append(Mistake(None, error))

    def open(
        self,
        name: str,
        now: float,
        waiting: Callable[[], int],
        make: Callable[..., Session] = Session,
    ) -> Session:
        """Take in a client that has just connected; the arguments but `now` are its `Session`'s."""
        self.advance(now)
        session = make(self.new_number(), name, self._terms, self._alarms, waiting)
        self.sessions[session.number] = session
        return session

    def receive(self, session: Session, octets: bytes, now: float) -> None:
        """Do all that these octets of a client ask for."""
        self.advance(now)
        self.memory.received(len(octets))
        try:
            heard = session.hear(octets)
            if session.backlog:
                session.backlog += heard
                return
            stop = self._turns.hear(session)
            self._work(session, heard, stop)
            if heard and type(heard[-1]) is Login:  # it is answered: what came behind can be read
                self._work(session, session.hear(b""), stop)
        except Exception as error:  # noqa: BLE001 - handed on
            self._mistaken(session, error)

    def drained(self, session: Session, now: float) -> None:
        """Note that the socket of a session that was `full` takes octets again."""
        self.advance(now)
        session.full = False
        self._sent[session] = None

    def lost(self, session: Session, now: float) -> None:
        """Note that a connection is gone; do what was read of it, and release all that it held."""
        if self.sessions.pop(session.number, None) is None:
            return
        self.advance(now)
        backlog, session.backlog = session.backlog, []
        try:
            self._work(session, backlog, maxsize)
        except Exception as error:  # noqa: BLE001 - handed on
            self._mistakes.append(Mistake(session.name, error))
        session.lose()
        self._touched.pop(session, None)
        self._sent.pop(session, None)
        self.do(commands.ConnectionLost(session.number))

    # What the broker's owner does

    def new_number(self) -> int:
        """Return a number that no connection ever had."""
        return next(self._numbers)

    def do(self, command: commands.Command) -> None:
        """Give the model a command at the time of the turn, and its events to their sessions."""
        self._say(self.broker.handle(command, self._alarms.now))

    def ask(self, command: commands.Command, number: int) -> list[Event]:
        """As `do` for connection `number`, which is no session's: return what is said to it."""
        caused = self.broker.handle(command, self._alarms.now)
        self._say(caused)
        return [event for event in caused if event.connection == number]

    # What comes of it

    def wishes(self) -> list[Wish]:
        """Return what is to be done now, in order. Ask again when it is done.

        What sockets have taken makes room for more; with nothing left to wish the turn is over.
        """
        wishes = self._collect()
        if not wishes:
            self._adapt()
            if self.memory.limit is not None or self.memory.alarm or self._was_short:
                self._watch_memory()
            wishes = self._collect()
        if not wishes:
            model = self.broker.next_deadline()
            due = min(self._alarms.next, self.memory.counts_at)
            if model is not None and model < due:
                due = model
            self._due_at = self.wake_at = due
            if self._turns or self.broker.is_busy:
                self._due_at, self.wake_at = inf, AT_ONCE
        return wishes

    def _collect(self) -> list[Wish]:
        wishes: list[Wish] = []
        touched = self._touched
        if not (touched or self._mistakes):
            return wishes
        wishes += self._mistakes
        self._mistakes.clear()
        while touched:
            session = touched.popitem()[0]
            session.flush(wishes)
            self._sent[session] = None
        return wishes

    def _adapt(self) -> None:
        """Go on with those whose last wishes are done."""
        sent = self._sent
        while sent:
            session = sent.popitem()[0]
            try:
                session.fit()
                thirsty = session.is_thirsty
                if thirsty and not self._turns.is_over:
                    self.do(session.drink())
                    thirsty = False
                if (session.backlog and not session.is_stuck) or thirsty:
                    self._turns.postpone(session)
                if session.wished:
                    self._touched[session] = None
            except Exception as error:  # noqa: BLE001 - handed on
                self._mistaken(session, error)

    def _watch_memory(self) -> None:
        """Block who publishes while the alarm is on, and unblock them when it ends."""
        memory, was_on = self.memory, self._was_short
        if memory.must_count(self._alarms.now):
            memory.counted(*used(self.broker, self.sessions.values()), self._alarms.now)
        self._was_short = memory.alarm
        if not (memory.alarm or was_on):
            return
        if not was_on:
            for session in self.sessions.values():
                session.run_short()
        most = inf if memory.limit is None else memory.limit
        for session in self.sessions.values():
            if memory.alarm and not session.blocked and session.publishes(most):
                session.block(memory.reason)
            elif session.blocked and not memory.alarm:
                session.unblock()
            else:
                continue
            self._touched[session] = None

    # One way through

    def _work(self, session: Session, heard: Sequence[WireEvent | Portioned], stop: int) -> None:
        """Do what a client says, as long as it also listens, and until so much work is done."""
        self._touched[session] = None
        meter = self.broker.meter
        for done, event in enumerate(heard, start=1):
            command = session.translate(event)
            rest = None
            if isinstance(command, Portioned) and stop < maxsize:
                command, rest = first_portion(self.broker, command)
            if command is not None:
                self._say(self.broker.handle(command, self._alarms.now))
            if rest is not None:
                meter.work = max(meter.work, stop)
                session.backlog = [rest, *heard[done:]]
                return
            if meter.work >= stop or session.asked > READ_LIMIT:
                session.backlog = [*heard[done:]]
                return

    def _say(self, caused: list[Event]) -> None:
        sessions, touched = self.sessions, self._touched
        for event in caused:
            session = sessions.get(event.connection)
            if session is not None:
                session.say(event)
                touched[session] = None

    def _ring(self) -> None:
        for session, duty in self._alarms.due():
            duty(session)
            self._touched[session] = None

    def _mistaken(self, session: Session, error: Exception) -> None:
        """End the connection on which we made a mistake, and no other."""
        self._mistakes.append(Mistake(session.name, error))
        session.abort()
        self._touched[session] = None
