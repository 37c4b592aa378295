"""Methods: every one there and back, as pika and pamqp write them, and never another exception."""

import struct
from typing import Any

import pamqp.commands
import pika.spec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.wire import strategies as some
from tests.simulator.wire.refusal import refused
from warren.simulator.wire import (
    METHODS,
    AmqpError,
    BasicAck,
    BasicConsume,
    BasicDeliver,
    BasicPublish,
    BasicQos,
    BasicReturn,
    ConnectionStartOk,
    ConnectionUpdateSecret,
    EncodeError,
    Method,
    QueueDeclare,
    ReplyCode,
    decode_method,
    encode_method,
)
from warren.simulator.wire.methods import describe
from warren.simulator.wire.methods.declaration import fields_of

# Names that pika or pamqp spell in another way.
SPELLING = {"no_wait": "nowait", "global_": "global_qos"}


def pika_class(cls: type[Any]) -> Any:
    """Find what pika has for the same method."""
    key = cls.CLASS_ID << 16 | cls.METHOD_ID
    return pika.spec.methods[key]


def test_there_are_sixty_six() -> None:
    """All methods of AMQP 0-9-1 and of RabbitMQ are here, under pika's and pamqp's numbers."""
    numbers = {cls.CLASS_ID << 16 | cls.METHOD_ID for cls in METHODS}
    assert len(METHODS) == 66
    assert numbers >= set(pamqp.commands.INDEX_MAPPING)
    assert numbers >= set(pika.spec.methods)


@pytest.mark.parametrize("cls", METHODS, ids=lambda cls: cls.NAME)
def test_names(cls: type[Any]) -> None:
    """A class is named as the specification names the method."""
    camel = "".join(word.capitalize() for word in cls.NAME.replace(".", "-").split("-"))
    assert camel == cls.__name__
    theirs = pika_class(cls)
    assert theirs.NAME.replace(".", "") == cls.__name__
    assert pika.spec.has_content(theirs.INDEX) is cls.HAS_CONTENT


@pytest.mark.parametrize("cls", METHODS, ids=lambda cls: cls.NAME)
@given(data=st.data())
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.differing_executors])
def test_round_trip(cls: type[Any], data: st.DataObject) -> None:
    """A method comes back equal, and cut anywhere or with an octet more it is FRAME_ERROR."""
    method = data.draw(some.instances_of(cls))
    payload = encode_method(method)
    assert decode_method(payload) == method
    cut = data.draw(st.integers(0, len(payload) - 1))
    with refused(ReplyCode.FRAME_ERROR) as caught:
        decode_method(payload[:cut])
    assert caught.value.reply_code is ReplyCode.FRAME_ERROR
    with refused(ReplyCode.FRAME_ERROR):
        decode_method(payload + b"\x00")


# Pika never reads update-secret, which only clients send, and cannot.
@pytest.mark.parametrize(
    "cls",
    sorted({*METHODS} - {ConnectionUpdateSecret}, key=METHODS.index),
    ids=lambda cls: cls.NAME,
)
@given(data=st.data())
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.differing_executors])
def test_agrees_with_pika(cls: type[Any], data: st.DataObject) -> None:
    """Pika reads what we write, field by field, and writes the same octets."""
    table = st.dictionaries(some.utf8_text, some.signed(32), max_size=3)
    plain = {**some.KINDS, "table": table, "anyshortstr": some.utf8_text}
    named = {each.name: plain[each.kind] for each in fields_of(cls) if not each.reserved}
    method = data.draw(st.builds(cls, **named))
    payload = encode_method(method)
    theirs = object.__new__(pika_class(cls)).decode(payload, 4)
    for name in named:
        value = getattr(theirs, name, getattr(theirs, SPELLING.get(name, name), None))
        assert _octets(value) == _octets(getattr(method, name)), name
    again = b"".join(theirs.encode())
    assert struct.pack(">HH", cls.CLASS_ID, cls.METHOD_ID) + again == payload


