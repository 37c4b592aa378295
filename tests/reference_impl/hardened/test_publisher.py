"""What becomes of the broker's answers to a publish."""

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, NackError, UnroutableError

from reference_impl.hardened import errors
from reference_impl.hardened.publisher import Publisher, send
from tests.reference_impl.stand_ins import Channel, Link


def test_declares_the_exchange_and_publishes_persistently() -> None:
    """The exchange, and no queue, is declared; the message is persistent, with its identity."""
    channel = Channel()
    Publisher(Link(channel)).publish("e", b"body", message_id="m", headers={"index": 1})  # type: ignore[arg-type]  # a stand-in
    assert channel.done == [("exchange_declare", "e")]
    [(exchange, routing_key, body, properties)] = channel.published
    assert (exchange, routing_key, body) == ("e", "", b"body")
    assert (properties.content_type, properties.delivery_mode) == ("text/plain", 2)
    assert (properties.message_id, properties.headers) == ("m", {"index": 1})


def test_declares_each_exchange_once_on_each_channel() -> None:
    """A second publish declares nothing; another exchange or channel is declared again."""
    first, second = Channel(), Channel()
    link = Link(first)
    publisher = Publisher(link)  # type: ignore[arg-type]  # a stand-in
    for exchange in ("e", "e", "f"):
        publisher.publish(exchange, b"")
    link.channel = second
    publisher.publish("e", b"")
    assert first.done == [("exchange_declare", "e"), ("exchange_declare", "f")]
    assert second.done == [("exchange_declare", "e")]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (UnroutableError([]), errors.UnroutableError),
        (ChannelClosedByBroker(404, "NOT_FOUND"), errors.UnroutableError),
        (ChannelClosedByBroker(406, "PRECONDITION_FAILED"), ChannelClosedByBroker),
        (NackError([]), errors.TryAgainError),
    ],
)
def test_answers(answer: Exception, error: type[Exception]) -> None:
    """A return, a missing exchange and a nack each become the error that says what may be done."""
    with pytest.raises(error) as raised:
        send(Channel(answer), "e", "", b"", pika.BasicProperties())
    assert raised.type is error
