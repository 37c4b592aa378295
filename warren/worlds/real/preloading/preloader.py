"""Asks the servers of preloaded modules for instances, and has these as `subprocess.Popen` would.

One server for each directory, environment and set of modules; it ends with its preloader.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.claims.manifest import PYTHON
from warren.errors import ManifestError
from warren.worlds.real.launching import filled_in, inherited_environment
from warren.worlds.real.runs.processes import last_lines, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.claims.implementation import Program

_SERVER: Final = str(Path(__file__).with_name("server.py"))
_LOAD: Final = 120.0
"""Seconds in which the modules must be loaded, on a busy machine too."""
_ANSWER: Final = 30.0
"""Seconds in which the server must have forked."""
_LONGEST: Final = 1 << 16
"""Octets of an answer."""


class Forked:
    """A process that a server forked and this one adopted: what `subprocess.Popen` has of it."""

    def __init__(self, pid: int) -> None:
        """Wait for the process by its id."""
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """As `subprocess.Popen.poll`; 0 where somebody else has waited for it."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float) -> int:
        """As `subprocess.Popen.wait`."""
        if not wait_until(lambda: self.poll() is not None, timeout=timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """As `subprocess.Popen.send_signal`."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Preloader:
    """The servers of this process, which must adopt orphans; `close` ends them."""

    def __init__(self, marks: Mapping[str, str]) -> None:
        """Start none yet; `marks` is added to the environment of each."""
        self._marks = marks
        self._servers: dict[object, _Server] = {}

    def prepare(self, program: Program) -> int:
        """Load the modules of a program, unless that is done, and give the id of the server that has them.

        Raises `ManifestError` where they cannot be loaded ahead.
        """
        key = _key(program)
        if key not in self._servers:
            self._servers[key] = _Server(program, self._marks)
        return self._servers[key].pid

    def launch(self, program: Program, environment: Mapping[str, str], output: int) -> Forked:
        """Start an instance of a program that was prepared (see `warren.worlds.real.launching.Launch`)."""
        return self._servers[_key(program)].fork(program, environment, output)

    def close(self) -> None:
        """End the servers."""
        with contextlib.ExitStack() as stack:
            for server in self._servers.values():
                stack.callback(server.close)


class _Server:
    """One server process, and the socket by which it is asked."""

    def __init__(self, program: Program, marks: Mapping[str, str]) -> None:
        """Start it and wait until it has loaded the modules."""
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - `close` does
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, _SERVER, str(theirs.fileno()), *program.preload],
                stdin=subprocess.DEVNULL,
                stdout=self._words,
                stderr=subprocess.STDOUT,
                cwd=program.directory,
                env={**inherited_environment(), **program.environment, **marks},
                pass_fds=(theirs.fileno(),),
                process_group=0,
            )
        try:
            self._await_loaded(program)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fork(self, program: Program, environment: Mapping[str, str], output: int) -> Forked:
        """Have it fork an instance."""
        module, *arguments = filled_in(program.argv[len(PYTHON) :], environment)
        asked = {"module": module, "arguments": arguments, "environment": dict(environment)}
        try:
            socket.send_fds(self._requests, [json.dumps(asked).encode()], [output])
            answer = self._receive(_ANSWER)
        except OSError as error:
            raise self._fault(
                program, f"it was not started from its preloaded modules: {error}"
            ) from error
        return Forked(int(answer))

    def close(self) -> None:
        """End it."""
        self._requests.close()
        self._process.kill()
        self._process.wait(_ANSWER)
        self._words.close()

    def _await_loaded(self, program: Program) -> None:
        try:
            threads = json.loads(self._receive(_LOAD))
        except OSError as error:
            raise self._fault(program, f"its modules cannot be loaded ahead: {error}") from error
        if threads:
            words = f"loading its modules starts threads ({', '.join(threads)}), which no instance would have"
            raise self._fault(program, words)

    def _receive(self, within: float) -> bytes:
        """Wait for a message; raise `OSError` where none comes."""
        self._requests.settimeout(within)
        message = self._requests.recv(_LONGEST)
        if not message:
            self._words.seek(0)
            raise OSError(
                last_lines(self._words.read().decode(errors="replace"), 2) or "it has ended"
            )
        return message

    def _fault(self, program: Program, words: str) -> ManifestError:
        where = f"preload = {list(program.preload)}"
        return ManifestError(words, where, "mend `preload` in the manifest, or take it out")


def _key(program: Program) -> object:
    return program.directory, program.preload, tuple(sorted(program.environment.items()))
