"""Books sales in whatever database it is told of, with a key of its own, details in JSON and the time."""

import json
import os
from typing import Any

import pika
from sqlalchemy import create_engine, text

DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
kind, _, rest = os.environ["DATABASE_URL"].partition("://")
engine = create_engine(f"{DRIVERS[kind]}://{rest}")
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()


def work(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
    """Book one sale, unless that is done already."""
    sale = json.loads(body)
    details = json.dumps({"buyer": {"name": sale["buyer"]}, "worker": os.getpid()})
    row = {"ref": sale["ref"], "amount": sale["amount"], "details": details}
    with engine.begin() as connection:
        if not connection.scalar(text("SELECT count(*) FROM sales WHERE ref = :ref"), row):
            columns = "INSERT INTO sales (ref, amount, details) VALUES (:ref, :amount, :details)"
            connection.execute(text(columns), row)
    channel.basic_ack(method.delivery_tag)


channel.queue_declare("sales", durable=True)
channel.basic_qos(prefetch_count=4)
channel.basic_consume("sales", work)
channel.start_consuming()
