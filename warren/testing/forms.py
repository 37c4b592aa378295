"""The ways in which a consumer's code runs: a process, a function in a thread, or by the test itself.

A process can do and suffer everything. What runs in the test's own process has no life of its own to be killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, TypeAlias

from warren.errors import FaultUnsupported, InstanceError
from warren.worlds.real.launching import filled_in, run_command
from warren.worlds.real.process import ProcessGroup
from warren.worlds.real.runs.processes import CASE_MARK, wait_until

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    Consuming: TypeAlias = Callable[[str], object | Coroutine[Any, Any, object]]
    """Consumes from the broker at a URL until it is stopped, cancelled, or loses its connection."""
    WithoutLine: TypeAlias = Callable[[], AbstractContextManager[None]]
    """Lets no connection of the consumer through in its block."""

_KILLED: Final = 10.0
"""Seconds in which a killed process has to be gone."""


class Form(Protocol):
    """Code that consumes; it may be started again when it has ended."""

    def start(self) -> None:
        """Start it, and return at once."""

    def is_running(self) -> bool:
        """Whether it was started, and has not ended."""

    def stop(self, within: float, without_line: WithoutLine) -> None:
        """Have it end in order; `without_line` takes its connections, for code that knows no other end."""

    def kill(self) -> None:
        """End it at once."""

    def freeze(self) -> None:
        """Keep it from running."""

    def thaw(self) -> None:
        """Let it go on."""

    def said(self) -> str:
        """Give the end of what it printed, or the error that ended it."""

    def close(self, without_line: WithoutLine) -> None:
        """Leave nothing of it; raises `InstanceError` for what does not end."""


class Command:
    """A process of its own, with all that it starts."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        name: str,
        folder: Path,
        directory: Path,
        environment: Mapping[str, str],
        values: Mapping[str, str],
        stop_signal: signal.Signals,
        now: Callable[[], float],
        secret: str,
    ) -> None:
        """Prepare it; `{amqp_url}` and the like in arguments and environment become their values."""
        filling = {f"WARREN_{key.upper()}": value for key, value in values.items()}
        given = dict(zip(environment, filled_in([*environment.values()], filling), strict=True))
        self._argv = filled_in(argv, filling)
        self._environment = {**os.environ, "AMQP_URL": values["amqp_url"], **given}
        self._environment[CASE_MARK] = values["vhost"]
        self._name, self._folder, self._directory = name, folder, directory
        self._stop_signal, self._now, self._secret = stop_signal, now, secret
        self._starts = 0
        self._process: ProcessGroup | None = None

    def start(self) -> None:
        """Start it; what it prints goes into a file of each start."""
        if self.is_running():
            raise InstanceError("it runs already", where=self._name, what_to_do="stop it first")
        self._end()
        self._starts += 1
        try:
            self._process = ProcessGroup(
                self._name,
                self._launch,
                output=self._folder / f"{self._name}-{self._starts}.out",
                now=self._now,
                secrets=(self._secret,),
                stop_signal=self._stop_signal,
            )
        except OSError as error:
            raise InstanceError(
                f"cannot run {self._argv[0]!r}: {error.strerror}", where=self._name
            ) from error

    def is_running(self) -> bool:
        """Whether the process itself has not ended."""
        return self._process is not None and self._process.exit_status is None

    def stop(self, within: float, without_line: WithoutLine) -> None:
        """Send it its stop signal, and wait for its end."""
        del without_line
        if self._process is None:
            return
        self._process.stop()
        if not wait_until(lambda: not self.is_running(), timeout=within):
            raise InstanceError(
                f"it did not end within {within:g} s of {self._stop_signal.name}",
                where=self._name,
                what_to_do="handle that signal, name another (stop_signal=), or kill it",
            )

    def kill(self) -> None:
        """SIGKILL it with all that it started, and wait until it is gone."""
        process = self._running()
        process.kill()
        if not wait_until(lambda: not self.is_running(), timeout=_KILLED):
            raise InstanceError(f"it lives {_KILLED:g} s after SIGKILL", where=self._name)

    def freeze(self) -> None:
        """SIGSTOP, and wait until it stands still."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._running().thaw()

    def said(self) -> str:
        """Give the end of what it printed, and how it ended."""
        if self._process is None:
            return "it was not started"
        status = self._process.exit_status
        end = "it runs" if status is None else f"it ended with status {status}"
        printed = self._process.output().strip()
        return f"{end}; it printed: {printed}" if printed else f"{end}; it printed nothing"

    def close(self, without_line: WithoutLine) -> None:
        """Kill what is left of it."""
        del without_line
        self._end()

    def _end(self) -> None:
        """Kill what is left of it, and keep its output."""
        if self._process is not None:
            self._process.close(_KILLED)

    def _launch(self, output: int) -> Any:
        return run_command(self._argv, self._directory, self._environment, output)

    def _running(self) -> ProcessGroup:
        if self._process is None or not self.is_running():
            raise InstanceError("it does not run", where=self._name, what_to_do="start it first")
        return self._process


class InProcess:
    """What runs in the test's own process: it is neither killed nor frozen."""

    def __init__(self, name: str) -> None:
        """Say whose fault is refused."""
        self._name = name

    def kill(self) -> None:
        """Refuse."""
        self._refuse("killed")

    def freeze(self) -> None:
        """Refuse."""
        self._refuse("frozen")

    def thaw(self) -> None:
        """Refuse."""
        self._refuse("thawed")

    def _refuse(self, what: str) -> NoReturn:
        raise FaultUnsupported(
            f"it runs in the test's own process, which would be {what} with it",
            where=self._name,
            what_to_do="start it as a process: warren_consumer([sys.executable, 'worker.py']); "
            "cut, silence, hold and restart work here too",
        )


