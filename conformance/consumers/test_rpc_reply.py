"""RPC: when a reply goes out, and where to (document 1, chapter 6)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import answering_directly, publish

if TYPE_CHECKING:
    from warren.rigs.consumers import Rig


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
