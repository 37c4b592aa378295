"""What goes wrong in the hardened family. Each says what its catcher may do about it."""

from reference_impl.errors import ConsumerError


class HardenedError(ConsumerError):
    """The root of this family's errors."""


class RejectedError(HardenedError):
    """The message can never be processed: to the dead-letter queue with it."""


class TryAgainError(HardenedError):
    """The message may be processed later: keep it in hand and try again."""


class UnroutableError(TryAgainError):
    """The broker returned a message: no queue is bound for it, or its exchange is not there."""


class LinkLostError(HardenedError):
    """The connection went away, and with it every delivery that was made on it."""


class BrokerAwayError(HardenedError):
    """No broker answered in time."""
