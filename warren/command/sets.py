"""Which requirements the full set alone judges. Their cases say so, and pytest collects them; nothing is started."""

from __future__ import annotations

import contextlib
import io
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from warren import suite
from warren.claims.catalogue import AMQP
from warren.errors import SetupError
from warren.workloads.own import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def full_only(*, of_broker: bool = False) -> dict[str, tuple[str, ...]]:
    """Give the designs in which each requirement is judged in the full set alone; those of none are left out.

    Raises `SetupError` where the cases cannot be collected.
    """
    cases = suite.CONFORMANCE / ("brokers" if of_broker else "consumers")
    options = ["-q", "-n0", "--collect-only", "-p", "no:cacheprovider", f"--rootdir={suite.ROOT}"]
    # pytest would rewrite the assertions in the package of its entry point, of which this command has imported parts.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    seen, printed = _Collected(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = pytest.main([*options, str(cases)], plugins=[seen])
    if status != pytest.ExitCode.OK:
        raise SetupError(
            f"the cases cannot be collected: {printed.getvalue()[-400:].strip()}", where=str(cases)
        )
    designs: dict[str, list[str]] = defaultdict(list)
    for requirement, design in seen.full:
        if (requirement, design) not in seen.quick:
            designs[requirement].append(design)
    return {requirement: tuple(found) for requirement, found in designs.items()}


class _Collected:
    """A plugin that notes requirement and design of each case: `full` has those that a quick run leaves out."""

    def __init__(self) -> None:
        self.quick: dict[tuple[str, str], None] = {}
        self.full: dict[tuple[str, str], None] = {}

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note what is left to the full set; what is about users' own consumers alone has no subject here."""
        left = (i for i in items if _design(i) != OWN or i.get_closest_marker("full"))
        self.full |= _judged(left)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.quick |= _judged(session.items)


def _judged(items: Iterable[pytest.Item]) -> dict[tuple[str, str], None]:
    return {
        (requirement, _design(item)): None
        for item in items
        for marker in item.iter_markers("requirement")
        for requirement in marker.args
    }


def _design(item: pytest.Item) -> str:
    """Give the design that an item judges: of the reference, which has all of the course, else of users' own."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or "subject" not in callspec.params:
        return AMQP
    subject = callspec.params["subject"]
    return subject.workload.slug if subject else OWN
