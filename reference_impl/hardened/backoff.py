"""How long to wait before the next attempt."""

import random


class Backoff:
    """Exponential with full jitter: random up to a ceiling that doubles, up to `cap` seconds."""

    def __init__(self, second: float) -> None:
        """Begin at a tenth of a document second, end at five of them."""
        self._first = self._ceiling = second / 10
        self._cap = second * 5

    def next(self) -> float:
        """Give the seconds to wait before the next attempt."""
        ceiling, self._ceiling = self._ceiling, min(self._ceiling * 2, self._cap)
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - jitter, not a secret

    def reset(self) -> None:
        """Begin again: an attempt succeeded."""
        self._ceiling = self._first
