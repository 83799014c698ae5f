"""CloudEvents: events written and read, structured and in headers, with data of any kind."""

import dataclasses
import datetime
import json
import uuid
from typing import Any, Generic, TypeVar
from xml.etree import ElementTree

import messagepack
import pytest
from installed import Install
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from msgpact.errors import DeclarationError, MissingExtra, Unavailable
from msgpact.model import Headers, Serializer
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers import binary, received
from msgpact.serializers import json as json_serializer
from msgpact.serializers.avro import Avro
from msgpact.serializers.cloudevents import CloudEvents
from msgpact.serializers.framing import FRAMES, Confluent, framing_of

REQUIRED: dict[str, object] = {"specversion": "1.0", "id": "1-a", "source": "/shop", "type": "created"}


def structured(**more: object) -> bytes:
    return json.dumps({**REQUIRED, **more}).encode()


def in_headers(prefix: str = "ce_", content_type: str | None = None, **more: str) -> Headers:
    named = [(f"{prefix}{name}", str(value).encode()) for name, value in {**REQUIRED, **more}.items()]
    return (*named, *([] if content_type is None else [("content-type", content_type.encode())]))


def read(serializer: Serializer, contents: bytes, among: Headers = ()) -> Any:
    reader, payload = received(serializer, contents, among)
    return reader.load(payload)


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

ORDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "token", "type": "bytes"}],
}
DATUM = {"id": 42, "token": b"\x00\xff"}


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


# -- attributes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ({"time": datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.UTC)}, {"time": "2026-11-20T10:00:00Z"}),
        ({"time": "2026-11-20T10:00:00.123456789+01:00"}, {"time": "2026-11-20T10:00:00.123456789+01:00"}),
        ({"time": "2026-12-31T23:59:60Z"}, {"time": "2026-12-31T23:59:60Z"}),
        ({"id": uuid.UUID(int=0)}, {"id": "00000000-0000-0000-0000-000000000000"}),
        ({"sampled": True, "attempt": -3, "key": b"\x00"}, {"sampled": True, "attempt": -3, "key": "AA=="}),
        ({"subject": None, "traceid": None}, {}),
    ],
    ids=["time", "nanoseconds", "leap second", "uuid", "extensions", "unset"],
)
def test_attributes_that_are_no_text(given: dict[str, object], held: dict[str, object]) -> None:
    assert CloudEvents().load(CloudEvents().dump({**REQUIRED, **given})) == {**REQUIRED, **held}


def test_an_attribute_that_is_null_is_not_set() -> None:
    assert CloudEvents().load(structured(subject=None, traceid=None)) == REQUIRED


def test_the_version_need_not_be_given() -> None:
    given = {name: value for name, value in REQUIRED.items() if name != "specversion"}

    assert CloudEvents().load(CloudEvents().dump(given)) == REQUIRED


BAD: dict[str, tuple[dict[str, object], str]] = {
    "no id": ({"id": None}, "it has no id"),
    "empty type": ({"type": ""}, "its type is empty"),
    "empty subject": ({"subject": ""}, "its subject is empty"),
    "a number as source": ({"source": 1}, "its source is no text: 1"),
    "an older version": ({"specversion": "0.3"}, "its specversion is '0.3', of which nothing is known here: '1.0' is"),
    "no time": ({"time": "yesterday"}, "its time is no time with an offset, like 2026-11-20T10:00:00Z: 'yesterday'"),
    "no offset": ({"time": "2026-11-20T10:00:00"}, "its time is no time with an offset"),
    "no such day": ({"time": "2026-02-30T10:00:00Z"}, "its time is no time with an offset"),
    "digits of another script": ({"time": "\uff12026-02-03T10:00:00Z"}, "its time is no time with an offset"),
    "no content type": ({"datacontenttype": "json"}, "its datacontenttype is no content type: 'json'"),
    "a name with capitals": ({"traceId": "1"}, "its traceId is no name of an attribute, which has lower-case letters"),
    "a fraction": ({"rate": 0.5}, "its rate is no text, integer or boolean: 0.5"),
    "an object": ({"trace": {"id": 1}}, "its trace is no text, integer or boolean"),
    "a long integer": ({"attempt": 2**31}, "its attempt does not fit into 32 bits: 2147483648"),
    "a control character": ({"subject": "a\nb"}, r"its subject holds a control character: 'a\\nb'"),
}


