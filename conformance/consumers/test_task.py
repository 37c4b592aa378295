"""The asynchronous task: accepted at once, and done by its consumer (document 1, chapter 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.evidence.json_text import parse_json
from warren.rigs.consumers.rig import Inconclusive
from warren.workloads.designs import TASK, Role
from warren.worlds.line.rules import delivery

if TYPE_CHECKING:
    from warren.rigs.consumers.rig import Rig

ACCEPTED = 202


@pytest.mark.guarantee("accepts-async")
@pytest.mark.requirement("accepts-async.without-consumer")
def test_accepted_before_done(rig: Rig) -> None:
    """GET /task answers 202 "Task accepted" and inserts a row while its consumer has not got the message."""
    holds = rig.hold(delivery, *rig.start_workers(1, http=True))
    answer = rig.answers(rig.call())[0]
    accepted = answer.status == ACCEPTED and parse_json(answer.body) == "Task accepted"
    http = rig.of(Role.HTTP)[0]
    published = (
        accepted
        and rig.see(  # to whatever exchange: that it is routed is another guarantee
            lambda: bool(holds.caught() or rig.ledger().published_by(http.name)),
            rig.deadlines.within(0),
        )
    )
    rig.quiet(lambda: any(row.completed_at for row in rig.world.task_rows()))
    rows = rig.world.task_rows()
    rig.judge(
        *(
            []
            if accepted
            else [Violation(f"answered {answer.status} {answer.body[:80]!r} {answer.error}")]
        ),
        *(
            [Violation("no message was published for its consumer", rig.last_seen(http))]
            if accepted and not published
            else []
        ),
        *([] if len(rows) == 1 else [Violation(f"there are {len(rows)} task rows, not one")]),
        *(
            Violation(f"task {row.id} was done before its message was delivered")
            for row in rows
            if row.completed_at
        ),
    )


@pytest.mark.guarantee("routes-task")
@pytest.mark.requirement("routes-task.completed")
def test_accepted_task_is_completed(rig: Rig) -> None:
    """A task that GET /task accepted gets a result and a time of completion."""
    rig.start(http=True)
    answer = rig.answers(rig.call())[0]
    if answer.status != ACCEPTED:
        raise Inconclusive(
            f"no witness: GET /task answered {answer.status}, so no task was accepted"
        )
    rows = rig.world.task_rows()
    rig.tasks += [row.id for row in rows]
    rig.finish(1)
    published = rig.ledger().published_by(rig.of(Role.HTTP)[0].name)
    where = ", ".join(sorted({f'"{p.exchange}"' for p in published})) or "nowhere"
    rig.judge(
        *([] if rows else [Violation("a task was accepted, and there is no row of it")]),
        *(
            Violation(
                f'{v.words}: it was published to {where}, its queue is bound to "{TASK.exchange}"',
                tuple(map(str, published)),
            )
            for v in rig.losses()
        ),
    )
