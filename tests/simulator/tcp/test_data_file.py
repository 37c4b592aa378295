"""The file of `--data`: nobody else's file is touched, nobody else reads it, and what is wrong is one sentence."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pika
import pytest

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import Bench, Socket, bench
from tests.simulator.tcp.embedded import Embedded, refused
from warren.simulator import wire
from warren.simulator.tcp.data.errors import DataError
from warren.simulator.tcp.data.keeper import Keeper, ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warren.simulator.tcp.client import Client

PERSISTENT = pika.BasicProperties(delivery_mode=2)
OURS = 0o600


@pytest.fixture
def on_bench() -> Iterator[Bench]:
    """Give a node without a process."""
    with bench() as given:
        yield given


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return path.stat().st_mode & 0o777


def test_it_is_private_from_its_beginning(tmp_path: Path) -> None:
    """All files of it are its owner's alone, also one that was made empty for it; nothing is left beside it."""
    data = tmp_path / "data"
    data.touch(mode=0o666)
    with Embedded.start(f"--data={data}") as broker:
        broker.connect().channel().queue_declare("q", durable=True)
        assert {each.name: mode(each) for each in tmp_path.iterdir()} == {
            "data": OURS,
            "data-wal": OURS,
        }
        assert broker.end() == 0
    assert {each.name: mode(each) for each in tmp_path.iterdir()} == {"data": OURS}
    data.chmod(0o644)
    with Embedded.start(f"--data={data}"):
        assert mode(data) == OURS


def _nonsense(data: Path) -> str:
    data.write_text("{}")
    return "is not what an embedded broker kept"


def _long_nonsense(data: Path) -> str:
    data.write_bytes(bytes(range(256)) * 100)
    return "is not what an embedded broker kept"


def _older_form(data: Path) -> str:
    data.write_text('{"form": 2, "users": [], "permissions": [], "vhosts": []}')
    return "is of an earlier version of Warren"


def _other_program(data: Path) -> str:
    with closing(sqlite3.connect(data)) as database:
        database.execute("CREATE TABLE mine (a)")
    return "is not what an embedded broker kept"


def _later_form(data: Path) -> str:
    _make(data, "PRAGMA user_version = 99")
    return "is of form 99, while this version reads 3"


def _other_release(data: Path) -> str:
    _make(data, "UPDATE about SET value = '3.10' WHERE name = 'release'")
    return "is of a broker with --semantics 3.10, not 4.3"


def _damaged(data: Path) -> str:
    _make(data, "")
    octets = bytearray(data.read_bytes())
    octets[4096:] = b"\xaa" * (len(octets) - 4096)
    data.write_bytes(octets)
    return "is damaged"


def _other_document(data: Path) -> str:
    _make(data, "INSERT INTO definition VALUES (7, 'queue', '{}')")
    return "is not what an embedded broker kept (KeyError"


def _orphan(data: Path) -> str:
    _make(
        data, "INSERT INTO message VALUES (1, 9, 1, 0, 0, 0, 0, NULL, NULL, '', '', '', NULL, '')"
    )
    return "is not what an embedded broker kept (KeyError: 9)"


def _other_setting(data: Path) -> str:
    _make(data, "INSERT INTO setting VALUES (99, 'users', '[1]')")
    return "is not what an embedded broker kept"


def _link(data: Path) -> str:
    data.symlink_to(data.with_name("elsewhere"))
    return "is a link"


def _folder(data: Path) -> str:
    data.mkdir()
    return "cannot be used (Is a directory)"


def _pipe(data: Path) -> str:
    subprocess.run(["mkfifo", data], check=True)
    return "is no file"


def _log_in_the_way(data: Path) -> str:
    data.with_name("data-wal").write_text("my notes")
    return "is in the way of"


def _journal_in_the_way(data: Path) -> str:
    _make(data, "")
    data.with_name("data-journal").write_text("my notes")
    return "is in the way of"


