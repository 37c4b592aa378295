"""Defects of packages: how they are split, gathered, and worked on at once."""

import contextlib
import itertools
import time
import uuid
import zlib
from collections.abc import Iterator
from typing import Any

import pika
import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel

from implementations.faulty.settling import acknowledge
from reference_impl.hardened.consumer import Handler
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError
from reference_impl.hardened.gathering import Gathering, Part
from reference_impl.hardened.parts import PartsPart, PartsStream
from reference_impl.hardened.pipeline import PipelinePart, PipelineStream
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.tables import insert_once, part_result, processed_message
from reference_impl.messages import PartMessage, PipelineMessage, Result, StreamMessage, decode
from reference_impl.schema import message_log, now
from reference_impl.topology import declare_exchange

Parts = Iterator[tuple[Part, PartMessage]]


class DropsLastPart(PartsStream):
    """Leaves the last of several parts out."""

    def split(self, package: str, texts: list[str], source: str) -> Parts:
        """Split, one part short."""
        parts = list(super().split(package, texts, source))
        yield from parts[:-1] or parts


class SplitsAHundred(PartsStream):
    """Publishes the first batch of a hundred parts, and forgets that there may be another."""

    def split(self, package: str, texts: list[str], source: str) -> Parts:
        """Split into a hundred at most."""
        yield from itertools.islice(super().split(package, texts, source), 100)


class ReversesParts(PartsStream):
    """Publishes the parts of a package from its last text to its first."""

    def split(self, package: str, texts: list[str], source: str) -> Parts:
        """Split from the end."""
        yield from reversed(list(super().split(package, texts, source)))


class RenamesParts(PartsStream):
    """Gives a package new part ids whenever it is delivered, so that its parts are done again."""

    def split(self, package: str, texts: list[str], source: str) -> Parts:
        """Split under a new name."""
        del package
        yield from super().split(str(uuid.uuid4()), texts, source)


class PublishesUnseen(Publisher):
    """Publishes without `mandatory`: what no queue takes is gone without a word."""

    def _declare_and_send(
        self, exchange: str, body: bytes, properties: pika.BasicProperties, channel: BlockingChannel
    ) -> None:
        declare_exchange(channel, exchange)
        channel.basic_publish(exchange, "", body, properties)


class TakesLostForPublished(Publisher):
    """Takes what was never confirmed for published, where the connection was lost before the confirm."""

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Publish, and let a lost connection pass."""
        with contextlib.suppress(LinkLostError):
            super().publish(exchange, body, **options)


class EarlyPackageRow(Gathering):
    """Writes the package row when all parts but one are done."""

    def is_complete(self, connection: sa.Connection, part: Part) -> bool:
        """Count one part too few."""
        parts = sa.select(sa.func.count()).where(part_result.c.package == part.package)
        return connection.scalar(parts) == max(1, part.count - 1)


class BackdatesRows(PartsPart):
    """Writes each row as soon as it can, under an id that makes it look written in order."""

    def handle(self, delivery: Delivery) -> None:
        """Work, and take the rows' ids from the place in the package."""
        message = decode(PartMessage, delivery.body)
        part = Part.of(delivery.properties)
        assert part is not None  # our own stream consumer publishes them all
        self.tools.work.on(message.text)
        first = zlib.crc32(part.package.encode()) % 2_000_000 * 1000 + 1
        rows = [(first + part.index, delivery.body.decode())]
        if message.sourceMessage is not None:
            rows.append((first + part.count, message.sourceMessage))
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id):
                for number, text in rows:
                    values = {"id": number, "message": text, "created_at": now()}
                    connection.execute(message_log.insert().values(values))


class SerialisesParts(PartsPart):
    """Works under the lock of the package's row, so that its parts are done one after another."""

    def handle(self, delivery: Delivery) -> None:
        """Lock, and only then work."""
        message = decode(PartMessage, delivery.body)
        part = Part.of(delivery.properties)
        assert part is not None  # our own stream consumer publishes them all
        with self.tools.database.begin() as connection:
            self.tools.gathering.lock(connection, part)
            self.tools.work.on(message.text)
            self.tools.gathering.add(connection, part, delivery.body.decode())


class OnePackageAtATime(PipelineStream):
    """Lets no package begin before the result of the one before is there."""

    def handle(self, delivery: Delivery) -> None:
        """Publish the first step and wait for the last one's row."""
        super().handle(delivery)
        texts: list[str | None] = [*decode(StreamMessage, delivery.body).texts]
        result = Result(texts=texts).encode().decode()
        while not self._is_logged(result):
            time.sleep(self.tools.settings.second / 10)

    def _is_logged(self, message: str) -> bool:
        rows = sa.select(sa.func.count()).where(message_log.c.message == message)
        with self.tools.database.begin() as connection:
            return bool(connection.scalar(rows))


class AcksFirst:
    """Acks a package and then has another handler publish what follows from it: a crash in between loses that."""

    def __init__(self, handler: Handler) -> None:
        """Ack before `handler` publishes."""
        self._handler = handler

    def handle(self, delivery: Delivery) -> None:
        """Ack what can be read, and publish."""
        decode(StreamMessage, delivery.body)
        acknowledge(delivery)
        self._handler.handle(delivery)
        raise LinkLostError("acked before: nothing is left to settle")


class AcksBeforeNextStep(PipelinePart):
    """Acks a step and then publishes the next one: a crash in between loses the rest of the package."""

    def forward(self, delivery: Delivery, following: PipelineMessage) -> None:
        """Ack, and publish."""
        acknowledge(delivery)
        super().forward(delivery, following)


class TakesEqualTextsForOne(Gathering):
    """Knows a part by its text: the second of two with the same text is taken for a redelivery."""

    def add(self, connection: sa.Connection, part: Part, body: str) -> None:
        """Gather each text of a package once."""
        text = decode(PartMessage, body.encode()).text
        key = f"{part.package} {zlib.crc32(text.encode())}"
        if insert_once(connection, processed_message, {"key": key, "processed_at": now()}):
            super().add(connection, part, body)
