"""The rig's own connection on real brokers, where their releases differ."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from pika import BasicProperties as PikaProperties

from warren.errors import UnroutedError
from warren.simulator.wire import BasicProperties
from warren.worlds.protocol.broker import DIRECT_REPLY_TO
from warren.worlds.real.broker_link import BrokerLink

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.worlds.real.brokers import RunningBroker

DEADLINE = 10.0


@pytest.mark.docker
def test_answers_directly(broker: RunningBroker, vhost: str, channel: BlockingChannel) -> None:
    """A direct reply of the rig reaches who asked; a message to a queue that is not there is told."""
    channel.queue_declare("requests")
    answers: list[bytes] = []
    channel.basic_consume(DIRECT_REPLY_TO, lambda *parts: answers.append(parts[-1]), auto_ack=True)
    channel.basic_publish("", "requests", b"?", PikaProperties(reply_to=DIRECT_REPLY_TO))
    _, properties, _ = channel.basic_get("requests", auto_ack=True)
    with closing(BrokerLink(broker.address.amqp_url(vhost))) as link:
        link.publish("", properties.reply_to, b"!", BasicProperties())
        channel.connection.process_data_events(DEADLINE)
        assert answers == [b"!"]
        with pytest.raises(UnroutedError):
            link.publish("", "nowhere", b"!", BasicProperties())
