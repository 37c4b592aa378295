"""How long to wait before the next attempt."""

import random


class Backoff:
    """Exponential with jitter: between half a ceiling and the ceiling, which doubles each time."""

    def __init__(self, second: float) -> None:
        """Begin with a ceiling of a tenth of a document second, and stay at five of them."""
        self._first = self._ceiling = second / 10
        self._cap = second * 5

    def next(self) -> float:
        """Give the seconds to wait before the next attempt."""
        ceiling, self._ceiling = self._ceiling, min(self._ceiling * 2, self._cap)
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret

    def reset(self) -> None:
        """Begin again: an attempt succeeded."""
        self._ceiling = self._first
