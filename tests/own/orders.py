"""A consumer as somebody may have it: orders from a topic exchange, a row of each, nothing of Warren.

`orders.py [DEFECT]`: `acks-first`, `no-key` (a row for each delivery), `drops` (acks what its database refuses).
`orders.py chatters` has no defect. It has what frameworks have beside their work: a connection without heartbeats that
tells others how it fares, consumers without acks that hear it by exclusive queues, and a connection of its start.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING, Any

import pika
from pika.exceptions import AMQPError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from sqlalchemy import Engine

EVENTS = "shop.events"
QUEUE, DEAD = "shop.orders", "shop.orders.dead"
INSERT = "INSERT INTO orders (ref, amount) VALUES (:ref, :amount)"
ONCE = f"{INSERT} ON CONFLICT DO NOTHING"


def main(defect: str) -> None:
    """Consume until SIGTERM, over as many connections as it takes."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:"))
    if defect == "chatters":
        Thread(target=chatter, daemon=True).start()
    while not stopping:
        try:
            consume(engine, stopping, defect)
        except (AMQPError, OSError, SQLAlchemyError) as error:
            sys.stdout.write(f"again after {error}\n")
            engine.dispose()
            time.sleep(0.2)


def consume(engine: Engine, stopping: list[int], defect: str) -> None:
    """Consume over one connection."""
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.exchange_declare("shop", "topic", durable=True)
    channel.queue_declare(DEAD, durable=True)
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}
    channel.queue_declare(QUEUE, durable=True, arguments=arguments)
    channel.queue_bind(QUEUE, "shop", "order.*")
    if defect == "chatters":
        listen(connection)
    channel.basic_qos(prefetch_count=3)
    for method, _, body in channel.consume(QUEUE, inactivity_timeout=0.1):
        if stopping:
            break
        if method is not None:
            work(engine, channel, method.delivery_tag, body, defect)
    channel.cancel()
    connection.close()


def listen(connection: pika.BlockingConnection) -> None:
    """Consume what is told, from a queue that lives as long as the connection."""
    channel = connection.channel()
    channel.exchange_declare(EVENTS, "fanout", durable=False)
    queue = channel.queue_declare("", exclusive=True, auto_delete=True).method.queue
    channel.queue_bind(queue, EVENTS)
    channel.basic_consume(queue, lambda *_: None, auto_ack=True)


def chatter() -> None:
    """Tell how it fares five times a second, over as many connections as it takes."""
    parameters = pika.URLParameters(os.environ["AMQP_URL"])
    pika.BlockingConnection(parameters).close()
    parameters.heartbeat = 0
    while True:
        try:
            connection = pika.BlockingConnection(parameters)
            listen(connection)
            channel = connection.channel()
            channel.queue_declare(f"notices.{os.getpid()}", auto_delete=True)
            while True:
                channel.basic_publish(EVENTS, "", b'{"alive": true}')
                connection.sleep(0.2)
        except (AMQPError, OSError):
            time.sleep(0.2)


def work(engine: Engine, channel: Any, tag: int, body: bytes, defect: str) -> None:
    """Do one message."""
    try:
        order = json.loads(body)
        row = {"ref": str(order["ref"]), "amount": int(order["amount"])}
    except (ValueError, KeyError, TypeError):
        channel.basic_reject(tag, requeue=False)
        return
    if defect == "acks-first":
        channel.basic_ack(tag)
    try:
        with engine.begin() as connection:
            connection.execute(text(INSERT if defect == "no-key" else ONCE), row)
    except SQLAlchemyError:
        if defect != "drops":
            raise
    if defect != "acks-first":
        channel.basic_ack(tag)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
