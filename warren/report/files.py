"""Reports as files: each is whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from warren.report.json_report import to_json

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report


def write_files(report: Report, catalogue: Catalogue, directory: Path) -> tuple[Path, Path]:
    """Write a redacted report to `report.json` and `report.html`; give their paths.

    Raises `OSError` where that is impossible; what stood there before then still stands.
    """
    from warren.report.html_report import to_html  # noqa: PLC0415 - costs jinja2

    json_path, html_path = directory / "report.json", directory / "report.html"
    write_atomically(json_path, to_json(report))
    write_atomically(html_path, to_html(report, catalogue))
    return json_path, html_path


def write_atomically(path: Path, text: str) -> None:
    """Put a text in a file at once, by way of a file beside it; make its directory if need be.

    Raises `OSError`, and leaves nothing half done.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