def _no_folder(data: Path) -> str:
    data.parent.rmdir()
    return "cannot be used (No such file or directory)"


def _make(data: Path, script: str) -> None:
    """Have a broker make a file, and change it."""
    with Embedded.start(f"--data={data}") as broker:
        assert broker.end() == 0
    with closing(sqlite3.connect(data)) as database:
        database.executescript(script)


@pytest.mark.parametrize(
    "spoil",
    [
        _nonsense,
        _long_nonsense,
        _older_form,
        _other_program,
        _later_form,
        _other_release,
        _damaged,
        _other_document,
        _orphan,
        _other_setting,
        _link,
        _folder,
        _pipe,
        _log_in_the_way,
        _journal_in_the_way,
        _no_folder,
    ],
    ids=lambda spoil: spoil.__name__.strip("_"),
)
def test_what_is_wrong_with_it(tmp_path: Path, spoil: Callable[[Path], str]) -> None:
    """A file that is none of a broker's own is one sentence and status 2, and stays what it is, like all beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    data = folder / "data"
    why = spoil(data)
    before = _contents(folder)
    sentence = refused(f"--data={data}")
    assert sentence.startswith(f"warren broker: {folder}")
    assert why in sentence
    assert _contents(folder) == before


def _contents(folder: Path) -> dict[str, bytes]:
    if not folder.exists():
        return {}
    return {each.name: each.read_bytes() if each.is_file() else b"" for each in folder.iterdir()}


def test_files_beside_it_are_left_alone(tmp_path: Path) -> None:
    """A user's own files with names like its own are not touched."""
    own = [tmp_path / name for name in ("data.draft", "data.tmp", "data~", ".data")]
    for each in own:
        each.write_text("mine")
    (tmp_path / "data.draft.link").symlink_to(tmp_path / "nowhere")
    with Embedded.start(f"--data={tmp_path / 'data'}") as broker:
        assert broker.end() == 0
    assert [each.read_text() for each in own] == ["mine"] * len(own)
    assert not (tmp_path / "nowhere").exists()


def test_two_brokers_on_one_file(tmp_path: Path) -> None:
    """The second is told, and the first goes on."""
    data = f"--data={tmp_path / 'data'}"
    with Embedded.start(data) as broker:
        assert "is another broker's at this time" in refused(data)
        channel = broker.connect().channel()
        channel.confirm_delivery()
        channel.queue_declare("q", durable=True)
        channel.basic_publish("", "q", b"on", PERSISTENT)


def test_start_that_fails_leaves_the_file_in_order(tmp_path: Path) -> None:
    """Who cannot listen, or import, has not cut off what the last broker has ended in order."""
    data = f"--data={tmp_path / 'data'}"
    with Embedded.start(data) as broker:
        channel = broker.connect().channel()
        channel.queue_declare("q", durable=True)
        channel.basic_publish("", "q", b"fresh", PERSISTENT)
        assert broker.end() == 0
    assert "no host" in refused(data, "--host=no.such.host.invalid")
    assert "cannot be read" in refused(data, f"--definitions={tmp_path / 'none'}")
    with Embedded.start(data) as broker:
        assert broker.connect().channel().basic_get("q")[0].redelivered is False


def test_no_room_on_the_disk(tmp_path: Path) -> None:
    """Where nothing can be kept any more nothing is confirmed, and the broker ends with one sentence and status 1."""
    data, log = tmp_path / "data", tmp_path / "log"
    with log.open("w") as stderr, Embedded.start(f"--data={data}", stderr=stderr) as broker:
        channel = broker.connect().channel()
        channel.confirm_delivery()
        channel.queue_declare("q", durable=True)
        channel.basic_publish("", "q", b"confirmed", PERSISTENT)
        resource.prlimit(broker.process.pid, resource.RLIMIT_FSIZE, (100_000, 100_000))
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            channel.basic_publish("", "q", b"x" * 200_000, PERSISTENT)
        assert broker.process.wait(20) == 1
    (line,) = log.read_text().splitlines()
    assert f"{data} cannot be written (" in line
    with Embedded.start(f"--data={data}") as broker:
        assert broker.connect().channel().queue_declare("q", passive=True).method.message_count == 1


