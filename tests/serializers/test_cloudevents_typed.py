"""CloudEvents in contracts whose data a serializer reads, and what such contracts cannot say."""

import json
from pathlib import Path
from typing import Any

import pytest
from event_contracts import (
    DATA,
    EVENT,
    ORDER,
    TEMPLATE,
    declared,
    recorded,
    stated,
    verified,
)
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel

from msgpact import Consumer, Message, generate, match
from msgpact.errors import DeclarationError
from msgpact.records import kafka
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.cloudevents import CloudEvents
from msgpact.serializers.framing import Confluent
from msgpact.serializers.protobuf import Protobuf

TIMESTAMP = "application/protobuf;message=.google.protobuf.Timestamp"


def test_data_with_a_schema_are_compared_by_it(tmp_path: Path) -> None:
    events, given = CloudEvents(Protobuf(Timestamp), mode="binary"), list[object]()

    def handle(event: dict[str, Any]) -> None:
        given.append(event)

    template = {**EVENT, "data": {"seconds": match.integer(42), "nanos": 5}}
    written = recorded(declared(template, events, handle), tmp_path)

    assert written["contents"]["content"] == "CCoQBQ=="
    assert written["contents"]["contentType"] == TIMESTAMP
    assert set(written["matchingRules"]["body"]) == {"$.seconds"}
    assert given == [{**EVENT, "specversion": "1.0", "datacontenttype": TIMESTAMP, "data": {"seconds": 42, "nanos": 5}}]
    assert verified(tmp_path, {**EVENT, "data": Timestamp(seconds=7, nanos=5)}, serializer=events) == []
    assert verified(tmp_path, {**EVENT, "type": "x", "data": {"seconds": 7, "nanos": 5}}, serializer=events) == [
        "ce_type"
    ]
    assert verified(tmp_path, {**EVENT, "data": {"seconds": 7, "nanos": 6}}, serializer=events) == ["$.nanos"]


def test_a_handler_takes_the_generated_class(tmp_path: Path) -> None:
    given = list[Stamped]()

    def handle(event: Stamped) -> None:
        given.append(event)

    recorded(
        declared({**EVENT, "data": {"seconds": 42}}, CloudEvents(Protobuf(Timestamp), mode="binary"), handle), tmp_path
    )

    assert given == [Stamped(id="1-a", data=Timestamp(seconds=42))]


class Stamped(BaseModel, arbitrary_types_allowed=True):
    id: str
    data: Timestamp


@pytest.mark.parametrize("framed", [False, True], ids=["bare", "framed"])
def test_data_in_avro_are_compared_as_avro(framed: bool, tmp_path: Path) -> None:
    registry, given = MemoryRegistry(), list[object]()
    events = CloudEvents(Avro(ORDER, framing=Confluent(registry, "orders") if framed else None), mode="binary")

    def handle(event: dict[str, Any], message: Message) -> None:
        given.extend((event["data"], message.contents))

    written = recorded(declared({**EVENT, "data": {"id": match.integer(42)}}, events, handle), tmp_path)

    assert written["contents"]["content"] == "VA=="
    assert set(written["matchingRules"]["body"]) == {"$.id"}
    assert given == [{"id": 42}, b"\x00\x00\x00\x00\x01\x54" if framed else b"\x54"]
    assert verified(tmp_path, {**EVENT, "data": {"id": 7}}, serializer=events) == []
    assert verified(tmp_path, {**EVENT, "id": "2", "data": {"id": 7}}, serializer=events) == ["ce_id"]
    other = CloudEvents(Avro(ORDER, framing=None if framed else Confluent(registry, "orders")), mode="binary")
    assert verified(tmp_path, {**EVENT, "data": {"id": 7}}, serializer=other) == ["$"]


def test_an_older_schema_of_the_sender_is_resolved(tmp_path: Path) -> None:
    newer = {**ORDER, "fields": [*ORDER["fields"], {"name": "note", "type": "string", "default": ""}]}
    template = {**EVENT, "datacontenttype": "avro/binary", "data": {"id": match.integer(42), "note": ""}}
    recorded(declared(template, CloudEvents(Avro(newer), mode="binary")), tmp_path)
    sent = {**EVENT, "datacontenttype": "avro/binary", "data": {"id": 7}}

    assert verified(tmp_path, sent, serializer=CloudEvents(Avro(ORDER), mode="binary")) == []


