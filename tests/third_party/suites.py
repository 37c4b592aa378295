"""The foreign suites as data: where each comes from, how it runs, what is left out of it, what is known to fail.

Nothing is downloaded or run here; see `sources` and `runners`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tests.third_party.outcomes import KnownFailure

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite, pinned: by `checksum` where a registry has its tests, else by the `commit` of a tag in `git`."""

    name: str
    runner: str
    project: str
    version: str
    tests: tuple[str, ...]
    quick: tuple[str, ...] = ()
    """Of these, what `--quick` runs; all where there is nothing."""
    left_out: dict[str, str] = field(default_factory=dict)  # test, or its beginning -> reason
    checksum: str = ""
    git: str = ""
    commit: str = ""
    needs: tuple[str, ...] = ()
    """What its tests stand on, in the form of its own package manager, pinned."""
    folder: str = ""
    """Where in its sources the tests are run."""
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, Any] = field(default_factory=dict)
    """What a broker is given before: users, vhosts and permissions."""

    @classmethod
    def read(cls, name: str, facts: dict[str, Any]) -> Self:
        """Take one table of suites.toml."""
        left_out = {
            test: group["reason"] for group in facts.pop("left_out", []) for test in group["tests"]
        }
        for key in ("tests", "quick", "needs", "options"):
            facts[key] = tuple(facts.get(key, ()))
        return cls(name=name, left_out=left_out, **facts)

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.name} {self.version.removeprefix('v')}"

    def cut_down(self) -> Self:
        """Give what of it is run often."""
        return replace(self, tests=self.quick or self.tests)

    def runs_quickly(self, test: str) -> bool:
        """Whether `--quick` runs a test, or all that begin like it."""
        return not self.quick or test.startswith(self.quick)

    def is_left_out(self, test: str) -> bool:
        """Whether a test, or all that begin like it, is left out."""
        return test.startswith(tuple(self.left_out))


def read_suites(path: Path = HERE / "suites.toml") -> tuple[dict[str, Suite], list[KnownFailure]]:
    """Read the suites by name, and what is known to fail in them."""
    facts = tomllib.loads(path.read_text("utf-8"))
    suites = {name: Suite.read(name, table) for name, table in facts["suites"].items()}
    known = [
        KnownFailure(**{**table, "test": test, "brokers": tuple(table["brokers"])})
        for entry in facts.get("known_failures", [])
        for table in [{key: value for key, value in entry.items() if key != "tests"}]
        for test in entry["tests"]
    ]
    return suites, known
