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
from warren.errors import OptionError
from warren.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.claims.catalogue import Catalogue, Guarantee, Requirement
    from warren.workloads import Workload

SOURCES = (
    'Sources: document 1 is "RabbitMQ: Advanced-практики", whose consumers are judged; its chapters '
    "are counted from 1, and 4b is the pipeline. Document 2 is untitled notes on RabbitMQ, by which "
    'brokers are judged. "The document" is the one that a requirement names.'
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
    if as_json:
        click.echo(json.dumps(_data(catalogue, chosen), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(catalogue, chosen)))


def _data(catalogue: Catalogue, chosen: list[Guarantee]) -> dict[str, Any]:
    return {
        "version": 1,
        "designs": [
            {"slug": d.slug, "roles": {role.name: n for role, n in d.roles.items()}}
            for d in WORKLOADS.values()
        ],
        "guarantees": [
            {**asdict(g), "requirements": [_requirement(r) for r in catalogue.of(g.slug)]}
            for g in chosen
        ],
    }


def _requirement(requirement: Requirement) -> dict[str, str]:
    """Leave out what is empty: most requirements correct nothing."""
    return {name: value for name, value in asdict(requirement).items() if value}


def _lines(catalogue: Catalogue, chosen: list[Guarantee]) -> Iterator[str]:
    width = max(shutil.get_terminal_size((100, 24)).columns, 60)
    yield textwrap.fill(SOURCES, width)
    yield ""
    yield "Designs and their roles"
    yield from (f"  {design.slug:<14}{_roles(design)}" for design in WORKLOADS.values())
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
