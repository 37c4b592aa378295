"""Places an order, as the shop does: `place.py REF`."""

import json
import os
import sys
import uuid

import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
channel.exchange_declare("shop", "topic", durable=True)
order = json.dumps({"ref": sys.argv[1], "amount": 12})
properties = pika.BasicProperties("application/json", message_id=str(uuid.uuid4()))
channel.basic_publish("shop", "order.created", order, properties)
connection.close()
