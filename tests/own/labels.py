"""A consumer that leaves a file of each message, written in two pieces, and acks it then; nothing of Warren.

`labels.py once` leaves the file of a message that comes again as it is; `again` is faulty, and makes it anew.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pika
from pika.exceptions import AMQPError

QUEUE, PAUSE = "labels", 0.3


def main(habit: str) -> None:
    """Consume until SIGTERM, over as many connections as it takes."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    Path("out").mkdir(exist_ok=True)
    while not stopping:
        try:
            consume(stopping, habit)
        except (AMQPError, OSError):
            time.sleep(0.2)


def consume(stopping: list[int], habit: str) -> None:
    """Consume over one connection."""
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=True)
    channel.basic_qos(prefetch_count=1)
    for method, _, body in channel.consume(QUEUE, inactivity_timeout=0.1):
        if stopping:
            break
        if method is not None:
            label(str(json.loads(body)["ref"]), habit)
            channel.basic_ack(method.delivery_tag)
    channel.cancel()
    connection.close()


def label(ref: str, habit: str) -> None:
    """Write the file, unless it is whole already."""
    path = Path("out", f"{ref}.txt")
    if habit == "once" and path.exists() and path.read_text().endswith("end\n"):
        return
    with path.open("w") as file:
        file.write(f"label of {ref}, printed at {time.time_ns()}\n")
        file.flush()
        time.sleep(PAUSE)
        file.write("end\n")


if __name__ == "__main__":
    main(sys.argv[1])
