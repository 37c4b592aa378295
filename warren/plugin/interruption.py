"""Ctrl-C: a run that is interrupted says what it waits for, and ends within five seconds.

A terminal sends the signal to all processes of a run, somebody else perhaps to the controller alone. xdist would let
each worker end its case then, and wait ten seconds for that.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

import psutil
import pytest

if TYPE_CHECKING:
    from warren.plugin.hooks import Warren

    Ended = pytest.ExceptionInfo[BaseException]

GRACE: Final = 2.0
"""Seconds in which workers may end what they have begun. What they leave then, the controller takes back."""


class Interruption:
    """Interrupts the workers of a run, and kills them where they take too long; for the controller only."""

    def __init__(self, config: pytest.Config, warren: Warren) -> None:
        """Begin without a worker."""
        self._config, self._warren = config, warren
        self._workers: dict[str, psutil.Process] = {}
        self._killing = threading.Timer(GRACE, self._tell, (signal.SIGKILL,))
        self._killing.daemon = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_newgateway(self, gateway: Any) -> None:
        """Know the process of a worker."""
        pid = gateway._rinfo().pid  # noqa: SLF001 - as xdist itself asks for it
        self._workers[gateway.id] = psutil.Process(pid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Forget a worker that has ended."""
        self._workers.pop(node.gateway.id, None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: Ended) -> None:
        """Interrupt the workers, too; a run that gave up by itself (a subclass of the exception) lets them end."""
        if excinfo.type is not KeyboardInterrupt:
            return
        # First of all: another signal may end this hook, and pytest notes the interruption only after it.
        self._warren.interrupted = True
        self._say(f"interrupted; ending {', '.join(self._awaited())}")
        self._tell(signal.SIGINT)
        if self._workers:
            self._killing.start()
        if not self._config.option.fulltrace:
            # Pytest words every entry, for seconds on a busy machine, and then shows the last visible one alone.
            excinfo.traceback = excinfo.traceback.filter(excinfo)[-1:]

    def pytest_unconfigure(self) -> None:
        """Kill nobody any more."""
        self._killing.cancel()

    def _awaited(self) -> list[str]:
        """Name what has to end before the run has."""
        count, servers = len(self._workers), self._warren.servers
        workers = [f"the cases of {count} workers (at most {GRACE:g} s)"] if count else ["the case"]
        started = [servers.broker.description, servers.database.description] if servers else []
        return [*workers, *started]

    def _tell(self, number: signal.Signals) -> None:
        for worker in self._workers.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.send_signal(number)

    def _say(self, words: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"\n[warren] {words}")


def heed_one_interrupt() -> None:
    """Let a worker be interrupted once, by the terminal or by its controller, and take back in peace what it began."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(_number: int, _frame: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
