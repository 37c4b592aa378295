"""A manifest's file: reading its TOML, and refusing it with a sentence for each fault."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from warren.errors import ManifestError

if TYPE_CHECKING:
    from pathlib import Path

    from warren.claims.manifest_shape import Fault


def read_toml(path: Path, advice: str) -> dict[str, object]:
    """Read a file; raise `ManifestError` where that cannot be done, with `advice` where it is not there."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ManifestError(
            f"the manifest cannot be read: {reason}",
            where=str(path),
            what_to_do=advice,
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(
            f"this is no TOML in UTF-8: {error}", where=str(path), what_to_do="mend that place"
        ) from error


def refusal(path: Path, faults: list[Fault]) -> ManifestError:
    """Make one error of all faults; its text is a sentence a line."""
    sentences = [str(ManifestError(fault.words, where=f"{path}, {fault.key}")) for fault in faults]
    return ManifestError("\n".join(sentences).removesuffix("."))
