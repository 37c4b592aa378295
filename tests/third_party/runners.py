"""How suites are prepared and run, one class for each kind of runner.

A runner makes a suite ready once, in the folder of its sources, and then runs it as often as asked. Everything has a
deadline; what a suite prints is in its log.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from tests.third_party import reports
from tests.third_party.commands import run_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.third_party.outcomes import Outcome
    from tests.third_party.suites import Suite

_SUITE_TIMEOUT: Final = 1800.0  # seconds for all tests of one suite
_TEST_TIMEOUT: Final = 120  # seconds for one test, where the runner knows such a thing
_PLUGINS: Final = Path(__file__).parent / "plugins"


class Runner(Protocol):
    """Makes a suite ready, and runs it."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Install or compile what its tests stand on. Raises SetupError."""

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it with its output in `log`.

        Raises SetupError when it did not get as far as the tests, or never ended.
        """


def _run_tests(
    argv: list[str], folder: Path, environment: Mapping[str, str], log: Path, *statuses: int
) -> str:
    """Run a suite that ends with 0 or 1, or one of `statuses`, where tests ran."""
    said = run_command(
        argv,
        folder=folder,
        environment=environment,
        timeout=_SUITE_TIMEOUT,
        accept={0, 1, *statuses},
    )
    log.write_text(said, "utf-8")
    return said


class Pytest:
    """In the virtual environment that all Python suites share."""

    def __init__(self, python: Path) -> None:
        """Run with this interpreter."""
        self._python = python

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Have it all in the virtual environment."""

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it; its own configuration holds."""
        report = log.with_suffix(".jsonl")
        report.unlink(missing_ok=True)
        argv = [
            *(str(self._python), "-m", "pytest", "-p", "no:cacheprovider"),
            *(f"--timeout={_TEST_TIMEOUT}", f"--report-log={report}", *suite.options),
            *(f"--deselect={test}" for test in suite.left_out),
            *suite.tests,
        ]
        _run_tests(argv, folder, {**environment, "PYTHONPATH": str(_PLUGINS)}, log)
        return reports.read_pytest(report)


class Node:
    """Node's own test runner."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Install what its tests require; nothing of it may run a script."""
        npm = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
        run_command([*npm, *suite.needs], folder=folder)

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it, file by file: a machine with few cores is busy enough."""
        report = log.with_suffix(".xml")
        argv = [
            *("node", "--test", "--test-concurrency=1", f"--test-timeout={_TEST_TIMEOUT * 1000}"),
            *("--test-reporter=junit", f"--test-reporter-destination={report}"),
            *("--test-reporter=spec", "--test-reporter-destination=stdout"),
            *(str(path) for test in suite.tests for path in sorted(folder.glob(test))),
        ]
        _run_tests(argv, folder, environment, log)
        return reports.read_junit([report])


class Go:
    """`go test`."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Compile it."""
        run_command(["go", "test", "-c", "-o", os.devnull, *suite.options], folder=folder)

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it, never from Go's cache of results."""
        argv = ["go", "test", "-json", "-count=1", f"-timeout={_SUITE_TIMEOUT:.0f}s"]
        if suite.left_out:
            argv.append(f"-skip=^({'|'.join(map(re.escape, suite.left_out))})$")
        said = _run_tests([*argv, *suite.options, *suite.tests], folder, environment, log)
        return reports.read_go(said)


