"""A consumer of queues as people have them beside the plain: `shapes.py SHAPE good|acks-first`.

`priority`, `lazy` and `single` (one active consumer of several) say how its queue is; `replies` answers each message
where that says in reply-to.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import pika
from pika.exceptions import AMQPError
from sqlalchemy import create_engine, text

ARGUMENTS: dict[str, dict[str, object]] = {
    "priority": {"x-max-priority": 5},
    "lazy": {"x-queue-mode": "lazy"},
    "single": {"x-single-active-consumer": True},
    "replies": {},
}
INSERT = text("INSERT INTO orders (ref) VALUES (:ref) ON CONFLICT DO NOTHING")


class Consumer:
    """Consumes until SIGTERM, over as many connections as it takes."""

    def __init__(self, shape: str, *, acks_first: bool) -> None:
        """Connect to nothing yet."""
        url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
        self._shape, self._acks_first, self._stopping = shape, acks_first, False
        self._engine = create_engine(url)
        signal.signal(signal.SIGTERM, self._stop)

    def run(self) -> None:
        """Consume, again after each loss."""
        while not self._stopping:
            try:
                self._consume()
            except (AMQPError, OSError) as error:
                sys.stdout.write(f"again after {error!r}\n")
                time.sleep(0.2)

    def _consume(self) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
        channel = connection.channel()
        channel.queue_declare(self._shape, durable=True, arguments=ARGUMENTS[self._shape])
        channel.basic_qos(prefetch_count=3)
        for method, properties, body in channel.consume(self._shape, inactivity_timeout=0.1):
            if self._stopping:
                break
            if method is not None:
                self._work(channel, method.delivery_tag, properties, body)
        channel.cancel()
        connection.close()

    def _work(self, channel: Any, tag: int, properties: Any, body: bytes) -> None:
        try:
            ref = str(json.loads(body)["ref"])
        except (ValueError, KeyError, TypeError):
            channel.basic_reject(tag, requeue=False)
            return
        if self._acks_first:
            channel.basic_ack(tag)
        with self._engine.begin() as connection:
            connection.execute(INSERT, {"ref": ref})
        if self._shape == "replies" and properties.reply_to:
            answered = pika.BasicProperties(message_id=properties.message_id)
            channel.basic_publish("", properties.reply_to, json.dumps({"done": ref}), answered)
        if not self._acks_first:
            channel.basic_ack(tag)

    def _stop(self, *_: object) -> None:
        self._stopping = True


if __name__ == "__main__":
    Consumer(sys.argv[1], acks_first="acks-first" in sys.argv).run()
