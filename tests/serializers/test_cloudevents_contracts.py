"""CloudEvents in contracts: what the pact holds, what handlers are given, what a provider is held to."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import messagepack
import pytest
from cloudevents.core.v1.event import CloudEvent
from event_contracts import (
    BINARY,
    DATA,
    EVENT,
    SENT,
    TEMPLATE,
    Order,
    OrderEvent,
    declared,
    recorded,
    stated,
    verified,
)

import msgpact
from msgpact import Consumer, Message, Outgoing, Provider, generate, match
from msgpact.results import Outcome
from msgpact.serializers.cloudevents import CloudEvents

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
