"""Prints what failed and why, then `N passed, N failed`, over the JUnit files of a folder; exit status 1 on failures.

Usage: summary.py FAILED_STEPS FOLDER. A failed step without a failed test counts as a failure,
because static checks and crashed runs have no JUnit file to speak for them.
"""

# ruff: noqa: INP001, T201 - a script, not a package, and what it prints is for a person

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

_REASON = 1500
"""Characters of a failure's message."""


def main(failed_steps: int, folder: Path) -> int:
    """Count, print, and return the exit status."""
    passed = failed = skipped = 0
    for file in sorted(folder.glob("*.xml")):
        for case in ET.parse(file).iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
            outcomes = {child.tag for child in case}
            for bad in (child for child in case if child.tag in {"failure", "error"}):
                reason = (bad.get("message") or bad.text or "")[:_REASON]
                print(f"{file.stem}: {case.get('classname')}::{case.get('name')}\n    {reason}")
            failed += bool(outcomes & {"failure", "error"})
            skipped += "skipped" in outcomes
            passed += not outcomes & {"failure", "error", "skipped"}
    failed = max(failed, failed_steps)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return int(failed > 0 or passed == 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
