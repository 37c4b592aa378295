"""An installed Warren adds one name, judges from any folder, and leaves other projects alone."""

from __future__ import annotations

import json
import select
import signal
import subprocess
from importlib.metadata import PathDistribution
from typing import TYPE_CHECKING

import pytest

from tests.package.installed import RUN, Installed, install

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("package")  # one environment for all

SERVERS = ("--broker", "embedded", "--database", "sqlite")
ASKED = ("--design=blocking", "--guarantee=survives-empty", "--guarantee=fair-dispatch")
HEAVY = frozenset(
    {"alembic", "docker", "flask", "msgspec", "pydantic", "pytest", "rich", "sqlalchemy"}
)

IMPORTED = """
import sys, {module}
found = {heavy} & {{name.partition(".")[0] for name in sys.modules}}
assert not found, found
"""

OTHER_TEST = """
import sys
import fixtures

def test_no_trace_of_warren(pytestconfig):
    assert {name for name in sys.modules if name.startswith("warren.")} == {
        "warren.suite", "warren.suite.rootdir", "warren.testing", "warren.testing.plugin"
    }
    assert issubclass(fixtures.TempDir, fixtures.Fixture)
    assert not hasattr(pytestconfig.option, "implementation")
"""


# A project that uses all of the plugins beside ours. pytest-rabbitmq would start a server: its fixtures must be there.
NEIGHBOURS = {
    "pytest.ini": "[pytest]\npythonpath = .\nDJANGO_SETTINGS_MODULE = settings\nasyncio_mode = auto\n",
    "settings.py": "SECRET_KEY = 'x'\nUSE_TZ = True\n",
    "test_neighbours.py": """
import aio_pika

async def consume(url):
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("orders", durable=True)
        async with queue.iterator() as messages:
            async for message in messages:
                await message.ack()

async def test_asyncio(warren_broker, warren_consumer):
    consumer = await warren_consumer.aio(consume, queue="orders")
    ack = await consumer.hold_ack()
    await warren_broker.aio.publish("one", "orders")
    await ack.wait()
    await consumer.cut()
    await consumer.restart()
    await consumer.wait(acks=1, redelivered=1)

def test_django(settings, client, warren_broker):
    assert settings.SECRET_KEY == "x"
    assert warren_broker.connection.is_open

def test_docker(docker_compose_project_name, warren_broker):
    assert docker_compose_project_name.startswith("pytest")
    assert warren_broker.queues() == ()

def test_names(request, pytestconfig):
    defined = request._fixturemanager._arg2fixturedefs
    assert {"rabbitmq", "rabbitmq_proc"} <= defined.keys()
    ours = {
        name for name, each in defined.items() if each[-1].func.__module__.startswith("warren")
    }
    assert ours == {"warren_broker", "warren_broker_factory", "warren_consumer"}
    assert all(len(defined[name]) == 1 for name in ours)
    assert pytestconfig.getoption("--rabbitmq-host") == "elsewhere"
""",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Give the installed wheel."""
    return install(tmp_path_factory.mktemp("package"))


def judged(report: Path) -> set[tuple[str, str]]:
    """Read which requirements a report judges, and how."""
    read = json.loads((report / "report.json").read_text(encoding="utf-8"))
    verdicts = [finding["verdict"] for finding in read["findings"]]
    return {(verdict["requirement"], verdict["outcome"]) for verdict in verdicts}


def test_adds_one_name(installed: Installed) -> None:
    """Of all that the wheel puts among the packages, Python can import `warren` alone."""
    (metadata,) = installed.packages.glob("pytest_warren-*.dist-info")
    files = PathDistribution(metadata).files or ()
    names = {path.parts[0] for path in files} - {metadata.name, ".."}
    assert names == {"warren"}


def test_judges(installed: Installed, tmp_path: Path) -> None:
    """`warren check` and pytest, pointed at the installed suite, judge a design and agree."""
    manifest = installed.suite / "reference_impl" / "hardened" / "implementation.toml"
    commands = {
        "warren": ("check", str(manifest), "-n", "2"),
        "pytest": (str(installed.suite), f"--implementation={manifest}", "-n", "2"),
    }
    for program, arguments in commands.items():
        report = tmp_path / f"by-{program}"
        done = installed.run(
            tmp_path, program, *arguments, *SERVERS, *ASKED, "--report", str(report)
        )
        assert done.returncode == 0, done.stdout
    found = judged(tmp_path / "by-warren")
    assert len(found) > 1
    assert found == judged(tmp_path / "by-pytest")
    assert {path.name for path in tmp_path.iterdir()} == {"by-warren", "by-pytest"}


def test_suite_named_as_a_package(installed: Installed, tmp_path: Path) -> None:
    """The option --pyargs of pytest finds the cases, too, in whatever folder it is run."""
    (tmp_path / "conformance").mkdir()  # somebody else's folder of that name
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    cases = "warren.suite.conformance.consumers.test_dispatch"
    chosen = ("-k", "test_bounded_run and hardened", "--design=blocking", "-p", "no:cacheprovider")
    done = installed.run(tmp_path, "pytest", "--pyargs", cases, *SERVERS, *chosen)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_judges_a_broker(installed: Installed, tmp_path: Path) -> None:
    """A case of a broker finds the programs that it starts beside it."""
    cases = str(installed.suite / "conformance" / "brokers")
    done = installed.run(tmp_path, "pytest", cases, *SERVERS, "--guarantee=background-copy")
    assert done.returncode == 0, done.stdout


def test_fixtures_of_the_course(installed: Installed, tmp_path: Path) -> None:
    """The course's own fixtures are there, beside the package of that name."""
    done = installed.run(tmp_path, "pytest", str(installed.suite), "--fixtures", "--collect-only")
    assert "payload -- " in done.stdout


def test_smokes(installed: Installed, tmp_path: Path) -> None:
    """`warren smoke` starts the reference from where it is installed."""
    manifest = tmp_path / "mine.toml"
    manifest.write_text(
        'protocol = 1\nname = "mine"\nlanguage = "Python"\n'
        f'directory = "{installed.suite}"\n'
        'migrate = ["python", "-m", "reference_impl", "migrate"]\n'
        "[designs.blocking.roles.stream]\n"
        'command = ["python", "-m", "reference_impl", "hardened", "blocking", "stream"]\n',
        encoding="utf-8",
    )
    done = installed.run(tmp_path, "warren", "smoke", str(manifest), *SERVERS)
    assert done.returncode == 0, done.stdout
    assert "blocking: works: " in done.stdout


def test_begins(installed: Installed, tmp_path: Path) -> None:
    """`warren new` has what it writes."""
    done = installed.run(tmp_path, "warren", "new", "orders", "--language", "java")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "orders" / ".gitignore").is_file()
    assert (tmp_path / "orders/src/main/java/com/example/Work.java").is_file()


