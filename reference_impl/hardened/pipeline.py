"""`pipeline`: one message goes from step to step, each step once."""

import uuid

import sqlalchemy as sa

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.tools import Tools
from reference_impl.messages import (
    MisshapenError,
    PipelineMessage,
    Result,
    StreamMessage,
    decode,
)
from reference_impl.schema import log
from reference_impl.topology import PART


class PipelineStream:
    """Publishes a package's first step. An empty package has none: its result is logged here."""

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Publish the step at index 0, unless that was confirmed before."""
        texts = decode(StreamMessage, delivery.body).texts
        if self.tools.inbox.has(delivery.id):
            return
        first = PipelineMessage(texts=texts, index=0, result=Result(texts=[]))
        if texts:
            first_id = step_id(self.package(delivery), 0)
            self.tools.publisher.publish(PART.exchange, first.encode(), message_id=first_id)
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id) and not texts:
                log(connection, first.result.encode().decode())

    def package(self, delivery: Delivery) -> str:
        """Name the package: the same whenever it is delivered, but for one without identity."""
        return delivery.id or str(uuid.uuid4())


class PipelinePart:
    """Works on a step, logs it, publishes the next one or logs the result.

    The step's row and its key are one transaction; then the next step is published, confirmed,
    and noted under a key of its own. A redelivery does what is still missing of this. The next
    step's identity follows from this one's, so that a step published twice is still done once.
    """

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Do one step."""
        message = decode(PipelineMessage, delivery.body)
        if message.index >= len(message.texts):
            raise MisshapenError(f"there is no text {message.index} of {len(message.texts)}")
        following = self.advance(message)
        if not self.tools.inbox.has(delivery.id):
            self.tools.work.on(message.texts[message.index])
            self.leave_rows(delivery, following)
        if following.index < len(following.texts):
            self.forward(delivery, following)

    def advance(self, message: PipelineMessage) -> PipelineMessage:
        """Move one text into the result."""
        result = Result(texts=[*message.result.texts, message.texts[message.index]])
        return PipelineMessage(texts=message.texts, index=message.index + 1, result=result)

    def leave_rows(self, delivery: Delivery, following: PipelineMessage) -> None:
        """Log the step, and the result after the last one; once."""
        with self.tools.database.begin() as connection:
            self.write_rows(connection, delivery, following)

    def write_rows(
        self, connection: sa.Connection, delivery: Delivery, following: PipelineMessage
    ) -> bool:
        """Write them in a transaction; False if they were written before."""
        if not self.tools.inbox.once(connection, delivery.id):
            return False
        log(connection, delivery.body.decode())
        if following.index == len(following.texts):
            log(connection, following.result.encode().decode())
        return True

    def forward(self, delivery: Delivery, following: PipelineMessage) -> None:
        """Publish the next step, unless that was confirmed before."""
        package = (delivery.id or str(uuid.uuid4())).removesuffix(f"/{following.index - 1}")
        following_id = step_id(package, following.index)
        noted = f"{following_id} published"
        if self.tools.inbox.has(noted):
            return
        self.tools.publisher.publish(PART.exchange, following.encode(), message_id=following_id)
        self.tools.inbox.note(noted)


def step_id(package: str, index: int) -> str:
    """Give a step's identity, the same whenever it is published again."""
    return f"{package}/{index}"
