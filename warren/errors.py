"""The one error tree of Warren: every error a person can meet, as one sentence.

An error says what happened, where, and what to do about it. Verdicts are no errors: a guarantee
that does not hold is a result and lives in `warren.claims.verdict`.
"""

from __future__ import annotations

import sys


class WarrenError(Exception):
    """Base of all errors that Warren raises on purpose.

    `what` states what happened, `where` names the place as the person knows it (an option, a file,
    an address), and `what_to_do` is an imperative. Parts begin in lower case, end without a full
    stop and never hold a secret.
    """

    def __init__(self, what: str, where: str = "", what_to_do: str = "") -> None:
        """Keep the three parts; the positional arguments make the error picklable."""
        super().__init__(what, where, what_to_do)
        self.what = what
        self.where = where
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        """Give the sentence: `where: what; what to do.`."""
        place = f"{self.where}: " if self.where else ""
        advice = f"; {self.what_to_do}" if self.what_to_do else ""
        return f"{place}{self.what}{advice}."


class SetupError(WarrenError):
    """The set-up cannot be used, so nothing was judged: exit code 2."""


class OptionError(SetupError):
    """A command line option has a value that Warren does not understand."""


class ManifestError(SetupError):
    """A manifest breaks the contract for implementations."""


class BrokerUnavailable(SetupError):  # noqa: N818 - the name states the fact, as `DatabaseUnavailable` does
    """No broker could be started or reached, or it ended."""


class DatabaseUnavailable(SetupError):  # noqa: N818 - see BrokerUnavailable
    """No database server could be started or reached, or it refused a statement of ours."""


class InstanceError(WarrenError):
    """An instance did not start, did not become ready, or did not end as its manifest says."""


class InstanceUnsupported(InstanceError):  # noqa: N818 - see BrokerUnavailable
    """An instance ended with status 127 before it was ready: the design or role is unsupported."""


class UnreadEffect(InstanceError):  # noqa: N818 - see BrokerUnavailable
    """The database does not take the statement of an effect."""


class UnroutedError(WarrenError):
    """A message of the rig's own reached no queue."""


class RelayError(WarrenError):
    """The relay could not listen, reach the broker, or do what a case asked of it."""


class FaultUnsupported(WarrenError):  # noqa: N818 - see BrokerUnavailable
    """A fault that this run's broker or database cannot have; so nobody is judged by it here."""


class DeadlineError(WarrenError):
    """Something that had to happen did not happen in its time."""


def need_linux(where: str) -> None:
    """Raise `SetupError` on a system whose processes and signals are others; `where` is what was asked for."""
    if sys.platform != "linux":
        raise SetupError(
            f"consumers are judged on Linux, and this system is {sys.platform}",
            where=where,
            what_to_do="run it in a container, a virtual machine or CI",
        )
