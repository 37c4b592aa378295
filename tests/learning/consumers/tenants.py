"""Keeps the fragile parcels of one tenant, which a headers exchange picks out, as files."""

import os
import pathlib
from typing import Any

import pika

channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()


def work(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
    """Keep one parcel."""
    pathlib.Path(f"{properties.message_id}.txt").write_bytes(body)
    channel.basic_ack(method.delivery_tag)


channel.exchange_declare("parcels", "headers", durable=True)
channel.queue_declare("north.fragile", durable=True)
wanted = {"x-match": "all", "x-since": 7, "tenant": "north", "fragile": True}
channel.queue_bind("north.fragile", "parcels", "", arguments=wanted)
channel.basic_consume("north.fragile", work)
channel.start_consuming()
