"""`warren check`: judge implementations. It says to pytest, in pytest's own options, what it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import platformdirs
import pytest

from warren import suite
from warren.command import baseline, options
from warren.errors import OptionError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

STATUS = """\b
Exit status:
  0  all claims hold
  1  a claim does not hold, or a denial or known failure is stale
  2  inconclusive, or a set-up that cannot be used
  otherwise pytest's own"""

_PYTEST_ARGUMENTS = "warren.command.check.pytest_arguments"


class PassesOn(click.Command):
    """Keeps what stands after `--` for pytest."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take it away before click looks."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_PYTEST_ARGUMENTS] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])


def passed_on(ctx: click.Context) -> list[str]:
    """Give what stood after `--`."""
    words: list[str] = ctx.meta[_PYTEST_ARGUMENTS]
    return words


@click.command(cls=PassesOn, epilog=STATUS)
@click.argument("manifests", nargs=-1, type=options.PATH, metavar="[MANIFEST]... [-- PYTEST_ARGS]")
@click.option(
    "--implementation",
    multiple=True,
    type=options.PATH,
    metavar="MANIFEST",
    help="the same, as an option",
)
@options.broker
@options.database
@options.pace
@options.queue_type
@click.option("--tls", is_flag=True, help="instances reach their broker by amqps")
@click.option("--design", multiple=True, metavar="SLUG", help="only this one; may be given again")
@click.option("--guarantee", multiple=True, metavar="SLUG", help="likewise; see `warren list`")
@click.option("--full", is_flag=True, help="the full set of cases, not the quick one alone")
@click.option("--seed", type=int, metavar="N", help="draw by chance what the run with it drew")
@click.option("--report", type=options.PATH, metavar="DIR", help="for report.json and report.html")
@click.option("--draw-all", is_flag=True, help="draw all cases there, not the failing ones alone")
@click.option(
    "--write-baseline",
    is_flag=True,
    help="add the claims that were violated to the manifests, as known failures",
)
@click.option("--reason", metavar="TEXT", help="why these fail; with --write-baseline")
@click.option("--link", metavar="URL", help="where that is tracked; with --write-baseline")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="the last day on which they may fail; with --write-baseline",
)
@click.option("-n", "processes", metavar="N", help="run cases in N processes at once, or auto")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    manifests: tuple[Path, ...],
    implementation: tuple[Path, ...],
    write_baseline: bool,
    reason: str | None,
    link: str | None,
    expires: datetime | None,
    **chosen: Any,
) -> None:
    """Judge implementations.

    Each MANIFEST describes one; where none is named, it is the reference that is judged. Whatever
    stands after -- goes to pytest as it is.
    """
    words, named = passed_on(ctx), manifests + implementation
    if not write_baseline:
        ctx.exit(_judge(named, words, **chosen))
    if not named:
        raise OptionError("there is no manifest to write to", "--write-baseline", "name one")
    excuse = baseline.excuse_of(reason, link, expires)
    folder = chosen["report"] = (
        chosen["report"] or platformdirs.user_cache_path("warren") / "baseline"
    )
    report = folder / "report.json"
    before = _written_at(report)
    status = _judge(named, words, **chosen)
    if _written_at(report) != before:
        for sentence in baseline.write_baseline(named, report, excuse):
            click.echo(sentence)
    ctx.exit(status)


def _written_at(path: Path) -> int:
    """Tell one writing of a file from another; 0 where it is not there."""
    return path.stat().st_mtime_ns if path.exists() else 0


def _judge(manifests: tuple[Path, ...], words: list[str], **chosen: Any) -> int:
    arguments = _arguments(manifests, **chosen)
    if not any("no:cacheprovider" in word for word in words):
        cache = platformdirs.user_cache_path("warren") / "pytest"
        arguments = ["-o", f"cache_dir={cache}", *arguments]
    return int(pytest.main([*arguments, *words]))


def _arguments(
    manifests: tuple[Path, ...],
    *,
    design: tuple[str, ...],
    guarantee: tuple[str, ...],
    full: bool,
    report: Path | None,
    draw_all: bool,
    processes: str | None,
    tls: bool,
    seed: int | None,
    queue_type: str | None,
    **servers: str,
) -> list[str]:
    """Say it in absolute paths, so that it holds in whatever folder the person stands."""
    arguments = [f"--rootdir={suite.ROOT}"]
    # pytest would rewrite the assertions in the package of its entry point, of which this command has imported parts.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    arguments += [str(suite.CONFORMANCE / "consumers")]
    arguments += [f"--implementation={path.absolute()}" for path in manifests]
    arguments += [f"--{name}={value}" for name, value in servers.items()]
    arguments += [f"--queue-type={queue_type}"] if queue_type else []
    arguments += ["--tls"] if tls else []
    arguments += [f"--design={slug}" for slug in design]
    arguments += [f"--guarantee={slug}" for slug in guarantee]
    arguments += ["--full"] if full else []
    arguments += [f"--seed={seed}"] if seed is not None else []
    arguments += [f"--report={report.absolute()}"] if report else []
    arguments += ["--draw-all"] if draw_all else []
    return arguments + ([f"-n{processes}"] if processes else [])
