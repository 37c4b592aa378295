"""Which roles a design has, and how one of them is played. The roles themselves are in the families."""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Literal, get_args

from reference_impl.settings import Settings, SettingsError
from reference_impl.stop import Stop

Family = Literal["document", "hardened"]

DESIGNS: Mapping[str, tuple[str, ...]] = {
    "blocking": ("stream",),
    "parts": ("stream", "part"),
    "parts-random": ("stream", "part"),
    "pipeline": ("stream", "part"),
    "task": ("http", "task"),
    "rpc": ("http", "rpc-server"),
}
"""Every design with its roles, as docs/contract.md has them."""


def run(settings: Settings, family: str, design: str, role: str, stop: Stop | None = None) -> None:
    """Play a role until `stop` is requested, or its bound of messages is reached.

    Raises:
        SettingsError: there is no such family, design or role.
        pika.exceptions.AMQPError: `document` only, which dies with its connection.

    """
    module = load(family)
    if role not in DESIGNS.get(design, ()):
        raise SettingsError(
            f"There is no role {role!r} in a design {design!r}; the pairs are {_pairs()}."
        )
    module.play(settings, design, role, stop or Stop())


def load(name: str) -> ModuleType:
    """Import a family: most of the time that a role takes to start.

    Raises:
        SettingsError: there is no such family.

    """
    if name not in get_args(Family):
        raise SettingsError(f"There is no family {name!r}; it is 'document' or 'hardened'.")
    return importlib.import_module(f"reference_impl.{name}")


def _pairs() -> str:
    return ", ".join(f"{design} {role}" for design, roles in DESIGNS.items() for role in roles)
