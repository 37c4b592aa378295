"""One message to several queues, and to none (document 2: the weather of Europe and the USA; ignored keys)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pika.exceptions import UnroutableError

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("weather.multi-word-key")
def test_weather(broker: BrokerRig) -> None:
    """`europe.weather` goes to Europe and to weather, `usa.weather` to the USA and to weather."""
    exchange = broker.declare.exchange("world", "topic")
    bindings = {"europe": "europe.*", "usa": "usa.*", "weather": "*.weather", "news": "*.news"}
    for queue, key in bindings.items():
        broker.declare.binding(broker.declare.queue(queue), exchange, key)
    for key in ("europe.weather", "usa.weather", "europe.news"):
        broker.publish(key.encode(), key, exchange)
    assert {queue: broker.drain(queue) for queue in bindings} == {
        "europe": [b"europe.weather", b"europe.news"],
        "usa": [b"usa.weather"],
        "weather": [b"europe.weather", b"usa.weather"],
        "news": [b"europe.news"],
    }


@pytest.mark.requirement("unroutable.dropped")
def test_unroutable_is_dropped(broker: BrokerRig) -> None:
    """A message that matches no binding is dropped in silence, and its publish confirmed all the same."""
    exchange = broker.declare.exchange("X", "direct")
    queue = broker.declare.queue()
    broker.declare.binding(queue, exchange, "notice")
    broker.publish(b"lost", "debug", exchange)
    broker.publish(b"kept", "notice", exchange)
    assert broker.drain(queue) == [b"kept"]


@pytest.mark.requirement("unroutable.mandatory")
def test_mandatory_is_returned(broker: BrokerRig) -> None:
    """With `mandatory` it comes back by basic.return 312 with its body and properties."""
    exchange = broker.declare.exchange("X", "direct")
    with pytest.raises(UnroutableError) as returned:
        broker.publish(b"lost", "debug", exchange, mandatory=True, message_id="m")
    (message,) = returned.value.messages
    method = message.method
    assert (method.reply_code, method.reply_text) == (312, "NO_ROUTE")
    assert (method.exchange, method.routing_key) == (exchange, "debug")
    assert (message.body, message.properties.message_id) == (b"lost", "m")


@pytest.mark.requirement("unroutable.alternate-exchange")
def test_alternate_exchange(broker: BrokerRig) -> None:
    """What matches no binding goes to the alternate exchange with its key, and counts as routed."""
    alternate = broker.declare.exchange("unrouted", "fanout")
    exchange = broker.declare.exchange("X", "direct", arguments={"alternate-exchange": alternate})
    bound, rest = broker.declare.queue("bound"), broker.declare.queue("rest")
    broker.declare.binding(bound, exchange, "notice")
    broker.declare.binding(rest, alternate)
    broker.publish(b"known", "notice", exchange, mandatory=True)
    broker.publish(b"unknown", "debug", exchange, mandatory=True)
    assert broker.drain(bound) == [b"known"]
    message = broker.expect.message(rest)
    assert (message.body, message.exchange, message.routing_key) == (b"unknown", exchange, "debug")


@pytest.mark.requirement("unroutable.missing-exchange")
def test_missing_exchange(broker: BrokerRig) -> None:
    """Publishing to an exchange that is not there closes the channel with 404."""
    with broker.expect.refusal(404):
        broker.publish(b"", "key", "nowhere")


@pytest.mark.requirement("limits.exchange-to-exchange")
def test_exchange_to_exchange(broker: BrokerRig) -> None:
    """An exchange may be bound to another: a message passes both, each by its own type and key."""
    source, target = (
        broker.declare.exchange("source", "topic"),
        broker.declare.exchange("target", "direct"),
    )
    queue = broker.declare.queue()
    channel = broker.open.channel()
    channel.exchange_bind(target, source, "europe.#")
    broker.declare.binding(queue, target, "europe.weather")
    for key in ("europe.weather", "europe.news", "usa.weather"):
        broker.publish(key.encode(), key, source)
    assert broker.drain(queue) == [b"europe.weather"]
    channel.exchange_unbind(target, source, "europe.#")
    broker.publish(b"europe.weather", "europe.weather", source)
    assert broker.drain(queue) == [], "the binding was taken back"
