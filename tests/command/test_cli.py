"""The console command says the right thing to pytest, and to the person in front of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from warren.claims.catalogue import Catalogue, Guarantee, Level, Requirement, load_catalogue
from warren.claims.manifest import load_manifest
from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.command.cli import main
from warren.report.facts import Report, RunFacts
from warren.report.files import write_atomically
from warren.report.json_report import to_json

if TYPE_CHECKING:
    from click.testing import Result

DEADLINE = 60.0
"""Seconds for pytest to start, refuse and end."""


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def to_pytest(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Take what is said to pytest, in whose stead all claims hold but one."""
    taken: list[str] = []

    def take(arguments: list[str]) -> int:
        taken.extend(arguments)
        return 1

    monkeypatch.setattr("pytest.main", take)
    return taken


def test_check_says_it_to_pytest(to_pytest: list[str]) -> None:
    """Manifests, named either way, options and what stands after -- reach pytest; its exit status comes back."""
    result = run(
        *("check", "a.toml", "--implementation", "b.toml", "--broker", "docker:rabbitmq:3.10"),
        *("--database", "sqlite", "--pace", "document", "--design", "rpc", "--design", "task"),
        *(
            "--guarantee",
            "no-loss",
            "--full",
            "--queue-type",
            "quorum",
            "--seed",
            "0",
            "--report",
            "out",
            "-n",
            "4",
            "--",
            "-k",
            "cut",
            "--lf",
        ),
    )
    assert result.exit_code == 1
    assert to_pytest[-16:] == [
        f"--implementation={Path.cwd() / 'a.toml'}",
        f"--implementation={Path.cwd() / 'b.toml'}",
        "--broker=docker:rabbitmq:3.10",
        "--database=sqlite",
        "--pace=document",
        "--queue-type=quorum",
        "--design=rpc",
        "--design=task",
        "--guarantee=no-loss",
        "--full",
        "--seed=0",
        f"--report={Path.cwd() / 'out'}",
        "-n4",
        "-k",
        "cut",
        "--lf",
    ]


@pytest.mark.parametrize("asked", [(), ("-p", "no:cacheprovider")], ids=["cache", "no cache"])
def test_check_without_a_cache(to_pytest: list[str], asked: tuple[str, ...]) -> None:
    """Pytest's cache is this user's, and not named where somebody wants none: pytest would not know the word then."""
    run("check", "--", *asked)
    assert any(word.startswith("cache_dir=") for word in to_pytest) is not bool(asked)


def test_check_finds_the_cases(to_pytest: list[str]) -> None:
    """The cases are those of the installed package, wherever the command is given."""
    run("check")
    cases = Path(next(argument for argument in to_pytest if argument.endswith("consumers")))
    assert cases.is_absolute()
    assert (cases.parent / "catalogue.toml").is_file()
    assert not [
        a for a in to_pytest if a.startswith(("--implementation", "-n", "--report", "--full"))
    ]


