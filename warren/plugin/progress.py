"""Signs of life in a long run: which tests are running, said now and then."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_EVERY = 20.0
"""Seconds between two signs."""


class Progress:
    """Owns the thread that says every 20 seconds which tests are running, the longest first."""

    def __init__(self, config: pytest.Config) -> None:
        """Be silent until `start`."""
        self._config = config
        self._running: dict[str, float] = {}
        self._done = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def stop(self) -> None:
        """Fall silent; it need not have begun."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_EVERY)

    def began(self, nodeid: str) -> None:
        """Count a test as running."""
        with self._lock:
            self._running[nodeid] = time.monotonic()

    def ended(self, nodeid: str) -> None:
        """Count a test as done."""
        with self._lock:
            self._running.pop(nodeid, None)
            self._done += 1

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            with self._lock:
                now = time.monotonic()
                long = [(now - at, nodeid) for nodeid, at in self._running.items()]
                done = self._done
            slow = [f"{nodeid} ({seconds:.0f} s)" for seconds, nodeid in sorted(long, reverse=True)]
            reporter = self._config.pluginmanager.get_plugin("terminalreporter")
            if slow and reporter is not None:
                running = "; ".join(slow[:4])
                reporter.write_line(f"\n[warren] {done} tests done; running: {running}")
