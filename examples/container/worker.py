"""Stores each order that the shop publishes: a row in PostgreSQL."""

import json
import logging
import os
import time

import pika
import pika.exceptions
import psycopg
from pika.adapters.blocking_connection import BlockingChannel

QUEUE = "orders"
log = logging.getLogger("orders")


def store(order: dict[str, object]) -> None:
    """Insert an order, once; the block commits at its end."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute(
            "INSERT INTO orders (ref, customer, total) VALUES (%(ref)s, %(customer)s, %(total)s)"
            " ON CONFLICT (ref) DO NOTHING",
            order,
        )


def on_message(
    channel: BlockingChannel,
    method: pika.spec.Basic.Deliver,
    _properties: pika.BasicProperties,
    body: bytes,
) -> None:
    """Store an order and ack it; one that cannot be stored goes back to its queue."""
    try:
        order = json.loads(body)
    except ValueError:
        log.warning("no JSON: %r", body[:80])
        channel.basic_reject(method.delivery_tag, requeue=False)
        return
    try:
        store(order)
    except Exception:
        log.exception("not stored")
        channel.basic_nack(method.delivery_tag)
    else:
        log.info("stored %s", order["ref"])
        channel.basic_ack(method.delivery_tag)


def consume() -> None:
    """Declare what is needed and work until the connection is lost."""
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    channel = connection.channel()
    channel.exchange_declare("shop", exchange_type="fanout", durable=True)
    channel.queue_declare(QUEUE, durable=True)
    channel.queue_bind(QUEUE, "shop")
    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(QUEUE, on_message)
    log.info("waiting for orders")
    channel.start_consuming()


def main() -> None:
    """Connect again whenever the connection is lost; anything else ends the process, and Docker starts it again."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("pika").setLevel(logging.WARNING)
    while True:
        try:
            consume()
        except pika.exceptions.AMQPConnectionError as lost:
            log.warning("connection lost: %r", lost)
        time.sleep(1)


if __name__ == "__main__":
    main()
