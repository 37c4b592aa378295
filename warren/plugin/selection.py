"""Which cases run on what: a case marked with a guarantee becomes one item per implementation and design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from warren.claims.catalogue import AMQP
from warren.errors import SetupError
from warren.plugin.sets import check_marks, is_full
from warren.workloads.own import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.claims.catalogue import Catalogue, Requirement
    from warren.claims.implementation import Implementation
    from warren.plugin.options import Options
    from warren.workloads import Workload


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item judges: one design of one implementation. None where nothing was selected."""

    implementation: Implementation
    workload: Workload

    def __str__(self) -> str:
        """Stand in the item's id."""
        return f"{self.implementation.name}-{self.workload.slug}"


def guarantees_of(case: pytest.Item) -> tuple[str, ...]:
    """Give the slugs of the guarantees that a case is marked with."""
    marker = case.get_closest_marker("guarantee")
    return tuple(map(str, marker.args)) if marker else ()


def designs_of(case: pytest.Item, catalogue: Catalogue) -> tuple[str, ...] | None:
    """Give the designs that a case or a measurement is about; None for any other test."""
    marker = case.get_closest_marker("guarantee") or case.get_closest_marker("measurement")
    if marker is None:
        return None
    designs: tuple[str, ...] = marker.kwargs.get("designs", ())
    return designs or catalogue.guarantees[marker.args[0]].designs


def requirements_of(item: pytest.Item, catalogue: Catalogue) -> tuple[Requirement, ...]:
    """Give the requirements that a case is marked with, none for a measurement.

    Raises `SetupError` for one that is not in the catalogue, or not of the case's guarantees.
    """
    ids = [i for marker in item.iter_markers("requirement") for i in marker.args]
    guarantees = guarantees_of(item)
    for wrong in ids:
        unmarked = guarantees and wrong.partition(".")[0] not in guarantees
        if wrong not in catalogue.requirements or unmarked:
            raise SetupError(
                f"requirement {wrong!r} is not in the catalogue, or not of {', '.join(guarantees)}",
                where=item.nodeid,
                what_to_do="add it to the catalogue of the cases, or correct the mark",
            )
    if guarantees and not ids:
        raise SetupError(
            "no requirement is named", item.nodeid, "mark the case with what it judges"
        )
    return tuple(catalogue.requirements[i] for i in ids)


def generate(
    metafunc: pytest.Metafunc,
    options: Options,
    catalogue: Catalogue,
    implementations: tuple[Implementation, ...],
) -> None:
    """Parametrize a consumer's case over its subjects; raise `SetupError` for a mark that names no design of it."""
    designs = designs_of(metafunc.definition, catalogue)
    check_marks(metafunc.definition, designs or ())
    if designs is None:
        return
    wanted = options.guarantees
    subjects = [
        Subject(implementation, implemented.workload)
        for implementation in implementations
        for implemented in implementation.designs.values()
        if {*implemented.workload.judged_as} & {*designs}
        and (not options.designs or implemented.slug in options.designs)
        and (not wanted or wanted.intersection(guarantees_of(metafunc.definition)))
    ]
    if subjects:
        metafunc.parametrize("subject", subjects, ids=str, indirect=True, scope="function")
    else:
        metafunc.parametrize("subject", [pytest.param(None, id="not-selected")], indirect=True)


def check_selection(
    options: Options, catalogue: Catalogue, implementations: tuple[Implementation, ...]
) -> None:
    """Raise `SetupError` where the chosen designs and guarantees leave nothing of the implementations to judge."""
    wanted = options.guarantees
    about = {
        d for g in wanted & catalogue.guarantees.keys() for d in catalogue.guarantees[g].designs
    }
    if asks_for_broker(options, catalogue) or any(
        (not options.designs or design.slug in options.designs)
        and (not wanted or about.intersection(design.workload.judged_as))
        for implementation in implementations
        for design in implementation.designs.values()
    ):
        return
    limits = []
    if options.designs:
        limits.append(f"--design asks for {_listed(options.designs)}")
    if wanted:
        limits.append(f"{_listed(wanted)} is about {_listed(about)}")
    has = "; ".join(f"{i.name} has {_listed(i.designs)}" for i in implementations)
    raise SetupError(
        f"nothing is left to judge: {has}, but {' and '.join(limits)}",
        where="--guarantee" if wanted else "--design",
        what_to_do="choose a design and a guarantee of the manifest (`warren list` has all)",
    )