@pytest.mark.parametrize(("more", "said"), BAD.values(), ids=BAD)
def test_what_is_no_event_is_neither_read_nor_written(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^it is no CloudEvent: {said}"):
        CloudEvents().load(structured(**more))
    with pytest.raises(ValueError, match=f"^it is no CloudEvent: {said}"):
        CloudEvents().dump({**REQUIRED, **more})


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (structured(data=1, data_base64="AA=="), "^it is no CloudEvent: it has both data and data_base64"),
        (structured(data_base64="A"), "^it is no CloudEvent: its data_base64 is no base64: 'A'"),
        (structured(data_base64=7), "^it is no CloudEvent: its data_base64 is no base64: 7"),
        (
            structured(data=7, datacontenttype="text/plain"),
            "^it is no CloudEvent: its data are of type text/plain, but no text: 7",
        ),
        (b"[]", r"^it is no CloudEvent, but \[\]"),
        (b"{", "^it is cut off or is not JSON"),
        (b"", "^it is empty, which is not JSON"),
    ],
    ids=["both", "base64", "number", "text", "list", "cut", "empty"],
)
def test_what_is_no_json_event(contents: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CloudEvents().load(contents)


# -- headers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("binding", "names", "subject"),
    [
        ("kafka", ("ce_id", "ce_subject"), "Euro € 😀"),
        ("amqp", ("cloudEvents_id", "cloudEvents_subject"), "Euro € 😀"),
        ("rabbitmq", ("ce-id", "ce-subject"), "Euro € 😀"),
        # https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
        ("http", ("ce-id", "ce-subject"), "Euro%20%E2%82%AC%20%F0%9F%98%80"),
    ],
)
def test_each_binding_has_its_headers(binding: str, names: tuple[str, str], subject: str) -> None:
    events = CloudEvents(mode="binary", binding=binding)
    event = {**REQUIRED, "subject": "Euro € 😀", "sampled": True, "attempt": 3}

    contents, headers = events.sent(events.dump(event))

    assert dict(headers)[names[0]] == b"1-a"
    assert dict(headers)[names[1]] == subject.encode()
    assert read(events, contents, headers) == {**event, "sampled": "true", "attempt": "3"}


@pytest.mark.parametrize(
    ("value", "subject"),
    [("plain", "plain"), ('"a \\"b\\" c"', 'a "b" c'), ("a%c3%a9", "aé"), ("100%", "100%"), ("%zz", "%zz"), ('"', '"')],
)
def test_header_values_of_http_are_unescaped(value: str, subject: str) -> None:
    assert read(CloudEvents(mode="binary", binding="http"), b"", in_headers("CE-", subject=value))["subject"] == subject


@pytest.mark.parametrize(("binding", "prefix"), [("amqp", "cloudEvents:"), ("amqp", "cloudEvents_"), ("http", "Ce-")])
def test_prefixes_that_are_read(binding: str, prefix: str) -> None:
    assert read(CloudEvents(mode="binary", binding=binding), b"", in_headers(prefix)) == REQUIRED


def test_of_two_content_types_the_transports_counts() -> None:
    headers = (*in_headers(datacontenttype="text/plain"), ("Content-Type", b"application/json"))

    assert read(CloudEvents(mode="binary"), b"[1]", headers)["data"] == [1]
    assert read(CloudEvents(mode="binary"), b"[1]", headers[:-1])["data"] == "[1]"


def test_of_a_header_that_stands_twice_the_first_counts() -> None:
    assert (
        read(CloudEvents(mode="binary"), b"", (*in_headers(), ("ce_id", b"2"), ("ce_type", None), ("other", b"\xff")))
        == REQUIRED
    )


