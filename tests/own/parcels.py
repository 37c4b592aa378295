"""A consumer as somebody may have it: it takes parcels and returns, from a queue each, and knows nothing of Warren.

`parcels.py [DEFECT]`: what it does where the broker cancels a consumer of its. Without a defect it tries, all the time,
to consume again from the queue that has gone, and works on the other one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import pika
from pika.exceptions import ChannelClosedByBroker

QUEUES: Final = ("shop.parcels", "shop.returns")
PAUSE: Final = 0.3


def main(defect: str) -> None:
    """Consume until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    missing: list[str] = []
    channels = {}
    for queue in QUEUES:
        connection.channel().queue_declare(queue, durable=True)
        channels[queue] = consume(connection, queue, missing)
    while True:
        connection.process_data_events(time_limit=PAUSE)
        if not missing or defect == "forgets-the-queue":
            continue
        if defect == "ends":
            sys.exit(1)
        if defect == "waits-for-all-queues":
            for channel in channels.values():
                if channel.is_open:
                    channel.close()
            missing[:] = QUEUES
            if not all(exists(connection, queue) for queue in QUEUES):
                continue
        for queue in [queue for queue in missing if exists(connection, queue)]:
            missing.remove(queue)
            channels[queue] = consume(connection, queue, missing)


def consume(connection: Any, queue: str, missing: list[str]) -> Any:
    """Consume from a queue on a channel of its own, and note where the broker cancels that."""
    channel = connection.channel()
    channel.basic_qos(prefetch_count=1)
    channel.add_on_cancel_callback(lambda _: missing.append(queue))
    channel.basic_consume(queue, work)
    return channel


def exists(connection: Any, queue: str) -> bool:
    """Ask whether a queue is there, on a channel that a refusal closes."""
    channel = connection.channel()
    try:
        channel.queue_declare(queue, passive=True)
    except ChannelClosedByBroker:
        return False
    channel.close()
    return True


def work(channel: Any, method: Any, _: Any, body: bytes) -> None:
    """Write a file for each parcel, and ack."""
    Path(f"{json.loads(body)['ref']}.txt").write_bytes(body)
    channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