def test_events_travel_in_kafka_records(tmp_path: Path) -> None:
    shop, polled = Consumer("shop", provider="orders"), list[Any]()

    @shop.expects("an order", contents=TEMPLATE, serializer=CloudEvents(mode="binary"), via=kafka.to_record)
    def handle(record: Any) -> None:
        polled.append(record)

    recorded(shop, tmp_path)

    (record,) = polled
    assert dict(record.headers())["ce_type"] == b"created"
    assert json.loads(record.value()) == DATA
    headers = [(f"ce_{name}", value.encode()) for name, value in {**EVENT, "specversion": "1.0"}.items()]
    sent = kafka.from_produce(
        "orders", value=json.dumps(DATA).encode(), headers=[*headers, ("content-type", b"application/json")]
    )
    assert verified(tmp_path, sent) == []
    assert verified(tmp_path, kafka.from_produce("orders", value=json.dumps(DATA).encode(), headers=headers[1:])) == [
        "ce_id"
    ]


def test_in_structured_mode_such_data_are_compared_as_they_are(tmp_path: Path) -> None:
    events = CloudEvents(Avro(ORDER))
    written = recorded(declared({**EVENT, "data": {"id": 42}}, events), tmp_path)

    assert written["contents"]["contentType"] == "application/cloudevents+json"
    assert written["contents"]["content"]["data_base64"] == "VA=="
    assert verified(tmp_path, {**EVENT, "data": {"id": 42}}, serializer=events) == []
    assert verified(tmp_path, {**EVENT, "data": {"id": 7}}, serializer=events) == ["$.data_base64"]


# -- what cannot be ------------------------------------------------------------------------------------------------------

WHOLE, HEADERS = CloudEvents(), CloudEvents(mode="binary")


@pytest.mark.parametrize(
    ("contents", "events", "more", "said"),
    [
        ({"type": "created"}, HEADERS, {}, r"Cannot expect 'an order': of its own example, it is no CloudEvent: it has no id\."),
        ({"type": "created"}, WHOLE, {}, r"of its own example, it is no CloudEvent: it has no id\. Mend it\."),
        ({**EVENT, "traceId": "1"}, HEADERS, {}, "it is no CloudEvent: its traceId is no name of an attribute"),
        ({**EVENT, "time": match.string("now")}, HEADERS, {}, "its time is no time with an offset"),
        ([1], HEADERS, {}, r"Cannot use \[1\] as a CloudEvent in binary mode: its attributes are headers\."),
        ([1], WHOLE, {}, r"it is no CloudEvent, but \[1\]"),
        ({**EVENT, "n": match.integer(1)}, HEADERS, {}, "for the attribute 'n' of a CloudEvent in binary mode: there it is text"),
        ({**EVENT, "n": match.integer(generate.random_int())}, HEADERS, {}, "for the attribute 'n' of a CloudEvent in binary mode"),
        ({**EVENT, "n": object}, HEADERS, {}, "for the attribute 'n' of a CloudEvent: .* Use text"),
        ({**EVENT}, HEADERS, {"metadata": {"ce_id": "1"}}, r"Cannot use 'ce_id' in the metadata: the event states it\."),
        (
            {**EVENT, "datacontenttype": "text/plain", "data": "x"}, HEADERS, {"content_type": "application/json"},
            r"content type 'application/json': the event's datacontenttype is 'text/plain'\. Say it once\.",
        ),
        (
            {**EVENT, "datacontenttype": match.string("text/plain"), "data": "x"}, HEADERS, {},
            "as the content type: contents are compared as what their type says, so it must be exact",
        ),
        ({**EVENT}, WHOLE, {"content_type": "application/json"}, "for a CloudEvent in structured mode: it is application/cloud"),
        (
            {**EVENT, "data": {"id": match.integer(1)}}, CloudEvents(Avro(ORDER)), {},
            r"Cannot state a rule inside the data of a CloudEvent in structured mode that are avro/binary;record=Order: .*binary'",
        ),
        ({**EVENT, "data": {"no": 1}}, CloudEvents(Avro(ORDER)), {}, "as the data of a CloudEvent of type 'avro/binary;record=Order'"),
        ({**EVENT, "data": {"no": 1}}, CloudEvents(Avro(ORDER), mode="binary"), {}, "Cannot use .* as contents of type 'avro/binary"),
    ],
    ids=[
        "binary: no id", "structured: no id", "name", "time", "binary: list", "structured: list", "integer", "generated", "class",
        "twice", "other content type", "matched content type", "no cloudevent", "rules in base64", "structured: data", "binary: data",
    ],
)  # fmt: skip
def test_what_cannot_be_stated(contents: object, events: CloudEvents, more: dict[str, Any], said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        stated(declared(contents, events, **more))
