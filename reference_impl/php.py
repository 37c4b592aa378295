"""PHP's encodings, byte for byte: `json_encode`, `serialize`, `microtime`, `crc32`.

The document's consumers speak to PHP peers, so their bodies must equal what PHP writes.
"""

import json
import re
import time
import zlib

import phpserialize

from reference_impl.errors import ConsumerError

_NON_ASCII = re.compile(r"[^\x00-\x7f]")


class UnserializeError(ConsumerError):
    """The bytes are not what PHP's `serialize` writes for a string."""


def json_encode(value: object) -> str:
    r"""Encode as PHP does by default: no spaces, `/` as `\/`, non-ASCII as `\uXXXX`.

    Python's own `ensure_ascii` would also escape U+007F, which PHP writes as it is.

    Args:
        value: str, int, None, and lists and dicts of them; PHP writes floats in its own way.

    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NON_ASCII.sub(_escape, text.replace("/", "\\/"))


def serialize(text: str) -> bytes:
    """Write `s:LENGTH:"TEXT";`, the length in bytes of UTF-8."""
    data: bytes = phpserialize.dumps(text)
    return data


def unserialize(data: bytes) -> str:
    """Read what `serialize` wrote for a string.

    Raises:
        UnserializeError: `data` is something else, for example an unserialized error reply.

    """
    try:
        value = phpserialize.loads(data)
        return str(value, "utf-8")
    except (ValueError, TypeError) as error:
        raise UnserializeError(
            f"a reply of {len(data)} bytes is not a string that PHP's serialize() wrote"
        ) from error


def microtime() -> str:
    """Tell the time as PHP's `microtime()` does: `0.MMMMMM00 SECONDS`."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"0.{nanoseconds // 1000:06d}00 {seconds}"


def crc32(text: str) -> int:
    """Checksum as PHP's `crc32()`: unsigned, of the UTF-8 bytes."""
    return zlib.crc32(text.encode())


def _escape(character: re.Match[str]) -> str:
    units = character[0].encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
