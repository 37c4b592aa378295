"""The folder in this user's cache where suites are made ready once and run from; nothing of it is in the repository."""

from __future__ import annotations

import hashlib
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import platformdirs
from filelock import FileLock

from tests.third_party import sources
from tests.third_party.commands import run_command
from tests.third_party.runners import RUNNERS, Pytest, Runner
from tests.third_party.suites import HERE
from warren.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.third_party.outcomes import Outcome
    from tests.third_party.suites import Suite

REQUIREMENTS = HERE / "requirements.txt"
_LOCK_TIMEOUT = 1800.0  # seconds until another run's suite has surely ended


class Workshop:
    """A folder in the cache with a virtual environment and the suites' sources, made once."""

    def __init__(self, folder: Path, copies: Mapping[str, str]) -> None:
        """Use the folder that `open` has locked; `copies` of repositories by the suite's name."""
        self._folder = folder
        self._copies = copies

    @classmethod
    @contextmanager
    def open(cls, copies: Mapping[str, str]) -> Iterator[Self]:
        """Hold the folder of these very requirements and this Python, alone."""
        named = f"{sys.version}{REQUIREMENTS.read_text('utf-8')}".encode()
        cache = platformdirs.user_cache_path("warren") / "third-party"
        folder = cache / hashlib.sha256(named).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=_LOCK_TIMEOUT):
            yield cls(folder, copies)

    def ready(self, suite: Suite) -> Path:
        """Return the suite's own folder, downloaded and prepared if it is not there. Raises SetupError."""
        facts = f"{suite.runner} {suite.checksum or suite.commit} {suite.needs} {suite.folder}"
        made_of = hashlib.sha256(facts.encode()).hexdigest()[:8]
        folder = self._folder / f"{suite.name}-{suite.version}-{made_of}"
        done = folder / ".warren-ready"
        if not folder.exists():
            with self._draft() as draft:
                self._sources(suite, Path(draft)).rename(folder)
        if not done.exists():
            self._runner(suite).prepare(suite, folder)
            done.touch()
        return folder

    def log(self, suite: Suite, broker: str) -> Path:
        """Where the output of a suite's last run on a broker is."""
        return self._folder / f"{suite.name}-{re.sub(r'[^a-z0-9.]', '-', broker)}.log"

    def run(self, suite: Suite, environment: Mapping[str, str], log: Path) -> dict[str, Outcome]:
        """Run it with its output in `log`; return the outcome of every test that is not left out. Raises SetupError."""
        outcomes = self._runner(suite).run(suite, self.ready(suite), environment, log)
        if not outcomes:
            raise SetupError("it ran no test", suite.title, f"look into {log}")
        return {test: how for test, how in outcomes.items() if not suite.is_left_out(test)}

    def _runner(self, suite: Suite) -> Runner:
        return Pytest(self._python()) if suite.runner == "pytest" else RUNNERS[suite.runner]()

    def _sources(self, suite: Suite, draft: Path) -> Path:
        if suite.git:
            return sources.from_git(suite, draft, self._copies.get(suite.name, ""))
        if suite.runner == "go":
            return sources.from_go(suite, draft)
        if suite.runner == "cargo":
            return sources.from_crates(suite, draft)
        return sources.from_pypi(suite, draft, self._python())

    def _python(self) -> Path:
        """Return the interpreter of the virtual environment, made if it is not there."""
        environment = self._folder / "venv"
        if not environment.exists():
            with self._draft() as draft:
                made = Path(draft) / "venv"
                run_command([sys.executable, "-m", "venv", str(made)], folder=Path(draft))
                pip = [str(made / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
                run_command([*pip, "--requirement", str(REQUIREMENTS)], folder=Path(draft))
                made.rename(environment)
        return environment / "bin" / "python"

    def _draft(self) -> TemporaryDirectory[str]:
        """Give a folder for what is half done, on the same file system as what is whole."""
        return TemporaryDirectory(prefix="draft-", dir=self._folder)
