"""Class ``connection`` (10): start, tune, open, close a connection.

RabbitMQ adds ``blocked``, ``unblocked`` and ``update-secret``.
"""

from dataclasses import field
from typing import ClassVar

from warren.simulator.wire.methods.declaration import (
    AnyShortString,
    Bit,
    Long,
    LongString,
    Method,
    Octet,
    Short,
    ShortString,
    Table,
    method,
)


@method(10, 10)
class ConnectionStart(Method):
    """The broker names its version, itself, and the ways to log in (words between blanks)."""

    version_major: Octet = 0
    version_minor: Octet = 9
    server_properties: Table = field(default_factory=dict)
    mechanisms: LongString = b"PLAIN"
    locales: LongString = b"en_US"


@method(10, 11)
class ConnectionStartOk(Method):
    """The client names itself and logs in; ``response`` holds the password."""

    client_properties: Table = field(default_factory=dict)
    mechanism: ShortString = "PLAIN"
    response: LongString = field(default=b"", repr=False)
    locale: ShortString = "en_US"


@method(10, 20)
class ConnectionSecure(Method):
    """The broker asks for more proof."""

    challenge: LongString = field(default=b"", repr=False)


@method(10, 21)
class ConnectionSecureOk(Method):
    """The client gives it."""

    response: LongString = field(default=b"", repr=False)


@method(10, 30)
class ConnectionTune(Method):
    """The broker's limits: channels, octets of a frame, heartbeat in seconds; 0 is none."""

    channel_max: Short = 0
    frame_max: Long = 0
    heartbeat: Short = 0


@method(10, 31)
class ConnectionTuneOk(Method):
    """The limits that hold, chosen by the client."""

    channel_max: Short = 0
    frame_max: Long = 0
    heartbeat: Short = 0


@method(10, 40)
class ConnectionOpen(Method):
    """The client chooses a vhost."""

    virtual_host: ShortString = "/"
    reserved_1: ClassVar[ShortString]
    reserved_2: ClassVar[Bit]


@method(10, 41)
class ConnectionOpenOk(Method):
    """The connection may be used."""

    reserved_1: ClassVar[ShortString]


@method(10, 50)
class ConnectionClose(Method):
    """Either side ends the connection and says why, and after which method."""

    reply_code: Short = 200
    reply_text: AnyShortString = ""
    class_id: Short = 0
    method_id: Short = 0


@method(10, 51)
class ConnectionCloseOk(Method):
    """The other side agrees; nothing more is sent."""


@method(10, 60)
class ConnectionBlocked(Method):
    """The broker is short of memory or disk and reads no more publishes. RabbitMQ only."""

    reason: ShortString = ""


@method(10, 61)
class ConnectionUnblocked(Method):
    """The broker reads again. RabbitMQ only."""


@method(10, 70)
class ConnectionUpdateSecret(Method):
    """The client renews its credentials. RabbitMQ only."""

    new_secret: LongString = field(default=b"", repr=False)
    reason: ShortString = ""


@method(10, 71)
class ConnectionUpdateSecretOk(Method):
    """They are accepted. RabbitMQ only."""
