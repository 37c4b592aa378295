"""The exit status of a run: 0 all promises hold, 1 some do not, 2 nothing could be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.suite import FAULTY, run_suite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.xdist_group("exit-status")
ONE_CASE = ("--guarantee", "fair-dispatch")


def test_denied_and_seen_violated() -> None:
    """A manifest that denies what its implementation breaks gives 0."""
    done = run_suite([FAULTY / "exceeds-prefetch.toml"], *ONE_CASE)
    assert done.returncode == 0, done.stdout


def test_claimed_and_violated(tmp_path: Path) -> None:
    """A manifest that claims it gives 1, and the run says which requirement does not hold."""
    manifest = _claiming("exceeds-prefetch", tmp_path)
    done = run_suite([manifest], *ONE_CASE)
    assert done.returncode == 1, done.stdout
    assert "claimed, does not hold: fair-dispatch.prefetch" in done.stdout


def test_claimed_and_inconclusive(tmp_path: Path) -> None:
    """A claim that could not be judged, for want of a witness, gives 2."""
    manifest = _claiming("never-acks", tmp_path)
    done = run_suite([manifest], *ONE_CASE)
    assert done.returncode == 2, done.stdout
    assert "inconclusive: fair-dispatch.prefetch" in done.stdout


def _claiming(defect: str, folder: Path) -> Path:
    """Write a manifest of a defect that claims fair-dispatch and nothing else."""
    manifest = folder / f"{defect}.toml"
    command = ["python", "-m", "implementations.faulty", defect, "blocking", "stream"]
    manifest.write_text(
        f"""\
protocol = 1
name = "{defect}"
language = "Python 3"
migrate = ["python", "-m", "reference_impl", "migrate"]
[designs.blocking]
claims = ["fair-dispatch"]
[designs.blocking.roles.stream]
command = {command}
""",
        encoding="utf-8",
    )
    return manifest
