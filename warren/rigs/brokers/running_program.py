"""A program that a case runs and talks to: a request a line, an answer a line, both JSON."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from typing import TYPE_CHECKING, Any

from warren.errors import InstanceError
from warren.evidence.text import end_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

_GRACE = 10.0
_OUTPUT = 2000


class RunningProgram:
    """A process group of its own, with its standard error in a file; ended by `close`."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        log: Path,
        secrets: Collection[str],
    ) -> None:
        """Start it; `environment` is all that it gets, and its output is shown without the secrets.

        Raises `InstanceError` where it cannot be run at all.
        """
        self.name, self._log, self._secrets = name, log, secrets
        try:
            with log.open("ab") as errors:
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=directory,
                    env=dict(environment),
                    text=True,
                    process_group=0,
                )
        except OSError as error:
            raise InstanceError(
                f"cannot run {argv[0]!r}: {error.strerror}",
                where=f"program {name}",
                what_to_do="correct its command in the manifest of the programs",
            ) from error

    @property
    def exit_status(self) -> int | None:
        """As `subprocess.Popen.returncode`."""
        return self._process.poll()

    def ask(self, **request: Any) -> Any:
        """Send a request and give its answer."""
        self.tell(**request)
        return self.hear()

    def tell(self, **request: Any) -> None:
        """Send a request, to hear its answer later."""
        assert self._process.stdin is not None, "it was started with pipes"
        with contextlib.suppress(BrokenPipeError):  # the missing answer tells more
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()

    def hear(self) -> Any:
        """Give the next answer; the case's deadline ends the wait."""
        assert self._process.stdout is not None, "it was started with pipes"
        line = self._process.stdout.readline()
        assert line, f"{self.name} ended instead of answering: {self.output()}"
        return json.loads(line)

    def silent(self) -> bool:
        """Whether all that it said was heard."""
        assert self._process.stdout is not None, "it was started with pipes"
        return not select.select([self._process.stdout], [], [], 0)[0]

    def output(self) -> str:
        """Give the end of what it printed to standard error."""
        return end_of(self._log.read_text("utf-8", errors="replace"), _OUTPUT, self._secrets)

    def kill(self) -> None:
        """SIGKILL its whole process group, as a crash of its machine would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_GRACE)

    def close(self) -> None:
        """End it, however it is."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # a line that it never read
                    pipe.close()
