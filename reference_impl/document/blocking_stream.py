"""Chapter "consumer with a missed heartbeat": one consumer does the whole package.

Defect: the longer the package, the longer the silence; over 15 texts at heartbeat 5 it crashes.
Defect: the row is written before the ack, and again after every redelivery.
"""

from functools import partial

import sqlalchemy as sa

from reference_impl.document.bundle import Answer, Consumer, connect
from reference_impl.document.work import echo, sleep
from reference_impl.messages import StreamMessage, decode
from reference_impl.schema import database, log
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import STREAM


def execute(settings: Settings, pool: sa.Engine, body: bytes) -> Answer:
    """Sleep a second per text and print it, then log the body."""
    for text in decode(StreamMessage, body).texts:
        sleep(settings, 1)
        echo(text)
    with pool.begin() as connection:
        log(connection, body.decode())
    return Answer.ACK


def play(settings: Settings, stop: Stop) -> None:
    """Consume packages."""
    with database(settings.database_url) as pool, connect(settings) as connection:
        Consumer(settings, stop).consume(
            connection.channel(), STREAM, partial(execute, settings, pool)
        )
