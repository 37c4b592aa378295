"""Where the suite is: the cases, the course's payloads and fixtures, and the reference they judge by default.

A wheel carries those three folders in this package; in a clone they stand beside `warren`, at the top. Either way they
are `warren.suite.conformance`, `warren.suite.fixtures` and `warren.suite.reference_impl` to Python, for the names at
the top may be somebody else's (there is a package `fixtures` on PyPI). Nothing else of Warren knows the difference.

pytest loads this package in every run of the environment, for `warren.suite.rootdir`: it must stay small.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent

ROOT = _HERE if (_HERE / "conformance").is_dir() else _HERE.parents[1]
"""The folder that holds conformance, fixtures and reference_impl. For pytest it is the root of a project."""

CONFORMANCE = ROOT / "conformance"
"""The cases and their catalogues."""

REFERENCE = tuple(
    ROOT / "reference_impl" / family / "implementation.toml" for family in ("document", "hardened")
)
"""The manifests of the reference's two families."""

PROGRAMS = ROOT / "reference_impl" / "programs.toml"
"""The manifest of the programs that cases of a broker start."""

if ROOT != _HERE:
    __path__.append(str(ROOT))


def fixture_modules() -> tuple[str, ...]:
    """Name the modules with the course's pytest fixtures, for pytest to import as plugins."""
    names = sorted(path.stem for path in (ROOT / "fixtures").glob("*.py"))
    return tuple(f"{__name__}.fixtures.{name}" for name in names if name != "__init__")
