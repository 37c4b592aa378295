"""A blocking stream consumer as small as one can be; its first argument is the trouble it makes.

It is an implementation of its own, started by a manifest: it imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pika
import pika.exceptions

EXCHANGE, QUEUE = "old_sound_rabbit_mq.stream", "old_sound_rabbit_mq.consumer.stream"
STAY = [sys.executable, "-c", "import signal; signal.pause()"]
FLOOD = 300 << 20


def main(trouble: str) -> None:
    """Make the trouble that comes before the first message, then consume."""
    if trouble == "exits":
        sys.exit("the configuration is wrong")
    if trouble == "unsupported":
        sys.exit(127)
    if trouble == "tells":
        url = os.environ["WARREN_AMQP_URL"]
        sys.exit(f"I was given {url} with {pika.URLParameters(url).credentials.password}")
    {"floods": flood, "drums": drum}.get(trouble, lambda: None)()
    if trouble.startswith("forks"):
        subprocess.Popen(STAY, start_new_session=True)
        leave_an_orphan()
    if trouble == "erases":
        # Without a mark in its environment: what it belongs to can be told by its last argument alone.
        subprocess.Popen([*STAY, os.environ["TMPDIR"]], env={}, start_new_session=True)
    if trouble.endswith("idles"):
        print("waiting for nothing", flush=True)  # noqa: T201 - what an instance prints is shown
        signal.pause()
    if trouble == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        consume(trouble)
    except pika.exceptions.AMQPError as error:
        sys.exit(f"the connection ended: {type(error).__name__}")


def flood() -> None:
    """Print three hundred mebibytes in lines."""
    lines = b"all work and no play makes a dull consumer\n" * 25_000
    for _ in range(FLOOD // len(lines)):
        os.write(sys.stdout.fileno(), lines)


def drum() -> None:
    """Send heartbeats without end, as fast as they go."""
    address = pika.URLParameters(os.environ["WARREN_AMQP_URL"])
    beats = b"\x08\x00\x00\x00\x00\x00\x00\xce" * 1000
    with socket.create_connection((address.host, address.port)) as broker:
        broker.sendall(b"AMQP\x00\x00\x09\x01")
        with contextlib.suppress(ConnectionError):
            while True:
                broker.sendall(beats)
    sys.exit("nobody wants to hear it")


def leave_an_orphan() -> None:
    """Leave a grandchild that has neither our session nor us as its parent."""
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen(STAY)
        os._exit(0)
    os.wait()


def consume(trouble: str) -> None:
    """Do the design's work, one message at a time."""
    parameters = pika.URLParameters(os.environ["WARREN_AMQP_URL"])
    parameters.heartbeat = int(os.environ["WARREN_HEARTBEAT"])
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, "direct", durable=True)
    channel.queue_declare(QUEUE, durable=True)
    channel.queue_bind(QUEUE, "amq.direct" if trouble == "misbinds" else EXCHANGE, "")
    channel.basic_qos(prefetch_count=int(os.environ["WARREN_PREFETCH"]))
    for method, _properties, body in channel.consume(QUEUE):
        if trouble != "forgets":
            work(body)
        if trouble != "hoards":
            channel.basic_ack(method.delivery_tag)


def work(body: bytes) -> None:
    """Sleep as long as the design says, and leave the effect."""
    time.sleep(len(json.loads(body)["texts"]) * float(os.environ["WARREN_SECOND"]))
    database = sqlite3.connect(os.environ["WARREN_DATABASE_URL"].removeprefix("sqlite:///"))
    with database:
        database.execute(
            "INSERT INTO message_log (message, created_at) VALUES (?, datetime())", [body.decode()]
        )
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
