"""What collecting costs a process."""

from __future__ import annotations

import gc

import pytest

from warren.plugin import hooks


def test_collects_without_garbage_collection() -> None:
    """Garbage is collected again as soon as the tests are there, also where that failed."""
    collecting = hooks.pytest_collection()
    next(collecting)
    assert not gc.isenabled()
    with pytest.raises(KeyboardInterrupt):
        collecting.throw(KeyboardInterrupt)
    assert gc.isenabled()
