"""RPC: when a reply goes out, and where to (document 1, chapter 6)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Moment, Unmet, answering_directly, delivery, publish, short

if TYPE_CHECKING:
    from warren.rigs.consumers import Process, Rig

MOST_COMMITS = 3
"""Of one request, of which one after the other is held."""


@pytest.mark.guarantee("rpc-correlated")
@pytest.mark.requirement("rpc-correlated.committed")
def test_row_before_reply(rig: Rig) -> None:
    """When the reply goes out, the row of its task has the result: it was committed before."""
    replies = rig.faults.hold(partial(publish, exchange=""), *rig.start.workers(1))
    work = rig.publish.work()
    replies.first(rig.deadlines.within(2), "no reply was published")
    is_committed = rig.seen.is_done(work)  # as it is at once: a row that comes now comes too late
    reply = rig.seen.ledger().publishes[-1]
    words = "the reply went out before the row of its task was committed"
    rig.expect(is_committed, words, str(reply))
    rig.judge()


@pytest.mark.guarantee("rpc-correlated")
@pytest.mark.requirement("rpc-correlated.stored-result")
def test_reply_of_another_server(rig: Rig) -> None:
    """Where a server is killed as its reply goes out, that of the next one has the result that stands in the row."""
    replies = rig.faults.hold(partial(publish, exchange=""), *rig.start.workers(2))
    request = rig.publish.work().message_id
    caught = replies.first(rig.deadlines.within(2), "no reply was published")
    caught.process.kill()
    caught.process.line.cut()  # the reply that the hold keeps is lost with it
    replies.release(but=[caught])
    rig.wait.see(lambda: bool(rig.publish.replies_to(request)), rig.deadlines.within(2))
    results = [row.result for row in rig.seen.task_rows() if row.result is not None]
    for reply in rig.publish.replies_to(request):
        is_stored = any(f'"{result}"'.encode() in reply for result in results)
        words = f"a reply has another result than the row of its task, {', '.join(results)}"
        rig.expect(is_stored, words, short(reply))
    rig.judge()


@pytest.mark.guarantee("rpc-correlated")
@pytest.mark.requirement("rpc-correlated.waits-for-commit")
def test_reply_waits_for_its_commit(rig: Rig) -> None:
    """While the commit of its row is held, whichever of the server's it is, no reply goes out."""
    rig.database.let_commits_be_held()
    (server,) = rig.start.workers(1)
    for passing in range(MOST_COMMITS):
        early = _early_replies(rig, server, passing)
        if early is None and passing == 0:
            raise Unmet("no server asked for a commit")
        for reply in early or ():
            rig.violated("a reply went out while its commit was held", reply)
        if early is None or early:
            break
    rig.judge()


def _early_replies(rig: Rig, server: Process, passing: int) -> list[str] | None:
    """Hold one of the commits of a request, and give the replies that go out before its row; None without a commit."""
    given = rig.faults.hold(delivery, server)
    work = rig.publish.work()  # to make it may take a commit, too
    given.first(rig.deadlines.within(0), "no server was given a request")
    before = len(rig.seen.ledger().published_by(server.name))
    commits = rig.database.hold_commits(Moment.BEFORE_COMMIT, server, passing=passing)
    given.release()
    rig.wait.see(lambda: bool(commits.caught()) or rig.seen.is_done(work), rig.deadlines.within(2))
    is_caught = bool(commits.caught())
    if is_caught:
        # Not for two heartbeats, by which a broker would end the connection of a server that waits for its database.
        held = float(rig.pace.heartbeat)
        rig.wait.see(lambda: len(rig.seen.ledger().published_by(server.name)) > before, held)
    replies = rig.seen.ledger().published_by(server.name)[before:]
    early = [] if rig.seen.is_done(work) else [str(reply) for reply in replies]
    commits.release()
    rig.wait.see(lambda: rig.seen.is_done(work) and rig.seen.at_rest(), rig.deadlines.within(2))
    return early if is_caught else None


@pytest.mark.full
@pytest.mark.guarantee("rpc-correlated")
@pytest.mark.requirement("rpc-correlated.direct-reply-to")
def test_direct_reply_to(rig: Rig) -> None:
    """A request whose caller has no queue, but RabbitMQ's direct reply-to, is answered there."""
    rig.start.workers(1)
    request = rig.publish.sized(shape=answering_directly).message_id
    rig.wait.see(lambda: bool(rig.publish.replies_to(request)), rig.deadlines.within(2))
    replies = rig.publish.replies_to(request)
    words = f"{len(replies)} replies came by direct reply-to"
    rig.expect(len(replies) == 1, words, *rig.seen.last())
    rig.judge(*rig.seen.losses())
