"""A page for a browser, which needs nothing else, not even a network.

Every text in it is from outside. Jinja escapes all of it, `finalize` makes control characters visible, and the page's
own policy lets no script run but those whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from warren.evidence.text import brief, visible, visible_lines
from warren.evidence.violation import by_evidence
from warren.report.drawing.facts import is_notable
from warren.report.drawing.legend import legend_of
from warren.report.drawing.strips import WIDTH, strips_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.report.drawing.facts import Drawing
    from warren.report.facts import Report


def page(template: str, script_names: Sequence[str], **values: object) -> str:
    """Write a page with the package's own style and these of its scripts."""
    style = _own_file("report.css") + _own_file("drawing.css")
    scripts = [_own_file(name) for name in script_names]
    environment = Environment(
        loader=PackageLoader("warren.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"brief": brief, "visible": visible}
    environment.globals |= {
        "by_evidence": by_evidence,
        "strips_of": strips_of,
        "legend_of": legend_of,
        "is_notable": is_notable,
        "strip_width": WIDTH,
    }
    hashes = " ".join(map(_hash, scripts))
    return environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 - the package's own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - as above
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {hashes}",
        **values,
    )


def drawings_of(report: Report) -> dict[str, Drawing]:
    """Give the drawings of a report by their case."""
    return {drawing.case: drawing for drawing in report.drawings}


def drawing_scripts(*reports: Report) -> tuple[str, ...]:
    """Name the scripts that a page needs for the drawings that are in it."""
    return ("drawing.js",) if any(report.drawings for report in reports) else ()


def _finalize(value: Any) -> Any:
    """Make control characters visible in whatever the template prints, but for its own markup."""
    own = isinstance(value, Markup) or not isinstance(value, str)
    return value if own else visible_lines(value)


def _own_file(name: str) -> str:
    return (resources.files("warren.report") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Give the hash that allows a text in a content security policy (CSP level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
