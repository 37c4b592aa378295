"""The console command `warren`: a thin way into pytest, the catalogue, the smoke test and reports.

Options are checked where they are used (`warren.plugin.options`); what a command prints is made there,
too. Any `WarrenError` becomes its sentence and exit status 2.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from contextlib import closing
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import platformdirs

from warren.claims.catalogue import load_broker_catalogue, load_catalogue
from warren.claims.manifest import check_commands, load_manifest
from warren.claims.manifest_shape import nearest
from warren.errors import OptionError, WarrenError
from warren.evidence.text import visible_lines
from warren.report.json_report import compare, read_json
from warren.report.redaction import redact
from warren.rigs.pace import PACES
from warren.workloads import DESIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.claims.catalogue import Catalogue, Guarantee, Requirement
    from warren.workloads import Workload

UNUSABLE = 2
"""Exit status where the set-up cannot be used; pytest and click say the same."""

CHECK_STATUS = """\b
Exit status:
  0  all claims hold
  1  a claim does not hold, or a denial or known failure is stale
  2  inconclusive, or a set-up that cannot be used
  otherwise pytest's own"""

SMOKE_STATUS = """\b
Exit status:
  0  every design works, or says that it is unsupported
  1  a design is wired, but does not do what it should with the message
  2  a design is wired wrongly, or the set-up cannot be used"""

COMPARE_STATUS = """\b
Exit status:
  0  no verdict differs
  1  some differ
  2  one of the two cannot be read"""

COURSE = (
    'Sources: document 1 is "RabbitMQ: Advanced-практики", whose consumers are judged; its chapters '
    "are counted from 1, and 4b is the pipeline. Document 2 is untitled notes on RabbitMQ, by which "
    'brokers are judged. "The document" is the one that a requirement names.'
)

_PYTEST_ARGUMENTS = "warren.command.cli.pytest_arguments"


class _Unusable(click.ClickException):
    exit_code = UNUSABLE


class _Commands(click.Group):
    """Turns Warren's errors into a sentence for a person."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WarrenError as error:
            raise _Unusable(str(error)) from error
        except KeyboardInterrupt as error:
            raise _Unusable("interrupted") from error


class _PassesOn(click.Command):
    """Keeps what stands after `--` for pytest."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_PYTEST_ARGUMENTS] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])


_path = click.Path(path_type=Path)
_broker = click.option(
    "--broker",
    default="auto",
    show_default=True,
    metavar="WHICH",
    help="auto, docker[:IMAGE], local, embedded[:3.10], or amqp://user:password@host[:port]",
)
_database = click.option(
    "--database",
    default="auto",
    show_default=True,
    metavar="WHICH",
    help="auto, sqlite, postgresql[:URL], or mysql[:URL]",
)
_pace = click.option(
    "--pace",
    type=click.Choice(sorted(PACES)),
    default="fast",
    show_default=True,
    help="how long a second of the document is: 0.2 s (fast) or 1 s",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pytest-warren")
def main() -> None:
    """Find out what a RabbitMQ consumer really guarantees."""


@main.command(cls=_PassesOn, epilog=CHECK_STATUS)
@click.argument("manifests", nargs=-1, type=_path, metavar="[MANIFEST]... [-- PYTEST_ARGS]")
@click.option(
    "--implementation", multiple=True, type=_path, metavar="MANIFEST", help="the same, as an option"
)
@_broker
@_database
@_pace
@click.option("--design", multiple=True, metavar="SLUG", help="only this one; may be given again")
@click.option("--guarantee", multiple=True, metavar="SLUG", help="likewise; see `warren list`")
@click.option("--report", type=_path, metavar="DIR", help="for report.json and report.html")
@click.option("-n", "processes", metavar="N", help="run cases in N processes at once, or auto")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    manifests: tuple[Path, ...],
    implementation: tuple[Path, ...],
    **options: Any,
) -> None:
    """Judge implementations.

    Each MANIFEST describes one; where none is named, it is the reference that is judged. Whatever
    stands after -- goes to pytest as it is.
    """
    import pytest  # noqa: PLC0415 - the other commands do without it

    arguments = _arguments(manifests + implementation, **options)
    ctx.exit(int(pytest.main([*arguments, *ctx.meta[_PYTEST_ARGUMENTS]])))


def _arguments(
    manifests: tuple[Path, ...],
    *,
    design: tuple[str, ...],
    guarantee: tuple[str, ...],
    report: Path | None,
    processes: str | None,
    **servers: str,
) -> list[str]:
    """Say it to pytest, from any directory and whether or not the project is at hand."""
    cases = Path(str(resources.files("conformance"))) / "consumers"
    cache = platformdirs.user_cache_path("warren") / "pytest"
    arguments = ["-p", "warren.plugin.hooks", "--import-mode=importlib", "-o", f"cache_dir={cache}"]
    # pytest would rewrite the assertions in the package of its entry point, of which this command has imported parts.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    arguments += ["--dist=loadgroup"]  # with -n: cases that restart a broker stay on one worker
    arguments += [f"--rootdir={cases.parent.parent}", str(cases)]
    arguments += [f"--implementation={path.absolute()}" for path in manifests]
    arguments += [f"--{name}={value}" for name, value in servers.items()]
    arguments += [f"--design={slug}" for slug in design]
    arguments += [f"--guarantee={slug}" for slug in guarantee]
    arguments += [f"--report={report.absolute()}"] if report else []
    return arguments + ([f"-n{processes}"] if processes else [])


