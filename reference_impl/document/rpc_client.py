"""RabbitMqBundle's `RpcClient`, and the document's `TaskService` on top of it."""

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.messages import TaskMessage
from reference_impl.php import crc32, microtime, unserialize
from reference_impl.topology import RPC


class RpcClient:
    """Sends requests and waits for as many replies.

    Defect: the expiration is "0": the broker drops a request that no consumer is free for at
    that instant.
    Defect: nothing bounds the wait, and nothing tells that a request was dropped: the caller
    hangs.
    """

    def __init__(self, channel: BlockingChannel) -> None:
        """Use a channel that somebody else closes."""
        self._channel = channel
        self._queue: str | None = None
        self._requests = 0
        self._replies: dict[str | None, str] = {}

    def add_request(self, body: bytes, server: str, request_id: str, expiration: int = 0) -> None:
        """Publish a request to the exchange `server`; `expiration` in seconds."""
        properties = pika.BasicProperties(
            content_type="text/plain",
            reply_to=self._reply_queue(),
            delivery_mode=1,
            expiration=str(expiration * 1000),
            correlation_id=request_id,
        )
        self._channel.basic_publish(server, "", body, properties)
        self._requests += 1

    def get_replies(self) -> dict[str | None, str]:
        """Wait for all replies, by correlation id.

        Raises:
            UnserializeError: a reply is an error reply.

        """
        tag = self._channel.basic_consume(self._reply_queue(), self._on_reply, auto_ack=True)
        while len(self._replies) < self._requests:
            self._channel.connection.process_data_events(time_limit=None)
        self._channel.basic_cancel(tag)
        return self._replies

    def _on_reply(
        self,
        _channel: BlockingChannel,
        _method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        self._replies[properties.correlation_id] = unserialize(body)

    def _reply_queue(self) -> str:
        if self._queue is None:
            self._queue = self._channel.queue_declare("", exclusive=True).method.queue
        return self._queue


class TaskService:
    """Asks the RPC server for a task's result.

    Defect: the correlation id is made of the clock's microseconds, once for each service. All calls
    of one service share it, and so do services that were made in the same microsecond.
    """

    def __init__(self, client: RpcClient) -> None:
        """Make the correlation id of all calls."""
        self._client = client
        self.correlation_id = f"task_{crc32(microtime())}"

    def call(self, task_id: int) -> str:
        """Give the server's reply: JSON.

        Raises:
            UnserializeError: the server's reply was an error.
            LookupError: the reply had another correlation id.

        """
        self._client.add_request(
            TaskMessage(taskId=task_id).encode(), RPC.exchange, self.correlation_id
        )
        replies = self._client.get_replies()
        if self.correlation_id not in replies:
            raise LookupError(
                f"RPC call response does not contain correlation id {self.correlation_id}"
            )
        return replies[self.correlation_id]
