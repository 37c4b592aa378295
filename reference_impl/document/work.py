"""The document's work: sleeping and printing."""

import random
import time

from reference_impl.settings import Settings


def sleep(settings: Settings, shortest: int, longest: int | None = None) -> None:
    """Sleep whole document seconds: `shortest`, or random up to `longest`."""
    seconds = random.randint(shortest, longest or shortest)  # noqa: S311 - simulated work
    time.sleep(seconds * settings.second)


def echo(text: str | None) -> None:
    """Print a text at once, as PHP's command line does; null prints as nothing."""
    print(text or "", flush=True)  # noqa: T201 - printing is the document's work
