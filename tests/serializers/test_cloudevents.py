"""CloudEvents: data of any kind, structured and as a body, by their content type or by a serializer."""

import dataclasses
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from event_notation import DATUM, ORDER, REQUIRED, in_headers, read, structured
from installed import Install

from msgpact.errors import DeclarationError, MissingExtra, Unavailable
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers import received
from msgpact.serializers.avro import Avro
from msgpact.serializers.cloudevents import CloudEvents
from msgpact.serializers.framing import FRAMES, Confluent, framing_of


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "batch"}, r"CloudEvents in the mode 'batch': there is none\. Write 'structured' or 'binary'\."),
        (
            {"binding": "mqtt"},
            r"binding 'mqtt' of CloudEvents: it is not known\. Choose one of: amqp, http, kafka, rabbitmq\.",
        ),
        ({"data": "avro"}, r"Cannot use 'avro' for the data of CloudEvents: it is no serializer\. Give one with dump"),
    ],
    ids=["mode", "binding", "data"],
)
def test_what_cannot_be_meant(options: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        CloudEvents(**options)


# -- data ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "data", "members", "body"),
    [
        (None, {"a": 1.0}, {"data": {"a": 1.0}}, b'{"a":1.0}'),
        ("application/vnd.x+json", [1], {"data": [1]}, b"[1]"),
        ("text/json", {"a": 1}, {"data": {"a": 1}}, b'{"a":1}'),
        ("application/json", None, {"data": None}, b"null"),
        ("application/json", "A-1", {"data": "A-1"}, b'"A-1"'),
        ("text/plain", "Zürich", {"data": "Zürich"}, "Zürich".encode()),
        ("text/plain", "", {"data": ""}, b""),
        ("application/xml", "<a/>", {"data": "<a/>"}, b"<a/>"),
        ("image/png", b"\x00\xff", {"data_base64": "AP8="}, b"\x00\xff"),
        ("avro/binary", b"\x0a", {"data_base64": "Cg=="}, b"\x0a"),
        ("image/png", b"", {"data_base64": ""}, b""),
    ],
    ids=str,
)
def test_data_in_both_modes(content_type: str | None, data: object, members: dict[str, object], body: bytes) -> None:
    stated = {"datacontenttype": content_type} if content_type else {}
    event = {**REQUIRED, **stated, "data": data}
    whole, binary = CloudEvents(), CloudEvents(mode="binary")

    written = whole.dump(event)
    contents, headers = binary.sent(binary.dump(event))

    assert json.loads(written) == {**REQUIRED, **stated, **members}
    assert (contents, dict(headers)["content-type"]) == (body, (content_type or "application/json").encode())
    assert read(whole, written) == event
    assert read(binary, contents, headers) == {**event, "datacontenttype": content_type or "application/json"}


def test_an_event_may_have_no_data() -> None:
    binary = CloudEvents(mode="binary")

    assert read(CloudEvents(), CloudEvents().dump(REQUIRED)) == REQUIRED
    assert binary.sent(binary.dump(REQUIRED)) == (b"", in_headers())
    assert read(binary, b"", in_headers()) == REQUIRED


@pytest.mark.parametrize(
    ("content_type", "data", "read"),
    [
        ("application/x-www-form-urlencoded", {"a": 1, "b": ["x", "y"]}, "a=1&b=x&b=y"),
        ("application/xml", ElementTree.Element("a"), "<a />"),
        ("text/plain", b"A-1", b"A-1"),
    ],
    ids=["form", "element", "bytes"],
)
def test_data_may_be_what_their_type_takes(content_type: str, data: object, read: object) -> None:
    event = {**REQUIRED, "datacontenttype": content_type, "data": data}

    assert CloudEvents().load(CloudEvents().dump(event))["data"] == (read.decode() if isinstance(read, bytes) else read)


def test_bytes_of_which_nobody_says_what_they_are() -> None:
    assert CloudEvents().load(structured(data_base64="WzFd"))["data"] == b"[1]"
    assert CloudEvents().load(structured(data_base64="WzFd", datacontenttype="application/json"))["data"] == [1]
    assert json.loads(CloudEvents().dump({**REQUIRED, "data": bytearray(b"[1]")})) == {
        **REQUIRED,
        "data_base64": "WzFd",
    }


