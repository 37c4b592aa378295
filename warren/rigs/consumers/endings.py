"""How a case may end before it has judged. What verdict that makes is `warren.rigs.consumers.judging`'s matter."""

from __future__ import annotations

from warren.errors import InstanceError


class Inconclusive(Exception):  # noqa: N818 - a verdict, not an error
    """There is no witness: the fault did not take effect, so nothing can be said."""


class Unmet(Exception):  # noqa: N818 - a verdict, not an error
    """The implementation did not do in time what every implementation of the design must do."""


class ExclusiveConsumer(InstanceError):  # noqa: N818 - the name states the fact
    """A second instance was refused its queue, since the first has it for itself: no case with two can be judged."""

    cause = "its consumers want their queue for themselves (exclusive), so that no second one can be there"
