"""Keeps orders in SQLite: a queue bound to a topic exchange, manual acks, its addresses in two variables."""

import json
import os
import sqlite3
from typing import Any

import pika

channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
database = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
database.execute("CREATE TABLE IF NOT EXISTS orders (ref TEXT PRIMARY KEY, amount INTEGER)")
database.commit()


def work(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
    """Keep one order."""
    order = json.loads(body)
    row = (order["ref"], order["amount"])
    with database:
        database.execute("INSERT OR IGNORE INTO orders VALUES (?, ?)", row)
    channel.basic_ack(method.delivery_tag)


channel.exchange_declare("shop", "topic", durable=True)
channel.queue_declare("shop.orders", durable=True)
channel.queue_bind("shop.orders", "shop", "order.*")
channel.basic_qos(prefetch_count=4)
channel.basic_consume("shop.orders", work)
channel.start_consuming()