class Cargo:
    """`cargo test`."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Compile it."""
        run_command(["cargo", "test", "--no-run", *suite.options], folder=folder, timeout=1800)

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it. Which target is running stands on standard error, between the tests."""
        argv = ["cargo", "test", "--no-fail-fast", *suite.options, "--", "--test-threads=2"]
        together = ["sh", "-c", 'exec "$@" 2>&1', "cargo", *argv]
        return reports.read_cargo(_run_tests(together, folder, environment, log, 101))


class Phpunit:
    """Debian's PHPUnit, and Debian's packages in the place of Composer's."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Write the autoloader that Composer would write."""
        del suite  # each that stands on PHPUnit is laid out alike
        vendor = folder / "vendor"
        vendor.mkdir(exist_ok=True)
        (vendor / "autoload.php").write_text(
            (_PLUGINS / "autoload.php").read_text("utf-8"), "utf-8"
        )
        run_command(["phpunit", "--version"], folder=folder)

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it without its configuration, which asks for coverage."""
        report = log.with_suffix(".xml")
        argv = ["phpunit", "--no-configuration", "--bootstrap=tests/bootstrap.php"]
        argv += [f"--log-junit={report}", *suite.options]
        if suite.left_out:
            argv.append(f"--filter=/^(?!{'|'.join(map(re.escape, suite.left_out))})/")
        _run_tests([*argv, *suite.tests], folder, environment, log, 2)
        return reports.read_junit([report])


class Rspec:
    """Debian's RSpec and gems, where rubygems.org is not asked."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Look whether it is there."""
        del suite
        run_command(["rspec", "--version"], folder=folder)

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it with a stand-in for Bundler, whose part Debian plays."""
        report = log.with_suffix(".json")
        argv = ["rspec", f"-I{_PLUGINS}", "-Ilib", "--format=json", f"--out={report}"]
        argv += ["--format=documentation", *suite.options, *suite.tests]
        argv += [f"--exclude-pattern={','.join(suite.left_out)}"] if suite.left_out else []
        _run_tests(argv, folder, environment, log)
        return reports.read_rspec(report)


class Java:
    """JUnit, on test sources that are compiled against the released jars, which Maven fetches."""

    def prepare(self, suite: Suite, folder: Path) -> None:
        """Fetch the jars and compile what is below the suite's own folders of tests."""
        build = folder / "warren"
        build.mkdir(exist_ok=True)
        (build / "pom.xml").write_text(_pom(suite.needs), "utf-8")
        run_command(["mvn", "--quiet", "dependency:copy-dependencies"], folder=build)
        sources = [
            str(path)
            for root in suite.folder.split(":")
            for path in sorted((folder / root / "java").rglob("*.java"))
        ]
        listed = build / "sources"
        listed.write_text("\n".join(sources), "utf-8")
        javac = ["javac", "-nowarn", "-proc:none", "-parameters", "-encoding", "utf-8"]
        javac += ["-cp", f"{build}/target/dependency/*", "-d", str(build / "classes")]
        run_command([*javac, f"@{listed}"], folder=build)
        for root in suite.folder.split(":"):
            resources = folder / root / "resources"
            if resources.is_dir():
                shutil.copytree(resources, build / "classes", dirs_exist_ok=True)

    def run(
        self, suite: Suite, folder: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Outcome]:
        """Run it in one Java machine, class after class."""
        told, build = log.with_suffix(".reports"), folder / "warren"
        shutil.rmtree(told, ignore_errors=True)
        argv = [
            *("java", *suite.options, "-cp", f"{build}/classes:{build}/target/dependency/*"),
            *("org.junit.platform.console.ConsoleLauncher", "execute", "--details=tree"),
            *("--disable-banner", "--disable-ansi-colors", f"--reports-dir={told}"),
            f"--config=junit.jupiter.execution.timeout.default={_TEST_TIMEOUT} s",
            *suite.tests,
            *(f"--exclude-classname={re.escape(name)}.*" for name in suite.left_out),
        ]
        _run_tests(argv, folder, environment, log)
        return reports.read_junit(sorted(told.glob("TEST-*.xml")))


def _pom(needs: tuple[str, ...]) -> str:
    """Give a project that needs these jars: `group:artifact:version` each."""
    keys = ("groupId", "artifactId", "version")
    dependencies = "".join(
        f"<dependency>{''.join(f'<{k}>{v}</{k}>' for k, v in zip(keys, need.split(':'), strict=True))}</dependency>"
        for need in needs
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>warren</groupId><artifactId>suite</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )


RUNNERS: Final[Mapping[str, type[Node | Go | Cargo | Phpunit | Rspec | Java]]] = {
    "node": Node,
    "go": Go,
    "cargo": Cargo,
    "phpunit": Phpunit,
    "rspec": Rspec,
    "java": Java,
}
"""All but pytest, which has an interpreter of its own."""
