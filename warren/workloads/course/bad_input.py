"""Bodies that no consumer of the course can work on (document 1, chapters 2 to 4b)."""

from __future__ import annotations

MALFORMED = (b'{"texts":["text1"', b"\xff\xfe\x00", b"")
"""No JSON."""

MISSHAPEN = (
    b'{"something":"else"}',
    b"[]",
    b"42",
    # The key that a role looks for, without what it needs there.
    b'{"texts":null,"text":null,"taskId":null}',
    b'{"texts":42,"text":[],"taskId":{}}',
    b'{"texts":"text1","text":{},"taskId":[]}',
)
"""JSON of another shape."""
