"""What Warren adds to an item in JUnit XML: one property per fact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.claims.verdict import Finding


def item_properties(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Give what belongs in `item.user_properties`: implementation and design, then the verdicts.

    Each requirement has its outcome under its own id, what the manifest says of it under `ID.stance`, and an
    `ID.violation` for each sentence. `ID.cause` is there where one is known that others have, too; `ID.cases` says how
    many cases the full set has of it, where they are several.
    Secrets must have been taken out before.
    """
    properties: dict[tuple[str, str], None] = {}
    for finding in findings:
        requirement = finding.verdict.requirement
        facts = [
            ("implementation", finding.implementation),
            ("design", finding.design),
            (requirement, finding.verdict.outcome.value),
            (f"{requirement}.stance", finding.stance.value),
            *(((f"{requirement}.cases", str(finding.cases)),) if finding.cases > 1 else ()),
            *(((f"{requirement}.cause", finding.verdict.cause),) if finding.verdict.cause else ()),
            *((f"{requirement}.violation", v.words) for v in finding.verdict.violations),
        ]
        properties |= dict.fromkeys((name, visible(value)) for name, value in facts)
    return list(properties)
