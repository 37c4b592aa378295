"""RPC: whose reply a caller gets, when, and what becomes of a request (document 1, chapter 6)."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

import pytest

from warren.rigs.consumers import (
    HTTP,
    RPC_SERVER,
    Inconclusive,
    Violation,
    acks,
    declaration,
    delivery,
    parse_json,
    publish,
    short,
)

if TYPE_CHECKING:
    from warren.rigs.consumers import (
        Call,
        Caught,
        Delivery,
        Holds,
        HttpReply,
        Published,
        Rig,
    )

OK = 200
ERROR_REPLY = b"error: no such task"
CALLERS = 5
TOO_SOON = 0.98
"""Of WARREN_TIMEOUT: a caller that gives up before that has not waited for it; clocks are rounded."""
LATE, TOO_LATE = 0.85, 0.95
"""Of WARREN_TIMEOUT: when a reply is let go that comes late, and until when it must have been, to be in time."""
WAITING = 3
"""Callers that wait while their server is restarted."""
NO_SUCH_TASK = 999_999


@pytest.mark.guarantee("rpc-correlated")
@pytest.mark.requirement("rpc-correlated.simultaneous", "rpc-correlated.unique-ids")
def test_simultaneous_callers(rig: Rig) -> None:
    """Five callers that wait at once each get the result of their own task, by correlation ids that differ."""
    servers = rig.start.workers(CALLERS, http=True)  # one free for each request
    rig.warm_up()
    replies = rig.faults.hold(partial(publish, exchange=""), *servers)
    calls = [rig.calls.begin()]
    rig.wait.need(lambda: bool(_requests(rig)), rig.deadlines.within(1), "no request came")
    for number in range(2, CALLERS + 1):
        calls.append(rig.calls.begin())
        rig.wait.see(
            lambda n=number: len(_requests(rig)) == n or any(call.done() for call in calls),  # type: ignore[misc]  # mypy cannot infer it
            rig.deadlines.within(1),
        )
        if len(_requests(rig)) < number or any(call.done() for call in calls):
            _judge_one_at_a_time(rig, number)
    requests = _requests(rig)
    _answer_first(rig, requests[CALLERS // 2], replies, calls)
    replies.release()
    answers = rig.calls.answers(*calls)
    for answer, request in zip(answers, requests, strict=True):
        _expect_own(rig, answer, request)
    rig.judge(*_replies_to_nobody(rig, requests), requirement="rpc-correlated.simultaneous")
    ids = {request.properties.correlation_id for request in requests}
    words = f"{CALLERS} requests have {len(ids)} correlation ids"
    rig.expect(len(ids) == CALLERS, words, *map(str, requests))
    rig.judge(requirement="rpc-correlated.unique-ids")


@pytest.mark.guarantee("rpc-times-out")
@pytest.mark.requirement("rpc-times-out.no-server")
def test_no_reply(rig: Rig) -> None:
    """A call that no server answers ends in an error after WARREN_TIMEOUT."""
    holds = rig.faults.hold(delivery, *rig.start.workers(1, http=True))
    call = rig.calls.begin()
    holds.first(rig.deadlines.within(0), "no request was delivered")
    answer = rig.calls.answers(call)[0]
    seconds, timeout = answer.seconds, rig.calls.timeout
    rig.expect(answer.status, f"the caller waited {seconds:.1f} s and had no answer")
    words = f"answered {OK} without a reply: {short(answer.body)}"
    rig.expect(answer.status != OK, words)
    if answer.status:
        words = f"gave up after {seconds:.1f} s, not {timeout:.1f} s"
        evidence = f"answered {answer.status}: {short(answer.body)}"
        rig.expect(seconds >= TOO_SOON * timeout, words, evidence)
    rig.judge()


@pytest.mark.full
@pytest.mark.guarantee("rpc-times-out")
@pytest.mark.requirement("rpc-times-out.late-reply")
def test_reply_just_in_time(rig: Rig) -> None:
    """A reply that comes when most of WARREN_TIMEOUT is over is given to its caller."""
    rig.start.all(http=True)
    caller = rig.instances.of(HTTP)[0]

    def once(_is_last: bool) -> HttpReply | None:
        replies = rig.faults.hold(delivery, caller)
        call, began = rig.calls.begin(), rig.now()
        replies.first(rig.deadlines.within(2), "no reply was on its way")
        rig.wait.see(call.done, began + LATE * rig.calls.timeout - rig.now())
        gave_up = call.done()
        replies.release()
        answer = rig.calls.answers(call)[0]
        passed_at = rig.seen.ledger().to(caller.name)[-1].passed_at or 0
        in_time = passed_at - began < TOO_LATE * rig.calls.timeout
        return answer if gave_up or in_time else None

    answer = rig.wait.attempt(once, "no reply came before its caller's time-out was over")
    words = (
        f"gave up after {answer.seconds:.1f} s of {rig.calls.timeout:.1f} s, and took no late reply:"
        f" answered {answer.status} {answer.error}"
    )
    rig.expect(answer.status == OK, words.rstrip(), *map(str, rig.seen.ledger().to(caller.name)))
    rig.judge()


@pytest.mark.guarantee("rpc-survives-missing-task")
@pytest.mark.requirement("rpc-survives-missing-task.error-reply", "rpc-survives-missing-task.lives")
def test_missing_task(rig: Rig) -> None:
    """A request for a task that is not there gets a reply that says error, and the server answers the next."""
    rig.start.all()
    server = rig.instances.workers[0]
    request = rig.publish.raw(json.dumps({"taskId": NO_SUCH_TASK}).encode(), RPC_SERVER)
    rig.wait.see(
        lambda: bool(rig.publish.replies_to(request)) or server.exit_status is not None,
        rig.deadlines.within(2),
    )
    following = rig.publish.work().message_id
    rig.wait.see(
        lambda: bool(rig.publish.replies_to(following)) or server.exit_status is not None,
        rig.deadlines.within(2),
    )
    rig.wait.quiet(
        lambda: len(rig.publish.replies_to(request)) > 1
    )  # as where it was published anew
    replies = rig.publish.replies_to(request)
    clear = len(replies) == 1 and replies[0].startswith(b"error: ")
    rig.expect(clear, f"the replies are {replies!r}, not one that begins with 'error: '")
    rig.judge(requirement="rpc-survives-missing-task.error-reply")
    status = server.exit_status
    ended = "" if status is None else f"; {server.name} ended with status {status}"
    words = f"the next request got no reply{ended}"
    rig.expect(rig.publish.replies_to(following), words, *rig.seen.printed(server))
    rig.judge(requirement="rpc-survives-missing-task.lives")


@pytest.mark.guarantee("rpc-survives-missing-task")
@pytest.mark.requirement("rpc-survives-missing-task.caller-told")
def test_error_reply(rig: Rig) -> None:
    """Role `http`, whose request gets an error for a reply, answers that call with an error, and no other."""
    server = rig.start.workers(1, http=True)[0]
    holds = rig.faults.hold(delivery, server)
    call = rig.calls.begin()
    holds.first(rig.deadlines.within(0), "no request was delivered")
    other = rig.calls.begin()
    rig.wait.see(
        lambda: len(_requests(rig)) > 1, rig.deadlines.quiet
    )  # or after the first has its answer
    request = rig.seen.ledger().to(server.name)[0]
    reply_to, correlation_id = request.properties.reply_to, request.properties.correlation_id
    rig.publish.reply(reply_to or "", ERROR_REPLY, correlation_id or "")
    answer = rig.calls.answers(call)[0]
    told = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and answer.seconds < rig.calls.timeout
    words = (
        f"a call that got an error for a reply was answered {answer.status}"
        f" after {answer.seconds:.1f} s: {short(answer.body)} {answer.error}"
    )
    holds.release()
    second = rig.calls.answers(other)[0]  # whose reply it gets is another guarantee
    shared = (
        second.status >= HTTPStatus.INTERNAL_SERVER_ERROR and second.seconds < rig.calls.timeout
    )
    rig.expect(told, words.rstrip(), str(request))
    rig.expect(not shared, f"another call was answered {second.status} for it")
    rig.judge()


@pytest.mark.guarantee("rpc-late-reply-discarded")
@pytest.mark.requirement("rpc-late-reply-discarded.next-call")
def test_late_reply(rig: Rig) -> None:
    """A reply that comes after WARREN_TIMEOUT is taken by neither its own caller nor the next, who gets its own."""
    # Held at its server: behind a delivery, the rest of the caller's connection would wait, and whoever opens a channel
    # for each request could send no second one.
    holds = rig.faults.hold(partial(publish, exchange=""), *rig.start.workers(1, http=True))
    first = rig.calls.begin(within=rig.deadlines.answered(2 * rig.calls.timeout))
    holds.first(rig.deadlines.within(2), "no reply was on its way")
    if not rig.wait.see(first.done, rig.deadlines.answered(rig.calls.timeout)):
        holds.release()
        _judge_taken_late(rig, first)
        return
    second = rig.calls.begin()
    rig.wait.need(
        lambda: len(_requests(rig)) > 1,
        rig.deadlines.within(0),
        "the second request was not published",
    )
    holds.release()
    answer = rig.calls.answers(second)[0]
    _expect_own(rig, answer, _requests(rig)[-1])
    rig.judge()


@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.no-free-consumer")
def test_request_waits_for_a_free_server(rig: Rig) -> None:
    """A request that finds no consumer free waits for one, and its caller gets the reply."""
    workers = rig.start.workers(1, http=True)
    rig.warm_up()
    holds = rig.faults.hold(acks, *workers)
    first = rig.calls.begin()
    rig.wait.need(
        lambda: bool(_delivered(rig)),
        rig.deadlines.within(0),
        "the first request was not delivered",
    )
    second = rig.calls.begin()
    rig.wait.need(
        lambda: len(_requests(rig)) > 1,
        rig.deadlines.within(0),
        "the second request was not published",
    )
    if len(_delivered(rig)) > 1:
        raise Inconclusive(
            "no witness: the server was given the second request before it acked the first"
        )
    holds.first(rig.deadlines.within(2), "the server did not ack the first request")
    rig.wait.quiet()
    holds.release()
    idle = rig.wait.idle()
    rig.wait.see(lambda: len(_delivered(rig)) > 1 or idle(), rig.deadlines.within(2))
    if len(_delivered(rig)) <= 1:
        _judge_not_kept(rig, _requests(rig)[1])
        return
    answer = rig.calls.answers(second, first)[0]
    words = f"the second call was answered {answer.status} {answer.error}".rstrip()
    rig.expect(answer.status == OK, words)
    rig.judge()


@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.killed-during-work")
def test_server_killed_during_work(rig: Rig) -> None:
    """A request whose server is killed in the middle of its work is done and answered by another."""
    rig.start.workers(2)
    caught = rig.faults.catch_at_work(1)
    request = caught.message
    rig.instances.named(caught.instance).kill()
    early = _acked_early(rig, request)
    rig.wait.finish(2)
    answered = rig.wait.see(lambda: bool(rig.publish.replies_to(request)), rig.deadlines.quiet)
    rig.expect(answered, "the request got no reply", *map(str, rig.seen.ledger().deliveries))
    rig.judge(*early, *rig.seen.losses())


def _acked_early(rig: Rig, request: str) -> tuple[Violation, ...]:
    """Say whether the next server acks the request before it has done it, as the killed one may have been about to.

    Nothing outside shows when a server begins. One that was kept from running until it was killed, as on a busy
    machine, has not acked by then what it acks first, and the request comes again all the same.
    """
    idle = rig.wait.idle()

    def again() -> list[Delivery]:
        return [d for d in rig.seen.given() if d.message == request and d.redelivered]

    rig.wait.see(
        lambda: any(d.settlement is not None for d in again()) or idle(), rig.deadlines.within(2)
    )
    return tuple(v for d in again() for v in rig.seen.acked_undone(d))


@pytest.mark.full
@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.server-restarted")
def test_server_restarted(rig: Rig) -> None:
    """Callers that wait while their server is killed and another one begins get their replies from that one."""
    server = rig.start.workers(1, http=True)[0]
    following = rig.start.instance(RPC_SERVER)
    entry = rig.faults.hold(partial(declaration, RPC_SERVER.queue), following)
    rig.wait.witness(
        lambda: bool(entry.caught()), rig.start.ready_within, "no second server was about to begin"
    )
    calls = [rig.calls.begin() for _ in range(WAITING)]
    rig.wait.need(
        lambda: len(_requests(rig)) == WAITING and bool(rig.seen.given()),
        rig.deadlines.within(0),
        f"{WAITING} requests were not published, and one given to the server",
    )
    server.kill()
    entry.release()
    requests = {request.body: request for request in _requests(rig)}
    answers = rig.calls.answers(*calls)
    told = [answer for answer in answers if answer.status != OK]
    words = f"{len(told)} of {WAITING} callers got no reply"
    evidence = [f"answered {a.status} after {a.seconds:.1f} s {a.error}" for a in told]
    rig.expect(not told, words, *evidence, *map(str, requests.values()), *rig.seen.last())
    rig.judge()


def _replies_to_nobody(rig: Rig, requests: tuple[Published, ...]) -> list[Violation]:
    """Say which replies carry a correlation id that no request has; no want of time makes these."""
    ids = {request.properties.correlation_id for request in requests}
    given = _delivered(rig)
    queues, servers = {d.properties.reply_to for d in given}, {d.instance for d in given}
    return [
        Violation(
            f"a reply has the correlation id {p.properties.correlation_id!r}, which no request has",
            (str(p),),
            seen=True,
        )
        for p in rig.seen.ledger().publishes
        if p.at > rig.begun and p.instance in servers and not p.exchange
        if p.routing_key in queues and p.properties.correlation_id not in ids
    ]


def _judge_one_at_a_time(rig: Rig, number: int) -> NoReturn:
    """Judge a role `http` that does not serve calls at once; of ids that wait at once nothing can be said."""
    words = f"no request {number} came while {number - 1} waited"
    rig.violated(words, *map(str, _requests(rig)))
    rig.judge(requirement="rpc-correlated.simultaneous")
    raise Inconclusive(f"no witness: {words}")


def _answer_first(rig: Rig, request: Published, replies: Holds, calls: list[Call]) -> None:
    """Let the reply to one request go, and wait until a caller has it, before all others go.

    The request is neither the oldest nor the youngest: a client that hands replies out in the order of its calls, or
    against it, gives this one to another caller, and not only by chance.
    """

    def held() -> list[Caught]:
        given = {d.instance for d in rig.seen.ledger().deliveries if d.body == request.body}
        return [c for c in replies.caught() if c.process.name in given]

    def answered() -> bool:
        return any(call.done() for call in calls)

    rig.wait.see(lambda: bool(held()) or answered(), rig.deadlines.within(2))
    for caught in held():
        caught.held.release()
    rig.wait.see(answered, rig.deadlines.answered(rig.calls.timeout))


def _judge_taken_late(rig: Rig, call: Call) -> None:
    """Judge a call that did not time out by the late reply that it took; without that there is no witness."""
    words = "a call that did not time out had no answer"
    rig.wait.witness(call.done, rig.deadlines.within(1), words)
    answer = call.result()
    if answer.status != OK:
        raise Inconclusive(
            f"no witness: the call took no late reply, but was answered {answer.status} {answer.error}"
        )
    timeout = rig.calls.timeout
    words = (
        f"a reply that came later than WARREN_TIMEOUT allows ({timeout:.1f} s) was taken after"
        f" {answer.seconds:.1f} s"
    )
    rig.violated(words, *map(str, _requests(rig)))
    rig.judge()


def _judge_not_kept(rig: Rig, request: Published) -> None:
    """Say what became of a request that no server was given: it is gone, or it still waits."""
    if rig.seen.ready(RPC_SERVER):
        status = rig.instances.workers[0].exit_status
        server = "that was free again" if status is None else f"that ended with status {status}"
        words = f"not delivered to the server {server}"
    else:
        expiration = request.properties.expiration
        words = f"dropped while no consumer was free; its expiration was {expiration!r}"
    rig.violated(words, str(request), *rig.seen.last(rig.instances.workers[0]))
    rig.judge()


def _requests(rig: Rig) -> tuple[Published, ...]:
    """Give the requests that the HTTP role published since it was warm, in order."""
    return tuple(
        p
        for p in rig.seen.ledger().publishes
        if p.exchange == RPC_SERVER.exchange and p.at > rig.begun
    )


def _delivered(rig: Rig) -> list[Delivery]:
    """Give the deliveries of those requests."""
    return [d for d in rig.seen.delivered() if d.at > rig.begun]


def _expect_own(rig: Rig, answer: HttpReply, request: Published) -> None:
    """Expect that an answer is the result in the row of the task that its request named."""
    asked = parse_json(request.body)
    task = asked.get("taskId") if isinstance(asked, dict) else None
    row = next((row for row in rig.seen.task_rows() if row.id == task), None)
    reply = parse_json(answer.body)
    if row is None:
        words = "a request names no task that is there"
    elif answer.status != OK:
        words = f"the call for task {task} was answered {answer.status} {answer.error}".rstrip()
    elif not isinstance(reply, dict):
        words = f"the call for task {task} was answered {OK} with no reply: {short(answer.body)}"
    else:
        got = reply.get("result")
        if got is not None and str(got) == row.result:
            return
        words = f"the call for task {task} got result {got}, its row has {row.result}"
    rig.violated(words, str(request))
