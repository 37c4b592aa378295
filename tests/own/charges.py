"""A consumer as somebody may have it: it charges each order at an HTTP service, nothing of Warren.

`charges.py [DEFECT]`: what it does where a charge fails. Without a defect it waits a little and gives the message back.
"""

from __future__ import annotations

import os
import signal
import sys
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

import pika

QUEUE, DEAD = "shop.charges", "shop.charges.dead"
TIMEOUT: Final = 1.0
PAUSE: Final = 0.3
BAD: Final = 400


class RefusedError(Exception):
    """The service answered that it did not charge."""


def main(defect: str) -> None:
    """Consume until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.queue_declare(DEAD, durable=True)
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}
    channel.queue_declare(QUEUE, durable=True, arguments=arguments)
    channel.basic_qos(prefetch_count=1)

    def work(channel: Any, method: Any, _: Any, body: bytes) -> None:
        try:
            charge(body, is_checked=defect != "ignores-status")
        except (OSError, HTTPException, RefusedError):
            fail(channel, method, defect)
        else:
            channel.basic_ack(method.delivery_tag)

    def fail(channel: Any, method: Any, defect: str) -> None:
        match defect:
            case "acks-failures":
                channel.basic_ack(method.delivery_tag)
            case "parks":
                channel.basic_reject(method.delivery_tag, requeue=False)
            case "requeues-at-once":
                channel.basic_nack(method.delivery_tag)
            case "stops-consuming":
                channel.basic_cancel(method.consumer_tag)
                channel.basic_nack(method.delivery_tag)
            case _:
                connection.sleep(PAUSE)
                channel.basic_nack(method.delivery_tag)

    channel.basic_consume(QUEUE, work)
    while True:  # also once it consumes no more
        connection.process_data_events(time_limit=1)


def charge(body: bytes, *, is_checked: bool) -> None:
    """Have the service charge an order; it may answer that it did not."""
    service = urlsplit(os.environ["CHARGES"])
    line = HTTPConnection(service.hostname or "", service.port, timeout=TIMEOUT)
    try:
        line.request("POST", "/charge", body)
        status = line.getresponse().status
    finally:
        line.close()
    if is_checked and status >= BAD:
        raise RefusedError(status)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
