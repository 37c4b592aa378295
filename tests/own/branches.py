"""A consumer in two vhosts: orders from one, whose bills it publishes to the other and files from there.

Both vhosts have a queue `work`, and no two arguments of them are alike. `branches.py [DEFECT]`: `acks-first`, or
`declared`, which has no defect and declares nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pika
from pika.exceptions import AMQPError
from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE = "work"
BILLS = "bills"
ONCE = "INSERT INTO orders (ref, amount) VALUES (:ref, :amount) ON CONFLICT DO NOTHING"


def main(defect: str) -> None:
    """Consume in both until SIGTERM, over as many connections as it takes."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    while not stopping:
        try:
            consume(stopping, defect)
        except (AMQPError, OSError) as error:
            sys.stdout.write(f"again after {error!r}\n")
            time.sleep(0.2)


def consume(stopping: list[int], defect: str) -> None:
    """Consume over one connection to each."""
    engine = create_engine(os.environ["DATABASE_URL"])
    with vhost("billing") as billing, vhost("orders") as orders:
        bills, work = billing.channel(), orders.channel()
        bills.confirm_delivery()
        if defect != "declared":
            bills.exchange_declare(BILLS, "fanout", durable=True)
            bills.queue_declare(QUEUE, durable=True, arguments={"x-max-length": 100_000})
            bills.queue_bind(QUEUE, BILLS)
            work.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})

        def order(channel: Any, method: Any, _: Any, body: bytes) -> None:
            if defect == "acks-first":
                channel.basic_ack(method.delivery_tag)
            row = json.loads(body)
            with engine.begin() as connection:
                connection.execute(text(ONCE), row)
            bill = json.dumps({"order": row["ref"]}).encode()
            bills.basic_publish(
                BILLS, "", bill, pika.BasicProperties(delivery_mode=2, message_id=row["ref"])
            )
            if defect != "acks-first":
                channel.basic_ack(method.delivery_tag)

        def file(channel: Any, method: Any, *_: Any) -> None:
            channel.basic_ack(method.delivery_tag)

        consumed: tuple[tuple[Any, Callable[..., None]], ...] = ((bills, file), (work, order))
        for channel, callback in consumed:
            channel.basic_qos(prefetch_count=1)
            channel.basic_consume(QUEUE, callback)
        while not stopping:
            for connection in (billing, orders):
                connection.process_data_events(0.05)


def vhost(name: str) -> pika.BlockingConnection:
    """Connect to the vhost of that name."""
    where = (os.environ["BROKER_HOST"], int(os.environ["BROKER_PORT"]))
    return pika.BlockingConnection(pika.ConnectionParameters(*where, name))


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
