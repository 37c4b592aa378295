"""An implementation's own program that makes its tables: what is told of it where it fails."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from warren.claims.implementation import Program
from warren.errors import SetupError
from warren.worlds.real.databases import DatabaseUrls
from warren.worlds.real.migration import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from warren.worlds.real.runs import Run

SECRET = "0123456789abcdef" * 2


@pytest.mark.parametrize("behind", [765, 775, 790])
def test_fails(run: Run, tmp_path: Path, behind: int) -> None:
    """The end of what it printed is told, and no part of a secret, wherever that end begins."""
    script = f"import sys; sys.exit('x' * 900 + '{SECRET}' + '.' * {behind})"
    program = Program((sys.executable, "-c", script), tmp_path, {}, signal.SIGTERM, 5.0)
    with pytest.raises(SetupError) as caught:
        migrate(program, DatabaseUrls.of(make_url("sqlite:///x")), run, (SECRET,))
    assert f"{'.' * behind}; run it by hand" in str(caught.value)
    assert not any(SECRET[at : at + 5] in str(caught.value) for at in range(len(SECRET) - 4))
