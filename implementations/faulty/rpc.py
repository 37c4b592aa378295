"""Defects of RPC: whose reply a caller gets, when, and what becomes of a request."""

import os
import threading
import time

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.link import Link
from reference_impl.hardened.publisher import send
from reference_impl.hardened.rpc_client import ErrorReplyError, NoReplyError, RpcClient
from reference_impl.hardened.rpc_server import RpcServer
from reference_impl.messages import TaskMessage, decode
from reference_impl.php import json_encode, serialize
from reference_impl.schema import now
from reference_impl.schema import task as task_table
from reference_impl.topology import RPC

_NO_RESULT = serialize(json_encode({"result": None, "process_time": 0}))
_ONE_ID = "task_1"
_AN_HOUR = 3600.0


class NeverTimesOut(RpcClient):
    """Waits an hour for a reply, whatever WARREN_TIMEOUT says."""

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Call with all the patience of the world."""
        del timeout
        return super().call(exchange, body, _AN_HOUR)


class TimesOnItsConnection(RpcClient):
    """Has a timer of its connection end each call: those that wait as the connection is lost wait for ever."""

    _timeout = 0.0

    def start(self, channel: BlockingChannel) -> None:
        """Declare and consume anew, and tell nobody that the old connection was lost."""
        waiting, self._waiting = self._waiting, {}
        super().start(channel)
        self._waiting |= waiting

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Call, and leave the time-out to the timer."""
        self._timeout = timeout
        return super().call(exchange, body, _AN_HOUR)

    def request(
        self,
        channel: BlockingChannel,
        exchange: str,
        body: bytes,
        correlation_id: str,
        timeout: float,
    ) -> None:
        """Set the timer, then publish."""
        del timeout
        over = NoReplyError(f"no reply within {self._timeout} s")
        channel.connection.call_later(self._timeout, lambda: self._settle(correlation_id, over))
        super().request(channel, exchange, body, correlation_id, self._timeout)


class ExpiresAtOnce(RpcClient):
    """Publishes requests with expiration "0": one that finds no consumer free is dropped."""

    def request(
        self,
        channel: BlockingChannel,
        exchange: str,
        body: bytes,
        correlation_id: str,
        timeout: float,
    ) -> None:
        """Publish a request that cannot wait."""
        del timeout
        properties = pika.BasicProperties(
            content_type="text/plain",
            delivery_mode=1,
            reply_to=self._queue,
            correlation_id=correlation_id,
            expiration="0",
        )
        send(channel, exchange, "", body, properties)


