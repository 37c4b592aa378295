"""Publishes an order: python publish.py 42."""

import json
import os
import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
channel.exchange_declare("shop", exchange_type="fanout", durable=True)
channel.confirm_delivery()
channel.basic_publish(
    exchange="shop",
    routing_key="",
    body=json.dumps({"ref": sys.argv[1], "customer": "ada", "total": 1999}),
    properties=pika.BasicProperties(
        content_type="application/json",
        delivery_mode=pika.DeliveryMode.Persistent,
    ),
    mandatory=True,
)
connection.close()
