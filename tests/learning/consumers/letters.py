"""Writes letters to files and tells of each: its broker in a configuration file, its vhost and login fixed."""

import configparser
import pathlib
from typing import Any

import pika
import requests

settings = configparser.ConfigParser()
settings.read("config.ini")
connection = pika.BlockingConnection(
    pika.ConnectionParameters(
        settings["rabbitmq"]["host"],
        settings.getint("rabbitmq", "port"),
        "post",
        pika.PlainCredentials("guest", "guest"),
    )
)
channel = connection.channel()
pathlib.Path("sent").mkdir(exist_ok=True)


def work(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
    """Write one letter, have it charged, and tell of it."""
    pathlib.Path("sent", f"{properties.message_id}.txt").write_bytes(body)
    requests.put(f"{settings['post']['api']}/charge/{properties.message_id}", timeout=10)
    channel.basic_publish("", "told", properties.message_id)
    channel.basic_ack(method.delivery_tag)


channel.queue_declare("letters", durable=True)
channel.queue_declare("told", durable=True)
channel.basic_consume("letters", work)
channel.start_consuming()
