"""The correct consumers on other client libraries claim all there is, but for what stands here."""

from __future__ import annotations

from pathlib import Path

import pytest

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest

_IMPLEMENTATIONS = Path(__file__).parents[2] / "implementations"
_DESIGNS = 6
_DENIED = {
    "parts-random": frozenset({"part-order", "result-last"}),
    "pipeline": frozenset({"parallel-parts"}),
}
"""What a design cannot hold: several consumers of a package's parts, one step after the other."""


@pytest.mark.parametrize("name", ["aio-pika", "kombu"])
def test_every_guarantee_is_claimed(name: str) -> None:
    """What the catalogue knows of a design is claimed, or denied as what the design cannot hold."""
    catalogue = load_catalogue()
    manifest = load_manifest(_IMPLEMENTATIONS / name / "implementation.toml", catalogue)
    assert len(manifest.designs) == _DESIGNS
    for slug, design in manifest.designs.items():
        known = frozenset(n for n, one in catalogue.guarantees.items() if slug in one.designs)
        denied = _DENIED.get(slug, frozenset())
        assert (design.claims, design.denies) == (known - denied, denied), slug
