"""Defects of input: what a consumer takes for granted of the messages that it is given."""

import copy
import os
from dataclasses import replace

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError


class RejectsLargeBodies(Consumer):
    """Takes a large body for an attack, and puts it aside."""

    most = 50_000
    """Octets; less than a column of type TEXT holds in MySQL."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what is small."""
        if len(delivery.body) > self.most:
            raise RejectedError(f"{len(delivery.body)} octets are too many")
        return super().attempt(delivery)


class ExitsOnHeaders(Consumer):
    """Ends on a message that has headers, whatever they say."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what has none."""
        if delivery.properties.headers:
            os._exit(1)
        return super().attempt(delivery)


class CrashesWithoutMessageId(Consumer):
    """Ends on a message without message_id, which it takes for granted."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what has one."""
        if delivery.properties.message_id is None:
            os._exit(1)
        return super().attempt(delivery)


class CrashesWithoutContentType(Consumer):
    """Ends on a message without content_type, by which it would choose how to read the body."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what has one."""
        if delivery.properties.content_type is None:
            os._exit(1)
        return super().attempt(delivery)


class RefusesLongIds(Consumer):
    """Has a column of 64 characters for the ids of messages, and puts aside what does not fit."""

    most = 64

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what has a short one."""
        if len(delivery.properties.message_id or "") > self.most:
            raise RejectedError("value too long for type character varying(64)")
        return super().attempt(delivery)


class RefusesDeadLetters(Consumer):
    """Takes a message that has been a dead letter for one that can never be done, and puts it aside again."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what has never died."""
        if "x-death" in (delivery.properties.headers or {}):
            raise RejectedError("it has died before")
        return super().attempt(delivery)


class NamesByTag(Consumer):
    """Has the delivery tag for the key of a message without an id, as if no tag were given twice."""

    def attempt(self, delivery: Delivery) -> bool:
        """Give a name to what has none."""
        if delivery.properties.message_id is None:
            named = copy.copy(delivery.properties)
            named.message_id = f"tag-{delivery.tag}"
            delivery = replace(delivery, properties=named)
        return super().attempt(delivery)


class ReadsLatin1(Consumer):
    """Takes the octets of a body for characters of Latin-1: all that is beyond ASCII is broken."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on what it has read."""
        return super().attempt(replace(delivery, body=delivery.body.decode("latin-1").encode()))
