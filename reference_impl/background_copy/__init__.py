"""The document's use case: files copied from the main storage to a second one, by consumers.

A message names a file, `{"path":"a/b.jpg"}`. What consumes, heartbeats, reconnects and settles is the
hardened family's; here is only what copying a file takes. `python -m reference_impl.background_copy`
runs one copier.
"""

from reference_impl.background_copy.copier import FileCopier, FileMessage

__all__ = ["FileCopier", "FileMessage"]
