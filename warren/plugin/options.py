"""The command line options of the plugin, as one frozen fact. What they choose is made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from warren import suite
from warren.claims.manifest_shape import nearest
from warren.errors import OptionError
from warren.rigs.pace import PACES, Pace
from warren.worlds.protocol import QUEUE_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection

    import pytest

    from warren.claims.catalogue import Catalogue

UNUSABLE = 2
"""Exit status where the set-up cannot be used, or all that went wrong was inconclusive."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. Empty `designs` and `guarantees` mean all."""

    implementations: tuple[Path, ...]
    broker: str
    database: str
    pace: Pace
    designs: frozenset[str]
    guarantees: frozenset[str]
    full: bool
    report: Path | None
    draw_all: bool
    """Whether the report has a drawing of each case, not of those alone that did not hold."""
    tls: bool
    seed: int | None
    """What all chance of the run is to follow from; None where it may be any."""
    queue_type: str | None = None
    """Of queues that are declared without a type; None for what the broker takes."""


def add_options(parser: pytest.Parser) -> None:
    """Add Warren's group to pytest's options."""
    group = parser.getgroup("warren", "Warren: conformance of RabbitMQ consumers")
    group.addoption(
        "--implementation",
        action="append",
        metavar="MANIFEST",
        help="manifest of an implementation to judge; may be given again (the reference's two families by default)",
    )
    group.addoption(
        "--broker",
        default="auto",
        help="auto | docker[:IMAGE] | local | embedded[:3.10|:4.0] | amqp://user:password@host[:port] (default: auto)",
    )
    group.addoption(
        "--database",
        default="auto",
        help="auto | sqlite | postgresql[:URL] | mysql[:URL] (default: auto)",
    )
    group.addoption(
        "--pace",
        default="fast",
        choices=sorted(PACES),
        help="fast: a document second is 0.2 s and the heartbeat 1 s; document: 1 s and 5 s",
    )
    group.addoption("--design", action="append", help="judge only this design; may be given again")
    group.addoption(
        "--guarantee", action="append", help="judge only this guarantee; may be given again"
    )
    group.addoption(
        "--full",
        action="store_true",
        help="judge the full set: also the cases that need long waits, or another size of what the quick set shows",
    )
    group.addoption(
        "--tls",
        action="store_true",
        help="instances reach their broker by amqps, with the CA in WARREN_AMQP_CA; judges verifies-tls",
    )
    group.addoption(
        "--queue-type",
        choices=QUEUE_TYPES,
        help="of queues that are declared durable and without a type (what the broker takes by default)",
    )
    group.addoption(
        "--seed",
        type=int,
        metavar="N",
        help="draw what is left to chance as the run did that named this seed (any by default)",
    )
    group.addoption("--report", metavar="DIR", help="write report.json and report.html there")
    group.addoption(
        "--draw-all",
        action="store_true",
        help="draw every case in the report, not only those that did not hold",
    )


def implementation_paths(config: pytest.Config) -> tuple[Path, ...]:
    """Give the absolute paths of the manifests that are judged."""
    manifests = config.getoption("--implementation")
    return tuple(Path(m).absolute() for m in manifests) if manifests else suite.REFERENCE


def read_options(
    config: pytest.Config, catalogue: Catalogue, designs: Collection[str] = ()
) -> Options:
    """Check the options; `designs` are those of the manifests. Raises `OptionError` with the nearest right word."""
    report = config.getoption("--report")
    return Options(
        implementation_paths(config),
        config.getoption("--broker"),
        config.getoption("--database"),
        PACES[config.getoption("--pace")],
        _known("--design", config.getoption("--design"), _designs(catalogue) | {*designs}),
        _known("--guarantee", config.getoption("--guarantee"), catalogue.guarantees),
        config.getoption("--full"),
        Path(report).absolute() if report else None,
        config.getoption("--draw-all"),
        bool(config.getoption("--tls")),
        config.getoption("--seed"),
        config.getoption("--queue-type"),
    )


def _designs(catalogue: Catalogue) -> set[str]:
    return {design for g in catalogue.guarantees.values() for design in g.designs}


def _known(option: str, given: list[str] | None, words: Collection[str]) -> frozenset[str]:
    for word in given or ():
        if word not in words:
            raise OptionError(
                f"there is no {word!r}{nearest(word, words)}",
                where=option,
                what_to_do="see `warren list`",
            )
    return frozenset(given or ())
