"""A conversation on a line: what is held, kept silent, late, or lost."""

from __future__ import annotations

import pytest

from tests.worlds.database_line.octets import complete, query, ready, start
from tests.worlds.line.virtual import Clock
from warren.evidence.commits import CommitBegun, Committed
from warren.evidence.frames import Fact
from warren.worlds.database_line.conversation import Conversation, Surroundings
from warren.worlds.database_line.pieces import Moment
from warren.worlds.database_line.plan import DatabasePlan
from warren.worlds.database_line.postgresql import PostgresqlFollower

WRITE, DONE = query("INSERT INTO t VALUES (1)"), complete("INSERT 0 1")


class Ends:
    """Both ends of one connection, and its plan."""

    def __init__(self) -> None:
        """Begin past the start of the connection."""
        self.clock, self.plan, self.facts = Clock(), DatabasePlan(), list[Fact]()
        around = Surroundings(self.plan, self.facts.append, self.clock.now, self.clock.call_at)
        self.conversation = Conversation("stream-1", 1, PostgresqlFollower(), around)
        self.server, self.client, self.cuts = bytearray(), bytearray(), 0
        self.conversation.to_server.begin(self.server.extend)
        self.conversation.to_client.begin(self.client.extend)
        self.conversation.to_server.cut = self.conversation.to_client.cut = self._cut
        self.conversation.client_sent(start())
        self.conversation.server_sent(ready("I"))
        self.server.clear()
        self.client.clear()

    def _cut(self) -> None:
        self.cuts += 1


@pytest.fixture
def ends() -> Ends:
    """Give both ends."""
    return Ends()


def test_held_before_commit(ends: Ends) -> None:
    """The commit and what follows it wait until they are released."""
    held = ends.plan.hold(Moment.BEFORE_COMMIT)
    ends.conversation.client_sent(query("SELECT 1"))
    ends.conversation.client_sent(WRITE + query("SELECT 2"))
    assert ends.server == query("SELECT 1")
    assert held.seen == 0
    held.release()
    assert ends.server == query("SELECT 1") + WRITE + query("SELECT 2")
    assert ends.facts == [CommitBegun(0, "stream-1", 1)]


def test_held_after_commit(ends: Ends) -> None:
    """The word of the commit waits, and what was sent before it does not."""
    held = ends.plan.hold(Moment.AFTER_COMMIT)
    ends.conversation.client_sent(WRITE)
    ends.conversation.server_sent(DONE + ready("I"))
    assert ends.client == DONE
    held.release()
    assert ends.client == DONE + ready("I")
    assert ends.facts[-1] == Committed(0, "stream-1", 1)


def test_the_second_commit_is_held(ends: Ends) -> None:
    """A hold lets as many commits by as it is told."""
    held = ends.plan.hold(Moment.BEFORE_COMMIT, passing=1)
    ends.conversation.client_sent(WRITE)
    ends.conversation.server_sent(DONE + ready("I"))
    assert held.seen is None
    ends.conversation.client_sent(WRITE)
    assert held.seen == 0
    assert ends.server == WRITE


def test_a_commit_that_is_lost_ends_its_connection(ends: Ends) -> None:
    """What a process wanted that has ended is not committed after all."""
    held = ends.plan.hold(Moment.BEFORE_COMMIT)
    ends.conversation.client_sent(WRITE)
    held.lose()
    assert ends.cuts == 1


def test_silence(ends: Ends) -> None:
    """Nothing goes on either way until the line is restored; then all of it does."""
    ends.plan.half_open()
    ends.conversation.client_sent(WRITE)
    ends.conversation.server_sent(DONE)
    assert (bytes(ends.server), bytes(ends.client)) == (b"", b"")
    ends.plan.restore()
    assert (bytes(ends.server), bytes(ends.client)) == (WRITE, DONE)


def test_a_connection_that_died(ends: Ends) -> None:
    """Nothing goes on there either way ever again, also where the line is restored; the next is as any."""
    ends.conversation.let_die()
    ends.conversation.client_sent(WRITE)
    ends.conversation.server_sent(DONE)
    ends.plan.restore()
    assert (bytes(ends.server), bytes(ends.client)) == (b"", b"")


def test_delay(ends: Ends) -> None:
    """All goes on in order, so much later."""
    ends.plan.delay(2)
    ends.conversation.client_sent(WRITE)
    ends.clock.pass_time(1)
    ends.conversation.client_sent(query("SELECT 1"))
    assert ends.server == b""
    ends.clock.pass_time(1.5)
    assert ends.server == WRITE
    ends.clock.pass_time(1)
    assert ends.server == WRITE + query("SELECT 1")


def test_stretch(ends: Ends) -> None:
    """A commit is on its way so long, and longer for each beside it; what writes nothing goes on at once."""
    ends.plan.stretch = 1
    other = Conversation(
        "stream-1",
        2,
        PostgresqlFollower(),
        Surroundings(ends.plan, ends.facts.append, ends.clock.now, ends.clock.call_at),
    )
    server = bytearray()
    other.to_server.begin(server.extend)
    other.client_sent(start())
    other.server_sent(ready("I"))
    server.clear()
    ends.conversation.client_sent(query("SELECT 1") + WRITE)
    other.client_sent(WRITE)
    assert ends.server == query("SELECT 1")
    assert server == b""
    ends.clock.pass_time(1.1)
    assert ends.server == query("SELECT 1") + WRITE
    assert server == b""
    ends.clock.pass_time(0.2)
    assert server == WRITE
