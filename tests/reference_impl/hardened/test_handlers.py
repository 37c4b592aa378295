"""What the hardened roles publish and write, once however often a message is delivered."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from reference_impl import Settings
from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.errors import RejectedError, UnroutableError
from reference_impl.hardened.gathering import Gathering
from reference_impl.hardened.inbox import Inbox
from reference_impl.hardened.parts import PartsPart, PartsStream
from reference_impl.hardened.pipeline import PipelinePart, PipelineStream
from reference_impl.hardened.rpc_server import RpcServer
from reference_impl.hardened.task_consumer import TaskConsumer
from reference_impl.hardened.tasks import Tasks
from reference_impl.hardened.tools import Tools
from reference_impl.hardened.work import Work
from reference_impl.messages import MalformedError, MisshapenError
from reference_impl.php import unserialize
from tests.reference_impl.rows import messages
from tests.reference_impl.stand_ins import Publisher, delivery


@pytest.fixture
def publisher() -> Publisher:
    """Give a publisher without a broker."""
    return Publisher()


@pytest.fixture
def tools(settings: Settings, sqlite: sa.Engine, publisher: Publisher) -> Tools:
    """Give real mechanisms around the stand-in for the publisher."""
    return Tools(
        settings,
        sqlite,
        publisher,  # type: ignore[arg-type]  # a stand-in
        Inbox(sqlite),
        Gathering(),
        Tasks(sqlite),
        Work(settings, 1, 1),
    )


def part(published: tuple[str, str | None, dict[str, object] | None]) -> Callable[[], object]:
    """Deliver what was published."""
    body, message_id, headers = published
    return lambda: delivery(body, message_id=message_id, headers=headers)


def test_blocking_once(tools: Tools, sqlite: sa.Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """A redelivered package leaves no second row and is not worked on again."""
    for _ in range(2):
        BlockingStream(tools).handle(delivery('{"texts":["a"]}'))
    assert messages(sqlite) == ['{"texts":["a"]}']
    assert capsys.readouterr().out == "a\n"


def test_blocking_without_identity(tools: Tools, sqlite: sa.Engine) -> None:
    """Without a message_id the effect is at least once."""
    for _ in range(2):
        BlockingStream(tools).handle(delivery('{"texts":[]}', message_id=None))
    assert messages(sqlite) == ['{"texts":[]}'] * 2


def test_long_identity(tools: Tools, sqlite: sa.Engine) -> None:
    """An identity too long for a key still counts, by every character of it."""
    for message_id in ("x" * 255, "x" * 255, "x" * 254 + "y"):
        BlockingStream(tools).handle(delivery('{"texts":[]}', message_id=message_id))
    assert len(messages(sqlite)) == 2


def test_parts_stream_identifies_its_parts(tools: Tools, publisher: Publisher) -> None:
    """Bodies are the document's; identity, index and count are in properties and headers."""
    PartsStream(tools).handle(delivery('{"texts":["a","b"]}'))
    assert publisher.published == [
        (
            '{"text":"a","sourceMessage":null}',
            "m/0",
            {"package": "m", "index": 0, "count": 2},
        ),
        (
            r'{"text":"b","sourceMessage":"{\"texts\":[\"a\",\"b\"]}"}',
            "m/1",
            {"package": "m", "index": 1, "count": 2},
        ),
    ]


def test_parts_stream_published_before(tools: Tools, publisher: Publisher) -> None:
    """A package all of whose parts were confirmed is not published again."""
    for _ in range(2):
        PartsStream(tools).handle(delivery('{"texts":["a","b"]}'))
    assert len(publisher.published) == 2


