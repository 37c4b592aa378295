"""The examples of `docs/testing.md` are run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "testing.md"
SECONDS = 180.0
EXAMPLE = re.compile(r"```python\n# (?P<file>\w+\.py)\n(?P<text>.*?)```", re.DOTALL)


def test_examples(tmp_path: Path) -> None:
    """Every block of Python is a file of a project whose tests pass, one after the other and in two workers."""
    files: dict[str, str] = defaultdict(str)
    document = DOCUMENT.read_text("utf-8")
    for found in EXAMPLE.finditer(document):
        files[found["file"]] += found["text"]
    assert document.count("```python") == len(EXAMPLE.findall(document))
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tests = sum(text.count("\ndef test_") + text.startswith("def test_") for text in files.values())
    assert tests == 4
    for workers in ("0", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", workers],
            cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert f"{tests} passed" in done.stdout