class OneCorrelationId(RpcClient):
    """Uses one correlation id for all requests; a reply goes to whoever has waited longest."""

    def request(
        self,
        channel: BlockingChannel,
        exchange: str,
        body: bytes,
        correlation_id: str,
        timeout: float,
    ) -> None:
        """Publish a request like all others."""
        del correlation_id
        super().request(channel, exchange, body, _ONE_ID, timeout)

    def receive(
        self,
        _channel: BlockingChannel,
        _method: spec.Basic.Deliver,
        _properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        """Hand a reply to the first in line."""
        self._settle(next(iter(self._waiting), None), body)


class SwapsReplies(RpcClient):
    """Hands a reply to the caller that came last."""

    def receive(
        self,
        _channel: BlockingChannel,
        _method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        """Hand a reply that somebody waits for to the last in line."""
        if properties.correlation_id in self._waiting:
            self._settle(list(self._waiting)[-1], body)


class HandsOutLateReplies(RpcClient):
    """Hands a reply that nobody waits for any more to the next caller."""

    def receive(
        self,
        _channel: BlockingChannel,
        _method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        """Hand a reply to its caller, or else to anybody."""
        own = properties.correlation_id in self._waiting
        self._settle(properties.correlation_id if own else next(iter(self._waiting), None), body)


class OpensAChannelPerRequest(RpcClient):
    """No defect: asks the broker for a channel before each request."""

    def request(
        self,
        channel: BlockingChannel,
        exchange: str,
        body: bytes,
        correlation_id: str,
        timeout: float,
    ) -> None:
        """Publish on a channel of its own."""
        own = channel.connection.channel()
        super().request(own, exchange, body, correlation_id, timeout)
        own.close()


class AnswersNothing(RpcClient):
    """Calls nobody, and answers all the same."""

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Answer without a call."""
        del exchange, body, timeout
        return ""


class AnswersNoJson(RpcClient):
    """Takes the reply to its own request, and answers with something that is no JSON."""

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Call, and throw the reply away."""
        super().call(exchange, body, timeout)
        return "hello"


class RepliesBeforeWork(RpcServer):
    """Replies before it works, so that there is no result to reply with."""

    def handle(self, delivery: Delivery) -> None:
        """Reply, then work; bad requests and missing tasks as ever."""
        task_id = decode(TaskMessage, delivery.body).taskId
        if self.tools.tasks.get(task_id) is None:
            super().handle(delivery)
            return
        self.reply(delivery, _NO_RESULT)
        self.answer(task_id)


class RepliesToNobody(RpcServer):
    """Replies with a correlation id of its own, which no caller waits for."""

    def correlation_id(self, delivery: Delivery) -> str | None:
        """Give an id that is not the request's."""
        return f"{super().correlation_id(delivery)}-reply"


class DiesOnMissingTask(RpcServer):
    """Dies of a request for a task that is not there."""

    def answer(self, task_id: int) -> bytes:
        """Answer, if there is something to answer with."""
        if self.tools.tasks.get(task_id) is None:
            os._exit(1)
        return super().answer(task_id)


class ErrorLooksLikeResult(RpcServer):
    """Replies to a request for a task that is not there as if it were a result."""

    def answer(self, task_id: int) -> bytes:
        """Answer with a result, be it none."""
        if self.tools.tasks.get(task_id) is None:
            return _NO_RESULT
        return super().answer(task_id)


class TakesErrorsForResults(RpcClient):
    """Answers an error reply as if it were a result."""

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Call, and hand on whatever is said."""
        try:
            return super().call(exchange, body, timeout)
        except ErrorReplyError as error:
            return json_encode(f"error: {error}")


class FailsAllCallers(RpcClient):
    """Takes an error reply for the end of all calls that wait."""

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        """Hand an error to everybody."""
        if body.startswith(b"error: "):
            for correlation_id in list(self._waiting):
                self._settle(correlation_id, body)
        else:
            super().receive(channel, method, properties, body)


class RetriesMissingTasks(RpcServer):
    """Replies to a request for a task that is not there, and publishes the request anew, for ever."""

    def handle(self, delivery: Delivery) -> None:
        """Reply, and try again later."""
        super().handle(delivery)
        if self.tools.tasks.get(decode(TaskMessage, delivery.body).taskId) is None:
            time.sleep(self.tools.settings.second / 4)
            queue, properties = RPC.queue, delivery.properties
            self.tools.publisher.publish_to_queue(queue, delivery.body, properties)


class RepliesBeforeCommit(RpcServer):
    """Replies with the result of its work, and writes it down afterwards."""

    def handle(self, delivery: Delivery) -> None:
        """Reply, then complete; bad requests, missing and completed tasks as ever."""
        task_id = decode(TaskMessage, delivery.body).taskId
        task = self.tools.tasks.get(task_id)
        if task is None or task.result is not None:
            super().handle(delivery)
            return
        self.tools.work.sleep()
        result = str(task_id)
        self.reply(delivery, serialize(json_encode({"result": result, "process_time": 2})))
        with self.tools.database.begin() as connection:
            row = task_table.update().where(task_table.c.id == task_id)
            connection.execute(row.values(result=result, completed_at=now()))


class RepliesAnew(RpcServer):
    """Replies with the result of work that it has done itself, also where another one's is in the row already."""

    def answer(self, task_id: int) -> bytes:
        """Complete the task if it is not; reply with another result all the same."""
        task = self.tools.tasks.get(task_id)
        if task is None or task.result is None:
            return super().answer(task_id)
        return serialize(json_encode({"result": f"9{task.result}9", "process_time": 2}))


class CutsReplyAddresses(RpcServer):
    """Keeps 40 characters of a reply-to: enough for the name that a broker gives to a queue."""

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Reply to what is left of the address."""
        delivery.properties.reply_to = delivery.properties.reply_to[:40]
        super().reply(delivery, body)


class GivesUpEarly(RpcClient):
    """Waits three fifths of WARREN_TIMEOUT."""

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Call with less patience."""
        return super().call(exchange, body, 0.6 * timeout)


class ServesOneAtATime(RpcClient):
    """Calls for one request after another."""

    def __init__(self, link: Link) -> None:
        """Have one turn for all."""
        super().__init__(link)
        self._turn = threading.Lock()

    def call(self, exchange: str, body: bytes, timeout: float) -> str:
        """Call when it is our turn."""
        with self._turn:
            return super().call(exchange, body, timeout)