@main.command("list")
@click.option("--guarantee", multiple=True, metavar="SLUG", help="only this; may be given again")
@click.option("--broker", "of_broker", is_flag=True, help="what a broker owes, theme by theme")
@click.option("--json", "as_json", is_flag=True, help="for machines")
def list_catalogue(guarantee: tuple[str, ...], *, of_broker: bool, as_json: bool) -> None:
    """Print designs, guarantees and requirements."""
    catalogue = load_broker_catalogue() if of_broker else load_catalogue()
    for slug in guarantee:
        if slug not in catalogue.guarantees:
            hint = nearest(slug, catalogue.guarantees)
            raise OptionError(f"there is no guarantee `{slug}`{hint}", where="--guarantee")
    chosen = [g for g in catalogue.guarantees.values() if not guarantee or g.slug in guarantee]
    if as_json:
        click.echo(json.dumps(_catalogue_data(catalogue, chosen), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_catalogue_lines(catalogue, chosen)))


def _catalogue_data(catalogue: Catalogue, chosen: list[Guarantee]) -> dict[str, Any]:
    return {
        "version": 1,
        "designs": [
            {"slug": d.slug, "roles": {role.name: n for role, n in d.roles.items()}}
            for d in DESIGNS.values()
        ],
        "guarantees": [
            {**asdict(g), "requirements": [_requirement_data(r) for r in catalogue.of(g.slug)]}
            for g in chosen
        ],
    }


def _requirement_data(requirement: Requirement) -> dict[str, str]:
    """Leave out what is empty: most requirements correct nothing."""
    return {name: value for name, value in asdict(requirement).items() if value}


def _catalogue_lines(catalogue: Catalogue, chosen: list[Guarantee]) -> Iterator[str]:
    width = max(shutil.get_terminal_size((100, 24)).columns, 60)
    yield textwrap.fill(COURSE, width)
    yield ""
    yield "Designs and their roles"
    yield from (f"  {design.slug:<14}{_roles(design)}" for design in DESIGNS.values())
    yield ""
    yield "Guarantees and their requirements"
    for guarantee in chosen:
        yield ""
        yield f"  {guarantee.slug}: {guarantee.title} ({', '.join(guarantee.designs)})"
        for requirement in catalogue.of(guarantee.slug):
            yield f"    {requirement.level:<7}{requirement.id}"
            words = f"{requirement.statement} [{requirement.source}]"
            if requirement.corrects:
                words += f" The document says: {requirement.corrects}"
            indent = " " * 11
            yield textwrap.fill(words, width, initial_indent=indent, subsequent_indent=indent)


def _roles(design: Workload) -> str:
    return ", ".join(f"{role} x{n}" if n > 1 else f"{role}" for role, n in design.roles.items())


@main.command(epilog=SMOKE_STATUS)
@click.argument("manifest", type=_path)
@_broker
@_database
@_pace
@click.pass_context
def smoke(ctx: click.Context, manifest: Path, broker: str, database: str, pace: str) -> None:
    """Send one message through each design.

    It shows whether MANIFEST is wired right, before any case judges what it describes.
    """
    # Brokers and databases take long to import, and no other command needs them.
    from warren.command.smoke import Smoke  # noqa: PLC0415
    from warren.command.smoke import smoke as smoke_each  # noqa: PLC0415
    from warren.report.header import header  # noqa: PLC0415
    from warren.worlds.real import RealWorlds, Servers  # noqa: PLC0415
    from warren.worlds.real.process import inherited_environment  # noqa: PLC0415

    implementation = load_manifest(manifest, load_catalogue())
    check_commands(implementation, inherited_environment()["PATH"])
    status = 0
    with (
        closing(Servers(broker, database)) as servers,
        closing(RealWorlds(servers.for_workers(), "smoke")) as worlds,
    ):
        click.echo(visible_lines(redact(header(servers, PACES[pace]), worlds.secrets)))
        for smoked in smoke_each(implementation, worlds, PACES[pace]):
            words = visible_lines(redact(smoked.words, worlds.secrets))
            click.echo(f"{smoked.design}: {smoked.result}: {words}")
            bad = {Smoke.NONCONFORMING: 1, Smoke.WIRING: UNUSABLE}
            status = max(status, bad.get(smoked.result, 0))
    ctx.exit(status)


@main.command("broker", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def run_broker(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the embedded broker; see `warren broker --help`."""
    # Its options are its own: it can also be started without this command, and sooner.
    from warren.simulator.tcp.options import parse as parse_broker  # noqa: PLC0415
    from warren.simulator.tcp.server import run as run_embedded  # noqa: PLC0415

    ctx.exit(run_embedded(parse_broker(arguments)))


@main.group()
def report() -> None:
    """Work with reports."""


@report.command("compare", epilog=COMPARE_STATUS)
@click.argument("first", type=_path)
@click.argument("second", type=_path)
@click.pass_context
def compare_reports(ctx: click.Context, first: Path, second: Path) -> None:
    """Print the verdicts that differ.

    FIRST and SECOND are each a report.json. There is a line per verdict, with both outcomes.
    """
    differences = compare(read_json(first), read_json(second))
    for difference in differences:
        click.echo(visible_lines(str(difference)))
    ctx.exit(1 if differences else 0)