def _octets(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


@given(st.sampled_from(METHODS), st.binary(max_size=120))
@settings(deadline=None, max_examples=2000)
def test_any_octets_after_known_numbers(cls: type[Any], octets: bytes) -> None:
    """Whatever follows a method's numbers, it is read or is an AMQP error of code 501 or 541."""
    payload = struct.pack(">HH", cls.CLASS_ID, cls.METHOD_ID) + octets
    found = some.outcome(decode_method, payload)
    if isinstance(found, AmqpError):
        assert found.reply_code in {ReplyCode.FRAME_ERROR, ReplyCode.INTERNAL_ERROR}
    else:
        assert decode_method(encode_method(found)) == found


@some.unhurried
@given(st.binary(max_size=40))
def test_any_octets(payload: bytes) -> None:
    """Any payload is a method or an AMQP error."""
    found = some.outcome(decode_method, payload)
    if isinstance(found, AmqpError):
        assert found.reply_code in {501, 540, 541}


def test_unknown_method() -> None:
    """A method that does not exist is NOT_IMPLEMENTED and says which."""
    with refused(ReplyCode.NOT_IMPLEMENTED, match="50, 99") as caught:
        decode_method(b"\x00\x32\x00\x63")
    assert caught.value.reply_code is ReplyCode.NOT_IMPLEMENTED
    assert (caught.value.class_id, caught.value.method_id) == (50, 99)


def test_error_names_the_method() -> None:
    """The error of a method that cannot be read carries its numbers, for connection.close."""
    with refused(ReplyCode.FRAME_ERROR, match="cannot decode <<0>>") as caught:
        decode_method(b"\x00\x3c\x00\x50\x00")
    assert (caught.value.class_id, caught.value.method_id) == (60, 80)


@pytest.mark.parametrize("name", ["a*b", "été", "a\0b", "", "x" * 255])
def test_legal_names(name: str) -> None:
    """Names that RabbitMQ takes are taken."""
    assert decode_method(encode_method(QueueDeclare(name))) == QueueDeclare(name)


def test_name_that_is_not_utf8() -> None:
    """A name in another encoding is FRAME_ERROR, as on RabbitMQ, of no method."""
    payload = encode_method(QueueDeclare("ab")).replace(b"ab", b"\xff\xfe")
    with refused(ReplyCode.FRAME_ERROR, match="Malformed UTF-8 in shortstr") as caught:
        decode_method(payload)
    assert (caught.value.class_id, caught.value.method_id) == (0, 0)


def test_publish_may_be_no_utf8() -> None:
    """The names in basic.publish and what carries them on need not be UTF-8, as on RabbitMQ."""
    for method in (BasicPublish("\udcff", "\udcfe"), BasicReturn(312, "", "\udcff", "\udcfe")):
        payload = encode_method(method)
        assert b"\xff" in payload
        assert b"\xfe" in payload
        assert decode_method(payload) == method


def test_table_before_the_end() -> None:
    """A table that leaves octets of its method behind it is FRAME_ERROR, whatever stands in it."""
    payload = encode_method(QueueDeclare("q")).removesuffix(bytes(4)) + b"\0\0\0\2\1aZ1"
    with refused(ReplyCode.FRAME_ERROR) as caught:
        decode_method(payload)
    assert (caught.value.class_id, caught.value.method_id) == (50, 10)


@pytest.mark.parametrize(
    "method",
    [
        QueueDeclare("x" * 256),
        QueueDeclare("\ud800"),
        BasicAck(-1),
        BasicQos(prefetch_count=65536),
        BasicConsume(arguments={"a": object()}),  # type: ignore[dict-item]  # the point of the test
        object(),
    ],
    ids=["long name", "surrogate", "negative", "too large", "bad argument", "no method"],
)
def test_what_cannot_be_written(method: Method) -> None:
    """A value that does not fit its field is our own error."""
    with pytest.raises(EncodeError):
        encode_method(method)


def test_bits_share_an_octet() -> None:
    """Five bits in a row are one octet, the first the lowest."""
    payload = encode_method(QueueDeclare("q", passive=True, exclusive=True, no_wait=True))
    assert payload == b"\x00\x32\x00\x0a\x00\x00\x01q\x15\x00\x00\x00\x00"


def test_password_is_not_shown() -> None:
    """The representation of start-ok holds no credentials."""
    assert "hunter2" not in repr(ConnectionStartOk(response=b"\0user\0hunter2"))


def test_describe() -> None:
    """The generated source of a codec can be read."""
    assert "consumer_tag" in describe(BasicDeliver)
