"""The pytest plugin: hooks and fixtures. Each hook is a line or two; the work is done in the modules it calls."""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import os
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from warren import suite
from warren.claims.catalogue import Catalogue, load_broker_catalogue, load_catalogue
from warren.claims.manifest import check_commands, load_manifest
from warren.errors import SetupError, WarrenError, need_linux
from warren.evidence.text import redact
from warren.plugin import sets
from warren.plugin.extents import Extents
from warren.plugin.findings import complaint, drawing_of, pack, pack_drawing
from warren.plugin.groups import group_restarts
from warren.plugin.interruption import Interruption, heed_one_interrupt
from warren.plugin.options import (
    UNUSABLE,
    Options,
    add_options,
    implementation_paths,
    read_options,
)
from warren.plugin.selection import (
    Subject,
    asks_for_broker,
    check_selection,
    drop_unselected,
    generate,
    leave_to_full,
    narrow_to_consumers,
    requirements_of,
)
from warren.report.drawing.facts import Drawing
from warren.report.header import header
from warren.report.junit import item_properties
from warren.report.redaction import redacted
from warren.rigs.brokers import BrokerRig
from warren.rigs.consumers import Inconclusive, Rig, Unmet
from warren.rigs.consumers.recording import with_messages
from warren.rigs.consumers.starts import Starts
from warren.rigs.consumers.timing import with_seconds
from warren.worlds import real
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import NoReturn

    from warren.claims.implementation import Implementation
    from warren.rigs.protocol import CaseRig

MARKERS = (
    "guarantee(*slugs, designs=()): what a case is about; it runs once per implementation and design",
    "measurement(name, designs=()): the case measures, and nobody judges",
    "requirement(*ids): the requirements of a catalogue that a case judges",
    "tls: the case is judged only with --tls",
    "restarts_broker: the case restarts its broker, so it gets one of its own",
    "restarts_database: the case restarts its database server, so it gets one of its own",
    *sets.MARKERS,
)


@dataclass
class Warren:
    """What the plugin holds for one pytest process."""

    options: Options
    catalogue: Catalogue
    owed: Catalogue  # what every broker owes
    implementations: tuple[Implementation, ...]
    extents: Extents
    consumers_only: bool = False
    servers: real.Servers | None = None
    worlds: real.RealWorlds | None = None
    starts: Starts = field(default_factory=Starts)
    interrupted: bool = False


