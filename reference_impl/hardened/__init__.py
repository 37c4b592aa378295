"""The consumers as they should be: one module per mechanism, small roles, one factory.

A message is known by its `message_id`. With one its effect happens once, however often it is
delivered; without one, at least once. `build` puts a role together, and `Pieces` replaces any
single piece of it.
"""

from reference_impl.hardened.build import Pieces, build, play

__all__ = ["Pieces", "build", "play"]