def test_it_is_said_once_that_nothing_is_kept() -> None:
    """Without `--data` the command says at its start that all is in memory; with it, nothing."""
    command = [sys.executable, "-m", "warren.simulator.tcp", "--port=0", "--management-port=none"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as broker:
        assert broker.stdout is not None
        broker.stdout.readline()
        broker.terminate()
        _, said = broker.communicate(timeout=20)
    assert said == (
        "warren broker: all is in memory, and gone at the end; --data FILE keeps what is durable\n"
    )


def connect(given: Bench) -> tuple[Socket, Client]:
    """Open a connection and channel 1 in confirm mode; return both its ends."""
    client, end = Socket(given.clock), given.node.new_client()
    client.connect(end)
    for piece in sessions.handshake():
        client.feed(piece)
    client.feed(sessions.method(wire.QueueDeclare("q", durable=True)))
    client.feed(sessions.method(wire.ConfirmSelect()))
    client.heard.clear()
    return client, end


def message(number: int) -> bytes:
    """Return a persistent message."""
    return b"".join(sessions.publish("", "q", b"%d" % number, delivery_mode=2))


def test_one_transaction_for_a_pass_of_the_loop(on_bench: Bench, tmp_path: Path) -> None:
    """What comes from all clients until the loop goes on is committed once, and confirmed behind that."""
    keeper = on_bench.node.keeper = Keeper(on_bench.node, tmp_path / "data")
    clients = [connect(on_bench) for _ in range(3)]
    statements: list[str] = []
    keeper._database.set_trace_callback(statements.append)
    for _, end in clients:
        for number in range(50):
            end.data_received(message(number))
    assert (statements, [bytes(client.heard) for client, _ in clients]) == ([], [b""] * 3)
    on_bench.clock.run()
    assert [each for each in statements if "INSERT" not in each] == ["BEGIN", "COMMIT"]
    assert len(statements) == 2 + 150
    assert all(client.heard for client, _ in clients)
    statements.clear()
    clients[0][0].feed(sessions.method(wire.BasicQos(prefetch_count=1)))
    assert statements == []  # nothing has changed
    keeper.close()


def test_what_comes_and_goes_in_one_pass_is_not_written(on_bench: Bench, tmp_path: Path) -> None:
    """A message that is acked before the loop goes on costs the disk nothing."""
    keeper = on_bench.node.keeper = Keeper(on_bench.node, tmp_path / "data")
    client, _ = connect(on_bench)
    statements: list[str] = []
    keeper._database.set_trace_callback(statements.append)
    client.feed(
        message(1) + sessions.method(wire.BasicGet("q")) + sessions.method(wire.BasicAck(1))
    )
    assert client.heard
    assert statements in ([], ["BEGIN", "COMMIT"])
    keeper.close()


def test_nothing_is_said_that_is_not_kept(on_bench: Bench, tmp_path: Path) -> None:
    """Where the transaction fails no client hears of it; all are cut off."""
    keeper = on_bench.node.keeper = Keeper(on_bench.node, tmp_path / "data")
    (client, _), (other, _) = connect(on_bench), connect(on_bench)
    keeper.close()
    client.feed(message(1))
    assert (bytes(client.heard), client.closing, other.closing) == (b"", True, True)
    assert isinstance(on_bench.node.failure, DataError)
    assert on_bench.node.ended.is_set()


def test_what_goes_together_is_one_statement() -> None:
    """A purge of thousands that came one after another is written as one range."""
    assert ranges([3, 1, 2, 9, 7, 8, 5]) == [(1, 3), (5, 5), (7, 9)]
    assert ranges([]) == []
