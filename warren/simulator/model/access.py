"""Users and what they may do in a virtual host."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Literal

from warren.simulator.errors import AmqpError, ReplyCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.vhost import VHost

Permission = Literal["configure", "write", "read"]
PERMISSIONS: tuple[Permission, ...] = ("configure", "write", "read")
NOTHING = re.compile(r"(?!)")
SALT_OCTETS = 4
DEFAULT_EXCHANGE = "amq.default"
"""What a permission calls the exchange without a name."""


class Topics:
    """Which keys of one topic exchange a user may use, to publish and to bind."""

    __slots__ = ("_compiled", "patterns")

    def __init__(self, write: str, read: str, user: str, vhost: str) -> None:
        """Have these regular expressions; `{username}` and `{vhost}` in them stand for the names."""
        self.patterns = {"write": write, "read": read}
        self._compiled = {
            name: compile_pattern(pattern.replace("{username}", user).replace("{vhost}", vhost))
            for name, pattern in self.patterns.items()
        }

    def permits(self, permission: str, key: str) -> bool:
        """Tell whether the key may be used."""
        pattern = self._compiled[permission]
        return pattern is None or pattern.search(key) is not None


class Access:
    """A user's permissions in one virtual host: a pattern for each, None where all is allowed.

    `topics` say more about some topic exchanges. The object stays the same when permissions change, so
    that a channel may keep it.
    """

    __slots__ = ("allowed", "configure", "read", "topics", "write")

    def __init__(self) -> None:
        """Allow nothing."""
        self.allowed = False
        self.topics: dict[str, Topics] = {}
        self.configure: re.Pattern[str] | None = NOTHING
        self.write: re.Pattern[str] | None = NOTHING
        self.read: re.Pattern[str] | None = NOTHING

    def grant(self, configure: str, write: str, read: str) -> None:
        """Allow names in which these regular expressions match; the empty one matches none.

        Raises `re.error`, and changes nothing, where one of them is none.
        """
        patterns = [compile_pattern(pattern) for pattern in (configure, write, read)]
        self.configure, self.write, self.read = patterns
        self.allowed = True

    def clear(self) -> None:
        """Allow nothing."""
        self.allowed = False
        self.configure = self.write = self.read = NOTHING


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


def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern; None when it lets everything pass. Raises `re.error`."""
    if pattern == ".*":
        return None
    try:
        return re.compile(pattern or "^$")
    except (RecursionError, OverflowError) as error:
        raise re.error(f"it is nested too deep, or repeats too often ({error})") from error


def require(
    access: Access, permission: Permission, user: str, vhost: VHost, resource: tuple[str, str]
) -> None:
    """Raise 403 unless `permission` covers the resource, given by its kind and name."""
    kind, name = resource
    if not permits(access, permission, name):
        missing = f"{permission} access" if vhost.semantics.refusal_names_permission else "access"
        described = vhost.describe(kind, name or DEFAULT_EXCHANGE)
        raise AmqpError(
            ReplyCode.ACCESS_REFUSED,
            f"{missing} to {described} refused for user '{user}'",
        )


def permits(access: Access, permission: Permission, name: str) -> bool:
    """Tell whether `permission` covers the resource called `name`."""
    pattern: re.Pattern[str] | None = getattr(access, permission)
    return pattern is None or pattern.search(name or DEFAULT_EXCHANGE) is not None
