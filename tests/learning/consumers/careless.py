"""Rejects what is no JSON, clears up for a while, and ends of what it could not read."""

import json
import logging
import os
import time
from typing import Any

import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
logging.getLogger("scans").warning("waiting for scans")


def work(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
    """Read one scan."""
    try:
        json.loads(body)
    except ValueError:
        channel.basic_reject(method.delivery_tag, requeue=False)
        connection.process_data_events(0)
        time.sleep(1)  # its clearing up: nothing is on the wire, and nothing is printed yet
        raise


channel.queue_declare("scans", durable=True)
channel.basic_consume("scans", work)
channel.start_consuming()
