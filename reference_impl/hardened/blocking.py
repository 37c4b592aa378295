"""`blocking`: one consumer does the whole package; its row is written once."""

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.tools import Tools
from reference_impl.messages import StreamMessage, decode
from reference_impl.schema import log


class BlockingStream:
    """Works on every text, then logs the body; an empty package is logged at once.

    A redelivery whose row is there is not worked on again. That only saves work: the key in the
    row's own transaction is what keeps the row single.
    """

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Do the work and leave its row."""
        message = decode(StreamMessage, delivery.body)
        if self.tools.inbox.has(delivery.id):
            return
        for text in message.texts:
            self.tools.work.on(text)
        self.leave_row(delivery)

    def leave_row(self, delivery: Delivery) -> None:
        """Log the body, once."""
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id):
                log(connection, delivery.body.decode())
