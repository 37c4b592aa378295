"""`warren list`: print the catalogue, for a person or for a machine."""

from __future__ import annotations

import json
import shutil
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from warren.claims.catalogue import load_broker_catalogue, load_catalogue
from warren.claims.manifest_shape import nearest
from warren.command.sets import full_only
from warren.errors import OptionError
from warren.workloads import WORKLOADS
from warren.workloads.own import LIKE, OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.claims.catalogue import Catalogue, Guarantee, Requirement
    from warren.workloads import Workload

SOURCES = (
    'Sources: document 1 is "RabbitMQ: Advanced-практики", whose consumers are judged; its chapters '
    "are counted from 1, and 4b is the pipeline. Document 2 is untitled notes on RabbitMQ, by which "
    'brokers are judged. "The document" is the one that a requirement names. "Field reports" are what '
    "people report of consumers in production."
)


@click.command()
@click.option("--guarantee", multiple=True, metavar="SLUG", help="only this; may be given again")
@click.option("--broker", "of_broker", is_flag=True, help="what a broker owes, theme by theme")
@click.option("--json", "as_json", is_flag=True, help="for machines")
def command(guarantee: tuple[str, ...], *, of_broker: bool, as_json: bool) -> None:
    """Print designs, guarantees and requirements."""
    catalogue = load_broker_catalogue() if of_broker else load_catalogue()
    for slug in guarantee:
        if slug not in catalogue.guarantees:
            hint = nearest(slug, catalogue.guarantees)
            raise OptionError(f"there is no guarantee `{slug}`{hint}", where="--guarantee")
    chosen = [g for g in catalogue.guarantees.values() if not guarantee or g.slug in guarantee]
    full = full_only(of_broker=of_broker)
    if as_json:
        click.echo(json.dumps(_data(catalogue, chosen, full), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(catalogue, chosen, full)))


def _data(
    catalogue: Catalogue, chosen: list[Guarantee], full: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    return {
        "version": 1,
        "designs": [
            {"slug": d.slug, "roles": {role.name: n for role, n in d.roles.items()}}
            for d in WORKLOADS.values()
        ],
        "guarantees": [
            {
                **_without_empty(asdict(g)),
                "requirements": [_requirement(r, full) for r in catalogue.of(g.slug)],
            }
            for g in chosen
        ],
    }


def _requirement(requirement: Requirement, full: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Leave out what is empty: most requirements correct nothing. `full` has the designs judged in that set alone."""
    return _without_empty({**asdict(requirement), "full": full.get(requirement.id, ())})


def _without_empty(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}


def _lines(
    catalogue: Catalogue, chosen: list[Guarantee], full: dict[str, tuple[str, ...]]
) -> Iterator[str]:
    width = max(shutil.get_terminal_size((100, 24)).columns, 60)
    yield textwrap.fill(SOURCES, width)
    yield ""
    yield "Designs and their roles"
    yield from (f"  {design.slug:<14}{_roles(design)}" for design in WORKLOADS.values())
    yield f"  {OWN:<14}a user's own consumer, judged as {LIKE} is, and by what is about such alone"
    yield ""
    yield "Guarantees and their requirements"
    for guarantee in chosen:
        yield ""
        yield f"  {guarantee.slug}: {guarantee.title} ({', '.join(guarantee.designs)})"
        for requirement in catalogue.of(guarantee.slug):
            in_full = _full(requirement, full.get(requirement.id, ()))
            yield f"    {requirement.level:<7}{requirement.id}{in_full}"
            words = f"{requirement.statement} [{requirement.source}]"
            if requirement.corrects:
                words += f" The document says: {requirement.corrects}"
            indent = " " * 11
            yield textwrap.fill(words, width, initial_indent=indent, subsequent_indent=indent)


def _full(requirement: Requirement, full: tuple[str, ...]) -> str:
    """Say where a requirement is judged in the full set alone."""
    quick = [design for design in requirement.designs if design not in full]
    if not full:
        return ""
    return f" (full set; {', '.join(quick)}: quick set)" if quick else " (full set)"


def _roles(design: Workload) -> str:
    return ", ".join(f"{role} x{n}" if n > 1 else f"{role}" for role, n in design.roles.items())
