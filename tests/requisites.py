"""What a test needs of the machine: where that is missing CI fails, and any other run skips."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(words: str) -> NoReturn:
    """End a test that lacks something real, in a sentence that says what to install."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, but {words}", pytrace=False)
    pytest.skip(words)
