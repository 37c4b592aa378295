"""Bodies that become messages, and bodies that do not."""

import pytest

from reference_impl.messages import (
    MalformedError,
    Message,
    MisshapenError,
    PartMessage,
    PipelineMessage,
    Result,
    StreamMessage,
    TaskMessage,
    decode,
)


def test_decodes_every_shape() -> None:
    """Each body of the contract becomes its message."""
    assert decode(StreamMessage, b'{"texts":["a"]}') == StreamMessage(texts=["a"])
    assert decode(PartMessage, b'{"text":"a","sourceMessage":null}').text == "a"
    step = decode(PipelineMessage, b'{"texts":["a"],"index":0,"result":{"texts":[]}}')
    assert step == PipelineMessage(texts=["a"], index=0, result=Result(texts=[]))
    assert decode(TaskMessage, b'{"taskId":1}').taskId == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b'{"texts":',
        b'{"texts":["a"]} x',
        b'{"texts":[NaN]}',
        b'{"texts":["\xff"]}',
        b'{"texts":["\\ud800"]}',
        b'{"texts":["a\x00"]}',
        '{"texts":["a"]}'.encode("utf-16"),
        b'\xef\xbb\xbf{"texts":["a"]}',
        b"[" * 100_000,
    ],
)
def test_malformed(body: bytes) -> None:
    """What PHP's json_decode refuses is malformed."""
    with pytest.raises(MalformedError):
        decode(StreamMessage, body)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (StreamMessage, b"null"),
        (StreamMessage, b"[]"),
        (StreamMessage, b'"texts"'),
        (StreamMessage, b"{}"),
        (StreamMessage, b'{"texts":"a"}'),
        (StreamMessage, b'{"texts":{"0":"a"}}'),
        (StreamMessage, b'{"texts":[1]}'),
        (PartMessage, b'{"text":"a"}'),
        (PipelineMessage, b'{"texts":["a"],"index":-1,"result":{"texts":[]}}'),
        (PipelineMessage, b'{"texts":["a"],"index":0,"result":[]}'),
        (TaskMessage, b'{"taskId":"1"}'),
        (TaskMessage, b'{"taskId":1.5}'),
        (TaskMessage, b'{"taskId":true}'),
    ],
)
def test_misshapen(shape: type[Message], body: bytes) -> None:
    """JSON of another shape is misshapen, and the error names the shape but not the value."""
    with pytest.raises(MisshapenError, match=shape.__name__):
        decode(shape, body)
