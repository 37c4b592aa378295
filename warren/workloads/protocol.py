"""What a rig asks of a workload, whichever it is: facts and protocols only.

Times are in document seconds (see `warren.rigs.pace`); sizes are whatever the workload counts, texts in the course.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from warren.evidence.calls import HttpCall
    from warren.evidence.ledger import Ledger, Published
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.evidence.violation import Violation
    from warren.evidence.work_places import Outlet
    from warren.simulator.wire import BasicProperties


@dataclass(frozen=True, slots=True)
class Route:
    """A durable exchange, the durable queue bound to it, and the routing key by which a message gets there."""

    exchange: str
    queue: str
    routing_key: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A process that a workload needs: it consumes from the queue of its route, or answers HTTP where it has none."""

    name: str
    route: Route | None = None
    replies: bool = False
    """Whether it answers each message on the queue that the message names in reply-to."""
    also: tuple[str, ...] = ()
    """Queues that it consumes from as well, none of them for its work."""

    @property
    def consumes(self) -> bool:
        """Whether it has a queue; else it answers HTTP."""
        return self.route is not None

    @property
    def exchange(self) -> str:
        """Where its messages are published; "" where it has no queue."""
        return self.route.exchange if self.route is not None else ""

    @property
    def queue(self) -> str:
        """The queue that it consumes from; "" where it has none."""
        return self.route.queue if self.route is not None else ""

    def __str__(self) -> str:
        """Give its name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Caller:
    """The role that publishes units of work itself, each when it is asked: GET `path`.

    `statuses` are those of a call that was answered with its result, or accepted.
    """

    role: Role
    path: str
    statuses: tuple[int, ...]


class Unit(Protocol):
    """One unit of work: a message as it is published, whatever comes of it."""

    @property
    def id(self) -> str:
        """What it was made with."""

    @property
    def message_id(self) -> str:
        """What the ledger knows its message by: its message-id on the wire, else its body."""

    @property
    def body(self) -> bytes:
        """Its body."""

    @property
    def size(self) -> int:
        """How much work it is, as it was asked for."""


@dataclass(frozen=True, slots=True)
class Poison:
    """Well-formed work that can never be done: the database refuses its row."""

    message_id: str
    body: bytes
    mark: bytes
    """What is in the body of each of its messages and of no other: as it was sent, split or published anew."""


class Maker(Protocol):
    """What a unit of work is made with. A world is one."""

    def new_id(self) -> str:
        """Give an id that was never given before."""

    def add_task(self) -> int:
        """Insert a task row and give its id."""

    def refuse_messages(self, text: str) -> None:
        """Have the database refuse each new row of `message_log` whose message has that text, of letters and digits."""

    def refuse_task(self, task: int) -> None:
        """Have the database refuse each change of that row of `task`."""


class Tables(Protocol):
    """Where effects are found: rows, files, calls and publishes."""

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Give the number that a statement finds, with the parameters `:id` and `:number`."""

    def count_by(self, argv: tuple[str, ...], unit_id: str) -> int:
        """Give the number that a command of the user's own prints, of a unit whose id is in it already."""

    def table(self, name: str) -> TableRows | None:
        """Give the rows of a table; None where there is none of that name."""

    def table_before(self, name: str) -> TableRows | None:
        """Give those that were there before the first message."""

    def file(self, path: str) -> bytes | None:
        """Read a file of the consumers' directory; None where there is none."""

    def stands(self, path: str) -> bool:
        """Whether a file, as it was read last, has been there unchanged for a while."""

    def settled(self, message: str) -> bool:
        """Whether a consumer has said that it is done with a message, as the ledger knows it."""

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the HTTP calls that reached the stub."""

    def published(self) -> tuple[Published, ...]:
        """Give what the instances have published."""


class Tally(Protocol):
    """The effects that the units of a case owe, against those that were there when it was made."""

    @property
    def complete(self) -> bool:
        """Whether every effect is there."""

    @property
    def count(self) -> int:
        """How many messages have left their effect."""

    @property
    def tells_apart(self) -> bool:
        """Whether it knows which message left its effect; else only how many did."""

    @property
    def untouched(self) -> bool:
        """Whether nothing at all was written."""

    @property
    def in_change(self) -> bool:
        """Whether an effect of a settled message has changed a moment ago, so that more of it may come."""

    def has(self, body: bytes) -> bool:
        """Whether a worker's message of that body has left its effect; of several that are alike, whether any has."""

    def effects_of(self, body: bytes) -> frozenset[object]:
        """Give the effects that only a worker's message of that body can leave; none where that cannot be told."""

    def rows_of(self, effects: Collection[object]) -> tuple[str, ...]:
        """Show the rows of effects, a line of evidence each."""

    def least_work(self, effects: Collection[object]) -> float:
        """Give the shortest work on a message that leaves one of these effects; 0 where there is none."""

    def losses(self, ledger: Ledger) -> tuple[Violation, ...]:
        """Say what was sent and left no effect, with the deliveries that should have brought it."""

    def duplicates(self, ledger: Ledger, before: Tally | None) -> tuple[Violation, ...]:
        """Say what left its effect more than once, or again since `before`, and the rows that nobody asked for."""

    def unexpected(self) -> tuple[Violation, ...]:
        """Say which rows belong to nothing that was sent."""


