"""PHP for the tests of the PHP implementation: where it is missing they fail in CI, else skip."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]


def _missing(what: str, package: str) -> NoReturn:
    reason = f"{what} is missing, so the PHP files were not tested: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


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
