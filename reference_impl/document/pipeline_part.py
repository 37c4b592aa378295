"""Chapter "one after another", the part consumer: a step works, then publishes the next.

Defect: with no texts the index is past the end for ever: the steps never stop.
Defect: the next step is published before the row is written, and again after a redelivery. So the
rows are in order only as long as writing one takes less time than the next step's work.
"""

from functools import partial

import sqlalchemy as sa

from reference_impl.document.bundle import Answer, Consumer, Producer, connect
from reference_impl.document.work import echo, sleep
from reference_impl.messages import PipelineMessage, Result, decode
from reference_impl.schema import database, log
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import PART


def execute(settings: Settings, pool: sa.Engine, producer: Producer, body: bytes) -> Answer:
    """Work 1 to 3 seconds, then publish the next step or log the result; log the body."""
    message = decode(PipelineMessage, body)
    sleep(settings, 1, 3)
    following = advance(message)
    echo(following.result.texts[-1])
    finished = following.index == len(message.texts)
    if not finished:
        producer.publish(following.encode())
    with pool.begin() as connection:
        log(connection, body.decode())
        if finished:
            log(connection, following.result.encode().decode())
    return Answer.ACK


def advance(message: PipelineMessage) -> PipelineMessage:
    """Move one text into the result; past the end it is null, as PHP reads it."""
    text = message.texts[message.index] if message.index < len(message.texts) else None
    result = Result(texts=[*message.result.texts, text])
    return PipelineMessage(texts=message.texts, index=message.index + 1, result=result)


def play(settings: Settings, stop: Stop) -> None:
    """Consume steps and publish the next ones, on one channel."""
    with database(settings.database_url) as pool, connect(settings) as connection:
        pool.connect().close()  # or the first row would wait for the connection, after its publish
        channel = connection.channel()
        producer = Producer(channel, PART.exchange)
        Consumer(settings, stop).consume(channel, PART, partial(execute, settings, pool, producer))
