"""The baseline of a manifest: what it claims and does not keep, written down as known failures. Texts in, texts out."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.claims.verdict import Outcome, Stance
from warren.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from warren.claims.verdict import Finding


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why failures may be known, where they are tracked, and until when (for ever if None)."""

    reason: str
    link: str
    expires: date | None = None


def violated_claims(
    findings: Iterable[Finding], implementation: str
) -> tuple[tuple[str, str], ...]:
    """Give each requirement of a claimed guarantee that an implementation violated, and in which design."""
    violated = {
        (f.verdict.requirement, f.design)
        for f in findings
        if f.implementation == implementation
        and f.stance is Stance.CLAIMED
        and f.verdict.outcome is Outcome.FAIL
    }
    return tuple(sorted(violated))


def with_known_failures(text: str, failures: Iterable[tuple[str, str]], excuse: Excuse) -> str:
    """Add a known failure to a manifest for each requirement and design; all that stands in it stays as it is.

    Raises `ManifestError` where the file has them in a form to which nothing can be added.
    """
    added = [_entry(requirement, design, excuse) for requirement, design in failures]
    whole = "\n".join([text.rstrip("\n"), *added]) + "\n" if added else text
    try:
        tomllib.loads(whole)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(
            "its known failures stand in one list, to which none can be added",
            "known_failures",
            "write each as a table of its own: [[known_failures]]",
        ) from error
    return whole


def _entry(requirement: str, design: str, excuse: Excuse) -> str:
    keys = {
        "requirement": requirement,
        "design": design,
        "reason": excuse.reason,
        "link": excuse.link,
    }
    lines = [f"{key} = {_string(value)}" for key, value in keys.items()]
    if excuse.expires is not None:
        lines.append(f"expires = {excuse.expires.isoformat()}")
    return "\n".join(["", "[[known_failures]]", *lines])


def _string(text: str) -> str:
    """Write a basic string of TOML: JSON's escapes are some of its own, and it wants one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