def test_parts_stream_interrupted(
    tools: Tools, sqlite: sa.Engine, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that was published halfway is published whole again, with the same identities."""
    publish = publisher.publish

    def fail_later(exchange: str, body: bytes, **named: object) -> None:
        if publisher.published:
            raise UnroutableError("no queue")
        publish(exchange, body, **named)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr(publisher, "publish", fail_later)
    with pytest.raises(UnroutableError):
        PartsStream(tools).handle(delivery('{"texts":["a","b"]}'))
    monkeypatch.undo()
    PartsStream(tools).handle(delivery('{"texts":["a","b"]}'))
    assert [message_id for _, message_id, _ in publisher.published] == ["m/0", "m/0", "m/1"]
    for published in publisher.published:
        PartsPart(tools).handle(part(published)())  # type: ignore[arg-type]  # a delivery
    assert messages(sqlite) == [
        publisher.published[1][0],
        publisher.published[2][0],
        '{"texts":["a","b"]}',
    ]


def test_package_row_waits_for_every_part(
    tools: Tools, sqlite: sa.Engine, publisher: Publisher
) -> None:
    """The last part done first does not bring the package row; the first part done last does."""
    PartsStream(tools).handle(delivery('{"texts":["a","b"]}'))
    for published in reversed(publisher.published):
        PartsPart(tools).handle(part(published)())  # type: ignore[arg-type]  # a delivery
    assert messages(sqlite)[-1] == '{"texts":["a","b"]}'


def test_part_of_a_peer(tools: Tools, sqlite: sa.Engine) -> None:
    """A part without our headers is logged as the document does."""
    body = r'{"text":"b","sourceMessage":"{\"texts\":[\"b\"]}"}'
    PartsPart(tools).handle(delivery(body))
    assert messages(sqlite) == [body, '{"texts":["b"]}']


@pytest.mark.parametrize("stream", [PartsStream, PipelineStream, BlockingStream])
def test_empty_package(
    tools: Tools,
    sqlite: sa.Engine,
    publisher: Publisher,
    stream: type[PartsStream | PipelineStream | BlockingStream],
) -> None:
    """A package of no texts leaves its row at once, once, and publishes nothing."""
    for _ in range(2):
        stream(tools).handle(delivery('{"texts":[]}'))
    assert messages(sqlite) == ['{"texts":[]}']
    assert publisher.published == []


def test_pipeline(tools: Tools, sqlite: sa.Engine, publisher: Publisher) -> None:
    """Each step, delivered twice, leaves one row and publishes one next step."""
    PipelineStream(tools).handle(delivery('{"texts":["a","b"]}'))
    for index in range(2):
        for _ in range(2):
            PipelinePart(tools).handle(part(publisher.published[index])())  # type: ignore[arg-type]  # a delivery
    assert [message_id for _, message_id, _ in publisher.published] == ["m/0", "m/1"]
    assert messages(sqlite) == [
        '{"texts":["a","b"],"index":0,"result":{"texts":[]}}',
        '{"texts":["a","b"],"index":1,"result":{"texts":["a"]}}',
        '{"texts":["a","b"]}',
    ]


def test_pipeline_interrupted_before_the_next_step(
    tools: Tools, sqlite: sa.Engine, publisher: Publisher
) -> None:
    """A step whose row is there and whose next step is not publishes it on redelivery."""
    step = '{"texts":["a","b"],"index":0,"result":{"texts":[]}}'
    tools.inbox.note("m/0")
    PipelinePart(tools).handle(delivery(step, message_id="m/0"))
    assert messages(sqlite) == []
    assert [message_id for _, message_id, _ in publisher.published] == ["m/1"]


def test_pipeline_past_the_end(tools: Tools) -> None:
    """A step without a text is misshapen, so that nothing loops."""
    with pytest.raises(MisshapenError):
        PipelinePart(tools).handle(delivery('{"texts":[],"index":0,"result":{"texts":[]}}'))


def test_task(tools: Tools) -> None:
    """A task gets its result once; a missing one is rejected."""
    task_id = tools.tasks.add()
    TaskConsumer(tools).handle(delivery(f'{{"taskId":{task_id}}}'))
    first = tools.tasks.get(task_id)
    TaskConsumer(tools).handle(delivery(f'{{"taskId":{task_id}}}'))
    assert tools.tasks.get(task_id) == first
    with pytest.raises(RejectedError, match="no task"):
        TaskConsumer(tools).handle(delivery('{"taskId":99}'))


def test_rpc_server_replies_again(tools: Tools, publisher: Publisher) -> None:
    """A redelivered request gets the same result again, under the request's own id."""
    task_id = tools.tasks.add()
    request = delivery(f'{{"taskId":{task_id}}}', reply_to="q", correlation_id="c")
    for _ in range(2):
        RpcServer(tools).handle(request)
    first, second = publisher.replies
    assert first == second
    assert (first[0], first[2]) == ("q", "c")
    task = tools.tasks.get(task_id)
    assert task is not None
    assert json.loads(unserialize(first[1]))["result"] == task.result


def test_rpc_server_missing_task(tools: Tools, publisher: Publisher) -> None:
    """A request for a task that is not there gets an error reply."""
    RpcServer(tools).handle(delivery('{"taskId":7}', reply_to="q", correlation_id="c"))
    assert publisher.replies == [("q", b"error: there is no task 7", "c")]


@pytest.mark.parametrize(
    ("body", "error"), [("nope", MalformedError), ('{"taskId":"7"}', MisshapenError)]
)
def test_rpc_server_bad_request(
    tools: Tools, publisher: Publisher, body: str, error: type[Exception]
) -> None:
    """A bad request gets an error reply before it is put aside."""
    with pytest.raises(error):
        RpcServer(tools).handle(delivery(body, reply_to="q"))
    assert publisher.replies[0][1].startswith(b"error: ")


def test_rpc_server_without_address(tools: Tools) -> None:
    """A request that nobody can be answered to is rejected before the work."""
    with pytest.raises(RejectedError, match="reply_to"):
        RpcServer(tools).handle(delivery('{"taskId":1}'))
