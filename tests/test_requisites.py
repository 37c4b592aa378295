"""A missing server must not make CI greener."""

from __future__ import annotations

import pytest

from tests.requisites import missing


@pytest.mark.parametrize(
    ("ci", "ended"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_missing(ci: str, ended: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing fails a test in CI, and skips it elsewhere."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(ended, match="no server is here"):
        missing("no server is here")