def test_data_of_other_peoples_types(install: Install) -> None:
    install("acme", {"application/msgpack": "messagepack"})
    event = {**REQUIRED, "datacontenttype": "application/msgpack", "data": {"id": 1}}

    assert json.loads(CloudEvents().dump(event))["data_base64"] == "gaJpZAE="
    assert read(CloudEvents(), CloudEvents().dump(event)) == event


# -- a serializer for the data -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("framed", [False, True], ids=["bare", "framed"])
def test_data_in_avro(mode: Any, framed: bool) -> None:
    registry = MemoryRegistry()
    framing = Confluent(registry, "orders-value") if framed else None
    events = CloudEvents(Avro(ORDER, framing=framing), mode=mode)

    contents, headers = events.sent(events.dump({**REQUIRED, "data": DATUM}))

    assert read(events, contents, headers) == {**REQUIRED, "datacontenttype": "avro/binary;record=Order", "data": DATUM}
    if mode == "binary":
        assert contents[-4:] == b"\x54\x04\x00\xff"
        assert len(contents) == (9 if framed else 4)


@pytest.mark.parametrize("frame", FRAMES)
def test_in_binary_mode_data_have_any_frame(frame: str) -> None:
    events = CloudEvents(Avro(ORDER, framing=framing_of(frame, MemoryRegistry(), "orders-value")), mode="binary")

    contents, headers = events.sent(events.dump({**REQUIRED, "data": DATUM}))

    assert [name for name, _ in headers].count("content-type") == 1
    assert read(events, contents, headers)["data"] == DATUM


@pytest.mark.parametrize("frame", ["confluent-header", "apicurio-headers", "azure"])
def test_in_structured_mode_there_are_no_headers_for_a_frame(frame: str) -> None:
    events = CloudEvents(Avro(ORDER, framing=framing_of(frame, MemoryRegistry(), "orders-value")))

    with pytest.raises(
        ValueError, match=r"^its data are framed by headers, which an event in structured mode does not have"
    ):
        events.dump({**REQUIRED, "data": DATUM})


@dataclasses.dataclass
class Unreachable:
    """A serializer whose registry does not answer, or whose library is missing."""

    error: Exception

    def dump(self, value: object) -> bytes:
        raise self.error

    def load(self, contents: bytes) -> object:
        raise self.error

    def build(self, contents: bytes, into: object) -> object:
        raise self.error


@pytest.mark.parametrize(
    "error", [Unavailable("it is down"), MissingExtra("it is not installed")], ids=["registry", "extra"]
)
def test_what_is_not_about_the_data_stays_what_it_is(error: Exception) -> None:
    events = CloudEvents(Unreachable(error))

    with pytest.raises(type(error), match=f"^{error}$"):
        events.dump({**REQUIRED, "data": 1})
    with pytest.raises(type(error), match=f"^{error}$"):
        events.load(structured(data_base64="AA==", datacontenttype="a/b"))


def test_what_its_writer_framed_elsewhere_is_no_data() -> None:
    events = CloudEvents(Avro(ORDER, framing=Confluent(MemoryRegistry(), "orders-value")), mode="binary")

    with pytest.raises(ValueError, match=r"^of its data, it has no Confluent frame"):
        received(events, b"\x54\x04\x00\xff", in_headers(content_type="avro/binary"))


def test_a_content_type_that_the_event_states_stays() -> None:
    event = {**REQUIRED, "datacontenttype": "application/avro", "data": DATUM}

    assert CloudEvents(Avro(ORDER)).load(CloudEvents(Avro(ORDER)).dump(event)) == event


@pytest.mark.parametrize("data", [{"id": "x", "token": b""}, {"id": 1}, None])
def test_data_that_do_not_fit(data: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^of its data, "):
        CloudEvents(Avro(ORDER)).dump({**REQUIRED, "data": data})


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_data_that_are_cut_off(mode: Any) -> None:
    events = CloudEvents(Avro(ORDER), mode=mode)
    whole = structured(data_base64="VA==", datacontenttype="avro/binary")

    with pytest.raises(ValueError, match=r"^of its data, it ends .*token"):
        read(events, *((whole, ()) if mode == "structured" else (b"\x54", in_headers(content_type="avro/binary"))))
