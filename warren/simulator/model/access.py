"""Users and what they may do in a virtual host."""

from __future__ import annotations

import re
from hmac import compare_digest
from typing import TYPE_CHECKING, Literal

from warren.simulator.errors import AmqpError, ReplyCode

if TYPE_CHECKING:
    from warren.simulator.model.vhost import VHost

Permission = Literal["configure", "write", "read"]
PERMISSIONS: tuple[Permission, ...] = ("configure", "write", "read")
NOTHING = re.compile(r"(?!)")
DEFAULT_EXCHANGE = "amq.default"
"""What a permission calls the exchange without a name."""


class Access:
    """A user's permissions in one virtual host: a pattern for each, None where all is allowed.

    The object stays the same when permissions change, so that a channel may keep it.
    """

    __slots__ = ("allowed", "configure", "read", "write")

    def __init__(self) -> None:
        """Allow nothing."""
        self.allowed = False
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


class User:
    """Somebody with a password. An impersonator may publish under another's user_id."""

    __slots__ = ("_password", "access", "impersonator", "name")

    def __init__(self, name: str, password: str, *, impersonator: bool) -> None:
        """Make a user that may enter no virtual host yet."""
        self.name = name
        self.impersonator = impersonator
        self._password = password
        self.access: dict[str, Access] = {}

    def accepts(self, password: str) -> bool:
        """Tell whether `password` is right, in a time that does not depend on how wrong it is.

        An empty one never is: who has it cannot log in by a password. In one that is no text surrogates
        stand for its octets.
        """
        given = password.encode(errors="surrogateescape")
        return bool(given) and compare_digest(self._password.encode(), given)

    def set_password(self, password: str) -> None:
        """Replace the password."""
        self._password = password

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
