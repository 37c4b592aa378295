"""Consumes the queue `@@name`: each message leaves one entry, whatever ends in between."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pika
import psycopg
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties

EXCHANGE, KEY, QUEUE, DEAD = "events", "@@name.created", "@@name", "@@name.dead"
PREFETCH = int(os.environ.get("PREFETCH", "10"))  # messages in hand, each in a thread of its own
PAUSE = 1.0  # s, before another try

log = logging.getLogger("@@name")


def main() -> None:
    """Consume until SIGTERM, over as many connections as it takes."""
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.is_set():
        try:
            consume(stopping)
        except (AMQPError, OSError) as error:
            log.warning("broker: %r; connecting again", error)
        if not stopping.is_set():
            stopping.wait(PAUSE)


def consume(stopping: threading.Event) -> None:
    """Consume over one connection, until it, its channel or its consumer is gone, or a stop is asked for."""
    parameters = pika.URLParameters(os.environ["AMQP_URL"])
    parameters.socket_timeout = 10
    connection = pika.BlockingConnection(parameters)
    over = threading.Event()
    pool = ThreadPoolExecutor(PREFETCH)

    def begin(
        channel: BlockingChannel, method: Basic.Deliver, _: BasicProperties, body: bytes
    ) -> None:
        if not stopping.is_set():  # else it goes back to its queue when the connection closes
            in_hand.append(pool.submit(handle, channel, method.delivery_tag, body, over))

    in_hand: list[Future[None]] = []
    try:
        channel = connection.channel()
        declare(channel)
        channel.basic_qos(prefetch_count=PREFETCH)
        tag = channel.basic_consume(QUEUE, begin)
        log.info("consuming from %s", QUEUE)
        while channel.is_open and channel.consumer_tags and not stopping.is_set():
            connection.process_data_events(time_limit=0.2)  # heartbeats go on while threads work
            in_hand[:] = [work for work in in_hand if not work.done()]
        if channel.is_open and channel.consumer_tags:
            channel.basic_cancel(tag)
        over.set()
        while not all(work.done() for work in in_hand):
            connection.process_data_events(time_limit=0.1)
        connection.process_data_events(time_limit=0)  # the last acks
    finally:
        over.set()
        pool.shutdown()
        if connection.is_open:
            connection.close()


def declare(channel: BlockingChannel) -> None:
    """Declare what outlives a restart of the broker; what cannot be done ends in the queue of dead letters."""
    channel.exchange_declare(EXCHANGE, "topic", durable=True)
    channel.queue_declare(DEAD, durable=True, arguments={"x-queue-type": "quorum"})
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,  # a message that ends its consumer does not do so for ever
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": DEAD,
    }
    channel.queue_declare(QUEUE, durable=True, arguments=arguments)
    channel.queue_bind(QUEUE, EXCHANGE, KEY)


def handle(channel: BlockingChannel, tag: int, body: bytes, over: threading.Event) -> None:
    """Work on one message in a thread; its channel belongs to the connection's, which settles it."""
    try:
        while not is_done(body):
            if over.wait(PAUSE):
                return  # not settled: the broker gives it again
        settle = partial(channel.basic_ack, tag)
    except Exception:  # it will never be done
        log.exception("dead letter")
        settle = partial(channel.basic_reject, tag, requeue=False)
    try:
        channel.connection.add_callback_threadsafe(lambda: channel.is_open and settle())
    except AMQPError:
        log.warning("the connection is gone: the message comes again")


def is_done(body: bytes) -> bool:
    """Try once; False is for another try. What will never be done is raised."""
    try:
        work(body)
    except (psycopg.DataError, psycopg.IntegrityError):
        raise
    except psycopg.Error as error:
        log.warning("database: %s", error)
        return False
    return True


def work(body: bytes) -> None:
    """Do what a message asks for, and note that, in one transaction: it is done once, also if it comes again."""
    message = json.loads(body)
    ref, amount = message["id"], message["amount"]
    if type(ref) is not str or type(amount) is not int:  # `True` is an int, too
        raise TypeError("a message has an `id`, which is text, and an `amount`, which is a number")
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as database:
        noted = database.execute(
            "INSERT INTO handled (id) VALUES (%s) ON CONFLICT DO NOTHING", [ref]
        )
        if noted.rowcount:
            database.execute("INSERT INTO entries (ref, amount) VALUES (%s, %s)", [ref, amount])


if __name__ == "__main__":
    main()
