"""A manifest that keeps the contract becomes facts."""

from __future__ import annotations

import signal
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warren.claims.implementation import Program
from warren.claims.manifest import load_manifest
from warren.claims.verdict import Stance

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.claims.catalogue import Catalogue

    Write = Callable[..., Path]

KNOWN_FAILURE = """
[[known_failures]]
requirement = "no-loss.frozen-during-work"
reason = "the client library has no read time-out"
link = "https://example.org/issues/1"
"""


def test_defaults(manifest: Write, catalogue: Catalogue) -> None:
    """Directory, environment and stop have the defaults of the contract."""
    path = manifest()
    implementation = load_manifest(path, catalogue)
    assert (implementation.name, implementation.language) == ("orders", "PHP 8.2")
    assert implementation.path == path
    assert implementation.migrate is None
    assert implementation.designs["blocking"].roles == {
        "stream": Program(("php", "consumer.php", "stream"), path.parent, {}, signal.SIGTERM, 5.0)
    }


def test_everything_said(manifest: Write, catalogue: Catalogue) -> None:
    """What the manifest says of a role and of migrations is taken as it stands."""
    path = manifest(
        'language = "PHP 8.2"',
        'language = "PHP 8.2"\nmigrate = ["php", "migrate.php"]',
        'directory = "../shared"\nenvironment = { APP_ENV = "prod" }\n'
        'stop = { signal = "SIGINT", grace = 2 }',
    )
    implementation = load_manifest(path, catalogue)
    role = implementation.designs["blocking"].roles["stream"]
    assert implementation.migrate == Program(("php", "migrate.php"), path.parent)
    assert role.directory == path.parent / "../shared"
    assert role.environment == {"APP_ENV": "prod"}
    assert (role.stop_signal, role.grace) == (signal.SIGINT, 2.0)


def test_what_is_preloaded(manifest: Write, catalogue: Catalogue) -> None:
    """Modules are loaded ahead for commands of Python, and for no other role of the same manifest."""
    path = manifest(
        'language = "PHP 8.2"',
        'language = "PHP 8.2"\npreload = ["orders.consumer"]',
        '[designs.task.roles.http]\ncommand = ["python", "-m", "orders", "http"]\n'
        '[designs.task.roles.task]\ncommand = ["php", "consumer.php", "task"]\n',
    )
    roles = load_manifest(path, catalogue).designs["task"].roles
    assert (roles["http"].preload, roles["task"].preload) == (("orders.consumer",), ())


def test_one_directory_for_all(manifest: Write, catalogue: Catalogue) -> None:
    """The manifest's own `directory` is where everything runs that names none itself."""
    path = manifest(
        'language = "PHP 8.2"',
        'language = "PHP 8.2"\ndirectory = "../shared"\nmigrate = ["php", "migrate.php"]',
    )
    implementation = load_manifest(path, catalogue)
    assert implementation.migrate == Program(("php", "migrate.php"), path.parent / "../shared")
    role = implementation.designs["blocking"].roles["stream"]
    assert role.directory == path.parent / "../shared"


def test_paths_hold_from_another_directory(
    manifest: Write, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A manifest named relative to one directory is still found from another."""
    path = manifest()
    monkeypatch.chdir(path.parent)
    implementation = load_manifest(Path(path.name), catalogue)
    monkeypatch.chdir("/")
    assert implementation.path == tmp_path / path.name
    assert implementation.designs["blocking"].roles["stream"].directory == tmp_path


def test_roles_come_in_the_order_of_the_design(manifest: Write, catalogue: Catalogue) -> None:
    """Roles are in the order in which the design starts them, whatever the manifest's order."""
    path = manifest(
        more='[designs.task.roles.http]\ncommand = ["php"]\n'
        '[designs.task.roles.task]\ncommand = ["php"]\n'
    )
    assert list(load_manifest(path, catalogue).designs["task"].roles) == ["task", "http"]


@pytest.mark.parametrize(
    ("guarantee", "requirement", "stance"),
    [
        ("no-loss", "no-loss.crash-during-work", Stance.CLAIMED),
        ("heartbeat-safe", "heartbeat-safe.long-work", Stance.DENIED),
        ("effect-once", "effect-once.redelivered", Stance.OBSERVED),
    ],
)
def test_stance(
    manifest: Write, catalogue: Catalogue, guarantee: str, requirement: str, stance: Stance
) -> None:
    """A guarantee is claimed, denied, or neither."""
    implementation = load_manifest(manifest(), catalogue)
    assert implementation.stance("blocking", guarantee, requirement) == (stance, "")


@pytest.mark.parametrize("design", ["", 'design = "blocking"'])
def test_known_failure_wins_over_claim(manifest: Write, catalogue: Catalogue, design: str) -> None:
    """A known failure excepts its own requirement from the claim, and says why."""
    implementation = load_manifest(manifest(more=KNOWN_FAILURE + design), catalogue)
    excepted = implementation.stance("blocking", "no-loss", "no-loss.frozen-during-work")
    assert excepted == (
        Stance.KNOWN_FAILURE,
        "the client library has no read time-out (https://example.org/issues/1)",
    )
    other = implementation.stance("blocking", "no-loss", "no-loss.crash-during-work")
    assert other == (Stance.CLAIMED, "")


def test_known_failure_of_one_design_excepts_no_other(
    manifest: Write, catalogue: Catalogue
) -> None:
    """A known failure that names a design leaves the claims of other designs alone."""
    task = (
        '[designs.task]\nclaims = ["no-loss"]\n'
        '[designs.task.roles]\nhttp.command = ["php"]\ntask.command = ["php"]\n'
    )
    path = manifest(more=task + KNOWN_FAILURE + 'design = "blocking"')
    stance, _ = load_manifest(path, catalogue).stance(
        "task", "no-loss", "no-loss.frozen-during-work"
    )
    assert stance is Stance.CLAIMED


@pytest.mark.parametrize(
    ("today", "expired"),
    [(date(2027, 1, 31), ""), (date(2027, 2, 1), "2027-01-31"), (None, "")],
    ids=["the last day", "the day after", "no day"],
)
def test_known_failure_expires(
    manifest: Write, catalogue: Catalogue, today: date | None, expired: str
) -> None:
    """A known failure may fail until its day is over; where nobody says which day it is, for ever."""
    path = manifest(more=KNOWN_FAILURE + "expires = 2027-01-31")
    implementation = load_manifest(path, catalogue, today)
    assert implementation.expired("blocking", "no-loss.frozen-during-work") == expired
    assert implementation.expired("blocking", "no-loss.crash-during-work") == ""