def asks_for_broker(options: Options, catalogue: Catalogue) -> bool:
    """Whether the options name what a broker owes: the design of brokers, or a guarantee that no consumer has."""
    return AMQP in options.designs or bool(options.guarantees - catalogue.guarantees.keys())


def narrow_to_consumers(config: pytest.Config) -> bool:
    """Collect the consumers' cases alone where neither a path nor an expression chose; say whether it did so.

    Whoever names an implementation wants it judged, and no other test of this project run.
    """
    consumers = config.rootpath / "conformance" / "consumers"
    chosen = (
        config.args_source is config.ArgsSource.ARGS
        or config.option.keyword
        or config.option.markexpr
        or config.invocation_params.dir != config.rootpath
    )
    if chosen or not consumers.is_dir():
        return False
    config.args, config.args_source = [str(consumers)], config.ArgsSource.ARGS
    return True


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def subject_of(item: pytest.Item) -> Subject | None:
    """Give what an item judges; None for other tests and for cases that were not selected."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("subject") if callspec is not None else None


def is_first(subject: Subject) -> bool:
    """Whether an item judges the design that its manifest names first."""
    return subject.workload.slug == next(iter(subject.implementation.designs))


def drop_unselected(
    config: pytest.Config, items: list[pytest.Item], options: Options, catalogue: Catalogue
) -> None:
    """Deselect the cases that no chosen implementation, design or guarantee needs."""
    dropped = [
        item
        for item in items
        if _is_unselected(item, options)
        or _is_about_the_course(item, catalogue)
        or _is_about_other_calls(item, catalogue)
    ]
    _deselect(config, items, dropped)


def _is_about_the_course(item: pytest.Item, catalogue: Catalogue) -> bool:
    """Whether an item judges a user's own consumer by what the course alone asks."""
    subject = subject_of(item)
    if subject is None or OWN not in subject.workload.judged_as:
        return False
    ids = [str(i) for marker in item.iter_markers("requirement") for i in marker.args]
    return all(i in catalogue.requirements and catalogue.requirements[i].course for i in ids)


def _is_about_other_calls(item: pytest.Item, catalogue: Catalogue) -> bool:
    """Whether an item asks after HTTP calls, and who is judged makes none and promises nothing of them."""
    subject = subject_of(item)
    if subject is None or subject.workload.calls_http:
        return False
    design = subject.implementation.designs[subject.workload.slug]
    known = [catalogue.guarantees[g] for g in guarantees_of(item) if g in catalogue.guarantees]
    return any(g.needs_http and g.slug not in design.claims | design.denies for g in known)


def leave_to_full(
    config: pytest.Config, items: list[pytest.Item], options: Options
) -> list[pytest.Item]:
    """Deselect the cases that belong to the full set alone, unless that was asked for, and give them."""
    left = [] if options.full else [item for item in items if _is_in_full(item)]
    _deselect(config, items, left)
    return left


def _deselect(config: pytest.Config, items: list[pytest.Item], dropped: list[pytest.Item]) -> None:
    if dropped:
        ids = {id(item) for item in dropped}
        items[:] = [item for item in items if id(item) not in ids]
        config.hook.pytest_deselected(items=dropped)


def _is_in_full(item: pytest.Item) -> bool:
    subject = subject_of(item)
    if subject is None:
        return is_full(item, is_first=True)
    return is_full(item, *subject.workload.judged_as, is_first=is_first(subject))


def _is_unselected(item: pytest.Item, options: Options) -> bool:
    """Whether an item is a consumer's case without a subject, or a broker's of which nothing was asked for."""
    if item.get_closest_marker("tls") and not options.tls:
        return True
    if item.get_closest_marker("guarantee") or item.get_closest_marker("measurement"):
        return subject_of(item) is None
    themes = {str(i).partition(".")[0] for m in item.iter_markers("requirement") for i in m.args}
    if not themes:
        return False  # it is no case at all, whatever its parameters and fixtures are called
    return bool(
        (options.designs and AMQP not in options.designs)
        or (options.guarantees and not options.guarantees & themes)
    )
