"""Text and bytes."""

import pytest

from msgpact.serializers import binary, text


@pytest.mark.parametrize(("value", "contents"), [("é", "é".encode()), ("", b""), (b"raw", b"raw")])
def test_writing_text(value: object, contents: bytes) -> None:
    assert text.dump(value) == contents


@pytest.mark.parametrize("value", [1, None, {"a": 1}])
def test_what_is_no_text(value: object) -> None:
    with pytest.raises(TypeError, match=f"a {type(value).__name__} is not text: "):
        text.dump(value)


def test_reading_text() -> None:
    assert text.load("é\r\n".encode()) == "é\r\n"
    assert text.build("é".encode(), str) == "é"


def test_text_that_is_not_utf_8() -> None:
    with pytest.raises(ValueError, match="it is not UTF-8 text: byte 1 is 0xff"):
        text.load(b"a\xff")


def test_text_is_delivered_as_text_only() -> None:
    with pytest.raises(TypeError, match="text is delivered as str or bytes, not as <class 'int'>"):
        text.build(b"1", int)


@pytest.mark.parametrize("value", [b"\xff", bytearray(b"\xff"), memoryview(b"\xff")])
def test_bytes_stay_as_they_are(value: object) -> None:
    assert binary.dump(value) == b"\xff"
    assert binary.load(b"\xff") == b"\xff"


@pytest.mark.parametrize("value", ["text", 1, None])
def test_what_is_no_bytes(value: object) -> None:
    with pytest.raises(TypeError, match="no serializer is known for its content type, so it must be bytes, not"):
        binary.dump(value)


def test_bytes_are_delivered_as_bytes_only() -> None:
    with pytest.raises(TypeError, match="so it is delivered as bytes, not as <class 'dict'>"):
        binary.build(b"{}", dict)
