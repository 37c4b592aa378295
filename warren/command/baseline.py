"""`warren check --write-baseline`: what a run found violated becomes known failures of the manifests that claim it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from warren.claims.baseline import Excuse, violated_claims, with_known_failures
from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.claims.manifest_shape import KnownFailureShape
from warren.errors import ManifestError, OptionError
from warren.report.files import write_atomically
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path


def excuse_of(reason: str | None, link: str | None, expires: datetime | None) -> Excuse:
    """Check what a baseline needs; raise `OptionError` where it is not there or no link."""
    if not reason or not link:
        missing = "--reason" if not reason else "--link"
        raise OptionError(
            f"it needs {missing}",
            "--write-baseline",
            "say why they fail, and where that is tracked",
        )
    try:
        KnownFailureShape(requirement="", reason=reason, link=link)
    except ValidationError as error:
        words = "it is no http:// or https:// address"
        raise OptionError(words, "--link", "name the issue") from error
    return Excuse(reason, link, expires.date() if expires else None)


def write_baseline(manifests: Iterable[Path], report: Path, excuse: Excuse) -> Iterator[str]:
    """Add to each manifest what the report says of it; give a sentence for each.

    Raises `SetupError` where a file cannot be read or written; it stays as it was then.
    """
    findings = read_json(report).findings
    for path in manifests:
        name = load_manifest(path, load_catalogue()).name
        failures = violated_claims(findings, name)
        if not failures:
            yield f"{path}: no claim was violated, so nothing is written."
            continue
        try:
            write_atomically(
                path, with_known_failures(path.read_text(encoding="utf-8"), failures, excuse)
            )
        except OSError as error:
            words = f"the manifest cannot be written: {error.strerror}"
            raise ManifestError(words, str(path)) from error
        count = "1 known failure" if len(failures) == 1 else f"{len(failures)} known failures"
        yield f"{path}: {count} written; this run's status is still that of its claims."
