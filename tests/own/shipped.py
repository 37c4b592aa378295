"""A consumer as somebody ships it in an image: it invoices each order, and knows one broker.

With `BILLING` it is in another vhost besides, where a queue of the same name is another's, and invoices there.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from urllib.request import urlopen

import pika

QUEUE = "shop.orders"


def main() -> None:
    """Consume until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    url = os.environ.get("AMQP_URL", "amqp://shop:secret@rabbitmq:5672/shop")
    channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
    billing = channel
    if "BILLING" in os.environ:
        url = os.environ["BILLING"]
        billing = pika.BlockingConnection(pika.URLParameters(url)).channel()
        billing.queue_declare(QUEUE, durable=True, arguments={"x-max-length": 1000})
    billing.exchange_declare("billing", "topic", durable=True)
    channel.queue_declare(QUEUE, durable=True)
    channel.basic_qos(prefetch_count=1)
    for method, properties, body in channel.consume(QUEUE):
        invoice = pika.BasicProperties(message_id=properties.message_id, delivery_mode=2)
        if "OUT" in os.environ:
            assert Path(os.environ["LARGE"]).stat().st_size
            Path(os.environ["OUT"]).mkdir(exist_ok=True)
            Path(os.environ["OUT"], f"{properties.message_id}.json").write_bytes(body)
        if "CHARGE" in os.environ:
            with urlopen(os.environ["CHARGE"], data=body) as answer:  # noqa: S310 - the test's own
                assert answer.status == 200
        for place in os.environ.get("RATES", "").split():
            with urlopen(f"http://{place}/order.json") as answer:
                assert answer.status == 200
        billing.basic_publish("billing", "invoice", body, invoice)
        channel.basic_ack(method.delivery_tag)


if __name__ == "__main__":
    main()
