"""The foreign suites: where they come from, the environment they run in, and running one.

All of it lives in this user's cache and nothing in the repository. What is downloaded must have
the checksum, or be the commit, that `suites.toml` names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

import platformdirs
from filelock import FileLock

from tests.third_party.outcomes import KnownFailure, Outcome
from warren.errors import SetupError
from warren.worlds.real.runs.processes import last_lines, run_tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
_DOWNLOAD_TIMEOUT = 600.0  # seconds for one command of pip or git
_SUITE_TIMEOUT = 1800.0  # seconds for all tests of one suite
_TEST_TIMEOUT = 120  # seconds for one test
_RAN = (0, 1)  # pytest's exit statuses where tests ran: all passed, or some did not


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite: either `sha256` of its source distribution, or `git` and `commit`."""

    name: str
    project: str
    version: str
    tests: tuple[str, ...]
    left_out: Mapping[str, str]  # node id, or its beginning -> reason
    sha256: str = ""
    git: str = ""
    commit: str = ""

    @classmethod
    def read(cls, name: str, facts: dict[str, Any]) -> Self:
        """Take one table of suites.toml."""
        left_out = {
            test: group["reason"] for group in facts.pop("left_out", []) for test in group["tests"]
        }
        return cls(name=name, tests=tuple(facts.pop("tests")), left_out=left_out, **facts)

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.name} {self.version}"


def read_suites(path: Path = HERE / "suites.toml") -> tuple[dict[str, Suite], list[KnownFailure]]:
    """Read the suites by name, and what is known to fail in them."""
    facts = tomllib.loads(path.read_text("utf-8"))
    suites = {name: Suite.read(name, table) for name, table in facts["suites"].items()}
    known = [
        KnownFailure(**{**table, "brokers": tuple(table["brokers"])})
        for table in facts.get("known_failures", [])
    ]
    return suites, known


class Workshop:
    """A folder in the cache with a virtual environment and the suites' sources, made once."""

    def __init__(self, folder: Path) -> None:
        """Use the folder that `open` has locked."""
        self._folder = folder

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Self]:
        """Hold the folder of these very requirements and this Python, alone."""
        named = f"{sys.version}{REQUIREMENTS.read_text('utf-8')}".encode()
        cache = platformdirs.user_cache_path("warren") / "third-party"
        folder = cache / hashlib.sha256(named).hexdigest()[:12]
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=_SUITE_TIMEOUT):
            yield cls(folder)

    def sources(self, suite: Suite) -> Path:
        """Return the suite's own folder, downloaded if it is not there. Raises SetupError."""
        folder = self._folder / f"{suite.project}-{suite.version}"
        if not folder.exists():
            with self._draft() as draft:
                make = self._clone if suite.git else self._unpack
                made = make(suite, Path(draft))
                made.rename(folder)
        return folder

    def log(self, suite: Suite, broker: str) -> Path:
        """Where the output of a suite's last run on a broker is."""
        return self._folder / f"{suite.name}-{re.sub(r'[^a-z0-9.]', '-', broker)}.log"

    def run(self, suite: Suite, environment: Mapping[str, str], log: Path) -> dict[str, Outcome]:
        """Run it with its output in `log`; return every test's outcome.

        Raises SetupError when pytest did not get as far as the tests, or never ended.
        """
        folder, report = self.sources(suite), log.with_suffix(".jsonl")
        report.unlink(missing_ok=True)
        argv = [
            *(str(self._python()), "-m", "pytest", "-p", "no:cacheprovider"),
            *(f"--timeout={_TEST_TIMEOUT}", f"--report-log={report}"),
            *(f"--deselect={test}" for test in suite.left_out),
            *suite.tests,
        ]
        said = _command(
            argv, folder=folder, environment=environment, timeout=_SUITE_TIMEOUT, accept=_RAN
        )
        log.write_text(said, "utf-8")
        return read_outcomes(report)

    def _python(self) -> Path:
        """Return the interpreter of the virtual environment, made if it is not there."""
        environment = self._folder / "venv"
        if not environment.exists():
            with self._draft() as draft:
                made = Path(draft) / "venv"
                _command([sys.executable, "-m", "venv", str(made)], folder=Path(draft))
                pip = [str(made / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
                _command([*pip, "--requirement", str(REQUIREMENTS)], folder=Path(draft))
                made.rename(environment)
        return environment / "bin" / "python"

    def _unpack(self, suite: Suite, draft: Path) -> Path:
        wanted = f"{suite.project}=={suite.version}"
        pip = [str(self._python()), "-m", "pip", "download", "--quiet", "--no-deps"]
        _command([*pip, f"--no-binary={suite.project}", f"--dest={draft}", wanted], folder=draft)
        (archive,) = draft.glob("*.tar.gz")
        with archive.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != suite.sha256:
                raise SetupError("its checksum is not the known one", wanted, "look into why")
        with tarfile.open(archive) as opened_archive:
            # Python 3.11.2, Debian 12's, has no filters yet: there the checksum alone stands for the archive.
            opened_archive.extraction_filter = getattr(tarfile, "data_filter", None)
            opened_archive.extractall(draft)  # noqa: S202 - its checksum is known
        return draft / archive.name.removesuffix(".tar.gz")

    def _clone(self, suite: Suite, draft: Path) -> Path:
        made = draft / suite.name
        clone = ["git", "clone", "--quiet", "--depth=1", f"--branch={suite.version}"]
        _command([*clone, suite.git, str(made)], folder=draft)
        if _command(["git", "rev-parse", "HEAD"], folder=made).strip() != suite.commit:
            raise SetupError(
                f"tag {suite.version} is not the known commit", suite.git, "look into why"
            )
        return made

    def _draft(self) -> TemporaryDirectory[str]:
        """Give a folder for what is half done, on the same file system as what is whole."""
        return TemporaryDirectory(prefix="draft-", dir=self._folder)


def read_outcomes(report: Path) -> dict[str, Outcome]:
    """Read a file of pytest-reportlog: a test is as bad as the worst of its phases."""
    outcomes: dict[str, Outcome] = {}
    order = list(Outcome)
    for line in report.read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["$report_type"] == "TestReport":
            test = entry["nodeid"]
            both = Outcome(entry["outcome"]), outcomes.get(test, Outcome.PASSED)
            outcomes[test] = max(both, key=order.index)
    return outcomes


def _command(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    timeout: float = _DOWNLOAD_TIMEOUT,
    accept: Sequence[int] = (0,),
) -> str:
    """Run a command in `folder` and return what it printed. Raises SetupError."""
    where = " ".join(Path(word).name for word in argv[:4])
    try:
        done = run_tool(argv, folder=folder, environment=environment, timeout=timeout)
    except FileNotFoundError as error:
        raise SetupError("there is no such command", argv[0], "install it") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"it took more than {timeout:.0f} s", where, "try again") from error
    if done.returncode not in accept:
        said = last_lines(done.stderr or done.stdout)
        raise SetupError(f"it ended with status {done.returncode}", where, f"it said: {said}")
    return done.stdout
