"""What `docs/contract.md` shows as a complete implementation is one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

CONTRACT = Path(__file__).parents[2] / "docs" / "contract.md"
PROGRAMS = Path(sys.executable).parent
DEADLINE = 120.0
"""Seconds for one `warren smoke` on a busy machine."""


def test_complete_consumer_works(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    """The contract's consumer and its manifest, copied out of the document, pass `warren smoke`."""
    shown = CONTRACT.read_text("utf-8").partition("## A complete consumer")[2]
    files = dict(re.findall(r"^```(python|toml)\n(.*?)^```", shown, re.DOTALL | re.MULTILINE))
    (tmp_path / "consumer.py").write_text(files["python"], "utf-8")
    (tmp_path / "implementation.toml").write_text(files["toml"], "utf-8")
    servers = [f"--{name}={pytestconfig.getoption(name)}" for name in ("broker", "database")]
    done = subprocess.run(
        [PROGRAMS / "warren", "smoke", "implementation.toml", *servers],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    header, *lines = done.stdout.splitlines()
    assert header.startswith("warren "), done.stdout
    assert lines == ["blocking: works: 1 effect of one message"], done.stderr
    assert done.returncode == 0