class Workload(Protocol):
    """One kind of work, and the processes that do it."""

    @property
    def slug(self) -> str:
        """Its name in manifests, options and reports."""

    @property
    def judged_as(self) -> tuple[str, ...]:
        """The designs whose cases judge it: itself, if it is one of the course's."""

    @property
    def is_told(self) -> bool:
        """Whether its instances are told by the contract's variables what the rig wants, such as their prefetch."""

    @property
    def roles(self) -> Mapping[Role, int]:
        """How many instances of each role it has, in the order in which they are started.

        A consumer of what another role publishes comes before that one; the worker comes first.
        """

    @property
    def worker(self) -> Role:
        """The role that does the timed work and leaves the effect."""

    @property
    def entry(self) -> Role:
        """The role to whose queue a unit of work is published."""

    @property
    def caller(self) -> Caller | None:
        """Whom to ask by HTTP, so that it publishes a unit of work; None where there is nobody."""

    @property
    def routes(self) -> Collection[Route]:
        """All exchanges and queues that are for work, those of its sister workloads included."""

    @property
    def outlets(self) -> Collection[Outlet]:
        """Where the effects of its messages are published to, where they are publishes, and nobody works on them."""

    @property
    def work(self) -> tuple[float, float]:
        """The shortest and the longest work on the smallest message that a worker is given."""

    @property
    def malformed(self) -> Sequence[bytes]:
        """Bodies that cannot be read."""

    @property
    def misshapen(self) -> Sequence[bytes]:
        """Bodies that can be read, and say something else than work."""

    def make(self, size: int, number: int, maker: Maker) -> Unit:
        """Make a unit of work of a size; `number` counts the units of its case, from 0."""

    def make_unique(self, size: int, maker: Maker) -> Unit:
        """Make a unit of work of a size, whose body is no other's."""

    def fill(self, octets: int, maker: Maker) -> Unit:
        """Make the smallest unit of work, whose body has so many octets and is no other's; 64 are enough."""

    def longest_body(self, row: int) -> int | None:
        """Give the longest body whose unit leaves no row longer than `row` octets; None where its rows do not grow."""

    def poison(self, maker: Maker) -> Poison:
        """Make work of the least size that can never be done."""

    def read(self, body: bytes, message_id: str) -> Unit:
        """Give the unit of work that a body is."""

    def properties(self, unit_id: str) -> BasicProperties:
        """Give the properties with which a message made with that id is published."""

    def route(self, role: Role, unit_id: str) -> Route:
        """Give the way to a role that consumes, for a message made with that id."""

    def stretch(self, size: int) -> float:
        """Give the document seconds that each commit and call is made to last; 0 where they last by themselves."""

    @property
    def calls_http(self) -> bool:
        """Whether its work may call the HTTP service of a case."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """What of its effects is not compared, as its manifest says; a sentence for each."""

    @property
    def totals(self) -> tuple[str, ...]:
        """Tables of which the rows before the first message count, since later ones do not say whose they are."""

    @property
    def lasts_by_commits(self) -> bool:
        """Whether its work can only be made to last at a database whose commits can be kept on their way."""

    def without_line(self) -> Self:
        """Give it as it is on a database whose commits nobody can keep on their way."""

    def called(self, tables: Tables) -> tuple[Unit, ...]:
        """Give the units of work that the caller has made so far, by the rows that are there."""

    def unit_work(self, size: int) -> float:
        """Give the longest work on a unit of that size, by one worker alone."""

    def message_work(self, size: int) -> tuple[float, float]:
        """Give the shortest and longest work on one of the messages that a worker is given for a unit of that size."""

    def own_seconds(self, size: int) -> float:
        """Give the real seconds that work of that size lasts by itself, at any pace; 0 where it follows the pace."""

    def tally(self, units: Iterable[Unit], tables: Tables) -> Tally:
        """Hold the rows against the units that were sent."""
