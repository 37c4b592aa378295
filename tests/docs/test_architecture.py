"""The picture of the house is drawn from the code as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
DEADLINE = 60.0
"""Seconds for one drawing on a busy machine."""


def test_picture_is_current(tmp_path: Path) -> None:
    """Drawn again, `docs/architecture.svg` is the same octet for octet; where it is not, `make picture` draws it."""
    drawn = tmp_path / "architecture.svg"
    subprocess.run([sys.executable, DOCS / "architecture.py", drawn], check=True, timeout=DEADLINE)
    same = drawn.read_bytes() == (DOCS / "architecture.svg").read_bytes()
    assert same, (
        "who imports whom has changed: draw the picture again with `make picture`, and look at it"
    )
