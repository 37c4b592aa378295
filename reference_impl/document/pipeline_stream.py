"""Chapter "one after another", the stream consumer: a package becomes its first step.

Defect: a redelivered package starts a second pipeline.
"""

from functools import partial

from reference_impl.document.bundle import Answer, Consumer, Producer, connect
from reference_impl.messages import PipelineMessage, Result, StreamMessage, decode
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import PART, STREAM


def execute(producer: Producer, body: bytes) -> Answer:
    """Publish the step at index 0, with an empty result."""
    texts = decode(StreamMessage, body).texts
    step = PipelineMessage(texts=texts, index=0, result=Result(texts=[]))
    producer.publish(step.encode())
    return Answer.ACK


def play(settings: Settings, stop: Stop) -> None:
    """Consume packages and publish first steps, on one channel."""
    with connect(settings) as connection:
        channel = connection.channel()
        producer = Producer(channel, PART.exchange)
        Consumer(settings, stop).consume(channel, STREAM, partial(execute, producer))
