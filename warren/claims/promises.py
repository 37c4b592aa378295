"""What a manifest promises, held against the catalogue: guarantees that are claimed and denied, known failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from warren.claims.manifest_shape import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from warren.claims.catalogue import Catalogue
    from warren.claims.manifest_shape import KnownFailureShape


class Promises(Protocol):
    """What is claimed and denied in one table of a manifest."""

    claims: list[str]
    denies: list[str]


def faults_of_promises(
    key: str, slugs: Sequence[str], design: Promises, catalogue: Catalogue
) -> Iterator[Fault]:
    """Find guarantees that are none, mean nothing in these designs of the catalogue, or are claimed and denied."""
    for list_name in ("claims", "denies"):
        guarantees: list[str] = getattr(design, list_name)
        yield from _faults_of_guarantees(f"{key}.{list_name}", slugs, guarantees, catalogue)
    for guarantee in sorted({*design.claims} & {*design.denies}):
        yield Fault(key, f"`{guarantee}` is both claimed and denied; take it out of one of the two")


def _faults_of_guarantees(
    key: str, slugs: Sequence[str], guarantees: list[str], catalogue: Catalogue
) -> Iterator[Fault]:
    for guarantee in guarantees:
        if guarantee not in catalogue.guarantees:
            hint = nearest(guarantee, catalogue.guarantees)
            yield Fault(key, f"there is no guarantee `{guarantee}`{hint}")
        elif not {*slugs} & {*catalogue.guarantees[guarantee].designs}:
            designs = ", ".join(catalogue.guarantees[guarantee].designs)
            yield Fault(
                key,
                f"`{guarantee}` means nothing in `{slugs[0]}`, only in {designs}; take it out",
            )


def faults_of_known_failures(
    known_failures: Sequence[KnownFailureShape],
    claims: Mapping[str, Collection[str]],
    catalogue: Catalogue,
) -> Iterator[Fault]:
    """Find known failures that are none, or are there twice: `claims` has what each design of the manifest claims."""
    for index, known in enumerate(known_failures):
        key = f"known_failures[{index}]"
        yield from _faults_of_known_failure(key, known, claims, catalogue)
        if any(_covers(one, known) for one in known_failures[:index]):
            words = (
                f"`{known.requirement}` is a known failure above already; take one of the two out"
            )
            yield Fault(key, words)


def _covers(one: KnownFailureShape, other: KnownFailureShape) -> bool:
    return one.requirement == other.requirement and one.design in (other.design, None)


def _faults_of_known_failure(
    key: str,
    known: KnownFailureShape,
    claims: Mapping[str, Collection[str]],
    catalogue: Catalogue,
) -> Iterator[Fault]:
    if known.design is not None and known.design not in claims:
        hint = nearest(known.design, claims)
        yield Fault(f"{key}.design", f"this manifest has no design `{known.design}`{hint}")
        return
    requirement = catalogue.requirements.get(known.requirement)
    if requirement is None:
        hint = nearest(known.requirement, catalogue.requirements)
        yield Fault(f"{key}.requirement", f"there is no requirement `{known.requirement}`{hint}")
        return
    designs = claims if known.design is None else (known.design,)
    due = {d for d in designs if known.requirement in catalogue.due(requirement.guarantee, d)}
    if requirement.designs and not due:
        where = f"in `{known.design}`" if known.design else "in any of its designs"
        words = f"no case looks for `{known.requirement}` {where}; take this entry out"
        yield Fault(f"{key}.requirement", words)
        return
    if not any(requirement.guarantee in claims[design] for design in designs):
        where = f"in `{known.design}`" if known.design else "in any design"
        yield Fault(
            f"{key}.requirement",
            f"`{requirement.guarantee}` is not claimed {where}; claim it, or take this entry out",
        )
