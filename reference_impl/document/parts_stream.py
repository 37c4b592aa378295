"""Chapter "processing by parts", the stream consumer: one message becomes a part per text.

Defect: a redelivered package is published again, all parts of it.
Defect: an empty package has no last part to carry the source body: it leaves no row at all.
Defect: when no part consumer ever declared the queue, all parts are lost in silence.
"""

from functools import partial

from reference_impl.document.bundle import Answer, Consumer, Producer, connect
from reference_impl.messages import PartMessage, StreamMessage, decode
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import PART, STREAM


def execute(producer: Producer, body: bytes) -> Answer:
    """Publish a part per text; the last one carries the source body."""
    texts = decode(StreamMessage, body).texts
    for index, text in enumerate(texts):
        source = body.decode() if index + 1 == len(texts) else None
        producer.publish(PartMessage(text=text, sourceMessage=source).encode())
    return Answer.ACK


def play(settings: Settings, stop: Stop) -> None:
    """Consume packages and publish parts, on one channel."""
    with connect(settings) as connection:
        channel = connection.channel()
        producer = Producer(channel, PART.exchange)
        Consumer(settings, stop).consume(channel, STREAM, partial(execute, producer))
