"""Somebody at a terminal: gives commands, sends signals, and looks for what is left behind."""

from __future__ import annotations

import glob
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import psutil

from warren.worlds.real.brokers import Management
from warren.worlds.real.runs.processes import marked, wait_until
from warren.worlds.real.runs.run import data_folders

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.real.brokers import BrokerAddress

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = Path(sys.executable).parent
DEADLINE = 120.0
"""Seconds for one command on a busy machine."""

MANIFEST = """
protocol = 1
name = "troubled"
language = "Python 3"
{extra}
[designs.blocking]
claims = ["fair-dispatch"]
[designs.blocking.roles.stream]
command = {command}
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and all that it printed."""

    status: int
    printed: str

    def sentence(self, start: str) -> str:
        """Give the one sentence that begins so; fail where it is not there, or with a traceback.

        It may be said again, and be cut or wrapped there, by pytest's summary and in the report.
        """
        assert "Traceback" not in self.printed, self.printed
        lines = self.printed.splitlines()
        found = {line[line.index(start) :].strip(" !") for line in lines if start in line}
        whole = max(found, key=len, default="")
        others = [line for line in found if not whole.startswith(line.removesuffix("..."))]
        assert whole, f"no sentence begins with {start!r}:\n{self.printed}"
        assert not others, f"more than one sentence begins with {start!r}:\n{self.printed}"
        return whole


@dataclass(slots=True)
class Command:
    """A command under way in a session of its own; what it prints goes to a file."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def printed(self) -> str:
        """All that it printed so far."""
        return self.output.read_text("utf-8", "replace")

    def tell(self, number: signal.Signals, *, alone: bool = False) -> None:
        """Send a signal: Ctrl-C to all that share the terminal unless `alone`, another one to the command alone."""
        if number is signal.SIGINT and not alone:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def end(self) -> Ended:
        """Wait for its end."""
        return Ended(self.process.wait(DEADLINE), self.printed)


@dataclass(slots=True)
class Person:
    """See the module. `temporary` is the temporary folder of all that this person starts."""

    folder: Path
    broker: BrokerAddress
    temporary: Path
    commands: list[Command] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)

    def manifest(self, trouble: str = "works", command: str = "", extra: str = "") -> Path:
        """Write the manifest of an implementation that makes this trouble."""
        command = command or repr([sys.executable, str(HERE / "consumer.py"), trouble])
        path = self.folder / "implementation.toml"
        path.write_text(MANIFEST.format(command=command, extra=extra), "utf-8")
        return path

    def begin(self, *argv: str | Path, **environment: str) -> Command:
        """Start a program of this Python's."""
        program, *arguments = map(str, argv)
        output = self.folder / f"printed-{len(self.commands)}"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [PROGRAMS / program, *arguments],
                cwd=self.folder,
                env=os.environ | self._environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.commands.append(Command(process, output))
        return self.commands[-1]

    def run(self, *argv: str | Path, **environment: str) -> Ended:
        """Give a command and wait for its end."""
        command = self.begin(*argv, **environment)
        self.see(lambda: command.process.poll() is not None)
        return command.end()

    def see(self, condition: Callable[[], bool]) -> None:
        """Wait for something to come true, and note the runs that begin meanwhile."""

        def look() -> bool:
            # Not Path.glob, for which a folder that goes meanwhile is an error.
            found = map(Path, glob.glob(f"{self.temporary}/warren-*/*"))  # noqa: PTH207
            self.runs |= {f.name for f in found if f.is_dir()}
            return condition()

        # Not more often: whoever asks for a process looks at all that there are.
        assert wait_until(look, timeout=DEADLINE, interval=0.1), "\n".join(
            c.printed for c in self.commands
        )

    def smoke(self, manifest: Path, *options: str) -> Ended:
        """Try an implementation on the shared broker."""
        return self.run("warren", "smoke", manifest, *self.servers, *options)

    def check(self, manifest: Path, *options: str) -> Ended:
        """Judge one guarantee of an implementation on the shared broker."""
        return self.run("warren", "check", manifest, *self.servers, *ONE_CASE, *options)

    @property
    def servers(self) -> tuple[str, ...]:
        """The shared broker, and SQLite."""
        b = self.broker
        url = f"amqp://{b.user}:{b.password}@{b.host}:{b.port}?management={b.management_url}"
        return "--broker", url, "--database", "sqlite"

    def left_behind(self) -> list[str]:
        """Name all that the runs of this person left on the machine."""
        processes = sorted(line for p in self.started() for line in _if_there(p, _line))
        tops = (*self.temporary.glob("warren-*"), self.temporary / "state")
        ours = [f for top in tops for f in (top, *top.rglob("*"))]
        files = [f for f in ours if f.is_file() and f.name != "lock"]
        data = [f for run in self.runs for f in data_folders(run) if f.exists()]
        return [*processes, *map(str, (*files, *data)), *self._in_docker(), *self._in_broker()]

    def has_instance(self) -> bool:
        """Whether an instance of the implementation runs."""
        return any("consumer.py" in " ".join(p.info["cmdline"] or ()) for p in self.processes())

    def started(self) -> set[psutil.Process]:
        """Find all that this person and their runs have started: brokers have another folder."""
        return {*self.processes(), *(p for run in self.runs for p in marked(run))}

    def embedded_broker(self) -> psutil.Process:
        """Find the embedded broker of the one run that has one."""
        found = [p for run in self.runs for p in marked(run)]
        (broker,) = [
            p for p in found if "warren.simulator.tcp" in _if_there(p, psutil.Process.cmdline)
        ]
        return broker

    def has_container(self) -> bool:
        """Whether a run has a container, ready or not."""
        return bool(self._in_docker())

    def processes(self) -> list[psutil.Process]:
        """Find the processes that have this person's temporary folder, as TMPDIR or as an argument."""
        found, folder = [], str(self.temporary)
        for process in psutil.process_iter(["cmdline"]):
            try:
                if folder in {process.environ().get("TMPDIR"), *(process.info["cmdline"] or ())}:
                    found.append(process)
            except psutil.Error:  # gone meanwhile, or of another user
                continue
        return found

    def _environment(self) -> dict[str, str]:
        return {
            "TMPDIR": str(self.temporary),
            "XDG_STATE_HOME": str(self.temporary / "state"),
            "COLUMNS": "400",  # a sentence stays in one line
            "NO_COLOR": "1",
            "PYTEST_ADDOPTS": "-p no:hypothesispytest",  # takes long to import, and serves no case
        }

    def _in_docker(self) -> list[str]:
        engine = docker.from_env()
        found = [
            f"container {container.name}"
            for run in self.runs
            for container in engine.containers.list(
                all=True, filters={"label": f"warren.run={run}"}, ignore_removed=True
            )
        ]
        engine.close()
        return found

    def _in_broker(self) -> list[str]:
        """Name what any run left on the shared broker, where this test's are the only ones."""
        with Management.at(self.broker) as management:
            known = {"/", self.broker.user, self.broker.case_user}
            return [n for n in (*management.vhosts(), *management.users()) if n not in known]


ONE_CASE = "--guarantee", "fair-dispatch"


def _line(process: psutil.Process) -> list[str]:
    return [f"process {process.pid} {process.name()}"]


def _if_there(process: psutil.Process, read: Callable[[psutil.Process], list[str]]) -> list[str]:
    """Read something of a process that may end at any moment; nothing of one that has."""
    try:
        return read(process)
    except psutil.NoSuchProcess:
        return []
