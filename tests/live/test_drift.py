"""Messages beside contracts: what fits, what breaks them and where, what no contract names, what never comes."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pacts import Raw, message, pact

import msgpact
from msgpact import match
from msgpact.live.differences import DriftReport
from msgpact.live.drift import Drift
from msgpact.live.named import Named, Tally
from msgpact.model import Contract
from msgpact.planning import Planned
from msgpact.routing import value_of
from msgpact.rules.paths import Position, expression
from msgpact.serializers.avro import Avro

JSON = "application/json"


def sent(document: object, topic: str = "orders.v1", **headers: str) -> msgpact.Message:
    return msgpact.Message(json.dumps(document).encode(), content_type=JSON, headers=headers, metadata={"topic": topic})


def drift(contracts: Iterable[Contract], messages: Iterable[msgpact.Message], **more: Any) -> DriftReport:
    planned = [Planned(contract, each) for contract in contracts for each in contract.interactions]
    found = Drift(planned, keys=("topic",), **more)
    for each in messages:
        found.add(each)
    return found.report


ORDER = {"id": 42, "total": 9.5, "lines": [{"sku": "A-1"}], "note": "thanks"}


def order(contents: object = ORDER, description: str = "an order was placed", **more: Any) -> Raw:
    return message(description, contents, metadata={"topic": "orders.v1"}, **more)


def test_values_of_the_same_types_fit() -> None:
    report = drift([pact(order())], [sent({"id": 1, "total": 2, "lines": [], "note": ""}), sent(ORDER)])

    (found,) = report.interactions
    assert (found.seen, found.fit, found.breaks) == (2, 2, ())
    assert report.exit_code == 0


def test_what_breaks_is_counted_by_place_and_rule() -> None:
    broken = [{**ORDER, "lines": [{"sku": "A"}, {"sku": 7}, {"sku": 8}]}, {**ORDER, "lines": [{"sku": 9}]}]

    report = drift([pact(order())], map(sent, [ORDER, *broken]))

    (found,) = report.interactions
    assert (found.seen, found.fit) == (3, 1)
    assert [(each.part, each.path, each.times, each.example) for each in found.breaks] == [
        ("contents", "$.lines[*].sku", 2, "7 (an integer)")
    ]
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("shows_values", "example"), [(True, '"secret" (a string)'), (False, "a string")], ids=["shown", "not shown"]
)
def test_an_example_holds_a_value_only_where_it_may(shows_values: bool, example: str) -> None:
    report = drift([pact(order())], [sent({**ORDER, "id": "secret"})], shows_values=shows_values)

    assert [each.example for each in report.interactions[0].breaks] == [example]
    assert ("secret" in repr(report.interactions[0].breaks)) is shows_values


def test_an_example_is_bounded() -> None:
    report = drift([pact(order())], [sent({**ORDER, "id": "x" * 10_000})])

    assert len(report.interactions[0].breaks[0].example) < 200


def test_fields_that_no_contract_names() -> None:
    ledger = pact(order({"currency": "EUR"}), consumer="ledger")
    messages = [
        {**ORDER, "currency": "EUR", "lines": [{"sku": "A", "qty": 1}, {"sku": "B"}]},
        {**ORDER, "currency": "EUR", "gift": {"to": "you"}, "lines": [{"sku": "A", "qty": 1.5}]},
    ]

    report = drift([pact(order()), ledger], [sent(each, trace="1") for each in messages])

    (new,) = report.new
    assert (new.address, new.seen) == ("orders.v1", 2)
    assert [(each.path, each.kinds, each.times, each.of) for each in new.fields] == [
        ("$.gift", ("an object",), 1, 2),
        ("$.lines[*].qty", ("a decimal number", "an integer"), 2, 3),
        ("metadata trace", ("a header",), 2, 2),
    ]
    assert report.exit_code == 0


def test_where_keys_are_data_they_are_no_fields() -> None:
    rules = {"$.prices": {"match": "values"}}
    contract = pact(order({"prices": {"EUR": {"net": 1}}}, rules=rules))

    report = drift([contract], [sent({"prices": {"SEK": {"net": 1, "tax": 2}, "USD": {"net": 3}}})])

    assert [(each.path, each.times, each.of) for new in report.new for each in new.fields] == [("$.prices.*.tax", 1, 2)]


def test_what_breaks_under_keys_that_are_data_is_one_place() -> None:
    contract = pact(order({"prices": {"EUR": {"net": 1}}}, rules={"$.prices": {"match": "values"}}))

    report = drift([contract], [sent({"prices": {each: {"net": "1"}}}) for each in ("SEK", "USD", "it's", "0")])

    assert [(each.path, each.times) for each in report.interactions[0].breaks] == [
        ("$.prices.*.net", 2),
        ("$.prices['it's'].net", 1),
        ("$.prices[*].net", 1),
    ]


def test_named_fields_that_do_not_always_come() -> None:
    some = [{**ORDER, "lines": [{"sku": "A"}, {}]}, {"id": 1, "total": 2, "lines": []}]

    (found,) = drift([pact(order())], map(sent, some)).interactions

    assert [(each.path, each.times, each.of) for each in found.optional] == [
        ("$.lines[*].sku", 1, 2),
        ("$.note", 1, 2),
    ]
    assert found.never == ()


def test_named_fields_that_never_come() -> None:
    (found,) = drift([pact(order())], [sent({"id": 1, "total": 2, "lines": [{}]})]).interactions

    assert found.never == ("$.lines[*].sku", "$.note")


# -- whose a message is ----------------------------------------------------------------------------------------------


def test_what_no_contract_expects_is_counted_by_address() -> None:
    report = drift([pact(order())], [sent(ORDER, "payments.v1"), sent(ORDER, "payments.v1")])

    assert report.nobodys == {"payments.v1": 2}
    assert report.interactions[0].seen == 0
    assert report.exit_code == 2


def test_nothing_seen_is_not_green() -> None:
    assert drift([pact(order())], []).exit_code == 2


def test_each_consumer_is_held_to_its_own() -> None:
    """What suits one consumer does not excuse what breaks another."""
    report = drift([pact(order()), pact(order({"id": "text"}), consumer="ledger")], [sent(ORDER)])

    assert [(each.planned.contract.consumer, each.fit, len(each.breaks)) for each in report.interactions] == [
        ("fulfilment", 1, 0),
        ("ledger", 0, 1),
    ]


PLACED = order({"type": "placed", "id": 42}, description="placed")
GONE = order({"type": "gone", "why": "rain", "when": "2026-01-31"}, description="gone")


def test_a_message_that_fits_none_of_a_consumers_is_for_the_closest() -> None:
    report = drift(
        [pact(PLACED, GONE)], [sent({"type": "gone", "why": "rain", "when": 1}), sent({"type": "placed", "id": 1})]
    )

    assert {each.planned.interaction.description: (each.seen, each.fit) for each in report.interactions} == {
        "placed": (1, 1),
        "gone": (1, 0),
    }


def test_a_discriminator_says_whose_a_message_is() -> None:
    messages = [sent({"type": "gone"}), sent({"type": "placed", "id": 1}), sent({"type": "other"})]

    report = drift([pact(PLACED, GONE)], messages, value_of=value_of("$.type"))

    assert {each.planned.interaction.description: (each.seen, each.fit) for each in report.interactions} == {
        "placed": (1, 1),
        "gone": (1, 0),
    }
    assert report.nobodys == {"orders.v1": 1}


@pytest.mark.parametrize("contents", [b"no JSON", b"", None], ids=["undecodable", "empty", "a tombstone"])
def test_contents_that_are_none_break_it(contents: bytes | None) -> None:
    came = msgpact.Message(contents, content_type=JSON, metadata={"topic": "orders.v1"})

    (found,) = drift([pact(order())], [came]).interactions

    assert [(each.path, each.times) for each in found.breaks] == [("$", 1)]


def test_a_discriminator_that_cannot_be_read_tells_nothing() -> None:
    undecodable = msgpact.Message(b"{", content_type=JSON, metadata={"topic": "orders.v1"})

    report = drift([pact(PLACED, GONE)], [undecodable], value_of=value_of("$.type"))

    assert report.nobodys == {"orders.v1": 1}


def test_addresses_without_end_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msgpact.live.drift.MOST_GROUPS", 3)

    report = drift([pact(order())], [sent(ORDER, f"t{number}") for number in range(9)])

    assert sum(report.nobodys.values()) == 9


def test_contents_with_a_schema_are_seen_as_the_contract_reads_them(tmp_path: Path) -> None:
    fields = [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None}]
    ours = Avro({"type": "record", "name": "Placed", "fields": fields})
    shop = msgpact.Consumer("shop", provider="orders")

    @shop.expects("placed", contents={"id": match.integer()}, metadata={"topic": "orders.v1"}, serializer=ours)
    def on_placed(_: dict[str, object]) -> None: ...

    assert msgpact.record(shop, tmp_path).ok
    contract = msgpact.load(tmp_path / "shop-orders.json")  # without a registry to write to
    messages = [
        msgpact.Message(contents, content_type=ours.content_type, metadata={"topic": "orders.v1"})
        for contents in (ours.dump({"id": 1, "note": "x"}), b"")
    ]

    report = drift([contract], messages, value_of=value_of("event-type"))

    assert [(each.path, each.times) for each in report.interactions[0].breaks] == [("$", 1)]
    assert [(each.path, each.kinds) for new in report.new for each in new.fields] == [("$.note", ("a string",))]


# -- fields ----------------------------------------------------------------------------------------------------------

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=2), DOCUMENTS, max_size=4)


@given(OBJECTS, OBJECTS)
def test_every_key_is_named_or_new(example: dict[str, object], document: dict[str, object]) -> None:
    tally = Tally(Named.of(example, Position()))
    tally.add(document)

    new = {each.path for each in tally.new}
    assert {key for key in document if expression((key,)) not in new} == document.keys() & example.keys()


@given(OBJECTS)
def test_a_document_has_no_drift_from_itself(document: dict[str, object]) -> None:
    tally = Tally(Named.of(document, Position()))
    tally.add(document)

    assert tally.new == ()


def test_of_more_addresses_than_are_kept_apart_nothing_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Routing keys are the senders': there is no end of them."""
    monkeypatch.setattr("msgpact.live.drift.MOST_GROUPS", 2)
    stated = message("an order was placed", ORDER, metadata={"exchange": "orders"})
    planned = [Planned(contract, each) for contract in [pact(stated)] for each in contract.interactions]
    found = Drift(planned, keys=("exchange", "routingKey"))

    for number in range(5):
        metadata = {"exchange": "orders", "routingKey": f"placed.{number}"}
        found.add(msgpact.Message(json.dumps(ORDER).encode(), content_type=JSON, metadata=metadata))

    assert found.report.nobodys == {}
    assert [(each.seen, each.fit) for each in found.report.interactions] == [(5, 5)]
