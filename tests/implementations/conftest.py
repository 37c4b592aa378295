"""What tests of implementations share: the run's broker and database, and PHP, which CI must have."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.requisites import missing
from warren.claims.catalogue import load_broker_catalogue, load_catalogue
from warren.plugin.options import read_options
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.plugin.options import Options

ROOT = Path(__file__).parents[2]


def _missing(what: str, package: str) -> NoReturn:
    missing(f"{what} is missing, so the PHP files were not tested: apt-get install {package}")


@pytest.fixture(scope="session")
def php() -> str:
    """Give the path of the PHP command line."""
    return shutil.which("php") or _missing("php", "php-cli")


@pytest.fixture(scope="session")
def php_with_amqplib(php: str) -> str:
    """Give the path of a PHP command line that finds php-amqplib."""
    question = 'exit((int) (stream_resolve_include_path("PhpAmqpLib/autoload.php") === false));'
    answer = subprocess.run([php, "-r", question], check=False, timeout=30)
    return php if answer.returncode == 0 else _missing("php-amqplib", "php-amqplib")


@pytest.fixture(scope="session")
def implementation() -> Path:
    """Give the folder of the PHP implementation."""
    return ROOT / "implementations" / "php"


@pytest.fixture(scope="session")
def options(pytestconfig: pytest.Config) -> Options:
    """Give the options of this run."""
    return read_options(pytestconfig, load_catalogue() | load_broker_catalogue())


@pytest.fixture(scope="module")
def worlds(options: Options) -> Iterator[RealWorlds]:
    """Give worlds on a broker and a database as the options name them, for one file of tests."""
    with (
        closing(Servers(options.broker, options.database, print)) as servers,
        closing(RealWorlds(servers.for_workers(), "tests")) as worlds,
    ):
        yield worlds
