"""What `GET /task` answers, in good and in bad times."""

import pytest
import sqlalchemy as sa

from reference_impl import Settings
from reference_impl.hardened.errors import BrokerAwayError, LinkLostError, UnroutableError
from reference_impl.hardened.http import TaskAcceptor, TaskCaller, application
from reference_impl.hardened.rpc_client import ErrorReplyError, NoReplyError
from reference_impl.hardened.tasks import Tasks


class Broker:
    """A publisher and an RPC client at once, that fails in one way, or does not."""

    def __init__(self, failure: Exception | None = None) -> None:
        """Fail with `failure`."""
        self.failure = failure
        self.bodies: list[bytes] = []

    def publish(self, exchange: str, body: bytes, *, message_id: str, timeout: float) -> None:
        """Take a task."""
        assert (exchange, timeout) == ("old_sound_rabbit_mq.task", 0.2)
        assert message_id
        self._take(body)

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Answer a request."""
        assert (exchange, timeout) == ("task", 0.2)
        self._take(body)
        return '{"result":"5","process_time":2}'

    def _take(self, body: bytes) -> None:
        self.bodies.append(body)
        if self.failure is not None:
            raise self.failure


def test_accepts(settings: Settings, sqlite: sa.Engine) -> None:
    """A task that reached its queue is accepted, and its row is there."""
    broker = Broker()
    tasks = Tasks(sqlite)
    app = application(TaskAcceptor(settings, tasks, broker))  # type: ignore[arg-type]  # a stand-in
    answer = app.test_client().get("/task")
    assert (answer.status_code, answer.data) == (202, b'"Task accepted"')
    assert answer.content_type == "application/json"
    assert broker.bodies == [b'{"taskId":1}']
    assert tasks.get(1) is not None


@pytest.mark.parametrize(
    "failure", [BrokerAwayError("away"), UnroutableError("no queue"), LinkLostError("lost")]
)
def test_accepts_nothing_it_cannot_hand_over(
    settings: Settings, sqlite: sa.Engine, failure: Exception
) -> None:
    """A task that did not reach its queue is refused, and leaves no row."""
    tasks = Tasks(sqlite)
    app = application(TaskAcceptor(settings, tasks, Broker(failure)))  # type: ignore[arg-type]  # a stand-in
    assert app.test_client().get("/task").status_code == 503
    assert tasks.get(1) is None


def test_calls(settings: Settings, sqlite: sa.Engine) -> None:
    """The server's JSON is passed on as it is."""
    app = application(TaskCaller(settings, Tasks(sqlite), Broker()))  # type: ignore[arg-type]  # a stand-in
    answer = app.test_client().get("/task")
    assert (answer.status_code, answer.data) == (200, b'{"result":"5","process_time":2}')
    assert answer.content_type == "application/json"


@pytest.mark.parametrize(
    ("failure", "status", "row_stays"),
    [
        (ErrorReplyError("there is no task 1"), 502, True),
        (NoReplyError("no reply within 0.2 s"), 504, True),
        (LinkLostError("lost"), 503, True),
        (UnroutableError("no queue"), 503, False),
    ],
)
def test_failed_calls(
    settings: Settings, sqlite: sa.Engine, failure: Exception, status: int, row_stays: bool
) -> None:
    """Each failure has its status and its words; the row goes only if no server got the request."""
    tasks = Tasks(sqlite)
    app = application(TaskCaller(settings, tasks, Broker(failure)))  # type: ignore[arg-type]  # a stand-in
    answer = app.test_client().get("/task")
    assert answer.status_code == status
    assert answer.json == {"error": str(failure)}
    assert (tasks.get(1) is not None) is row_stays


def test_index(settings: Settings, sqlite: sa.Engine) -> None:
    """`GET /` answers without a broker: the process is ready."""
    app = application(TaskCaller(settings, Tasks(sqlite), Broker()))  # type: ignore[arg-type]  # a stand-in
    assert app.test_client().get("/").status_code == 200
