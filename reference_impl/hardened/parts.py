"""`parts` and `parts-random`: a part per text, worked on in parallel and gathered."""

import uuid
from collections.abc import Iterator

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.gathering import Part
from reference_impl.hardened.tools import Tools
from reference_impl.messages import PartMessage, StreamMessage, decode
from reference_impl.schema import log
from reference_impl.topology import PART


class PartsStream:
    """Publishes a part per text. An empty package has no parts, so it is logged here.

    A redelivered package publishes the same parts again, with the same identities, unless all of
    them were confirmed before. A package without identity gets a new one each time.
    """

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Open the package, publish its parts, remember that it was done."""
        message = decode(StreamMessage, delivery.body)
        source = delivery.body.decode()
        parts = list(self.split(delivery.id or str(uuid.uuid4()), message.texts, source))
        if self.tools.inbox.has(delivery.id):
            return
        if parts:
            with self.tools.database.begin() as connection:
                self.tools.gathering.open(connection, parts[0][0], source)
        for part, body in parts:
            self.publish(delivery, part, body)
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id) and not parts:
                log(connection, source)

    def publish(self, delivery: Delivery, part: Part, body: PartMessage) -> None:
        """Publish a part of the package that was delivered, confirmed."""
        del delivery
        self.tools.publisher.publish(
            PART.exchange, body.encode(), message_id=part.message_id, headers=part.headers
        )

    def split(
        self, package: str, texts: list[str], source: str
    ) -> Iterator[tuple[Part, PartMessage]]:
        """Make a part per text; the last one carries the source body, as the document's does."""
        for index, text in enumerate(texts):
            last = index + 1 == len(texts)
            yield (
                Part(package, index, len(texts)),
                PartMessage(text=text, sourceMessage=source if last else None),
            )


class PartsPart:
    """Works on a part and gathers it.

    A part without our headers, from a peer's stream consumer, is logged as the document does.
    """

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Work, then record the part, and the package with its last one."""
        message = decode(PartMessage, delivery.body)
        self.tools.work.on(message.text)
        part = Part.of(delivery.properties)
        with self.tools.database.begin() as connection:
            if part is not None:
                self.tools.gathering.add(connection, part, delivery.body.decode())
            elif self.tools.inbox.once(connection, delivery.id):
                log(connection, delivery.body.decode())
                if message.sourceMessage is not None:
                    log(connection, message.sourceMessage)
