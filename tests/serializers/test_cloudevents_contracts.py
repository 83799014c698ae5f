"""CloudEvents in contracts: what the pact holds, what handlers are given, what a provider is held to."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import messagepack
import pytest
from cloudevents.core.v1.event import CloudEvent
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel

import msgpact
from msgpact import Consumer, Message, Outgoing, Provider, generate, match
from msgpact.errors import DeclarationError
from msgpact.model import MessageContents
from msgpact.records import kafka
from msgpact.registries.memory import MemoryRegistry
from msgpact.results import Outcome
from msgpact.serializers.avro import Avro
from msgpact.serializers.cloudevents import CloudEvents
from msgpact.serializers.framing import Confluent
from msgpact.serializers.protobuf import Protobuf

EVENT = {"id": "1-a", "source": "/shop", "type": "created", "time": "2026-11-20T10:00:00Z"}
TEMPLATE = {
    "id": match.not_empty("1-a"),
    "source": "/shop",
    "type": "created",
    "time": match.regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "2026-11-20T10:00:00Z"),
    "data": {"id": match.integer(42), "lines": match.each_like({"sku": "A-1"})},
}
DATA = {"id": 42, "lines": [{"sku": "A-1"}]}
BINARY = {
    "ce_id": "1-a", "ce_source": "/shop", "ce_specversion": "1.0", "ce_time": "2026-11-20T10:00:00Z", "ce_type": "created",
    "contentType": "application/json",
}  # fmt: skip


class Order(BaseModel):
    id: int


class OrderEvent(BaseModel):
    id: str
    source: str
    type: str
    time: str | None = None
    data: Order | None = None


def declared(contents: object, events: CloudEvents, handler: Any = None, **more: Any) -> Consumer:
    shop = Consumer("shop", provider="orders")

    def handle(event: dict) -> None: ...  # type: ignore[type-arg]  # as users write it

    shop.expects("an order", contents=contents, serializer=events, **more)(handler or handle)
    return shop


def stated(shop: Consumer) -> MessageContents:
    message = shop.expectations[0].interaction.message
    assert message is not None
    return message


def recorded(shop: Consumer, folder: Path) -> dict[str, Any]:
    """What the pact holds of the one interaction that is recorded."""
    report = msgpact.record(shop, folder)
    assert report.ok, report
    found: dict[str, Any] = json.loads((folder / "shop-orders.json").read_text())["interactions"][0]
    return found


def verified(folder: Path, returned: object, **said: Any) -> list[str]:
    """The parts and paths of the mismatches of a provider that returns something."""
    orders = Provider("orders")

    @orders.produces("an order", **said)
    def make() -> object:
        return returned

    (result,) = msgpact.verify(orders, folder).results
    assert result.error is None, result.error
    return [each.path for each in result.mismatches]


# -- binary --------------------------------------------------------------------------------------------------------------


def test_in_binary_mode_the_pact_is_plain(tmp_path: Path) -> None:
    given = list[object]()

    def handle(event: dict[str, Any], metadata: Mapping[str, object]) -> None:
        given.extend((event, dict(metadata)))

    written = recorded(declared(TEMPLATE, CloudEvents(mode="binary"), handle, metadata={"topic": "orders"}), tmp_path)

    assert written["contents"] == {"content": DATA, "contentType": "application/json", "encoded": False}
    assert written["metadata"] == {**BINARY, "topic": "orders"}
    assert set(written["matchingRules"]["metadata"]) == {"ce_id", "ce_time"}
    assert set(written["matchingRules"]["body"]) == {"$.id", "$.lines"}
    assert given == [
        {**EVENT, "specversion": "1.0", "datacontenttype": "application/json", "data": DATA},
        {**BINARY, "topic": "orders"},
    ]


SENT = {
    **EVENT,
    "id": "77",
    "time": "2027-01-01T00:00:00+01:00",
    "data": {"id": 7, "lines": [{"sku": "B"}, {"sku": "C"}]},
}


@pytest.mark.parametrize(
    ("returned", "mismatches"),
    [
        (SENT, []),
        ({**SENT, "more": True, "data": {**SENT["data"], "more": 1}}, []),  # type: ignore[dict-item]  # a dict
        ({**SENT, "type": "deleted"}, ["ce_type"]),
        ({**SENT, "data": {"id": "7", "lines": []}}, ["$.id", "$.lines"]),
        ({**SENT, "datacontenttype": "application/vnd.x+json"}, ["contentType"]),
        ({"id": "77", "source": "/shop", "type": "created", "data": DATA}, ["ce_time"]),
        (CloudEvent({"id": "7", "source": "/shop", "type": "created", "datacontenttype": "application/json"}, DATA), []),
        (Outgoing(SENT, {"topic": "orders"}), []),
    ],
    ids=["honoured", "more", "type", "data", "content type", "no time", "SDK", "outgoing"],
)  # fmt: skip
def test_a_provider_returns_events(returned: object, mismatches: list[str], tmp_path: Path) -> None:
    recorded(declared(TEMPLATE, CloudEvents(mode="binary")), tmp_path)

    found = verified(tmp_path, returned, serializer=CloudEvents(mode="binary"))

    assert sorted(found) == sorted(mismatches)


def test_a_provider_that_knows_nothing_of_events(tmp_path: Path) -> None:
    recorded(declared(TEMPLATE, CloudEvents(mode="binary")), tmp_path)
    metadata = {
        "ce_id": "9",
        "ce_source": "/shop",
        "ce_specversion": "1.0",
        "ce_type": "created",
        "ce_time": "2026-11-20T10:00:00Z",
    }

    assert verified(tmp_path, DATA, metadata=metadata) == []
    assert verified(tmp_path, DATA, metadata={**metadata, "ce_source": "/other"}) == ["ce_source"]
    assert set(verified(tmp_path, DATA)) == {"ce_id", "ce_source", "ce_specversion", "ce_time", "ce_type"}


def test_what_a_provider_cannot_send(tmp_path: Path) -> None:
    recorded(declared(TEMPLATE, CloudEvents(mode="binary")), tmp_path)
    orders = Provider("orders")
    orders.produces("an order", serializer=CloudEvents(mode="binary"))(lambda: {"type": "created", "data": DATA})

    (result,) = msgpact.verify(orders, tmp_path).results

    assert result.outcome is Outcome.RAISED
    assert "it is no CloudEvent: it has no id" in result.text


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize(
    ("into", "built"),
    [
        (OrderEvent, OrderEvent(**EVENT, data=Order(id=42))),
        (bytes, None),
    ],
    ids=["model", "bytes"],
)
def test_what_handlers_annotate(into: Any, built: object, mode: Any, tmp_path: Path) -> None:
    given = list[object]()

    def handle(event: Any) -> None:
        given.append(event)

    handle.__annotations__["event"] = into
    recorded(declared(TEMPLATE, CloudEvents(mode=mode), handle), tmp_path)

    if into is bytes:
        assert json.loads(given[0]) == (DATA if mode == "binary" else {**EVENT, "specversion": "1.0", "data": DATA})  # type: ignore[arg-type]  # bytes
    else:
        assert given == [built]


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_handler_takes_events_of_the_sdk(mode: Any, tmp_path: Path) -> None:
    given = list[CloudEvent]()

    def handle(event: CloudEvent) -> None:
        given.append(event)

    recorded(declared(TEMPLATE, CloudEvents(mode=mode), handle), tmp_path)

    assert given[0].get_data() == DATA
    assert str(given[0].get_time()) == "2026-11-20 10:00:00+00:00"


def test_an_event_without_data(tmp_path: Path) -> None:
    given = list[object]()

    def handle(event: dict[str, Any]) -> None:
        given.append(event)

    written = recorded(declared({**EVENT}, CloudEvents(mode="binary"), handle), tmp_path)

    assert "contents" not in written
    assert given == [{**EVENT, "specversion": "1.0"}]
    assert verified(tmp_path, {**EVENT}, serializer=CloudEvents(mode="binary")) == []
    assert verified(tmp_path, {**EVENT, "data": DATA}, serializer=CloudEvents(mode="binary")) == []
    assert verified(tmp_path, {**EVENT, "type": "x"}, serializer=CloudEvents(mode="binary")) == ["ce_type"]


def test_an_event_without_data_may_say_what_they_would_be(tmp_path: Path) -> None:
    template = {**EVENT, "datacontenttype": "text/plain"}
    written = recorded(declared(template, CloudEvents(mode="binary")), tmp_path)

    assert written["metadata"]["contentType"] == "text/plain"
    assert verified(tmp_path, {**template, "data": "x"}, serializer=CloudEvents(mode="binary")) == []
    assert verified(tmp_path, {**EVENT, "data": 1}, serializer=CloudEvents(mode="binary")) == ["contentType"]


def test_a_tombstone_is_no_event(tmp_path: Path) -> None:
    given = list[object]()

    def handle(event: dict[str, Any] | None) -> None:
        given.append(event)

    recorded(declared(None, CloudEvents(mode="binary"), handle), tmp_path)

    assert given == [None]
    assert verified(tmp_path, Outgoing(None), serializer=CloudEvents(mode="binary")) == []


def test_generated_values_reach_the_handler(tmp_path: Path) -> None:
    given = list[dict[str, Any]]()

    def handle(event: dict[str, Any]) -> None:
        given.append(event)

    template = {
        **EVENT,
        "id": match.uuid(generate.uuid()),
        "data": {"id": match.integer(generate.random_int(100, 200))},
    }
    recorded(declared(template, CloudEvents(mode="binary"), handle), tmp_path)

    assert len(given[0]["id"]) == 36
    assert 100 <= given[0]["data"]["id"] <= 200


@pytest.mark.parametrize(
    ("binding", "name", "subject"),
    [("amqp", "cloudEvents_subject", "Zürich 50%"), ("http", "ce-subject", "Z%C3%BCrich%2050%25")],
)
def test_the_metadata_are_the_bindings(binding: str, name: str, subject: str, tmp_path: Path) -> None:
    events = CloudEvents(mode="binary", binding=binding)
    written = recorded(declared({**EVENT, "subject": "Zürich 50%", "attempt": 3}, events), tmp_path)

    assert written["metadata"][name] == subject
    assert written["metadata"][name.replace("subject", "attempt")] == "3"
    assert verified(tmp_path, {**EVENT, "subject": "Zürich 50%", "attempt": 3}, serializer=events) == []


# -- with data that have a serializer ------------------------------------------------------------------------------------

ORDER: dict[str, Any] = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}


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


# -- structured ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "mismatches"),
    [
        (SENT, []),
        ({**SENT, "type": "deleted"}, ["$.type"]),
        ({**SENT, "data": {"id": "7", "lines": []}}, ["$.data.id", "$.data.lines"]),
    ],
    ids=["honoured", "type", "data"],
)
def test_in_structured_mode_the_pact_is_json(returned: object, mismatches: list[str], tmp_path: Path) -> None:
    written = recorded(declared(TEMPLATE, CloudEvents()), tmp_path)

    assert written["contents"] == {
        "content": {**EVENT, "specversion": "1.0", "data": DATA},
        "contentType": "application/cloudevents+json",
        "encoded": False,
    }
    assert written["metadata"] == {"contentType": "application/cloudevents+json"}
    assert verified(tmp_path, returned, serializer=CloudEvents()) == mismatches


def test_a_whole_event_may_stand_in_a_matcher() -> None:
    assert list(
        stated(declared(match.like({**EVENT, "specversion": "1.0"}), CloudEvents())).matching_rules["body"]
    ) == ["$"]


def test_the_content_type_may_be_more_exact() -> None:
    exact = "application/cloudevents+json; charset=utf-8"

    assert stated(declared({**EVENT}, CloudEvents(), content_type=exact)).contents.content_type == exact
    assert stated(declared({**EVENT}, CloudEvents(), metadata={"contentType": exact})).contents.content_type == exact


# -- derived -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_contract_is_derived_from_an_event(mode: Any, tmp_path: Path) -> None:
    shop, given = Consumer("shop", provider="orders"), list[object]()
    example = OrderEvent(id="1-a", source="/shop", type="created", data=Order(id=42))

    @shop.expects("an order", example=example, serializer=CloudEvents(mode=mode))
    def handle(event: OrderEvent) -> None:
        given.append(event)

    recorded(shop, tmp_path)
    events = CloudEvents(mode=mode)

    assert given == [example]
    assert verified(tmp_path, {**EVENT, "id": "77", "source": "/other", "data": {"id": 7}}, serializer=events) == []
    assert verified(tmp_path, {**EVENT, "type": "deleted", "data": {"id": 7}}, serializer=events) == [
        "ce_type" if mode == "binary" else "$.type"
    ]


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


# -- synchronous messages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_requests_and_responses_are_events_too(mode: Any, tmp_path: Path) -> None:
    shop, events, seen = Consumer("shop", provider="orders"), CloudEvents(mode=mode), list[object]()

    def ask() -> dict[str, object]:
        return {**EVENT, "type": "asked", "data": {"id": 42}}

    @shop.requests(
        "an order",
        request={**EVENT, "type": "asked", "data": {"id": match.integer(42)}},
        response={**EVENT, "type": "told", "data": {"total": match.number(1.5)}},
        serializer=events,
        sent_by=ask,
    )
    def told(event: dict[str, Any]) -> None:
        seen.append(event["data"])

    recorded(shop, tmp_path)
    orders = Provider("orders")

    @orders.answers("an order", serializer=events)
    def answer(event: dict[str, Any]) -> dict[str, object]:
        seen.append(event["type"])
        return {**EVENT, "type": "told", "data": {"total": 2}}

    assert msgpact.verify(orders, tmp_path).ok
    assert seen == [{"total": 1.5}, "asked"]


def test_the_message_itself_may_be_asked_for(tmp_path: Path) -> None:
    given = list[Message]()

    def handle(message: Message) -> None:
        given.append(message)

    recorded(
        declared(TEMPLATE, CloudEvents(messagepack, mode="binary"), handle, content_type="application/x"), tmp_path
    )

    assert given[0].metadata["ce_type"] == "created"
    assert messagepack.load(given[0].contents or b"") == DATA
