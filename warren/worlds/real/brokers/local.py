"""RabbitMQ from a `rabbitmq-server` on this machine, as a node of our own.

The node has data, ports, a cookie and a port mapper (epmd) of its own, so it disturbs no other node on this machine.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers.own import (
    RESTART,
    ack_timeout_code,
    admit_cases,
    disk_code,
    evaluate_command,
    memory_code,
    new_access,
    refused,
)
from warren.worlds.real.brokers.readiness import wait_until_ready
from warren.worlds.real.runs.ports import LOOPBACK, Ports
from warren.worlds.real.runs.processes import (
    Server,
    SystemUser,
    kill_marked,
    last_lines,
    run_tool,
)

if TYPE_CHECKING:
    from warren.worlds.real.brokers.readiness import Access
    from warren.worlds.real.runs.run import Run

# Debian's command on PATH only serves root and its own user; the script behind it serves anybody.
_DEBIAN_SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_MARK = "WARREN_BROKER"  # in the environment of all processes of one node, its epmd too


def server_path() -> str | None:
    """Find the server's start script."""
    found = shutil.which("rabbitmq-server")
    if found == "/usr/sbin/rabbitmq-server" and _DEBIAN_SCRIPT.exists():
        return str(_DEBIAN_SCRIPT)
    return found


@dataclass(frozen=True, slots=True)
class LocalBroker:
    """A `rabbitmq-server` on this machine."""

    server: str

    @classmethod
    def choose(cls) -> LocalBroker:
        """Find it on PATH. Raises BrokerUnavailable."""
        server = server_path()
        if server is None:
            raise BrokerUnavailable(
                "no rabbitmq-server is on PATH",
                "--broker local",
                "install RabbitMQ (`apt-get install rabbitmq-server`)",
            )
        return cls(server)

    @property
    def option(self) -> str:
        """The value of `--broker`."""
        return "local"

    @property
    def can_restart(self) -> bool:
        """It is ours."""
        return True

    @property
    def is_light(self) -> bool:
        """A RabbitMQ takes seconds to start, on a core of its own."""
        return False

    def start(self, run: Run, access: Access | None = None) -> LocalNode:
        """Start a node at `access`, by default one that nobody else knows."""
        return LocalNode(self.server, run, access)


class LocalNode:
    """One node: the server, its helpers and its epmd, ended together by `stop`."""

    def __init__(self, server: str, run: Run, access: Access | None) -> None:
        """Start it and wait until it is ready."""
        self._command = server
        self._name = secrets.token_hex(4)
        self._ports = Ports()
        self._access = access or new_access(self._ports)
        self._user = SystemUser.unprivileged("rabbitmq")
        self._folder = self._make_folder(run)
        self._log = run.folder / f"rabbitmq-{self._name}.log"
        self._environment = self._make_environment(run)
        self._server = self._launch()
        try:
            version = wait_until_ready(self._access, lambda: self._server.alive)
            description = f"RabbitMQ {version} (local, {server})"
            self.address = admit_cases(self._access, run, version, description)
        except BaseException as error:
            self.stop()
            if isinstance(error, BrokerUnavailable):
                raise self._with_log(error) from error
            raise

    def restart(self) -> None:
        """Have RabbitMQ stop in order, start again, and wait until it is ready."""
        self._evaluate(RESTART)
        try:
            wait_until_ready(self._access, lambda: self._server.alive)
        except BrokerUnavailable as error:
            raise self._with_log(error) from error

    def kill(self) -> None:
        """Cut the node off (SIGKILL), start it again, wait until it is ready."""
        self._server.stop(grace=0.0, by=signal.SIGKILL)
        kill_marked(self._name, _MARK)
        self._server = self._launch()
        try:
            wait_until_ready(self._access, lambda: self._server.alive)
        except BrokerUnavailable as error:
            raise self._with_log(error) from error

    def set_memory_alarm(self, is_on: bool) -> None:
        """Let it have no share of the machine's memory, or as much as it has by default."""
        self._evaluate(memory_code(is_on))

    def set_disk_alarm(self, is_on: bool) -> None:
        """Let it want more of its disk free than there is, or as much as by default."""
        self._evaluate(disk_code(is_on))

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Tell its node's settings, which a channel reads when it is opened."""
        self._evaluate(ack_timeout_code(seconds))

    def stop(self) -> None:
        """End the node at once, its epmd too, and delete its data."""
        self._server.stop(grace=0.0)
        kill_marked(self._name, _MARK)
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _tool(self) -> str:
        return str(Path(self._command).with_name("rabbitmqctl"))

    def _evaluate(self, code: str) -> None:
        """Have the node evaluate Erlang code. Raises BrokerUnavailable where that fails."""
        argv = evaluate_command(self._tool, code)
        done = run_tool(argv, folder=self._folder, environment=self._environment, user=self._user)
        if done.returncode:
            raise refused(last_lines(done.stdout + done.stderr), self.address.description)

    def _with_log(self, error: BrokerUnavailable) -> BrokerUnavailable:
        return BrokerUnavailable(
            error.what, error.where, f"its output ends: {self._server.last_lines()}"
        )

    def _launch(self) -> Server:
        return Server(
            [self._command],
            folder=self._folder,
            log=self._log,
            environment=self._environment,
            user=self._user,
            secrets=(self._access.password,),
        )

    def _make_folder(self, run: Run) -> Path:
        """Write the node's settings; the passwords among them are readable by its user only."""
        folder = run.data_folder(f"rabbitmq-{self._name}", self._user)
        access = self._access
        settings = {
            "rabbitmq.conf": (
                f"listeners.tcp.1 = {LOOPBACK}:{access.port}\n"
                f"management.tcp.ip = {LOOPBACK}\n"
                f"management.tcp.port = {access.management_port}\n"
                f"default_user = {access.user}\n"
                f"default_pass = {access.password}\n"
                "log.console = true\n"
                "log.file = false\n"
            ),
            "enabled_plugins": "[rabbitmq_management].\n",
            ".erlang.cookie": secrets.token_hex(20),
        }
        for name, text in settings.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text, "utf-8")
        (folder / ".erlang.cookie").chmod(0o400)
        if self._user:
            for path in folder.iterdir():
                self._user.give(path)
        return folder

    def _make_environment(self, run: Run) -> dict[str, str]:
        folder = str(self._folder)
        return run.environment | {
            _MARK: self._name,
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": folder,  # where Erlang looks for the cookie
            "ERL_EPMD_PORT": str(self._ports.free()),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": "warren@localhost",
            "RABBITMQ_DIST_PORT": str(self._ports.free()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ("-kernel inet_dist_use_interface {127,0,0,1}"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
        }
