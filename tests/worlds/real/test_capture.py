"""What an instance prints is kept, but never more of it than fits, and the instance never waits."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from warren.worlds.real import capture as module
from warren.worlds.real.capture import Capture
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEBIBYTE = 1 << 20
DEADLINE = 30.0


@pytest.fixture
def printed() -> Iterator[Callable[[Path, bytes], Capture]]:
    """Print something to the end, and give what captured it."""
    ends: list[int] = []

    def do(path: Path, text: bytes, *, end: bool = True) -> Capture:
        capture = Capture(path)
        write_end = os.dup(capture.write_end)
        capture.begin()
        with os.fdopen(write_end, "wb", closefd=end) as pipe:
            pipe.write(text)
        if end:
            capture.close(DEADLINE)
        else:
            ends.append(write_end)
        return capture

    yield do
    for write_end in ends:
        os.close(write_end)


def test_all_of_a_little(tmp_path: Path, printed: Callable[..., Capture]) -> None:
    """A little output is kept as it came, octet for octet."""
    capture = printed(tmp_path / "out", b"one\n\xff\x00two")
    assert capture.path.read_bytes() == b"one\n\xff\x00two"
    assert capture.end_of_output() == "one\n\\xff\x00two"
    assert capture.end_of_output(3) == "two"


def test_both_ends_of_a_flood(tmp_path: Path, printed: Callable[..., Capture]) -> None:
    """Of a flood the first mebibyte and the end are kept, with how much is missing."""
    flood = b"".join(b"%07d\n" % n for n in range(MEBIBYTE))  # 8 MiB
    capture = printed(tmp_path / "out", flood)
    kept = capture.path.read_bytes()
    assert len(kept) < MEBIBYTE + (1 << 18)
    assert kept.startswith(flood[:MEBIBYTE])
    assert kept.endswith(flood[-1000:])
    head, _, tail = kept.partition(b" bytes left out]\n")
    left_out = int(head[head.rindex(b"[") + 1 :])
    assert head.rindex(b"\n[") + left_out + len(tail) == len(flood)
    assert capture.end_of_output(8) == "1048575\n"


@pytest.mark.parametrize("behind", [0, 1, 20])
def test_end_over_the_first_mebibyte(
    tmp_path: Path, printed: Callable[..., Capture], behind: int
) -> None:
    """The end of what was printed is whole, also where the end of what is kept as it came lies in it."""
    text = b"x" * (MEBIBYTE - 20) + b"begins here" + b"." * (9 + behind)
    capture = printed(tmp_path / "out", text)
    assert capture.end_of_output(40 + behind) == text[-40 - behind :].decode()


def test_full_disk(printed: Callable[..., Capture]) -> None:
    """Where nothing can be written, all is drained, and the end is kept for the person."""
    capture = printed(Path("/dev/full"), b"x" * MEBIBYTE + b"the end")
    assert capture.end_of_output(7) == "the end"


def test_while_it_runs(tmp_path: Path, printed: Callable[..., Capture]) -> None:
    """What was printed so far can be read before the process ends."""
    capture = printed(tmp_path / "out", b"so far", end=False)
    assert wait_until(lambda: capture.end_of_output() == "so far", timeout=DEADLINE)


def test_catches_up(
    tmp_path: Path, printed: Callable[..., Capture], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was printed last is there after the wait, though it is kept late and the pipe stays open."""
    keep, may_keep = module._write, threading.Event()

    def keep_late(*what: Any) -> int:
        assert may_keep.wait(DEADLINE)
        return keep(*what)

    monkeypatch.setattr(module, "_write", keep_late)
    capture = printed(tmp_path / "out", b"the end", end=False)
    assert capture.end_of_output() == ""
    threading.Timer(0.1, may_keep.set).start()
    capture.catch_up(DEADLINE)
    assert capture.end_of_output() == "the end"