@pytest.mark.parametrize(
    ("events", "contents", "headers", "said"),
    [
        (CloudEvents(mode="binary"), b"", in_headers(traceId="1"), "its traceId is no name of an attribute"),
        (CloudEvents(mode="binary"), b"", (), "it is no CloudEvent: it has no specversion"),
        (CloudEvents(mode="binary"), b"", in_headers()[:-1], "it is no CloudEvent: it has no type"),
        (CloudEvents(mode="binary"), b"", in_headers("ce-"), "it is no CloudEvent: it has no specversion"),
        (CloudEvents(mode="binary"), b"", (*in_headers(), ("ce_subject", b"\xff")), "its header ce_subject is no UTF-8 text: byte 0 is 0xff"),
        (
            CloudEvents(mode="binary", binding="http"), b"", in_headers("ce-", subject="%C0%A0"),
            "its header ce-subject is no UTF-8 text: byte 0 is 0xc0",
        ),
        (CloudEvents(mode="binary"), b"{", in_headers(content_type="application/json"), "of its data, it is cut off or is not JSON"),
        (
            CloudEvents(mode="binary"), structured(), (("content-type", b"application/cloudevents+json"),),
            r"it is a CloudEvent in structured mode \(application/cloudevents\+json\), not in binary mode",
        ),
        (
            CloudEvents(), b"{}", in_headers(content_type="application/json"),
            "it is a CloudEvent in binary mode, with its attributes in headers, not in structured mode",
        ),
    ],
    ids=["name", "nothing", "no type", "other binding", "utf-8", "percent", "data", "structured", "binary"],
)  # fmt: skip
def test_what_is_no_event_in_headers(events: CloudEvents, contents: bytes, headers: Headers, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}|^it is no CloudEvent: {said}"):
        read(events, contents, headers)


# -- what users have, and want -------------------------------------------------------------------------------------------


class Order(BaseModel):
    id: int
    token: bytes = b""


class OrderEvent(BaseModel, extra="allow"):
    id: str
    source: str
    type: str
    time: datetime.datetime | None = None
    data: Order | None = None


@dataclasses.dataclass
class Created:
    id: str
    source: str
    type: str
    data: Order


class Named(BaseModel):
    id: str
    source: str
    type: str
    payload: dict[str, int] = Field(alias="data")


@pytest.mark.parametrize(
    ("value", "more"),
    [
        (OrderEvent(id="1-a", source="/shop", type="created"), {}),
        (OrderEvent(id="1-a", source="/shop", type="created", traceid="7"), {"traceid": "7"}),  # type: ignore[call-arg]  # extra
        (OrderEvent(id="1-a", source="/shop", type="created", data=Order(id=1)), {"data": {"id": 1, "token": ""}}),
        (Created("1-a", "/shop", "created", Order(id=1)), {"data": {"id": 1, "token": ""}}),
        (Named(id="1-a", source="/shop", type="created", data={"id": 1}), {"data": {"id": 1}}),
    ],
    ids=["model", "extra", "data", "dataclass", "alias"],
)
def test_models_are_events(value: object, more: dict[str, object]) -> None:
    assert CloudEvents().load(CloudEvents().dump(value)) == {**REQUIRED, **more}


def test_data_of_a_model_are_written_by_their_serializer() -> None:
    event = Created("1-a", "/shop", "created", Order(id=42, token=b"\x00\xff"))

    assert CloudEvents(Avro(ORDER)).load(CloudEvents(Avro(ORDER)).dump(event))["data"] == DATUM


@pytest.mark.parametrize("value", ["text", 7, [], object], ids=str)
def test_what_is_no_event(value: object) -> None:
    with pytest.raises(TypeError, match=r"^it is no CloudEvent, but .*: give a dict of its attributes and data"):
        CloudEvents().dump(value)


def test_names_are_text() -> None:
    with pytest.raises(TypeError, match=r"^a name of an attribute is no text: \{1: 2\}"):
        CloudEvents().dump({1: 2})


Data = TypeVar("Data")


class Event(BaseModel, Generic[Data]):
    id: str
    data: Data


