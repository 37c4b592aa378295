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
SERVERS = ("--broker", "embedded", "--database", "sqlite")
NARROWING = "WARREN_FAULTY"
"""What `tests.conformance.narrowing` reads; no other variable of ours, or of pytest's, reaches such a run."""
_OURS = ("PYTEST_", "WARREN_")
TIMEOUT = 7200.0
"""Seconds in which a run of the suite must end, also a complete one on a busy machine."""
PLUGINS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Without what serves no case: the one writes into the clone, the other takes long to import."""


def servers_of(config: pytest.Config) -> tuple[str, ...]:
    """Give the options by which a run has the broker and the database of the run that starts it."""
    return tuple(word for name in SERVERS[::2] for word in (name, config.getoption(name)))


def run_suite(
    manifests: Iterable[Path], *options: str, servers: Iterable[str] = SERVERS
) -> subprocess.CompletedProcess[str]:
    """Run the cases on some manifests; on the lightest servers, where what is tested is a run and not its servers."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *PLUGINS, "conformance/consumers"),
            *(word for path in manifests for word in ("--implementation", str(path))),
            *servers,
            *options,
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k == NARROWING or not k.startswith(_OURS)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
