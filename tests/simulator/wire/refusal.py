"""Waits for an `AmqpError` with a certain code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from warren.simulator.errors import AmqpError, ReplyCode

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def refused(code: ReplyCode, match: str | None = None) -> Iterator[pytest.ExceptionInfo[AmqpError]]:
    """Fail unless the block ends with this error."""
    with pytest.raises(AmqpError, match=match) as caught:
        yield caught
    assert caught.value.reply_code is code
