"""The wheel, installed with all that it needs into an environment of its own, beside what it must not disturb."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).parents[2]
INSTALL = 600.0
"""Seconds for pip to build a wheel, or to install it, where it has to download first."""
RUN = 300.0
"""Seconds for a command to end, on a busy machine."""

BESIDE = (
    "fixtures",  # PyPI's own, which has the name of a folder of ours
    "aio-pika",
    "pytest-asyncio",
    "pytest-django",
    "pytest-docker",
    "pytest-rabbitmq",
    "django",
)

_OURS = ("PYTEST_", "WARREN_", "PYTHON", "COVERAGE_")


@dataclass(frozen=True)
class Installed:
    """An environment; `home` is the home folder of what runs in it."""

    folder: Path
    home: Path

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        return next(self.folder.glob("lib/python*/site-packages"))

    @property
    def suite(self) -> Path:
        """Where the cases and the reference are."""
        return self.packages / "warren" / "suite"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes get: nothing of the run that tests it."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        return {**environment, "HOME": str(self.home)}

    def program(self, name: str) -> str:
        """Give the path of a program, such as `python` or `warren`."""
        return str(self.folder / "bin" / name)

    def run(self, folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; standard error is in the output."""
        return subprocess.run(
            [self.program(program), *arguments],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN,
            check=False,
        )


def install(folder: Path) -> Installed:
    """Build the wheel and install it in `folder`."""
    pip = (sys.executable, "-m", "pip")
    _succeed(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(CLONE))
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    _succeed(sys.executable, "-m", "venv", "--without-pip", str(environment))
    installed = Installed(environment, folder / "home")
    installed.home.mkdir()
    into = ("--python", installed.program("python"), "install", "--quiet", "--no-compile")
    _succeed(*pip, *into, str(wheel), *BESIDE)
    return installed


def _succeed(*command: str) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL,
        check=False,
    )
    assert done.returncode == 0, done.stdout
