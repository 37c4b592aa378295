"""RPC: whose reply a caller gets, when, and what becomes of a request (document 1, chapter 6)."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.evidence.json_text import parse_json
from warren.rigs.consumers.rig import Idle, Inconclusive
from warren.workloads.designs import RPC, Role
from warren.worlds.line.rules import acks, delivery, publish

if TYPE_CHECKING:
    from warren.evidence.ledger import Published
    from warren.rigs.consumers.holds import Caught, Holds
    from warren.rigs.consumers.rig import Rig
    from warren.worlds.protocol import Call, HttpReply

OK = 200
SERVER_ERROR = 500
"""The least status that says that the server failed (RFC 9110, section 15.6)."""
ERROR_REPLY = b"error: no such task"
CALLERS = 5
TOO_SOON = 0.8
"""Of WARREN_TIMEOUT: a caller that gives up before that has not waited for it."""
NO_SUCH_TASK = 999_999


@pytest.mark.guarantee("rpc-correlated")
@pytest.mark.requirement("rpc-correlated.simultaneous", "rpc-correlated.unique-ids")
def test_simultaneous_callers(rig: Rig) -> None:
    """Five callers that wait at once each get the result of their own task, by correlation ids that differ."""
    servers = rig.start_workers(CALLERS, http=True)  # one free for each request
    replies = rig.hold(partial(publish, exchange=""), *servers)
    calls = [rig.call()]
    rig.need(lambda: bool(_requests(rig)), rig.deadlines.within(1), "no request came")
    for number in range(2, CALLERS + 1):
        calls.append(rig.call())
        rig.witness(
            lambda n=number: len(_requests(rig)) == n,  # type: ignore[misc]  # mypy cannot infer it
            rig.deadlines.within(1),
            f"no request {number} came while {number - 1} waited",
        )
    requests = _requests(rig)
    _answer_first(rig, requests[CALLERS // 2], replies, calls)
    replies.release()
    answers = rig.answers(*calls)
    rig.judge(
        *(
            v
            for answer, request in zip(answers, requests, strict=True)
            for v in _not_own(rig, answer, request)
        ),
        requirement="rpc-correlated.simultaneous",
    )
    ids = [request.properties.correlation_id for request in requests]
    same = Violation(
        f"{CALLERS} requests have {len(set(ids))} correlation ids", tuple(map(str, requests))
    )
    rig.judge(*([same] if len(set(ids)) < CALLERS else []), requirement="rpc-correlated.unique-ids")


@pytest.mark.guarantee("rpc-times-out")
@pytest.mark.requirement("rpc-times-out.no-server")
def test_no_reply(rig: Rig) -> None:
    """A call that no server answers ends in an error after WARREN_TIMEOUT."""
    holds = rig.hold(delivery, *rig.start_workers(1, http=True))
    call = rig.call()
    holds.first(rig.deadlines.within(0), "no request was delivered")
    answer = rig.answers(call)[0]
    rig.judge(
        *(
            [Violation(f"the caller waited {answer.seconds:.1f} s and had no answer")]
            if not answer.status
            else []
        ),
        *(
            [Violation(f"answered {OK} without a reply: {answer.body[:80]!r}")]
            if answer.status == OK
            else []
        ),
        *(
            [
                Violation(
                    f"gave up after {answer.seconds:.1f} s, not {rig.rpc_timeout:.1f} s",
                    (f"answered {answer.status}: {answer.body[:80]!r}",),
                )
            ]
            if answer.status and answer.seconds < TOO_SOON * rig.rpc_timeout
            else []
        ),
    )


@pytest.mark.guarantee("rpc-survives-missing-task")
@pytest.mark.requirement("rpc-survives-missing-task.error-reply", "rpc-survives-missing-task.lives")
def test_missing_task(rig: Rig) -> None:
    """A request for a task that is not there gets a reply that says error, and the server answers the next."""
    rig.start()
    server = rig.workers[0]
    request = rig.send_raw(json.dumps({"taskId": NO_SUCH_TASK}).encode(), Role.RPC_SERVER)
    rig.see(
        lambda: bool(rig.replies_to(request)) or server.exit_status is not None,
        rig.deadlines.within(2),
    )
    following = rig.send_task()
    rig.see(
        lambda: bool(rig.replies_to(following)) or server.exit_status is not None,
        rig.deadlines.within(2),
    )
    rig.quiet(lambda: len(rig.replies_to(request)) > 1)  # as where it was published anew
    replies = rig.replies_to(request)
    clear = len(replies) == 1 and replies[0].startswith(b"error: ")
    rig.judge(
        *(
            []
            if clear
            else [Violation(f"the replies are {replies!r}, not one that begins with 'error: '")]
        ),
        requirement="rpc-survives-missing-task.error-reply",
    )
    ended = (
        f"; {server.name} ended with status {server.exit_status}"
        if server.exit_status is not None
        else ""
    )
    rig.judge(
        *(
            []
            if rig.replies_to(following)
            else [Violation(f"the next request got no reply{ended}", (server.output()[-400:],))]
        ),
        requirement="rpc-survives-missing-task.lives",
    )


@pytest.mark.guarantee("rpc-survives-missing-task")
@pytest.mark.requirement("rpc-survives-missing-task.caller-told")
def test_error_reply(rig: Rig) -> None:
    """Role `http`, whose request gets an error for a reply, answers that call with an error, and no other."""
    server = rig.start_workers(1, http=True)[0]
    holds = rig.hold(delivery, server)
    call = rig.call()
    holds.first(rig.deadlines.within(0), "no request was delivered")
    other = rig.call()
    rig.see(
        lambda: len(_requests(rig)) > 1, rig.deadlines.quiet
    )  # or after the first has its answer
    request = rig.ledger().to(server.name)[0]
    reply_to, correlation_id = request.properties.reply_to, request.properties.correlation_id
    rig.world.reply(reply_to or "", ERROR_REPLY, correlation_id or "")
    answer = rig.answers(call)[0]
    told = answer.status >= SERVER_ERROR and answer.seconds < rig.rpc_timeout
    words = (
        f"a call that got an error for a reply was answered {answer.status}"
        f" after {answer.seconds:.1f} s: {answer.body[:80]!r} {answer.error}"
    )
    holds.release()
    second = rig.answers(other)[0]  # whose reply it gets is another guarantee
    shared = second.status >= SERVER_ERROR and second.seconds < rig.rpc_timeout
    rig.judge(
        *([] if told else [Violation(words.rstrip(), (str(request),))]),
        *([Violation(f"another call was answered {second.status} for it")] if shared else []),
    )


@pytest.mark.guarantee("rpc-late-reply-discarded")
@pytest.mark.requirement("rpc-late-reply-discarded.next-call")
def test_late_reply(rig: Rig) -> None:
    """A reply that comes after WARREN_TIMEOUT is taken by neither its own caller nor the next, who gets its own."""
    rig.start(http=True)
    holds = rig.hold(delivery, rig.of(Role.HTTP)[0])
    first = rig.call(within=rig.deadlines.answered(2 * rig.rpc_timeout))
    holds.first(rig.deadlines.within(2), "no reply was on its way")
    if not rig.see(first.done, rig.deadlines.answered(rig.rpc_timeout)):
        holds.release()
        rig.judge(_taken_late(rig, first))
        return
    second = rig.call()
    rig.need(
        lambda: len(_requests(rig)) > 1,
        rig.deadlines.within(0),
        "the second request was not published",
    )
    holds.release()
    answer = rig.answers(second)[0]
    rig.judge(*_not_own(rig, answer, _requests(rig)[-1]))


@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.no-free-consumer")
def test_request_waits_for_a_free_server(rig: Rig) -> None:
    """A request that finds no consumer free waits for one, and its caller gets the reply."""
    holds = rig.hold(acks, *rig.start_workers(1, http=True))
    first = rig.call()
    rig.need(
        lambda: bool(_delivered(rig)),
        rig.deadlines.within(0),
        "the first request was not delivered",
    )
    second = rig.call()
    rig.need(
        lambda: len(_requests(rig)) > 1,
        rig.deadlines.within(0),
        "the second request was not published",
    )
    if len(_delivered(rig)) > 1:
        raise Inconclusive(
            "no witness: the server was given the second request before it acked the first"
        )
    holds.first(rig.deadlines.within(2), "the server did not ack the first request")
    rig.quiet()
    holds.release()
    idle = Idle(rig)
    rig.see(lambda: len(_delivered(rig)) > 1 or idle(), rig.deadlines.within(2))
    if len(_delivered(rig)) <= 1:
        rig.judge(_not_kept(rig, _requests(rig)[1]))
        return
    answer = rig.answers(second, first)[0]
    refused = Violation(f"the second call was answered {answer.status} {answer.error}")
    rig.judge(*([refused] if answer.status != OK else []))


@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.killed-during-work")
def test_server_killed_during_work(rig: Rig) -> None:
    """A request whose server is killed in the middle of its work is done and answered by another."""
    rig.start_workers(2)
    caught = rig.catch_at_work(1)
    request = caught.message
    rig.named(caught.instance).kill()
    rig.finish(2)
    answered = rig.see(lambda: bool(rig.replies_to(request)), rig.deadlines.quiet)
    unanswered = Violation("the request got no reply", tuple(map(str, rig.ledger().deliveries)))
    rig.judge(*rig.losses(), *([] if answered else [unanswered]))


def _answer_first(rig: Rig, request: Published, replies: Holds, calls: list[Call]) -> None:
    """Let the reply to one request go, and wait until a caller has it, before all others go.

    The request is neither the oldest nor the youngest: a client that hands replies out in the order of its calls, or
    against it, gives this one to another caller, and not only by chance.
    """

    def held() -> list[Caught]:
        given = {d.instance for d in rig.ledger().deliveries if d.body == request.body}
        return [c for c in replies.caught() if c.process.name in given]

    def answered() -> bool:
        return any(call.done() for call in calls)

    rig.see(lambda: bool(held()) or answered(), rig.deadlines.within(2))
    for caught in held():
        caught.held.release()
    rig.see(answered, rig.deadlines.answered(rig.rpc_timeout))


def _taken_late(rig: Rig, call: Call) -> Violation:
    """Say that a call which did not time out took its late reply; without that there is no witness."""
    rig.witness(call.done, rig.deadlines.within(1), "a call that did not time out had no answer")
    answer = call.result()
    if answer.status != OK:
        raise Inconclusive(
            f"no witness: the call took no late reply, but was answered {answer.status} {answer.error}"
        )
    return Violation(
        f"a reply that came later than {rig.rpc_timeout:.1f} s was taken after {answer.seconds:.1f} s",
        tuple(map(str, _requests(rig))),
    )


def _not_kept(rig: Rig, request: Published) -> Violation:
    """Say what became of a request that no server was given: it is gone, or it still waits."""
    evidence = (str(request), *rig.last_seen(rig.workers[0]))
    if rig.ready(Role.RPC_SERVER):
        status = rig.workers[0].exit_status
        server = "that was free again" if status is None else f"that ended with status {status}"
        return Violation(f"not delivered to the server {server}", evidence)
    expiration = request.properties.expiration
    return Violation(
        f"dropped while no consumer was free; its expiration was {expiration!r}", evidence
    )


def _requests(rig: Rig) -> tuple[Published, ...]:
    """Give the requests that the HTTP role published, in order."""
    return tuple(p for p in rig.ledger().publishes if p.exchange == RPC.exchange)


def _delivered(rig: Rig) -> list[object]:
    servers = {p.name for p in rig.workers}
    return [d for d in rig.ledger().deliveries if d.instance in servers]


def _not_own(rig: Rig, answer: HttpReply, request: Published) -> list[Violation]:
    """Compare an answer with the row of the task that its request named."""
    asked = parse_json(request.body)
    task = asked.get("taskId") if isinstance(asked, dict) else None
    row = next((row for row in rig.world.task_rows() if row.id == task), None)
    if row is None:
        return [Violation("a request names no task that is there", (str(request),))]
    if answer.status != OK:
        return [
            Violation(
                f"the call for task {task} was answered {answer.status} {answer.error}",
                (str(request),),
            )
        ]
    reply = parse_json(answer.body)
    if not isinstance(reply, dict):
        return [
            Violation(
                f"the call for task {task} was answered {OK} with no reply: {answer.body[:80]!r}",
                (str(request),),
            )
        ]
    got = reply.get("result")
    if got is None or str(got) != row.result:
        return [
            Violation(
                f"the call for task {task} got result {got}, its row has {row.result}",
                (str(request),),
            )
        ]
    return []
