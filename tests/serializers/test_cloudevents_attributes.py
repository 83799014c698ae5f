"""The attributes of CloudEvents: what they may hold, in a JSON event and in the headers of each binding."""

import datetime
import uuid

import pytest
from event_notation import REQUIRED, in_headers, read, structured

from msgpact.model import Headers
from msgpact.serializers.cloudevents import CloudEvents

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