_warren = pytest.StashKey[Warren]()
_drawing = pytest.StashKey[Drawing | None]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add Warren's options, and the fixtures of the course."""
    add_options(parser)
    for module in suite.fixture_modules():
        pluginmanager.import_plugin(module)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options and manifests, and start broker and database where cases will run."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    _silence_pika(config)
    try:
        catalogue, owed = load_catalogue(), load_broker_catalogue()
        today = datetime.now(UTC).date()
        implementations = tuple(
            load_manifest(path, catalogue, today) for path in implementation_paths(config)
        )
        options = read_options(
            config, catalogue | owed, {d for i in implementations for d in i.designs}
        )
        extents = Extents(catalogue | owed)
        warren = config.stash[_warren] = Warren(options, catalogue, owed, implementations, extents)
        check_selection(options, catalogue, implementations)
        if config.getoption("--implementation") and not asks_for_broker(options, catalogue):
            warren.consumers_only = narrow_to_consumers(config)
        if not _is_worker(config):
            from warren.plugin.summary import Summary  # noqa: PLC0415 - costs rich

            config.pluginmanager.register(Summary(config, warren), "warren-summary")
            config.pluginmanager.register(Interruption(config, warren), "warren-interruption")
        if _is_worker(config):
            heed_one_interrupt()
        elif _runs_cases(config):
            need_linux("pytest")
            for implementation in implementations:
                check_commands(implementation, inherited_environment()["PATH"])
            warren.servers = real.Servers(
                options.broker,
                options.database,
                _say,
                tls=options.tls,
                seed=options.seed,
                queue_type=options.queue_type,
            )
    except SetupError as error:
        pytest.exit(f"warren: {error}", returncode=UNUSABLE)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what this process holds, workers before the controller."""
    warren = config.stash.get(_warren, None)
    if warren is None:
        return
    try:
        with contextlib.ExitStack() as stack:
            if warren.servers:
                stack.callback(warren.servers.close)
            if warren.worlds:
                stack.callback(warren.worlds.close)
    except SetupError as error:
        _say(str(error))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name what is really used."""
    warren = config.stash[_warren]
    if warren.servers is None:
        return None
    narrowed = "; only the cases of consumers, as --implementation asks"
    return header(warren.servers, warren.options.pace) + narrowed * warren.consumers_only


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where broker and database are."""
    servers = node.config.stash[_warren].servers
    node.workerinput["warren"] = servers.for_workers() if servers else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make an item of each case for each implementation and design."""
    warren = metafunc.config.stash[_warren]
    try:
        generate(metafunc, warren.options, warren.catalogue, warren.implementations)
    except SetupError as error:
        raise pytest.Collector.CollectError(f"warren: {error}") from error


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without garbage collection, which would look through all that was loaded again and again.

    Next to nothing of it is garbage: a fifth of the time of collecting the cases is spared.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if was_enabled:
            gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, object, object]:
    """Drop what was not selected, and spread the cases that restart a broker.

    First, for xdist reads the group of an item in this hook too; and last, for what pytest's own options
    deselect is not left to the full set.
    """
    warren = config.stash[_warren]
    drop_unselected(config, items, warren.options, warren.catalogue)
    handed = config.workerinput["warren"] if _is_worker(config) else None  # type: ignore[attr-defined]  # xdist's
    group_restarts(items, is_light=bool(handed and handed["light"]))
    selected = tuple(items)
    result = yield
    warren.extents.collected(selected, leave_to_full(config, items, warren.options))
    if _is_worker(config):
        config.workeroutput["warren"] = warren.extents.to_controller()  # type: ignore[attr-defined]  # xdist's
    return result


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare garbage collection what a worker has loaded and collected: all of it lives as long as the process.

    Pytest has it all looked through twice at the end. The controller is left alone: its process may be somebody's own.
    """
    if _is_worker(session.config):
        gc.freeze()


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Subject:
    """Which implementation and design an item judges."""
    assert isinstance(request.param, Subject)
    return request.param


@pytest.fixture
def rig(request: pytest.FixtureRequest, subject: Subject) -> Iterator[Rig]:
    """Give what a case holds; its world is made for it and taken back after it."""
    warren = request.config.stash[_warren]
    marked = {mark.name for mark in request.node.iter_markers()}
    try:
        requirements = requirements_of(request.node, warren.catalogue)
        implementation, worlds = subject.implementation, _worlds(request.config)
        pace = warren.options.pace
        workload = with_messages(worlds, implementation, subject.workload.slug)
        workload = with_seconds(worlds, implementation, workload, pace)
        with worlds.world(
            implementation.migrate,
            implementation.designs[workload.slug].surroundings,
            restarts="restarts_broker" in marked,
            restarts_database="restarts_database" in marked,
        ) as world:
            yield Rig(
                world,
                implementation,
                workload,
                pace,
                requirements,
                known=warren.starts.of(implementation.name, workload.slug),
            )
    except WarrenError as error:
        _give_up(request.session, error)


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[BrokerRig]:
    """Give a case that judges a broker what it holds, and take it back after it."""
    warren = request.config.stash[_warren]
    restarts = request.node.get_closest_marker("restarts_broker") is not None
    try:
        requirements = requirements_of(request.node, warren.owed)
        with (
            _worlds(request.config).place(restarts=restarts) as place,
            contextlib.closing(
                BrokerRig(place, warren.options.pace, requirements, suite.PROGRAMS)
            ) as rig,
        ):
            yield rig
    except WarrenError as error:
        _give_up(request.session, error)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Turn how a case ended into findings, and those into the item's outcome."""
    rig = _rig_of(pyfuncitem)
    if rig is None:
        return (yield)
    began = time.monotonic()
    ended: Exception | None = None
    result: object = None
    try:
        with rig.deadline():
            result = yield
    except Exception as error:  # noqa: BLE001 - judged below, where each kind has its verdict
        ended = error
    if isinstance(ended, SetupError):
        _give_up(pyfuncitem.session, ended)
    secrets = _worlds(pyfuncitem.config).secrets
    if not rig.requirements and isinstance(ended, WarrenError | Inconclusive | Unmet):
        pytest.skip(redact(f"not measured: {ended}", secrets))
    case = _without_group(pyfuncitem)
    found = rig.findings(ended, case, time.monotonic() - began)
    counted = tuple(map(pyfuncitem.config.stash[_warren].extents.counted, found))
    findings = redacted(counted, secrets)
    pyfuncitem.user_properties += [
        *map(pack, findings),
        *map(pack, redacted(rig.measurements(case), secrets)),
        *item_properties(findings),
    ]
    options = pyfuncitem.config.stash[_warren].options
    if options.report is not None:
        drawing = drawing_of(found, rig, always=options.draw_all)
        pyfuncitem.stash[_drawing] = redacted(drawing, secrets)
    if words := complaint(findings, rig):
        pytest.fail(redact(words, secrets), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the drawing of a case along with the report of its item."""
    report = yield
    drawing = item.stash.get(_drawing, None)
    if call.when == "call" and drawing is not None:
        pack_drawing(report, drawing)
    return report


def _say(sentence: str) -> None:
    """Tell a person something while pytest's reporter is not there yet, or has ended."""
    print(f"warren: {sentence}", file=sys.stderr)  # noqa: T201


def _rig_of(item: pytest.Function) -> CaseRig | None:
    """Give the rig of a case, of whichever kind; None for any other test."""
    rig = item.funcargs.get("rig") or item.funcargs.get("broker")
    return rig if isinstance(rig, Rig | BrokerRig) else None


def _silence_pika(config: pytest.Config) -> None:
    """Keep pika's log of a lost connection, a traceback, away from the sentence in which we tell of it."""
    log = logging.getLogger("pika")
    config.add_cleanup(functools.partial(log.setLevel, log.level))
    log.setLevel(logging.CRITICAL)


def _without_group(item: pytest.Item) -> str:
    """Give the item's id as it is without -n: xdist adds the group to those that have one."""
    marker = item.get_closest_marker("xdist_group")
    return item.nodeid.removesuffix(f"@{marker.args[0]}") if marker else item.nodeid


def _give_up(session: pytest.Session, error: WarrenError) -> NoReturn:
    """End the run, with exit status 2, where no other case could do better either."""
    warren = session.config.stash[_warren]
    words = redact(f"warren: {error}", warren.worlds.secrets if warren.worlds else ())
    session.shouldstop = words
    raise pytest.fail.Exception(words, pytrace=False) from None


def _worlds(config: pytest.Config) -> real.RealWorlds:
    """Make this process's worlds at its first case."""
    warren = config.stash[_warren]
    if warren.worlds is None:
        handed = config.workerinput["warren"] if _is_worker(config) else None  # type: ignore[attr-defined]  # xdist's
        if warren.servers is not None:
            handed = warren.servers.for_workers()
        if handed is None:
            raise SetupError(
                "no broker was started for this case", "pytest", "name the folder of the cases"
            )
        warren.worlds = real.RealWorlds(handed, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    return warren.worlds


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _runs_cases(config: pytest.Config) -> bool:
    """Whether the arguments reach the cases, so that a broker is worth starting."""
    if config.option.collectonly or config.option.help or config.option.version:
        return False
    # The cases of the project that runs; and ours, where somebody in another project names the installed suite.
    roots = (config.rootpath / "conformance", suite.CONFORMANCE)
    paths = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return any(
        path == root or root in path.parents or path in root.parents
        for root in roots
        if root.is_dir()
        for path in paths
    )
