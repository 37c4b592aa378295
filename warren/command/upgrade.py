"""`warren upgrade`: what changes where the broker is another. It judges on both, and shows the verdicts that differ."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import check_commands, load_manifest
from warren.command import options
from warren.command.check import PassesOn, passed_on
from warren.errors import SetupError
from warren.evidence.text import visible_lines
from warren.report.json_report import read_json
from warren.report.upgrade import Direction, changes, is_undecided, left_out
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.report.facts import Report

STATUS = """\b
Exit status:
  0  nothing changes for the worse
  1  something does
  2  inconclusive, or a set-up that cannot be used"""

_CHECK: Final = "from warren.command.cli import main; main()"
_ENDING: Final = 60.0
"""Seconds in which a run that was interrupted ends."""
_SHOWN: Final = 5
"""Lines of what a run printed that ended without a report."""


@click.command(cls=PassesOn, epilog=STATUS)
@click.argument("manifest", type=options.PATH, metavar="MANIFEST [-- PYTEST_ARGS]")
@click.option("--from", "before", required=True, metavar="WHICH", help="the broker of now")
@click.option("--to", "after", required=True, metavar="WHICH", help="the one that is to come")
@options.database
@options.pace
@options.queue_type
@click.option("--design", multiple=True, metavar="SLUG", help="only this one; may be given again")
@click.option("--guarantee", multiple=True, metavar="SLUG", help="likewise; see `warren list`")
@click.option("--full", is_flag=True, help="the full set of cases, not the quick one alone")
@click.option("--report", type=options.PATH, metavar="DIR", help="keep both reports there")
@click.option("-n", "processes", metavar="N", help="run cases in N processes at once, or auto")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    manifest: Path,
    before: str,
    after: str,
    report: Path | None,
    **chosen: Any,
) -> None:
    """Judge MANIFEST on two brokers.

    Only the verdicts that change are shown, each with what was seen where it is not well. A broker is
    named as `warren check --broker` has it, such as docker:3.10 or embedded:4.0.
    """
    check_commands(load_manifest(manifest, load_catalogue()), inherited_environment()["PATH"])
    words = [str(manifest.absolute()), *_words(**chosen)]
    with contextlib.ExitStack() as stack:
        before_us = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
        stack.callback(signal.signal, signal.SIGTERM, before_us)
        made = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="warren-upgrade-")))
        folder = made if report is None else report.absolute()
        first = _judge(before, words, folder / "from", passed_on(ctx))
        second = _judge(after, words, folder / "to", passed_on(ctx))
    ctx.exit(_show(first, second))


def _words(
    *,
    design: tuple[str, ...],
    guarantee: tuple[str, ...],
    full: bool,
    processes: str | None,
    queue_type: str | None,
    **servers: str,
) -> list[str]:
    return [
        *(f"--{name}={value}" for name, value in servers.items()),
        *(f"--design={slug}" for slug in design),
        *(f"--guarantee={slug}" for slug in guarantee),
        *([f"--queue-type={queue_type}"] if queue_type else []),
        *(["--full"] if full else []),
        *(["-n", processes] if processes else []),
    ]


def _judge(broker: str, words: Sequence[str], folder: Path, more: Sequence[str]) -> Report:
    """Run `warren check` on one broker, in a process of its own, and read its report. Raises `SetupError`."""
    click.echo(f"judging on {broker} …", err=True)
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "report.json"
    written.unlink(missing_ok=True)
    argv = [sys.executable, "-c", _CHECK, "check", *words, f"--broker={broker}"]
    argv += [f"--report={folder}", "--", *more]
    log = folder / "check.log"
    status = _run(argv, log)
    if not written.exists():
        lines = log.read_text("utf-8", "replace").strip().splitlines()[-_SHOWN:]
        raise SetupError(
            f"nothing was judged (status {status}): {' | '.join(lines)}",
            f"warren check --broker {broker}",
            "see what it says alone",
        )
    return read_json(written)


def _run(argv: Sequence[str], log: Path) -> int:
    """Run it to its end; where this process is interrupted, it ends in order first."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,  # a Ctrl-C is told to it once, by us
        )
        try:
            return process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_ENDING)
            process.kill()
            raise


def _show(first: Report, second: Report) -> int:
    """Print what changes; give the exit status."""
    found = changes(first, second)
    for change in found:
        click.echo(visible_lines(str(change)))
    if names := left_out(first, second):
        click.echo(f"not compared, since one of the two cannot have the fault: {', '.join(names)}")
    counts = ", ".join(
        f"{sum(change.direction is direction for change in found)} {direction}"
        for direction in Direction
    )
    versions = f"{first.run.broker_version} -> {second.run.broker_version}"
    click.echo(f"{versions}: {len(first.findings)} verdicts, {counts}")
    if any(change.direction is Direction.WORSE for change in found):
        return 1
    return options.UNUSABLE if is_undecided(first, second) else 0
