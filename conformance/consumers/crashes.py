"""The ways in which a consumer fails, marked with what each of them judges. No case lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

    from warren.rigs.consumers import Process

CRASHES: dict[str, Callable[[Process], object]] = {
    "killed": lambda process: process.kill(),
    "cut": lambda process: process.line.cut(),
    "frozen": lambda process: process.freeze(),
}


def crashes_at(guarantee: str, moment: str) -> list[ParameterSet]:
    """Give a parameter for each way, marked with the requirement that it judges."""
    return [
        pytest.param(crash, id=how, marks=pytest.mark.requirement(f"{guarantee}.{how}-{moment}"))
        for how, crash in CRASHES.items()
    ]
