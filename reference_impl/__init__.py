"""The reference consumers of "RabbitMQ: Advanced practices", in two families.

`document/` is what the document writes, wire-compatible with its PHP and with its defects kept and
named. `hardened/` is the same six designs as they should be. What both need lives at this level:
settings, tables and migrations, the names on the broker, PHP's encodings, the HTTP server.

In a process of its own: `python -m reference_impl FAMILY DESIGN ROLE`. Inside another process:
`run(settings, stop)`, which returns when the role ended. Nothing here reads a clock, opens a
socket or starts a thread when it is imported.
"""

from reference_impl.roles import run
from reference_impl.settings import Settings, SettingsError
from reference_impl.stop import Stop

__all__ = ["Settings", "SettingsError", "Stop", "run"]
