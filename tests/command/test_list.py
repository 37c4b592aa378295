"""`warren list` prints the catalogue."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.command.running import run
from warren.claims.catalogue import Catalogue, Guarantee, Level, Requirement

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def full() -> dict[str, tuple[str, ...]]:
    """Give the designs in which each requirement is judged in the full set alone: none."""
    return {}


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch, full: dict[str, tuple[str, ...]]) -> Catalogue:
    """Put a small catalogue in the place of the real one."""
    guarantees = (
        Guarantee("no-loss", "Nothing is lost", ("blocking", "parts")),
        Guarantee("rpc-correlated", "To each its own reply", ("rpc",)),
    )
    requirements = (
        Requirement(
            "no-loss.crash",
            Level.MUST,
            "It comes again.",
            "document 1, 2",
            designs=("blocking", "parts"),
        ),
        Requirement(
            "rpc-correlated.own", Level.SHOULD, "Its own.", "document 1, 6", designs=("rpc",)
        ),
    )
    made = Catalogue({g.slug: g for g in guarantees}, {r.id: r for r in requirements})
    monkeypatch.setattr("warren.command.list.load_catalogue", lambda: made)
    monkeypatch.setattr("warren.command.list.full_only", lambda **_: full)
    return made


@pytest.mark.usefixtures("catalogue")
def test_list() -> None:
    """The catalogue is printed with designs, roles, guarantees and requirements."""
    lines = run("list").output.splitlines()
    assert lines[0].startswith('Sources: document 1 is "RabbitMQ: Advanced-практики"')
    assert "  parts-random  part x3, stream" in lines
    assert lines[-7:] == [
        "  no-loss: Nothing is lost (blocking, parts)",
        "    MUST   no-loss.crash",
        "           It comes again. [document 1, 2]",
        "",
        "  rpc-correlated: To each its own reply (rpc)",
        "    SHOULD rpc-correlated.own",
        "           Its own. [document 1, 6]",
    ]


@pytest.mark.usefixtures("catalogue")
def test_list_of_one_guarantee() -> None:
    """--guarantee leaves the others out."""
    output = run("list", "--guarantee", "rpc-correlated").output
    assert "rpc-correlated.own" in output
    assert "no-loss" not in output


@pytest.mark.usefixtures("catalogue")
def test_list_says_what_is_full(full: dict[str, tuple[str, ...]]) -> None:
    """Requirements that the full set alone judges, in some of their designs or in all, are named."""
    full |= {"no-loss.crash": ("parts",), "rpc-correlated.own": ("rpc",)}
    lines = run("list").output.splitlines()
    assert "    MUST   no-loss.crash (full set; blocking: quick set)" in lines
    assert "    SHOULD rpc-correlated.own (full set)" in lines
    data = json.loads(run("list", "--json").output)
    assert [r["full"] for g in data["guarantees"] for r in g["requirements"]] == [
        ["parts"],
        ["rpc"],
    ]


DEADLINE = 60.0
"""Seconds for pytest to start, refuse and end."""


@pytest.mark.parametrize("broker", [(), ("--broker",)], ids=["consumers", "brokers"])
def test_list_of_the_real_cases(broker: tuple[str, ...], tmp_path: Path) -> None:
    """The cases are collected from anywhere, and pytest prints nothing beside the list."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from warren.command.cli import main; main()",
            "list",
            "--json",
            *broker,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    requirements = [r for g in json.loads(done.stdout)["guarantees"] for r in g["requirements"]]
    assert all(set(r.get("full", ())) <= set(r["designs"]) for r in requirements)
    assert done.stderr == ""


@pytest.mark.usefixtures("catalogue")
def test_list_of_no_guarantee() -> None:
    """An unknown guarantee is a sentence with the nearest one."""
    result = run("list", "--guarantee", "no-los")
    assert result.exit_code == 2
    assert result.output == (
        "Error: --guarantee: there is no guarantee `no-los`; did you mean `no-loss`.\n"
    )


@pytest.mark.usefixtures("catalogue")
def test_list_as_json() -> None:
    """--json has the same for machines."""
    data = json.loads(run("list", "--json", "--guarantee", "no-loss").output)
    assert data["version"] == 1
    assert {"slug": "rpc", "roles": {"rpc-server": 1, "http": 1}} in data["designs"]
    assert data["guarantees"] == [
        {
            "slug": "no-loss",
            "title": "Nothing is lost",
            "designs": ["blocking", "parts"],
            "requirements": [
                {
                    "id": "no-loss.crash",
                    "level": "MUST",
                    "statement": "It comes again.",
                    "source": "document 1, 2",
                    "designs": ["blocking", "parts"],
                }
            ],
        }
    ]
