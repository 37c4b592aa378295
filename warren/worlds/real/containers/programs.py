"""What runs in a holder: programs of a few octets that are put beside whatever an image has, as it may have nothing.

One waits for ever. The other makes sockets in its network and hands them over (SCM_RIGHTS, unix(7)): it connects to a
UNIX socket, and for each octet that it reads there it sends a TCP socket; it ends where there is nothing more to read.
"""

from __future__ import annotations

import io
import struct
import tarfile
from typing import Final

SOCKETS: Final = "/warren-sockets"
"""Where the UNIX socket is in the container."""
_ORIGIN: Final = 0x400000
_HEADERS: Final = 64 + 56  # octets of an ELF header and a program header
_MACHINE: Final = {"x86_64": 62}
"""Its number in an ELF header."""
_WAITS: Final = {"x86_64": bytes.fromhex("b822000000 0f05 ebf7")}
"""For each machine: pause(2), again and again."""
_HANDS_OVER: Final = {
    "x86_64": bytes.fromhex(
        "4989e4"  # mov r12, rsp
        "6a2958 6a015f 6a015e 31d2 0f05 89c3"  # ebx = socket(AF_UNIX, SOCK_STREAM, 0)
        "6a2a58 89df 488d356a000000 6a125a 0f05"  # connect(ebx, the address at the end, 18)
        "4c89e4"  # next: mov rsp, r12
        "6a0058 89df 50 4889e6 6a015a 0f05"  # read(ebx, the stack, 1)
        "ffc8 7549"  # not one octet: to the end
        "6a2958 6a025f 6a015e 31d2 0f05 89c5"  # ebp = socket(AF_INET, SOCK_STREAM, 0)
        "55 6a01 c744240401000000 6a14 4989e0"  # r8 = cmsghdr {20, SOL_SOCKET, SCM_RIGHTS}, ebp
        "6a01 4154 4989e1"  # r9 = iovec {r12, 1}
        "6a00 6a18 4150 6a01 4151 6a00 6a00"  # msghdr {no name, r9, 1, r8, 24, no flags}
        "6a2e58 89df 4889e6 31d2 0f05"  # sendmsg(ebx, the msghdr, 0)
        "6a0358 89ef 0f05 eba2"  # close(ebp), and next
        "6a3c58 31ff 0f05"  # the end: exit(0)
        "0100"  # the address: AF_UNIX
    )
    + SOCKETS.encode()
    + b"\0"
}


def waiting(machine: str) -> bytes:
    """Make the program that waits for ever; b"" for a machine whose instructions are not known here."""
    return _elf(machine, _WAITS[machine]) if machine in _WAITS else b""


def handing_over(machine: str) -> bytes:
    """Make the program that hands sockets over; b"" for a machine whose instructions are not known here."""
    return _elf(machine, _HANDS_OVER[machine]) if machine in _HANDS_OVER else b""


def _elf(machine: str, code: bytes) -> bytes:
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    kind = (2, _MACHINE[machine], 1)  # executable, machine, version
    sizes = (0, 64, 56, 1, 0, 0, 0)  # flags, headers, one program header, no sections
    header = struct.pack("<HHIQQQIHHHHHH", *kind, _ORIGIN + _HEADERS, 64, 0, *sizes)
    length = _HEADERS + len(code)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _ORIGIN, _ORIGIN, length, length, 0x1000)
    return ident + header + segment + code


def archive(name: str, program: bytes) -> bytes:
    """Pack a program as an engine takes files into a container."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as packed:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(program), 0o755
        packed.addfile(entry, io.BytesIO(program))
    return held.getvalue()
