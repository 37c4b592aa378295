"""The document's work: sleeping and printing, in the worker's thread."""

import random
import time

from reference_impl.settings import Settings


class Work:
    """One text's work."""

    def __init__(self, settings: Settings, shortest: int, longest: int) -> None:
        """Take `shortest` to `longest` whole document seconds a text."""
        self._settings = settings
        self._seconds = (shortest, longest)

    def on(self, text: str) -> None:
        """Sleep, then print the text."""
        self.sleep()
        print(text, flush=True)  # noqa: T201 - printing is the document's work

    def sleep(self) -> None:
        """Take the time that the work takes."""
        time.sleep(random.randint(*self._seconds) * self._settings.second)  # noqa: S311 - no secret
