"""Several defects in one consumer, as people report them: each must be named, also beside the others."""

from implementations.faulty.connecting import ExitsWhenBlocked, KeepsItsClosedChannel
from implementations.faulty.consuming import IgnoresCancel
from implementations.faulty.inputs import ExitsOnHeaders, RejectsLargeBodies
from implementations.faulty.outages import RejectsWithoutDatabase


class SixDefects(IgnoresCancel, RejectsLargeBodies, ExitsOnHeaders, RejectsWithoutDatabase):
    """Does not consume again when cancelled, nor take large bodies or headers, nor keep work whose database is away."""

    most = 100_000


class SixDefectsLink(ExitsWhenBlocked, KeepsItsClosedChannel):
    """Neither outlives connection.blocked, nor opens a channel again that the broker closed."""