@pytest.mark.parametrize("of_what", [(), ("--broker",)], ids=["consumers", "brokers"])
def test_lists(installed: Installed, tmp_path: Path, of_what: tuple[str, ...]) -> None:
    """`warren list` has the catalogues."""
    done = installed.run(tmp_path, "warren", "list", *of_what, "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["guarantees"]


@pytest.mark.parametrize("way", [("bin/warren", "broker"), ("-m", "warren.simulator.tcp")], ids=str)
def test_runs_a_broker(installed: Installed, tmp_path: Path, way: tuple[str, ...]) -> None:
    """The embedded broker says where it listens, ends on SIGTERM, and imports nothing that is slow to start."""
    program = [str(installed.folder / way[0]), *way[1:]] if way[0] != "-m" else list(way)
    options = ("--port", "0", "--management-port", "0")
    with subprocess.Popen(
        [installed.program("python"), "-X", "importtime", *program, *options],
        cwd=tmp_path,
        env=installed.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as broker:
        assert broker.stdout is not None
        ready, _, _ = select.select([broker.stdout], [], [], RUN)
        line = broker.stdout.readline() if ready else ""
        broker.send_signal(signal.SIGTERM)
        _, times = broker.communicate(timeout=RUN)
    assert json.loads(line)["ready"] is True
    assert broker.returncode == 0
    imported = {row.rpartition("|")[2].strip().partition(".")[0] for row in times.splitlines()}
    assert "asyncio" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("module", ["warren", "warren.suite", "warren.command.cli"])
def test_imports_little(installed: Installed, tmp_path: Path, module: str) -> None:
    """What is imported before anybody asks for something brings no library with it but click."""
    program = IMPORTED.format(module=module, heavy=set(HEAVY))
    done = installed.run(tmp_path, "python", "-c", program)
    assert done.returncode == 0, done.stdout


def test_public_names(installed: Installed, tmp_path: Path) -> None:
    """Every name that `warren` offers is there."""
    program = "import warren; [getattr(warren, name) for name in warren.__all__]"
    done = installed.run(tmp_path, "python", "-c", program)
    assert done.returncode == 0, done.stdout


def test_another_project(installed: Installed, tmp_path: Path) -> None:
    """Somebody else's tests run with the package `fixtures` of PyPI, and with no option of Warren's."""
    (tmp_path / "test_other.py").write_text(OTHER_TEST, encoding="utf-8")
    done = installed.run(tmp_path, "pytest")
    assert done.returncode == 0, done.stdout
    done = installed.run(tmp_path, "pytest", "--help")
    assert "--implementation" not in done.stdout
    assert "Warren:" not in done.stdout


def test_beside_other_plugins(installed: Installed, tmp_path: Path) -> None:
    """A project may use pytest-asyncio, pytest-django, pytest-docker and pytest-rabbitmq beside our fixtures."""
    for name, text in NEIGHBOURS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    options = ("--warren-broker=embedded:4.0", "--rabbitmq-host=elsewhere", "-n", "2")
    done = installed.run(tmp_path, "pytest", *options)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