class InThread(InProcess):
    """A function in a thread of its own; a coroutine function has an event loop of its own there."""

    def __init__(
        self, name: str, function: Consuming, url: str, stop: Callable[[], object] | None
    ) -> None:
        """Prepare it; `stop` is the caller's way to have the function return."""
        super().__init__(name)
        self._function, self._url, self._stop = function, url, stop
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start the thread."""
        if self.is_running():
            raise InstanceError("it runs already", where=self._name, what_to_do="stop it first")
        self._error = self._loop = self._task = None
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self, within: float, without_line: WithoutLine) -> None:
        """Call `stop`, cancel a coroutine, or take the connections of a plain function; wait for the thread's end."""
        if self._thread is None:
            return
        with contextlib.ExitStack() as stack:
            if self._stop is not None:
                self._stop()
            elif not self._cancel():
                stack.enter_context(without_line())
            self._thread.join(within)
        if self._thread.is_alive():
            raise InstanceError(
                f"the function did not return within {within:g} s of losing its connection, or of stop()",
                where=self._name,
                what_to_do="give warren_consumer(…, stop=…) what makes it return",
            )

    def said(self) -> str:
        """Give the error that ended it."""
        if self._error is not None:
            return f"its function raised {type(self._error).__name__}: {self._error}"
        return "its function runs" if self.is_running() else "its function returned"

    def close(self, without_line: WithoutLine) -> None:
        """Stop it."""
        self.stop(_KILLED, without_line)

    def _run(self) -> None:
        try:
            if iscoroutinefunction(self._function):
                asyncio.run(self._await())
            else:
                self._function(self._url)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - a cut connection raises here, and the test asks for it
            self._error = error

    async def _await(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        await self._function(self._url)  # type: ignore[misc]  # a coroutine function: see `_run`

    def _cancel(self) -> bool:
        """Cancel a coroutine, if it is one."""
        if self._loop is None or self._task is None:
            return False
        with contextlib.suppress(RuntimeError):  # it has just ended, and its loop is closed
            self._loop.call_soon_threadsafe(self._task.cancel)
        return True


class Attached(InProcess):
    """What the test itself starts and stops: it is given the URL alone."""

    def start(self) -> None:
        """Refuse."""
        raise InstanceError(
            "the test itself started it, so the test alone can start it again",
            where=self._name,
            what_to_do="give warren_consumer the function that consumes",
        )

    def is_running(self) -> bool:
        """Suppose so."""
        return True

    def stop(self, within: float, without_line: WithoutLine) -> None:
        """Refuse as `start` does."""
        del within, without_line
        self.start()

    def said(self) -> str:
        """Know nothing."""
        return "the test itself runs it"

    def close(self, without_line: WithoutLine) -> None:
        """Leave it to the test."""
