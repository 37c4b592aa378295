"""What each faulty manifest claims: all that hardened claims, but for what its defect denies or is entangled with.

`make claims` (`python -m tests.conformance.claims`) writes it into the manifests, so that a new guarantee costs one
command. Nothing else in a manifest is touched.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tests.conformance.entangled import ENTANGLED
from tests.conformance.suite import FAULTY, ROOT

if TYPE_CHECKING:
    from pathlib import Path

HARDENED = ROOT / "reference_impl" / "hardened" / "implementation.toml"

_LINE = 100
"""A list that fits in so many characters stands in one line."""
_CLAIMS = re.compile(r"^claims = \[[^\]]*\]\n", re.MULTILINE)


def due_claims(manifest: Path) -> dict[str, list[str]]:
    """Give for each design of a faulty manifest what it has to claim, in hardened's order."""
    hardened = tomllib.loads(HARDENED.read_text(encoding="utf-8"))["designs"]
    entangled = {guarantee for defect, guarantee in ENTANGLED if defect == manifest.stem}
    return {
        slug: [
            guarantee
            for guarantee in hardened[slug]["claims"]
            if guarantee not in entangled and guarantee not in design.get("denies", ())
        ]
        for slug, design in tomllib.loads(manifest.read_text(encoding="utf-8"))["designs"].items()
    }


def with_claims(text: str, claims: dict[str, list[str]]) -> str:
    """Give the text of a manifest with these claims of its designs in the place of its own."""
    for slug, guarantees in claims.items():
        heading = f"[designs.{slug}]\n"
        before, _, after = text.partition(heading)
        # The table of a design ends where the next begins.
        end = match.start() if (match := re.search(r"^\[", after, re.MULTILINE)) else len(after)
        table = _CLAIMS.sub("", after[:end])
        text = f"{before}{heading}{_written(guarantees)}{table}{after[end:]}"
    return text


def _written(guarantees: list[str]) -> str:
    if not guarantees:
        return ""
    words = [f'"{guarantee}"' for guarantee in guarantees]
    line = f"claims = [{', '.join(words)}]\n"
    if len(line) <= _LINE:
        return line
    return "\n".join(["claims = [", *(f"    {word}," for word in words), "]\n"])


def main() -> None:
    """Write the claims of all faulty manifests."""
    for manifest in sorted(FAULTY.glob("*.toml")):
        text = manifest.read_text(encoding="utf-8")
        written = with_claims(text, due_claims(manifest))
        if written != text:
            manifest.write_text(written, encoding="utf-8")
            print(f"{manifest.relative_to(ROOT)}: written")  # noqa: T201 - for the person who ran it


if __name__ == "__main__":
    main()
