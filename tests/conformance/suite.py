"""Running the suite, or a broker with a planted defect, from a test, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

ROOT = Path(__file__).parents[2]
FAULTY = ROOT / "implementations" / "faulty"
SERVERS = ("--broker", "embedded", "--database", "sqlite")
TIMEOUT = 7200.0
"""Seconds in which a run of the suite must end, also a complete one on a busy machine."""
PLUGINS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Without what serves no case: the one writes into the clone, the other takes long to import."""
BROKER_TIMEOUT = 600.0
"""Seconds in which some cases of a broker must end."""
START = 60.0
"""Seconds in which a broker must be ready."""


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
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "WARREN_"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def judge_broker(option: str, themes: Iterable[str], folder: Path) -> Path:
    """Run some themes on the broker of a `--broker` option, but for their restarts; give the report."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *PLUGINS, "conformance/brokers"),
            *("--broker", option, "--database", "sqlite", "--report", str(folder)),
            *("-m", "not restarts_broker"),
            *(word for theme in themes for word in ("--guarantee", theme)),
        ],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "WARREN_"))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=BROKER_TIMEOUT,
        check=False,
    )
    return folder / "report.json"


@contextlib.contextmanager
def faulty_broker(defect: str) -> Iterator[str]:
    """Run a broker with a defect, and give the value of `--broker` for it."""
    password = secrets.token_hex(8)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.conformance.faulty_broker", defect),
            *("--port=0", "--management-port=0", "--user=warren"),
        ],
        cwd=ROOT,
        env={**os.environ, "WARREN_BROKER_PASSWORD": password},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], START)[0], "the broker is not ready"
            ready = json.loads(process.stdout.readline())
            management = f"http://127.0.0.1:{ready['management_port']}"
            yield f"amqp://warren:{password}@127.0.0.1:{ready['port']}/?management={management}"
        finally:
            process.kill()
