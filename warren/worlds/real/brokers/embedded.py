"""The embedded broker as a process of our own: for machines with neither Docker nor RabbitMQ."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.errors import BrokerUnavailable, OptionError
from warren.worlds.real.brokers.management import Management
from warren.worlds.real.brokers.own import ack_timeout, admit_cases, disk_limit, new_access
from warren.worlds.real.brokers.readiness import START_TIMEOUT, wait_until_ready
from warren.worlds.real.runs.ports import Ports
from warren.worlds.real.runs.processes import Server, wait_until

if TYPE_CHECKING:
    from warren.simulator.model import Version
    from warren.worlds.real.brokers.readiness import Access
    from warren.worlds.real.runs.run import Run

_PASSWORD_VARIABLE = "WARREN_BROKER_PASSWORD"  # noqa: S105 - the name of a variable
VERSIONS: Final[tuple[Version, ...]] = ("3.10", "4.0", "4.3")
"""The model's, by oldest. Written out, since a process that asks for a broker need not load the broker's model."""
_NEWEST = VERSIONS[-1]
PROGRAM: tuple[str, ...] = ("-m", "warren.simulator.tcp")
"""What Python runs. A test that plants a defect has its own."""
_STOP_GRACE = 10.0
_LOOK_INTERVAL = 0.005  # seconds between looks for its ready line: it takes a fifth of a second
_ASK_INTERVAL = 0.02  # seconds between questions after that


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """Warren's own broker, with the semantics of one RabbitMQ version."""

    semantics: Version

    @classmethod
    def choose(cls, semantics: str) -> EmbeddedBroker:
        """Check that there are such semantics; nothing stands for the newest."""
        for version in VERSIONS:
            if version == (semantics or _NEWEST):
                return cls(version)
        raise OptionError(
            f"there are no semantics {semantics!r}",
            "--broker embedded",
            f"give one of {', '.join(VERSIONS)}",
        )

    @property
    def option(self) -> str:
        """The value of `--broker`."""
        return f"embedded:{self.semantics}"

    @property
    def can_restart(self) -> bool:
        """It is ours."""
        return True

    @property
    def is_light(self) -> bool:
        """It starts in a fifth of a second."""
        return True

    def start(self, run: Run, access: Access | None = None) -> EmbeddedProcess:
        """Start one at `access`, by default one that nobody else knows."""
        return EmbeddedProcess(self.semantics, run, access)


class EmbeddedProcess:
    """One embedded broker; what is durable is in a file while it restarts."""

    def __init__(self, semantics: Version, run: Run, access: Access | None) -> None:
        """Start it and wait until it is ready."""
        self._semantics = semantics
        self._ports = Ports()
        self._access = access or new_access(self._ports)
        self._folder = run.data_folder(f"embedded-{self._access.port}")
        self._log = run.folder / f"embedded-{self._access.port}.log"
        self._said = 0  # octets of the log before the last start
        self._environment = run.environment | {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            # In the environment and not among the arguments, where everybody could read it.
            _PASSWORD_VARIABLE: self._access.password,
        }
        self._server = self._launch()
        try:
            version = self._wait()
            description = f"Warren's embedded broker (semantics of RabbitMQ {version})"
            self.address = admit_cases(self._access, run, version, description)
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Have it end in order (SIGTERM), start it again, wait until it is ready."""
        self._server.stop(_STOP_GRACE)
        self._server = self._launch()
        self._wait()

    def kill(self) -> None:
        """Cut it off (SIGKILL), start it again, wait until it is ready."""
        self._server.stop(_STOP_GRACE, by=signal.SIGKILL)
        self._server = self._launch()
        self._wait()

    def set_memory_alarm(self, is_on: bool) -> None:
        """Tell it by its signals."""
        self._server.signal(signal.SIGUSR1 if is_on else signal.SIGUSR2)

    def set_disk_alarm(self, is_on: bool) -> None:
        """Tell it over its management API how much of its disk is to be free."""
        with Management.at(self.address) as management:
            management.set_disk_limit(disk_limit(is_on))

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Tell it over its management API; its connections stay."""
        with Management.at(self.address) as management:
            management.set_consumer_timeout(ack_timeout(seconds))

    def stop(self) -> None:
        """End it at once and delete its data."""
        self._server.stop(grace=0.0)
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self) -> Server:
        access = self._access
        self._said = self._log.stat().st_size if self._log.exists() else 0
        arguments = [
            f"--port={access.port}",
            f"--management-port={access.management_port}",
            f"--user={access.user}",
            f"--semantics={self._semantics}",
            f"--data={self._folder / 'data'}",
        ]
        return Server(
            [sys.executable, *PROGRAM, *arguments],
            folder=self._folder,
            log=self._log,
            environment=self._environment,
            secrets=(access.password,),
        )

    def _wait(self) -> str:
        # It says one thing, that it is ready or why it is not; until then nobody need ask it.
        wait_until(
            lambda: self._log.stat().st_size > self._said or not self._server.alive,
            timeout=START_TIMEOUT,
            interval=_LOOK_INTERVAL,
        )
        try:
            return wait_until_ready(self._access, lambda: self._server.alive, _ASK_INTERVAL)
        except BrokerUnavailable as error:
            raise BrokerUnavailable(
                error.what, error.where, f"its output ends: {self._server.last_lines()}"
            ) from error
