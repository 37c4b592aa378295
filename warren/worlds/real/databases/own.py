"""A database server of our own in the run's folder; which programs it is made of, a subclass knows."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.errors import DatabaseUnavailable
from warren.worlds.real.databases.address import DatabaseAddress
from warren.worlds.real.databases.server import Server
from warren.worlds.real.runs import processes
from warren.worlds.real.runs.ports import LOOPBACK, Ports
from warren.worlds.real.runs.processes import SystemUser, last_lines, run_tool, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import URL

    from warren.worlds.real.runs.run import Run

_START_TIMEOUT: Final = 60.0
_STOP_TIMEOUT: Final = 30.0


class OwnServer:
    """A server whose data live as long as the run. ``address`` is there once it is started."""

    address: DatabaseAddress
    _in_order: signal.Signals = signal.SIGTERM
    """Ends its sessions, and then it, with all that is committed on its disk."""

    def __init__(self, kind: str, user: str, run: Run) -> None:
        """Make its folder; it runs as ``user`` where we are root."""
        self._kind = kind
        self._user = SystemUser.unprivileged(user)
        name = f"{kind}-{secrets.token_hex(4)}"
        self._folder = run.data_folder(name, self._user)
        self._data = self._folder / "data"
        self._log = run.folder / f"{name}.log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            # A MariaDB that starts deletes the temporary tables it finds, also those of others.
            "TMPDIR": str(self._folder),
            **run.environment,
        }
        self._ports = Ports()
        self._process: processes.Server | None = None

    def shut_down(self) -> None:
        """End it in order; its data stay, for `start_again`."""
        assert self._process is not None, "a stopped server was shut down"
        self._process.stop(_STOP_TIMEOUT, self._in_order)

    def start_again(self) -> None:
        """Start it after `shut_down`, and wait until it answers. Raises DatabaseUnavailable."""
        self._serve()

    def stop(self) -> None:
        """End it and delete its data."""
        if self._process is not None:
            self._process.stop()
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _secret(self, name: str, text: str) -> Path:
        """Write a file that only the server's user reads."""
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text, "ascii")
        if self._user:
            self._user.give(path)
        return path

    def _initialise(self, argv: Sequence[str]) -> None:
        """Run the tool that makes the data. Raises DatabaseUnavailable."""
        tool = Path(argv[0]).name
        try:
            done = run_tool(
                argv,
                folder=self._folder,
                environment=self._environment,
                user=self._user,
                timeout=_START_TIMEOUT,
            )
        except subprocess.TimeoutExpired as error:
            raise DatabaseUnavailable(
                f"{tool} was not done in {_START_TIMEOUT:.0f} s", str(self._folder)
            ) from error
        if done.returncode:
            raise DatabaseUnavailable(
                f"{tool} failed: {last_lines(done.stdout + done.stderr)}",
                str(self._folder),
                "check that it is installed whole, and the space on the disk",
            )

    def _launch(
        self,
        argv: Sequence[str],
        url: URL,
        stop_signal: signal.Signals,
        product: Callable[[Server], str],
        *first: str,
    ) -> None:
        """Start it and wait until it answers at ``url``; ``first`` are arguments of its first start alone.

        Raises DatabaseUnavailable.
        """
        self._argv, self._url, self._stop_signal = argv, url, stop_signal
        try:
            self._serve(*first)
            with contextlib.closing(Server(url)) as server:
                self.address = DatabaseAddress(
                    self._kind,
                    url.render_as_string(hide_password=False),
                    f"{product(server)} (own server)",
                )
        except BaseException:
            self.stop()
            raise

    def _serve(self, *first: str) -> None:
        """Start its process and wait until it answers."""
        password = self._url.password
        process = self._process = processes.Server(
            [*self._argv, *first],
            folder=self._folder,
            log=self._log,
            environment=self._environment,
            user=self._user,
            stop_signal=self._stop_signal,
            secrets=[str(password)] if password else (),
        )
        with contextlib.closing(Server(self._url)) as server:
            wait_until(lambda: server.answers() or not process.alive, timeout=_START_TIMEOUT)
        if not process.alive:
            raise DatabaseUnavailable(
                f"{self._kind} ended when it was started",
                f"{LOOPBACK}:{self._url.port}",
                f"its log ends: {process.last_lines()}",
            )