def test_check_from_another_directory(tmp_path: Path) -> None:
    """The real pytest loads the plugin from anywhere; a bad manifest is a sentence and status 2."""
    (tmp_path / "mine.toml").write_text("protocol = 1\nnam = 'x'\n")
    done = subprocess.run(
        [sys.executable, "-c", "from warren.command.cli import main; main()", "check", "mine.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 2, printed
    assert f"{tmp_path}/mine.toml, nam: unknown key `nam`; did you mean `name`." in printed
    assert "Traceback" not in printed
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    "arguments",
    [("check", "--pace", "slow"), ("check", "--no-such"), ("smoke",), ("no-such",)],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    """What the command does not know is status 2, with the usage."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.output


@pytest.mark.parametrize("command", ["check", "smoke", "upgrade", "report compare"])
def test_help_has_the_exit_status(command: str) -> None:
    """--help says what each exit status means."""
    output = run(*command.split(), "--help").output
    assert "Exit status:\n    0  " in output
    assert "\n    2  " in output


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


def written(path: Path, outcome: Outcome) -> str:
    """Write a report with one verdict; give its path."""
    verdict = Verdict("no-loss.crash", outcome)
    finding = Finding("case", "orders", "blocking", "no-loss", Stance.CLAIMED, verdict)
    facts = RunFacts(datetime.now(UTC), 1.0, "b", "3.10.8", "d", "fast", "0.1.0", ())
    write_atomically(path, to_json(Report(facts, (finding,), (), (), 0)))
    return str(path)


def test_compare_the_same(tmp_path: Path) -> None:
    """Reports with the same verdicts are status 0, in silence."""
    paths = [written(tmp_path / name, Outcome.PASS) for name in ("a.json", "b.json")]
    result = run("report", "compare", *paths)
    assert (result.exit_code, result.output) == (0, "")


def test_compare_different(tmp_path: Path) -> None:
    """A verdict that differs is a line and status 1."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    second = written(tmp_path / "b.json", Outcome.FAIL)
    result = run("report", "compare", first, second)
    line = "no-loss.crash on orders blocking in case: pass / fail\n"
    assert (result.exit_code, result.output) == (1, line)


def test_compare_what_is_no_report(tmp_path: Path) -> None:
    """A file that is no report is a sentence and status 2."""
    report, absent = written(tmp_path / "a.json", Outcome.PASS), tmp_path / "b.json"
    result = run("report", "compare", report, str(absent))
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {absent}: the report cannot be read: no such file")


def test_smoke_of_no_manifest(tmp_path: Path) -> None:
    """A manifest that is not there is refused before anything is started."""
    result = run("smoke", str(tmp_path / "absent.toml"))
    assert result.exit_code == 2
    assert "the manifest cannot be read" in result.output


def test_compare_two_implementations(tmp_path: Path) -> None:
    """Reports on one implementation each, and not the same, are compared guarantee by guarantee."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    second = tmp_path / "b.json"
    second.write_text(Path(written(second, Outcome.FAIL)).read_text().replace("orders", "other"))
    result = run("report", "compare", first, str(second))
    assert (result.exit_code, result.output) == (1, "no-loss in blocking: holds / violated\n")
    same = run("report", "compare", first, first)
    assert (same.exit_code, same.output) == (0, "")


def test_compare_page(tmp_path: Path) -> None:
    """A page is written where it is asked for; one that cannot be is a sentence and status 2."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    second = written(tmp_path / "b.json", Outcome.FAIL)
    result = run("report", "compare", first, second, "--html", str(tmp_path / "both.html"))
    assert result.exit_code == 1
    assert "<!doctype html>" in (tmp_path / "both.html").read_text("utf-8")
    result = run("report", "compare", first, second, "--html", str(tmp_path / "a.json" / "x"))
    assert result.exit_code == 2
    assert "a.json/x: it cannot be written" in result.output


def test_compare_by_name(tmp_path: Path) -> None:
    """An implementation that is not there is a sentence; so are three names for two reports."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    result = run("report", "compare", first, first, "--implementation", "order")
    assert result.exit_code == 2
    assert "did you mean `orders`" in result.output
    assert run("report", "compare", first, first, "--implementation", "orders").exit_code == 0
    names = ["--implementation", "orders"] * 3
    assert "give two" in run("report", "compare", first, first, *names).output


def test_markdown_and_badge(tmp_path: Path) -> None:
    """A report is printed as Markdown, and as a badge."""
    report = written(tmp_path / "a.json", Outcome.PASS)
    result = run("report", "markdown", report)
    assert result.exit_code == 0
    assert r"| no\-loss | ✓ holds |" in result.output
    badge = run("report", "badge", report)
    assert badge.exit_code == 0
    assert "<title>warren: 1 claim holds</title>" in badge.output


REASON = ("--reason", "no read time-out", "--link", "https://example.org/1")
CLAIMING = """# orders
protocol = 1
name = "orders"
language = "PHP"
[designs.blocking]
claims = ["no-loss"]
[designs.blocking.roles.stream]
command = ["php"]
"""


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pytest find that a claim was violated."""

    def judge(arguments: list[str]) -> int:
        folder = next(a for a in arguments if a.startswith("--report=")).removeprefix("--report=")
        verdict = Verdict("no-loss.killed-before-work", Outcome.FAIL)
        finding = Finding("case", "orders", "blocking", "no-loss", Stance.CLAIMED, verdict)
        facts = RunFacts(datetime.now(UTC), 1.0, "b", "3.10.8", "d", "fast", "0.1.0", ())
        write_atomically(
            Path(folder) / "report.json", to_json(Report(facts, (finding,), (), (), 1))
        )
        return 1

    monkeypatch.setattr("pytest.main", judge)


@pytest.mark.usefixtures("judged")
def test_write_baseline(tmp_path: Path) -> None:
    """What was violated is a known failure of the manifest afterwards; the status is still the run's."""
    manifest = tmp_path / "orders.toml"
    manifest.write_text(CLAIMING, "utf-8")
    options = ("--write-baseline", *REASON, "--expires", "2030-01-31", "--report", str(tmp_path))
    result = run("check", str(manifest), *options)
    assert result.exit_code == 1
    assert "orders.toml: 1 known failure written" in result.output
    assert manifest.read_text("utf-8").startswith(CLAIMING.rstrip())
    (known,) = load_manifest(manifest, load_catalogue()).known_failures
    assert (known.requirement, known.design) == ("no-loss.killed-before-work", "blocking")
    assert (known.reason, known.link) == ("no read time-out", "https://example.org/1")
    assert known.expires == date(2030, 1, 31)


def test_no_baseline_of_an_earlier_run(to_pytest: list[str], tmp_path: Path) -> None:
    """Where a run wrote no report, what an earlier one wrote is not taken for its own."""
    manifest = tmp_path / "orders.toml"
    manifest.write_text(CLAIMING, "utf-8")
    written(tmp_path / "report.json", Outcome.FAIL)
    options = ("--write-baseline", *REASON, "--report", str(tmp_path))
    assert run("check", str(manifest), *options).exit_code == 1
    assert to_pytest
    assert manifest.read_text("utf-8") == CLAIMING


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("m.toml", *REASON[2:]), "it needs --reason"),
        (("m.toml", *REASON[:2]), "it needs --link"),
        (("m.toml", *REASON[:2], "--link", "issue 7"), "it is no http:// or https:// address"),
        (REASON, "there is no manifest to write to"),
    ],
    ids=["no reason", "no link", "no address", "no manifest"],
)
def test_baseline_without(to_pytest: list[str], options: tuple[str, ...], words: str) -> None:
    """What a baseline needs is asked for before anything is judged."""
    result = run("check", "--write-baseline", *options)
    assert result.exit_code == 2
    assert words in result.output
    assert not to_pytest
