"""The relay between instances and the broker: it sees every frame, and breaks things.

`relay` has the thread and its taps, `link` one connection. What is done to frames is `warren.worlds.line`'s matter.
"""

from warren.worlds.real.relay.relay import Tap, Wiretap

__all__ = ["Tap", "Wiretap"]
