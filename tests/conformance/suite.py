"""Running the suite from a test, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

ROOT = Path(__file__).parents[2]
FAULTY = ROOT / "implementations" / "faulty"
TIMEOUT = 3600.0
"""Seconds in which a run of the suite must end, also a complete one on a busy machine."""


def run_suite(
    config: pytest.Config, manifests: Iterable[Path], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the cases on some manifests, with the outer run's broker and database."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "conformance/consumers"),
            *(word for path in manifests for word in ("--implementation", str(path))),
            *("--broker", config.getoption("--broker")),
            *("--database", config.getoption("--database")),
            *options,
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "WARREN_"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
