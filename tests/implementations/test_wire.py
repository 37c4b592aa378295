"""The document's consumers, message for message: what each role sends is what the PHP original sends."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.implementations.measured import (
    ANSWERS,
    CORRELATION,
    ERROR_REPLY,
    MEASURED,
    PACKAGE,
    REJECT_REPLY,
    REPLY_QUEUE,
    RESULT_REPLY,
    TASK_CORRELATION,
    Message,
)
from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.evidence.frames import Direction, FrameSeen
from warren.rigs.consumers.rig import Rig
from warren.rigs.pace import PACES
from warren.simulator.wire import BasicCancel, BasicConsume, BasicPublish, QueueDeclareOk
from warren.simulator.wire.methods.declaration import Method
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import HTTP, RPC_SERVER, STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.implementations.measured import Said
    from warren.evidence.ledger import Published
    from warren.plugin.options import Options
    from warren.worlds.protocol import Process
    from warren.worlds.real import RealWorld, RealWorlds

pytestmark = pytest.mark.xdist_group("implementations")
ROOT = Path(__file__).parents[2]
_FAMILIES = {"document": "reference_impl/document", "php": "implementations/php"}
_CONNECTION, _CHANNEL = 10, 20  # AMQP's class ids: every library has its own way with these
_RESULT_REPLY = re.compile(rb's:(\d+):"(\{"result":"\d+","process_time":[0-5]?\d\})";')


@pytest.mark.parametrize("design", MEASURED)
@pytest.mark.parametrize("family", _FAMILIES)
def test_says_what_was_measured(
    request: pytest.FixtureRequest, worlds: RealWorlds, options: Options, family: str, design: str
) -> None:
    """Each role declares, publishes and settles as the PHP original does, in its order, to the octet."""
    if family == "php":
        request.getfixturevalue("php_with_amqplib")
    manifest = ROOT / _FAMILIES[family] / "implementation.toml"
    implementation = load_manifest(manifest, load_catalogue())
    with worlds.world(implementation.migrate, restarts=False) as world:
        # What is said is the same at any heartbeat, and this one outlasts a pause of the machine.
        pace = replace(options.pace, heartbeat=PACES["document"].heartbeat)
        rig = Rig(world, implementation, WORKLOADS[design], pace, ())
        rig.start.workers(1, http=rig.workload.caller is not None)
        _work(rig, world)
        said = {process.role: _said(rig, process) for process in rig.instances.all}
    assert said == MEASURED[design]


def _work(rig: Rig, world: RealWorld) -> None:
    """Give a design the work of the table, and wait until every instance has done its share."""
    if rig.workload.entry == STREAM:
        rig.publish.body(PACKAGE)
    else:
        _call(rig)
        if rig.workload.slug == "rpc":
            _request_in_vain(rig, world)
        else:
            rig.publish.work()
    spoken = MEASURED[rig.workload.slug]
    rig.wait.need(
        lambda: all(len(_said(rig, p)) >= len(spoken[p.role]) for p in rig.instances.all),
        rig.deadlines.within(rig.work_time(2)),
        "the instances did not say all that was measured",
    )
    rig.wait.quiet()


def _call(rig: Rig) -> None:
    """Let role `http` ask, and see its answer."""
    answer = rig.calls.answers(rig.calls.begin())[0]
    status, body = ANSWERS[rig.workload.slug]
    assert answer.status == status, answer
    assert re.fullmatch(body, answer.body), answer


def _request_in_vain(rig: Rig, world: RealWorld) -> None:
    """Ask the RPC server what is no JSON, and then what its database cannot do: each gets its own reply."""
    no_json = rig.publish.raw(b"{", RPC_SERVER)
    _need_reply(rig, no_json, REJECT_REPLY)
    with world._database.engine().begin() as connection:
        connection.exec_driver_sql("ALTER TABLE task RENAME TO task_elsewhere")
    in_vain = rig.publish.raw(b'{"taskId":1}', RPC_SERVER)
    _need_reply(rig, in_vain, ERROR_REPLY)


def _need_reply(rig: Rig, correlation_id: str, body: bytes) -> None:
    """See one reply of that form, with the request's correlation id."""
    rig.wait.need(
        lambda: rig.publish.replies_to(correlation_id) != [],
        rig.deadlines.within(2),
        "no reply came",
    )
    assert [_form(reply) for reply in rig.publish.replies_to(correlation_id)] == [body]


def _said(rig: Rig, process: Process) -> tuple[Said, ...]:
    """Give all that an instance said, without what differs from run to run."""
    publishes = iter(rig.seen.ledger().published_by(process.name))
    own_names = {
        frame.content.queue
        for frame in _frames(rig, process, Direction.TO_CLIENT)
        if isinstance(frame.content, QueueDeclareOk)
    }
    said: list[Said] = []
    for frame in _frames(rig, process, Direction.TO_BROKER):
        method = frame.content
        if not isinstance(method, Method) or method.CLASS_ID in (_CONNECTION, _CHANNEL):
            continue
        if isinstance(method, BasicPublish):
            assert method == replace(method, mandatory=False, immediate=False)
            said += [_message(published, own_names) for published in _next(publishes)]
        elif isinstance(method, BasicConsume):
            reply = process.role == HTTP and method.queue in own_names
            queue = REPLY_QUEUE if reply else method.queue
            said.append(replace(method, consumer_tag="", queue=queue))
        elif isinstance(method, BasicCancel):
            said.append(replace(method, consumer_tag=""))
        else:
            said.append(method)
    return tuple(said)


def _next(publishes: Iterator[Published]) -> list[Published]:
    """Give the next message, or none where its body is still under way."""
    return [published] if (published := next(publishes, None)) else []


def _frames(rig: Rig, process: Process, direction: Direction) -> Iterator[FrameSeen]:
    for fact in rig._world.facts():
        if isinstance(fact, FrameSeen) and (fact.instance, fact.direction) == (
            process.name,
            direction,
        ):
            yield fact


def _message(published: Published, own_names: set[str]) -> Message:
    properties = published.properties
    if properties.correlation_id:
        by_task = re.fullmatch(r"task_\d{1,10}", properties.correlation_id)
        known = TASK_CORRELATION if by_task else CORRELATION
        properties = replace(properties, correlation_id=known)
    if properties.reply_to in own_names:
        properties = replace(properties, reply_to=REPLY_QUEUE)
    routing_key = REPLY_QUEUE if published.routing_key else ""
    return Message(published.exchange, routing_key, properties, _form(published.body))


def _form(body: bytes) -> bytes:
    """Name what differs from run to run in a reply; a length must be right, in octets."""
    if (match := _RESULT_REPLY.fullmatch(body)) and int(match[1]) == len(match[2]):
        return RESULT_REPLY
    return ERROR_REPLY if body.startswith(b"error: ") and len(body) > len(b"error: ") else body
