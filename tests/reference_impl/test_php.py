"""PHP's encodings against PHP itself."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator

import msgspec
import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reference_impl.messages import PartMessage, PipelineMessage, Result
from reference_impl.php import (
    UnserializeError,
    crc32,
    json_encode,
    microtime,
    serialize,
    unserialize,
)
from tests.requisites import missing

_LOOP = """
while (($line = fgets(STDIN)) !== false) {
    [$function, $value] = json_decode($line, true);
    echo base64_encode((string) $function($value)), "\\n";
}
"""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
parts = st.builds(PartMessage, text=texts, sourceMessage=st.none() | texts)
steps = st.builds(
    PipelineMessage,
    texts=st.lists(texts, max_size=4),
    index=st.integers(0, 9),
    result=st.builds(Result, texts=st.lists(st.none() | texts, max_size=4)),
)
quick = hypothesis_settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Php = Callable[[str, object], bytes]


@pytest.fixture(scope="module")
def php() -> Iterator[Php]:
    """Call a function of a running PHP."""
    command = shutil.which("php")
    if command is None:
        missing("there is no php command here: install `php-cli`")
    with subprocess.Popen(
        [command, "-r", _LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sending, receiving = process.stdin, process.stdout

        def call(function: str, value: object) -> bytes:
            sending.write(json.dumps([function, value]).encode() + b"\n")
            sending.flush()
            return base64.b64decode(receiving.readline())

        yield call
        sending.close()
        process.wait(timeout=5)


@quick
@given(message=parts | steps)
def test_bodies_equal_php(php: Php, message: PartMessage | PipelineMessage) -> None:
    """A message's body is, byte for byte, what PHP's json_encode writes."""
    assert message.encode() == php("json_encode", msgspec.to_builtins(message))


@quick
@given(text=texts)
def test_serialize_equals_php(php: Php, text: str) -> None:
    """A serialized text is, byte for byte, what PHP writes, and reads back the same."""
    assert serialize(text) == php("serialize", text)
    assert unserialize(serialize(text)) == text


@quick
@given(text=texts)
def test_crc32_equals_php(php: Php, text: str) -> None:
    """A checksum is the unsigned number that PHP gives."""
    assert str(crc32(text)).encode() == php("crc32", text)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a/b", r'"a\/b"'),
        ("é", r'"\u00e9"'),
        ("😀", r'"\ud83d\ude00"'),
        ("\x7f", '"\x7f"'),
        ('\x00\n"\\', r'"\u0000\n\"\\"'),
        ({"text": "text1", "sourceMessage": None}, '{"text":"text1","sourceMessage":null}'),
    ],
)
def test_json_encode_by_hand(value: object, encoded: str) -> None:
    """PHP's peculiar escapes hold where there is no PHP to ask."""
    assert json_encode(value) == encoded


def test_serialize_counts_bytes() -> None:
    """The length is in bytes of UTF-8, as the reply of the document shows."""
    assert serialize("é") == 's:2:"é";'.encode()
    reply = '{"result":"5530613414174466253","process_time":2}'
    assert serialize(reply) == b's:49:"' + reply.encode() + b'";'


@pytest.mark.parametrize("data", [b"error: no", b"", b"i:1;", b'a:1:{i:0;s:1:"a";}', b's:9:"a";'])
def test_unserialize_refuses_the_rest(data: bytes) -> None:
    """What is no serialized string is an error, never a result."""
    with pytest.raises(UnserializeError):
        unserialize(data)


@freeze_time("2024-01-02 03:04:05.500000")
def test_microtime_is_php_s() -> None:
    """The fraction comes first, with eight digits, then the seconds."""
    assert microtime() == "0.50000000 1704164645"
