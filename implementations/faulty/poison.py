"""Defects of poison: what becomes of well-formed work that always fails."""

from implementations.faulty.settling import requeue
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError, RejectedError
from reference_impl.messages import MalformedError, MisshapenError

FORESEEN = (LinkLostError, MalformedError, MisshapenError, RejectedError)
"""What a consumer knows how to end; all else is poison."""


class RequeuesPoison(Consumer):
    """Puts a message that failed back on its queue at once, and gets it again, for ever."""

    def attempt(self, delivery: Delivery) -> bool:
        """Requeue what fails."""
        try:
            return super().attempt(delivery)
        except FORESEEN:
            raise
        except Exception:  # noqa: BLE001 - the defect: whatever it was
            requeue(delivery)
            return False


class DropsPoison(Consumer):
    """Acks a message in any case, also where its work failed."""

    def attempt(self, delivery: Delivery) -> bool:
        """Take what failed for done."""
        try:
            return super().attempt(delivery)
        except FORESEEN:
            raise
        except Exception:  # noqa: BLE001 - the defect: whatever it was
            return True


class HoldsPoison(Consumer):
    """Tries a message that failed again and again, and lets nobody by."""

    def attempt(self, delivery: Delivery) -> bool:
        """Try until it succeeds; False if we were stopped first."""
        while True:
            try:
                return super().attempt(delivery)
            except FORESEEN:
                raise
            except Exception:  # noqa: BLE001 - the defect: whatever it was
                if self.stop.wait(self.settings.second):
                    return False
