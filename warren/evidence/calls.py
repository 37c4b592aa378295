"""HTTP calls that instances made to the stub of their case, as facts. Answering them is the world's matter."""

from __future__ import annotations

from dataclasses import dataclass

from warren.evidence.text import CUT

_SHOWN = 120
"""Characters of a body that fit into a line of evidence."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request that came whole, and the status it was answered with; 0 where it was not answered."""

    at: float
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int

    def header(self, name: str) -> str | None:
        """Give a header's value, whatever the case of its name; None where it is not there."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def mentions(self, *words: str) -> bool:
        """Whether one of the words is in its path, a header or its body."""
        texts = (self.path, *(v for _, v in self.headers), self.body.decode("utf-8", "replace"))
        return any(word in text for word in words for text in texts)

    def __str__(self) -> str:
        """Give one line of evidence."""
        body = self.body.decode("utf-8", "backslashreplace")
        shown = body if len(body) <= _SHOWN else body[:_SHOWN] + CUT
        return f"{self.at:.3f} {self.method} {self.path} {shown} -> {self.status or 'no answer'}"
