"""Users and what they may do in a virtual host."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Literal

from warren.simulator.errors import AmqpError, ReplyCode
from warren.simulator.model.patterns import read as read_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.patterns import Compile, Pattern
    from warren.simulator.model.vhost import VHost

Permission = Literal["configure", "write", "read"]
PERMISSIONS: tuple[Permission, ...] = ("configure", "write", "read")
NOTHING = re.compile(r"(?!)")
SALT_OCTETS = 4
DEFAULT_EXCHANGE = "amq.default"
"""What a permission calls the exchange without a name."""
_REMEMBERED = 256
"""Names whose permissions are kept: publishers use a few exchanges again and again."""


class Topics:
    """Which keys of one topic exchange a user may use, to publish and to bind."""

    __slots__ = ("_compiled", "patterns")

    def __init__(self, write: str, read: str, names: Mapping[str, str], engine: Compile) -> None:
        """Have these regular expressions; a name in braces in them, `{username}`, stands for that of `names`.

        Raises PatternError.
        """
        self.patterns = {"write": write, "read": read}
        self._compiled: dict[str, Pattern | None] = {}
        for permission, pattern in self.patterns.items():
            text = pattern
            for word, name in names.items():
                text = text.replace(f"{{{word}}}", name)
            self._compiled[permission] = read_pattern(text, engine)

    def permits(self, permission: str, key: str) -> bool:
        """Tell whether the key may be used."""
        pattern = self._compiled[permission]
        return pattern is None or pattern.search(key) is not None


class Access:
    """A user's permissions in one virtual host: a pattern for each, None where all is allowed.

    `topics` say more about some topic exchanges. The object stays the same when permissions change, so
    that a channel may keep it.
    """

    __slots__ = ("_known", "allowed", "configure", "read", "topics", "write")

    def __init__(self) -> None:
        """Allow nothing."""
        self.allowed = False
        self.configure: Pattern | None = NOTHING
        self.write: Pattern | None = NOTHING
        self.read: Pattern | None = NOTHING
        self.topics: dict[str, Topics] = {}
        self._known: dict[tuple[Permission, str], bool] = {}

    def grant(self, configure: str, write: str, read: str, engine: Compile) -> None:
        """Allow names in which these regular expressions match; the empty one matches none.

        Raises PatternError, and changes nothing, where one of them is none.
        """
        patterns = [read_pattern(pattern, engine) for pattern in (configure, write, read)]
        self.configure, self.write, self.read = patterns
        self._known.clear()
        self.allowed = True

    def clear(self) -> None:
        """Allow nothing."""
        self.allowed = False
        self.configure = self.write = self.read = NOTHING
        self._known.clear()

    def permits(self, permission: Permission, name: str) -> bool:
        """Tell whether `permission` covers the resource called `name`."""
        pattern: Pattern | None = getattr(self, permission)
        if pattern is None:
            return True
        known = self._known.get((permission, name))
        if known is None:
            known = pattern.search(name or DEFAULT_EXCHANGE) is not None
            if len(self._known) < _REMEMBERED:
                self._known[permission, name] = known
        return known


def hash_password(password: str, salt: bytes) -> str:
    """Return RabbitMQ's `rabbit_password_hashing_sha256` of a password, with a salt of four octets."""
    return b64encode(salt + sha256(salt + _octets(password)).digest()).decode()


def _octets(password: str) -> bytes:
    return password.encode(errors="surrogateescape")


class User:
    """Somebody with a password. An impersonator may publish under another's user_id."""

    __slots__ = ("_hash", "_password", "access", "impersonator", "limits", "name")

    def __init__(
        self, name: str, password: str, password_hash: str | None = None, *, impersonator: bool
    ) -> None:
        """Make a user that may enter no virtual host yet."""
        self.name = name
        self.impersonator = impersonator
        self.set_password(password, password_hash)
        self.access: dict[str, Access] = {}
        self.limits: Mapping[str, int] = {}

    def accepts(self, password: str) -> bool:
        """Tell whether `password` is right, in a time that does not depend on how wrong it is.

        An empty one never is: who has it cannot log in by a password. In one that is no text surrogates
        stand for its octets.
        """
        if not password:
            return False
        if self._hash is None:
            return compare_digest(self._password.encode(), _octets(password))
        try:
            salt = b64decode(self._hash, validate=True)[:SALT_OCTETS]
        except ValueError:
            return False
        own = hash_password(password, salt).encode()
        return bool(self._hash) and compare_digest(self._hash.encode(), own)

    def set_password(self, password: str, password_hash: str | None = None) -> None:
        """Replace the password; a hash holds where there is one, and the empty one lets nobody in."""
        self._password, self._hash = password, password_hash

    def in_vhost(self, vhost: str) -> Access:
        """Return this user's permissions in `vhost`."""
        return self.access.setdefault(vhost, Access())


def require(
    access: Access, permission: Permission, user: str, vhost: VHost, resource: tuple[str, str]
) -> None:
    """Raise 403 unless `permission` covers the resource, given by its kind and name."""
    kind, name = resource
    if not access.permits(permission, name):
        missing = f"{permission} access" if vhost.semantics.refusal_names_permission else "access"
        described = vhost.describe(kind, name or DEFAULT_EXCHANGE)
        raise AmqpError(
            ReplyCode.ACCESS_REFUSED,
            f"{missing} to {described} refused for user '{user}'",
        )
