"""What the document's callbacks publish and write, without a broker."""

import json

import pytest
import sqlalchemy as sa

from reference_impl import Settings
from reference_impl.document import (
    blocking_stream,
    parts_part,
    parts_stream,
    pipeline_part,
    pipeline_stream,
    rpc_server,
    task_consumer,
    tasks,
)
from reference_impl.document.bundle import Answer
from reference_impl.messages import MalformedError, MisshapenError
from tests.reference_impl.rows import messages


class Producer:
    """Remembers what it is given."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.bodies: list[bytes] = []

    def publish(self, body: bytes) -> None:
        """Remember a body."""
        self.bodies.append(body)


@pytest.fixture
def producer() -> Producer:
    """Give a producer without a broker."""
    return Producer()


def test_blocking_leaves_one_row(
    settings: Settings, sqlite: sa.Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each text is printed, and the row is the body as it came."""
    body = b'{\n  "texts": ["a", "b"]\n}'
    assert blocking_stream.execute(settings, sqlite, body) is Answer.ACK
    assert capsys.readouterr().out == "a\nb\n"
    assert messages(sqlite) == [body.decode()]


def test_parts_stream_publishes_a_part_per_text(producer: Producer) -> None:
    """The last part, and only it, carries the source body."""
    body = b'{ "texts": ["a", "b"] }'
    parts_stream.execute(producer, body)  # type: ignore[arg-type]  # a stand-in
    assert producer.bodies == [
        b'{"text":"a","sourceMessage":null}',
        b'{"text":"b","sourceMessage":"{ \\"texts\\": [\\"a\\", \\"b\\"] }"}',
    ]


def test_parts_stream_drops_an_empty_package(producer: Producer) -> None:
    """Defect: a package of no texts publishes nothing, so that no row ever comes of it."""
    assert parts_stream.execute(producer, b'{"texts":[]}') is Answer.ACK  # type: ignore[arg-type]  # a stand-in
    assert producer.bodies == []


def test_parts_part_logs_the_package_with_its_last_part(
    settings: Settings, sqlite: sa.Engine
) -> None:
    """Defect: the package row comes with the last part, whatever the others do."""
    last = b'{"text":"b","sourceMessage":"{\\"texts\\":[\\"a\\",\\"b\\"]}"}'
    parts_part.execute(settings, sqlite, 1, last)
    assert messages(sqlite) == [last.decode(), '{"texts":["a","b"]}']


def test_pipeline_goes_step_by_step(
    settings: Settings, sqlite: sa.Engine, producer: Producer
) -> None:
    """Each step publishes the next one with one text more; the last one logs the result."""
    pipeline_stream.execute(producer, b'{"texts":["a","b"]}')  # type: ignore[arg-type]  # a stand-in
    for _ in range(2):
        pipeline_part.execute(settings, sqlite, producer, producer.bodies[-1])  # type: ignore[arg-type]  # a stand-in
    assert producer.bodies == [
        b'{"texts":["a","b"],"index":0,"result":{"texts":[]}}',
        b'{"texts":["a","b"],"index":1,"result":{"texts":["a"]}}',
    ]
    assert messages(sqlite) == [
        *(body.decode() for body in producer.bodies),
        '{"texts":["a","b"]}',
    ]


def test_empty_pipeline_never_ends(
    settings: Settings, sqlite: sa.Engine, producer: Producer
) -> None:
    """Defect: with no texts every step publishes another one."""
    pipeline_stream.execute(producer, b'{"texts":[]}')  # type: ignore[arg-type]  # a stand-in
    for _ in range(3):
        pipeline_part.execute(settings, sqlite, producer, producer.bodies[-1])  # type: ignore[arg-type]  # a stand-in
    assert len(producer.bodies) == 4
    assert json.loads(producer.bodies[-1]) == {
        "texts": [],
        "index": 3,
        "result": {"texts": [None, None, None]},
    }


def test_task_consumer_acks_a_task_that_is_not_there(sqlite: sa.Engine) -> None:
    """Defect: nothing tells that a task was missing."""
    assert task_consumer.execute(sqlite, b'{"taskId":7}') is Answer.ACK


def test_rpc_server_replies_with_json(settings: Settings, sqlite: sa.Engine) -> None:
    """The reply is the result and the process time, in this order."""
    body = f'{{"taskId":{tasks.add(sqlite)}}}'.encode()
    reply = json.loads(rpc_server.execute(settings, sqlite, body))
    assert list(reply) == ["result", "process_time"]


def test_rpc_server_fails_on_a_missing_task(settings: Settings, sqlite: sa.Engine) -> None:
    """Defect: a task that is not there is an error that nothing catches."""
    with pytest.raises(rpc_server.MissingTaskError):
        rpc_server.execute(settings, sqlite, b'{"taskId":7}')


def test_rpc_server_replies_to_what_is_no_json(settings: Settings, sqlite: sa.Engine) -> None:
    """Defect: malformed JSON is answered as if -1 were a result."""
    assert rpc_server.execute(settings, sqlite, b"nope") == "-1"


def test_bad_bodies(settings: Settings, sqlite: sa.Engine) -> None:
    """Malformed and misshapen bodies leave no row, and are told apart."""
    with pytest.raises(MalformedError):
        blocking_stream.execute(settings, sqlite, b"nope")
    with pytest.raises(MisshapenError):
        blocking_stream.execute(settings, sqlite, b'{"texts":1}')
    assert messages(sqlite) == []
