"""Defects of the order of steps: each dies wrong between two of them alone, or when it dies twice."""

import uuid

from implementations.faulty.settling import acknowledge
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError
from reference_impl.hardened.gathering import Part
from reference_impl.hardened.parts import PartsStream
from reference_impl.hardened.pipeline import PipelinePart, PipelineStream, step_id
from reference_impl.hardened.rpc_server import RpcServer
from reference_impl.messages import PartMessage, PipelineMessage
from reference_impl.topology import PART


class AcksBeforeReply(RpcServer):
    """Acks a request that is done, and then replies: a crash in between leaves its caller without a reply."""

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Ack, and reply."""
        acknowledge(delivery)
        super().reply(delivery, body)


class NotesBeforeLastPart(PartsStream):
    """Notes a package as split right before it publishes the last part: a crash in between loses that one."""

    def publish(self, delivery: Delivery, part: Part, body: PartMessage) -> None:
        """Note, where nothing but this part is left, and publish."""
        if part.index + 1 == part.count:
            self.tools.inbox.note(delivery.id)
        super().publish(delivery, part, body)


class RenamesFirstStep(PipelineStream):
    """Gives a package a new name whenever it is delivered: one that is published again is done again."""

    def package(self, delivery: Delivery) -> str:
        """Name it anew."""
        del delivery
        return str(uuid.uuid4())


class ForwardsBeforeCommit(PipelinePart):
    """Publishes the next step in the transaction of this one: it may be done before this one's row is there."""

    def leave_rows(self, delivery: Delivery, following: PipelineMessage) -> None:
        """Log the step, publish the next one, and commit."""
        with self.tools.database.begin() as connection:
            is_new = self.write_rows(connection, delivery, following)
            if is_new and following.index < len(following.texts):
                assert delivery.id is not None, "a step was published by a consumer, with its name"
                package = delivery.id.removesuffix(f"/{following.index - 1}")
                following_id = step_id(package, following.index)
                body = following.encode()
                self.tools.publisher.publish(PART.exchange, body, message_id=following_id)

    def forward(self, delivery: Delivery, following: PipelineMessage) -> None:
        """Do nothing: it is published."""


class GivesUpAtThird(RpcServer):
    """Counts how often a message was begun, and takes it for poison at the third time, whatever ended the others."""

    _begun: Delivery | None = None

    def handle(self, delivery: Delivery) -> None:
        """Count a delivery once, however often it is tried, and do it."""
        if delivery is not self._begun and not any(map(self._is_new, _tries(delivery))):
            raise RejectedError("it has failed twice")
        self._begun = delivery
        super().handle(delivery)

    def _is_new(self, key: str) -> bool:
        with self.tools.database.begin() as connection:
            return self.tools.inbox.once(connection, key)


def _tries(delivery: Delivery) -> tuple[str, str]:
    return f"{delivery.id} begun once", f"{delivery.id} begun twice"
