"""Defects of publishing: what is not kept, not confirmed, or returned in vain."""

import contextlib
import threading
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.errors import TryAgainError, UnroutableError
from reference_impl.hardened.link import Link
from reference_impl.hardened.publisher import Publisher


class PublishesTransient(Publisher):
    """Publishes with delivery mode 1: a restart of the broker takes what waits."""

    def _declare_and_send(
        self, exchange: str, body: bytes, properties: pika.BasicProperties, channel: BlockingChannel
    ) -> None:
        properties.delivery_mode = 1
        super()._declare_and_send(exchange, body, properties, channel)


class PublishesUnconfirmed(Publisher):
    """Publishes on a channel of its own, which is in no confirm mode, and takes what it has sent for arrived."""

    _plain: BlockingChannel | None = None

    def _declare_and_send(
        self, exchange: str, body: bytes, properties: pika.BasicProperties, channel: BlockingChannel
    ) -> None:
        self._declare(channel, exchange)
        if self._plain is None or self._plain.connection is not channel.connection:
            self._plain = channel.connection.channel()
        self._plain.basic_publish(exchange, "", body, properties, mandatory=True)


class ForgetsConfirms(PublishesUnconfirmed):
    """Waits for confirms on its first connection, and on no later one."""

    _first: BlockingChannel | None = None

    def _declare_and_send(
        self, exchange: str, body: bytes, properties: pika.BasicProperties, channel: BlockingChannel
    ) -> None:
        self._first = self._first or channel
        if channel is self._first:
            super(PublishesUnconfirmed, self)._declare_and_send(exchange, body, properties, channel)
        else:
            super()._declare_and_send(exchange, body, properties, channel)


class TakesAnyAnswer(Publisher):
    """Waits for the broker's answer to a publish, and takes any for a confirm, a nack too."""

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Publish, whether or not the broker keeps it."""
        with contextlib.suppress(TryAgainError):
            super().publish(exchange, body, **options)


class WaitsForRoom(Publisher):
    """Has only so many octets under way, of which confirms give room back: a connection that is lost gives none."""

    _most = 1_000_000

    def __init__(self, link: Link) -> None:
        """Have nothing under way."""
        super().__init__(link)
        self._under_way, self._given_back = 0, threading.Condition()

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Wait for room, and for the confirm."""
        with self._given_back:
            self._given_back.wait_for(lambda: self._under_way < self._most)
            self._under_way += len(body)
        super().publish(exchange, body, **options)
        with self._given_back:
            self._under_way -= len(body)
            self._given_back.notify_all()


class IgnoresReturns(Publisher):
    """Publishes with `mandatory`, and takes what the broker returns for published."""

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Publish, whether or not a queue takes it."""
        with contextlib.suppress(UnroutableError):
            super().publish(exchange, body, **options)