class Typed(TypedDict):
    id: str
    data: dict[str, int]


@pytest.mark.parametrize(
    ("events", "data", "into", "built"),
    [
        (CloudEvents(), {"id": 1}, dict, {**REQUIRED, "data": {"id": 1}}),
        (CloudEvents(), {"id": 1}, Event[Order], Event[Order](id="1-a", data=Order(id=1))),
        (CloudEvents(), {"id": 1}, Typed, {**REQUIRED, "data": {"id": 1}}),
        (CloudEvents(), {"id": 1}, Created, Created("1-a", "/shop", "created", Order(id=1))),
        (CloudEvents(messagepack), DATUM, Event[Order], Event[Order](id="1-a", data=Order.model_validate(DATUM))),
        (CloudEvents(messagepack), DATUM, Event[Order | None], Event[Order | None](id="1-a", data=Order.model_validate(DATUM))),
        (CloudEvents(Avro(ORDER)), DATUM, Event[Order], Event[Order](id="1-a", data=Order.model_validate(DATUM))),
        (CloudEvents(Avro(ORDER)), DATUM, Event[dict[str, Any]], Event[dict[str, Any]](id="1-a", data=DATUM)),
        (CloudEvents(Avro(ORDER)), DATUM, Event[bytes], Event[bytes](id="1-a", data=b"\x54\x04\x00\xff")),
        (CloudEvents(Avro(ORDER)), DATUM, Event[Any], Event[Any](id="1-a", data=DATUM)),
    ],
    ids=["dict", "model", "typed dict", "dataclass", "other", "union", "avro", "avro as dict", "avro as bytes", "avro as any"],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_what_a_handler_is_given(events: CloudEvents, data: object, into: Any, built: object, mode: Any) -> None:
    events = dataclasses.replace(events, mode=mode)
    content_type = {} if events.data is None else {"datacontenttype": "application/msgpack"}

    contents, headers = events.sent(events.dump({**REQUIRED, **content_type, "data": data}))
    reader, payload = received(events, contents, headers)
    found = reader.build(payload, into)

    if isinstance(found, dict):
        found.pop("datacontenttype", None)  # stated in headers where the event does not
    if into is Typed:
        built = {"id": "1-a", "data": {"id": 1}}
    assert found == built


@pytest.mark.parametrize(
    ("events", "into", "error", "said"),
    [
        (CloudEvents(), Event[str], ValueError, "data: Input should be a valid string"),
        (CloudEvents(), int, ValueError, "the whole: Input should be a valid integer"),
        (CloudEvents(messagepack), Event[str], ValueError, "of its data, (.|\n)*Input should be a valid string"),
        (CloudEvents(messagepack), OrderEvent, ValueError, "Field required"),
        (CloudEvents(binary), Event[int], TypeError, "of its data, no serializer is known"),
        (CloudEvents(messagepack), Serializer, TypeError, "Pydantic cannot make it: "),
    ],
    ids=["json", "whole", "other", "model", "bytes", "no schema"],
)
def test_what_cannot_be_given(events: CloudEvents, into: Any, error: Any, said: str) -> None:
    contents = events.dump(
        {
            **REQUIRED,
            "datacontenttype": "application/json" if events.data is None else "x/y",
            "data": b"\0" if events.data is binary else {"a": 1},
        }
    )

    with pytest.raises(error, match=said):
        events.build(contents, into)


def test_what_reads_one_event_writes_as_all_do() -> None:
    events = CloudEvents(mode="binary")
    reader, _ = received(events, b"[1]", in_headers(content_type="application/json"))

    assert reader.dump({**REQUIRED, "data": [1]}) == events.dump({**REQUIRED, "data": [1]})
    assert reader.build(b"[1]", dict) == {**REQUIRED, "datacontenttype": "application/json", "data": [1]}


def test_a_json_serializer_may_be_named() -> None:
    assert json.loads(CloudEvents(json_serializer).dump({**REQUIRED, "data": {"a": 1}}))["data"] == {"a": 1}
