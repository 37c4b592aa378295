"""Chapter "processing by parts", the part consumer: a second of work per part.

Defect: the package is logged with its last part, whether or not the others are done.
"""

from functools import partial

import sqlalchemy as sa

from reference_impl.document.bundle import Answer, Consumer, connect
from reference_impl.document.work import echo, sleep
from reference_impl.messages import PartMessage, decode
from reference_impl.schema import database, log
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import PART


def execute(settings: Settings, pool: sa.Engine, longest: int, body: bytes) -> Answer:
    """Sleep 1 to `longest` seconds, print, log the body and, if it is there, the source body."""
    message = decode(PartMessage, body)
    sleep(settings, 1, longest)
    echo(message.text)
    with pool.begin() as connection:
        log(connection, body.decode())
        if message.sourceMessage is not None:
            log(connection, message.sourceMessage)
    return Answer.ACK


def play(settings: Settings, stop: Stop, longest: int = 1) -> None:
    """Consume parts that take 1 to `longest` seconds."""
    with database(settings.database_url) as pool, connect(settings) as connection:
        Consumer(settings, stop).consume(
            connection.channel(), PART, partial(execute, settings, pool, longest)
        )
