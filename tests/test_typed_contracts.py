"""A contract whose contents have a schema, from the declaration through the file to the verdict: Avro, Protobuf, frames."""

import dataclasses
import datetime
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import messagepack
import pydantic
import pytest

import msgpact
from msgpact import Consumer, Message, Outgoing, Provider, generate, match
from msgpact.errors import DeclarationError, UsageError
from msgpact.model import Serializer
from msgpact.registries.memory import MemoryRegistry
from msgpact.results import InteractionResult, Outcome
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Apicurio, Confluent, Framing, Glue
from msgpact.serializers.protobuf import Protobuf
from msgpact.times import Timestamp

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)


def payment(*more: dict[str, Any], identifier: object = "long") -> dict[str, Any]:
    """A schema, with the fields that a later version adds."""
    return {
        "type": "record",
        "name": "Payment",
        "namespace": "shop",
        "fields": [
            {"name": "id", "type": identifier},
            {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "lines", "type": {"type": "array", "items": line()}},
            {"name": "note", "type": ["null", "string"], "default": None},
            {
                "name": "status",
                "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID"]},
                "default": "NEW",
            },
            *more,
        ],
    }


def line() -> dict[str, Any]:
    return {
        "type": "record",
        "name": "Line",
        "fields": [{"name": "sku", "type": "string"}, {"name": "qty", "type": "int", "default": 1}],
    }


CURRENCY = {"name": "currency", "type": "string", "default": "EUR"}
PROTO = """
syntax = "proto3";
package shop;
message Payment {
  message Line { string sku = 1; int32 qty = 2; }
  enum Status { NEW = 0; PAID = 1; }
  int64 id = 1;
  repeated Line lines = 2;
  Status status = 3;
  optional int32 retries = 4;
  map<int32, string> names = 5;
  int32 fee = 6;
}
message Asked { int64 id = 1; }
"""
TEMPLATE: dict[str, object] = {
    "id": match.integer(42),
    "lines": match.each_like({"sku": match.regex("[A-Z]-[0-9]+", "A-1")}),
}
AVRO_TEMPLATE = {**TEMPLATE, "amount": match.like(Decimal("12.50")), "at": match.like(NOON)}
PAID = {
    "id": 7,
    "amount": Decimal("3.10"),
    "at": NOON,
    "lines": [{"sku": "B-2", "qty": 3}, {"sku": "C-3", "qty": 1}],
    "note": "by card",
    "status": "PAID",
}


@pytest.fixture
def proto(tmp_path: Path) -> Path:
    path = tmp_path / "payment.proto"
    path.write_text(PROTO)
    return path


def recorded(
    folder: Path, contents: object, serializer: Serializer | None, *, got: list[Any] | None = None, into: object = None
) -> Path:
    """The pact of one handler that copes."""
    ledger = Consumer("ledger", provider="payments")

    def handle(payment: Any) -> None:
        if got is not None:
            got.append(payment)

    if into is not None:
        handle.__annotations__["payment"] = into
    ledger.expects("paid", contents=contents, serializer=serializer, metadata={"topic": "payments"})(handle)
    report = msgpact.record(ledger, pacts=folder)
    assert report.ok, [each.text for each in report.results]
    return folder / "ledger-payments.json"


def verified(pact: Path, produced: Callable[[], object], serializer: Any = None, **provider: Any) -> InteractionResult:
    """What a provider is told whose only function produces that."""
    payments = Provider("payments", **provider)
    payments.produces("paid", metadata={"topic": "payments"}, serializer=serializer)(produced)
    (result,) = msgpact.verify(payments, pact).results
    return result


def reasons(result: InteractionResult) -> str:
    return "; ".join(map(str, result.mismatches)) or result.text


# -- Avro ------------------------------------------------------------------------------------------------------------


def test_an_avro_record_is_recorded_delivered_and_verified(tmp_path: Path) -> None:
    got: list[Any] = []
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment()), got=got)

    result = verified(pact, lambda: PAID, Avro(payment()))

    assert (result.outcome, reasons(result)) == (Outcome.PASSED, "")
    assert got == [
        {
            "id": 42,
            "amount": Decimal("12.50"),
            "at": NOON,
            "lines": [{"sku": "A-1", "qty": 1}],
            "note": None,
            "status": "NEW",
        }
    ]


def test_the_file_has_the_form_of_the_avro_plugin(tmp_path: Path) -> None:
    document = json.loads(recorded(tmp_path, AVRO_TEMPLATE, Avro(payment())).read_bytes())
    (interaction,) = document["interactions"]
    (plugin,) = document["metadata"]["plugins"]
    key = interaction["pluginConfiguration"]["avro"]["schemaKey"]

    assert plugin["name"] == "avro"
    assert interaction["pluginConfiguration"] == {"avro": {"record": "Payment", "schemaKey": key}}
    assert json.loads(plugin["configuration"][key]["avroSchema"])["name"] == "Payment"
    assert interaction["contents"]["contentType"] == "avro/binary;record=Payment"
    assert interaction["contents"]["contentTypeHint"] == "BINARY"
    assert interaction["comments"]["msgpact"]["exact"] is True
    assert interaction["comments"]["msgpact"]["example"]["amount"] == "12.50"
    assert interaction["comments"]["msgpact"]["unstated"] == ["$.lines[0].qty", "$.note", "$.status"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"lines": []}, "$.lines: expected at least 1", id="an empty list"),
        pytest.param({"lines": [{"sku": "x", "qty": 1}]}, "$.lines[0].sku: expected text matching", id="a pattern"),
    ],
)
def test_a_break_is_said_by_its_path(tmp_path: Path, change: dict[str, object], words: str) -> None:
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment()))

    result = verified(pact, lambda: {**PAID, **change}, Avro(payment()))

    assert result.outcome is Outcome.BROKEN
    assert words in reasons(result)


def test_equal_values_are_equal_by_their_types(tmp_path: Path) -> None:
    """Without a rule: a decimal by its value, a timestamp by its instant."""
    template = {**AVRO_TEMPLATE, "amount": Decimal("3.1"), "at": NOON}
    pact = recorded(tmp_path, template, Avro(payment()))
    elsewhere = NOON.astimezone(datetime.timezone(datetime.timedelta(hours=5)))

    assert verified(pact, lambda: {**PAID, "at": elsewhere}, Avro(payment())).outcome is Outcome.PASSED
    assert "$.amount" in reasons(verified(pact, lambda: {**PAID, "amount": Decimal("3.11")}, Avro(payment())))


def test_another_writers_schema_is_resolved(tmp_path: Path) -> None:
    template = {**AVRO_TEMPLATE, "id": match.decimal(1.5)}
    pact = recorded(tmp_path, template, Avro(payment(identifier="double")))

    passed = verified(pact, lambda: {**PAID, "currency": "USD"}, Avro(payment(CURRENCY, identifier="int")))
    broken = verified(pact, lambda: {**PAID, "id": "7"}, Avro(payment(identifier="string")))

    assert (passed.outcome, reasons(passed)) == (Outcome.PASSED, "")
    assert broken.outcome is Outcome.BROKEN
    assert "shop.Payment" in reasons(broken)
    assert "id" in reasons(broken)


class Item(pydantic.BaseModel):
    sku: str


@dataclasses.dataclass
class Paid:
    id: int
    amount: Decimal
    at: datetime.datetime
    lines: list[Item]


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(Paid(1, Decimal("2.00"), NOON, [Item(sku="A-1")]), id="a dataclass, of models"),
        pytest.param({"id": 1, "amount": Decimal("2.00"), "at": NOON, "lines": [{"sku": "A-1"}]}, id="dicts"),
        pytest.param(
            pydantic.TypeAdapter(
                pydantic.create_model("P", id=int, amount=Decimal, at=datetime.datetime, lines=list[Item])
            ).validate_python({"id": 1, "amount": Decimal("2.00"), "at": NOON, "lines": [Item(sku="A-1")]}),
            id="a model",
        ),
    ],
)
def test_what_only_the_schema_adds_to_an_example_may_come_as_it_likes(tmp_path: Path, example: object) -> None:
    ledger = Consumer("ledger", provider="payments")
    ledger.expects("paid", example=example, serializer=Avro(payment()), metadata={"topic": "payments"})(print)
    assert msgpact.record(ledger, pacts=tmp_path).ok
    pact = tmp_path / "ledger-payments.json"

    came = {**PAID, "note": "at the door", "status": "PAID"}

    assert reasons(verified(pact, lambda: came, Avro(payment()))) == ""
    assert json.loads(pact.read_bytes())["interactions"][0]["comments"]["msgpact"]["unstated"] == [
        "$.lines[0].qty",
        "$.note",
        "$.status",
    ]


INSTANT = {"type": "long", "logicalType": "timestamp-nanos"}
STAMPED = {
    "type": "record",
    "name": "Stamped",
    "fields": [
        {"name": "at", "type": ["null", INSTANT], "default": None},
        {"name": "on", "type": {"type": "int", "logicalType": "date"}},
        {"name": "fee", "type": {"type": "array", "items": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}}},
    ],
}  # fmt: skip


def test_matchers_and_generators_may_say_dates_and_decimals_as_text(tmp_path: Path) -> None:
    template = {
        "at": match.datetime("2026-11-20T12:00:00.123456789Z", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSX"),
        "on": generate.date(),
        "fee": match.each_like(match.decimal(1.5)),
    }
    got: list[Any] = []
    pact = recorded(tmp_path, template, Avro(STAMPED), got=got)

    result = verified(pact, lambda: {"at": NOON, "on": NOON.date(), "fee": [Decimal("0.25")]}, Avro(STAMPED))

    assert (result.outcome, reasons(result)) == (Outcome.PASSED, "")
    assert got[0]["at"] == Timestamp.of(NOON.replace(microsecond=123456), 789)
    assert got[0]["fee"] == [Decimal("1.50")]
    assert type(got[0]["on"]) is datetime.date


# -- frames ----------------------------------------------------------------------------------------------------------

REGISTRY = MemoryRegistry()
FRAMES = [
    pytest.param(Confluent(REGISTRY, "payments-value"), id="confluent"),
    pytest.param(Confluent(REGISTRY, "payments-value", header=True), id="confluent-header"),
    pytest.param(Glue(REGISTRY, "payments-value"), id="glue"),
    pytest.param(Apicurio(REGISTRY, "payments-value"), id="apicurio"),
]


@pytest.mark.parametrize("framing", FRAMES)
def test_a_frame_is_part_of_the_contract(tmp_path: Path, framing: Framing) -> None:
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment(), framing=framing))
    written = Avro(payment(CURRENCY), framing=framing)

    framed = verified(pact, lambda: {**PAID, "currency": "USD"}, written)
    forgotten = verified(pact, lambda: PAID, Avro(payment()))

    assert (framed.outcome, reasons(framed)) == (Outcome.PASSED, "")
    assert forgotten.outcome is Outcome.BROKEN
    assert "frame" in reasons(forgotten)
    assert json.loads(pact.read_bytes())["interactions"][0]["comments"]["msgpact"]["framing"] == framing.name


def test_a_contract_without_a_frame_is_broken_by_one(tmp_path: Path) -> None:
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment()))

    result = verified(pact, lambda: PAID, Avro(payment(), framing=Confluent(REGISTRY, "payments-value")))

    assert result.outcome is Outcome.BROKEN
    assert "it looks framed as Confluent's with the id in front, and the contract states no frame" in reasons(result)


def test_a_schema_is_looked_up_where_the_provider_says(tmp_path: Path) -> None:
    framed = Avro(payment(), framing=Confluent(REGISTRY, "payments-value"))
    pact = recorded(tmp_path, AVRO_TEMPLATE, framed)
    contents, headers = framed.sent(framed.dump(PAID))
    message = Message(contents, headers=headers, content_type=framed.content_type, metadata={"topic": "payments"})

    assert verified(pact, lambda: message, registry=REGISTRY).outcome is Outcome.PASSED
    assert verified(pact, lambda: message, registry=MemoryRegistry()).outcome is Outcome.BROKEN
    assert msgpact.check(msgpact.load(pact, registry=REGISTRY)["paid"], message) == ()
    with pytest.raises(UsageError, match=r"Cannot look up the schema id 1: no schema registry is named"):
        msgpact.check(msgpact.load(pact)["paid"], message)


@pytest.mark.parametrize("framing", FRAMES)
def test_what_production_frames_needs_no_content_type(tmp_path: Path, framing: Framing) -> None:
    framed = Avro(payment(), framing=framing)
    pact = recorded(tmp_path, AVRO_TEMPLATE, framed)
    contents, headers = framed.sent(framed.dump(PAID))
    message = Message(contents, headers=headers, metadata={"topic": "payments"})

    result = verified(pact, lambda: message, registry=REGISTRY)

    assert (result.outcome, reasons(result)) == (Outcome.PASSED, "")


@pytest.mark.parametrize(
    "framing", [Confluent(), Confluent(header=True), Glue(), Apicurio()], ids=lambda each: each.name
)
def test_a_consumer_needs_no_registry(tmp_path: Path, framing: Framing) -> None:
    got: list[Any] = []
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment(), framing=framing), got=got)
    theirs = type(framing)(
        REGISTRY, "payments-value", **({"header": True} if framing.name == "confluent-header" else {})
    )  # type: ignore[call-arg]  # a frame

    assert got[0]["id"] == 42
    assert verified(pact, lambda: PAID, Avro(payment(), framing=theirs)).outcome is Outcome.PASSED
    assert verified(pact, lambda: PAID, Avro(payment())).outcome is Outcome.BROKEN


def test_an_id_that_was_made_up_is_not_taken_for_a_registrys() -> None:
    with pytest.raises(ValueError, match=r"its schema id 4711 is no id that was made up here, and its frame names no"):
        Avro(payment(), framing=Confluent()).received(bytes.fromhex("0000001267") + b"\2", ())


def test_ids_are_made_up_frame_by_frame() -> None:
    first, second = (Avro(kind, framing=Confluent()) for kind in ("int", "long"))

    assert [each.sent(b"\2")[0] for each in (first, second, pickle.loads(pickle.dumps(first)))] == [b"\0\0\0\0\1\2"] * 3
    assert first == Avro("int", framing=Confluent())


def test_a_frame_of_another_kind_is_named(tmp_path: Path) -> None:
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment(), framing=Confluent(REGISTRY, "payments-value")))

    result = verified(pact, lambda: PAID, Avro(payment(), framing=Glue(REGISTRY, "payments-value")))

    assert "Glue" in reasons(result)


# -- Protobuf --------------------------------------------------------------------------------------------------------


def test_a_protobuf_message_is_recorded_delivered_and_verified(tmp_path: Path, proto: Path) -> None:
    got: list[Any] = []
    serializer = Protobuf("shop.Payment", proto=proto)
    pact = recorded(tmp_path, TEMPLATE, serializer, got=got)

    result = verified(pact, lambda: {"id": 1, "lines": [{"sku": "Z-9"}], "status": "PAID"}, serializer)

    assert (result.outcome, reasons(result)) == (Outcome.PASSED, "")
    assert got == [{"id": 42, "lines": [{"sku": "A-1"}]}]


@pytest.mark.parametrize(
    ("template", "produced", "words"),
    [
        pytest.param({"fee": 0}, {"fee": 0, "id": 3}, "", id="a zero that is stated"),
        pytest.param({"fee": 0}, {"id": 3}, "", id="a zero that is left out is the same message"),
        pytest.param({"fee": 0}, {"fee": 1}, "$.fee: expected exactly 0", id="not zero"),
        pytest.param({"retries": 0}, {"retries": 0}, "", id="presence"),
        pytest.param({"retries": 0}, {"id": 1}, "the key 'retries'", id="no presence"),
        pytest.param({"status": "NEW"}, {"status": "PAID"}, "$.status", id="an enum"),
        pytest.param({"names": {"1": "a"}}, {"names": {"1": "a", "2": "b"}}, "", id="more keys of a map"),
        pytest.param({"names": {"1": "a"}}, {"names": {"2": "b"}}, "the key '1'", id="a key of a map"),
        pytest.param({"lines": [{"sku": "A"}]}, {"lines": [{"sku": "A"}, {"sku": "B"}]}, "$.lines", id="a list's length"),
        pytest.param({}, {"id": 1}, "", id="nothing stated"),
    ],
)  # fmt: skip
def test_lists_and_presence_are_compared(
    tmp_path: Path, proto: Path, template: dict[str, object], produced: dict[str, object], words: str
) -> None:
    serializer = Protobuf("shop.Payment", proto=proto)
    pact = recorded(tmp_path, template, serializer)

    result = verified(pact, lambda: produced, serializer)

    assert (result.outcome is Outcome.PASSED) is (words == ""), reasons(result)
    assert words in reasons(result)


def test_the_request_and_the_response_have_schemas_of_their_own(tmp_path: Path, proto: Path) -> None:
    asked, paid = Protobuf("shop.Asked", proto=proto), Protobuf("shop.Payment", proto=proto)
    ledger, payments = Consumer("ledger", provider="payments"), Provider("payments")
    got: list[Any] = []

    @ledger.requests("which", request={"id": 5}, response={"id": 5}, serializer=asked, response_serializer=paid)
    def handle(payment: dict[str, Any]) -> None:
        got.append(payment)

    @payments.answers("which", serializer=paid)
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        got.append(request)
        return {"id": request["id"], "fee": 3}

    assert msgpact.record(ledger, pacts=tmp_path).ok
    report = msgpact.verify(payments, tmp_path)

    assert report.ok, [reasons(each) for each in report.results]
    assert got == [{"id": 5}, {"id": 5}]


def test_a_request_in_a_frame_is_answered_by_what_takes_it_out(tmp_path: Path, proto: Path) -> None:
    asked = Protobuf("shop.Asked", proto=proto, framing=Confluent(MemoryRegistry(), "asked-value"))
    ledger, payments = Consumer("ledger", provider="payments"), Provider("payments", registry=REGISTRY)
    paid = Protobuf("shop.Asked", proto=proto, framing=Confluent(REGISTRY, "paid-value"))

    @ledger.requests("which", request={"id": 5}, response={"id": 5}, serializer=asked)
    def handle(payment: dict[str, Any]) -> None: ...

    @payments.answers("which", serializer=paid)
    def answer(request: dict[str, Any]) -> dict[str, Any]:
        return request

    assert msgpact.record(ledger, pacts=tmp_path).ok
    report = msgpact.verify(payments, tmp_path)

    assert report.ok, [reasons(each) for each in report.results]


WITH_A_NOTE = {
    "type": "record", "name": "Which",
    "fields": [{"name": "id", "type": "int"}, {"name": "note", "type": "string", "default": ""}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("serializer", "more", "is_stated"),
    [
        pytest.param(Avro(WITH_A_NOTE), {}, True, id="Avro, the default"),
        pytest.param(Avro(WITH_A_NOTE), {"note": ""}, True, id="Avro, the default, said"),
        pytest.param(Avro(WITH_A_NOTE), {"note": "soon"}, False, id="Avro, more"),
        pytest.param(messagepack, {}, True, id="MessagePack"),
        pytest.param(messagepack, {"note": "soon"}, False, id="MessagePack, more"),
    ],
)
def test_a_request_is_sent_as_it_is_stated_and_holds_no_more(
    serializer: Serializer, more: dict[str, Any], is_stated: bool, tmp_path: Path
) -> None:
    ledger = Consumer("ledger", provider="payments")

    def ask() -> dict[str, Any]:
        return {"id": 5, **more}

    @ledger.requests("which", request={"id": 5}, response={"id": 5}, serializer=serializer, sent_by=ask)
    def handle(payment: dict[str, Any]) -> None: ...

    assert msgpact.record(ledger, pacts=tmp_path).ok is is_stated


# -- what cannot be --------------------------------------------------------------------------------------------------


def expects(contents: object, serializer: Any) -> None:
    ledger = Consumer("ledger", provider="payments")
    ledger.expects("paid", contents=contents, serializer=serializer)(lambda payment: None)
    _ = ledger.expectations[0].interaction


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        pytest.param({"id": "x"}, "Cannot use .* as contents of type 'avro/binary;record=Payment'", id="a wrong type"),
        pytest.param({"id": 1}, "amount", id="a field that has no default"),
        pytest.param({**AVRO_TEMPLATE, "gone": 1}, "has no field 'gone'", id="no such field"),
        pytest.param({**AVRO_TEMPLATE, "amount": match.regex("x+", "x")}, "amount", id="an example of another type"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(contents: object, words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        expects(contents, Avro(payment()))


def test_an_example_that_does_not_meet_its_own_rule_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"its own example does not meet its rules"):
        expects({**AVRO_TEMPLATE, "id": match.integer(1)}, Avro(payment(identifier="double")))


@pytest.mark.parametrize("serializer", [Avro, "avro", object()], ids=["a class", "text", "an object"])
def test_what_is_no_serializer_is_refused(serializer: object) -> None:
    with pytest.raises(DeclarationError, match=r"Cannot use serializer=.* Give one, like Avro\('order.avsc'\)"):
        expects({"id": 1}, serializer)


def test_a_tombstone_needs_no_schema(tmp_path: Path) -> None:
    pact = recorded(tmp_path, None, Avro(payment()))

    assert verified(pact, lambda: Outgoing(None), Avro(payment())).outcome is Outcome.PASSED
    assert verified(pact, lambda: PAID, Avro(payment())).outcome is Outcome.BROKEN


def test_version_3_has_no_place_for_a_schema(tmp_path: Path) -> None:
    ledger = Consumer("ledger", provider="payments")
    ledger.expects("paid", contents=AVRO_TEMPLATE, serializer=Avro(payment()))(lambda payment: None)

    report = msgpact.record(ledger, pacts=tmp_path, spec_version="3.0.0")

    assert "version 3 cannot hold contents of type 'avro/binary;record=Payment'" in report.problems[0].text


# -- merging ---------------------------------------------------------------------------------------------------------


def test_schemas_of_a_file_are_those_that_are_used(tmp_path: Path, proto: Path) -> None:
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment()))
    first = json.loads(pact.read_bytes())["metadata"]["plugins"]
    recorded(tmp_path, AVRO_TEMPLATE, Avro(payment(CURRENCY)))
    second = json.loads(pact.read_bytes())["metadata"]["plugins"]
    recorded(tmp_path, TEMPLATE, Protobuf("shop.Payment", proto=proto))
    third = json.loads(pact.read_bytes())["metadata"]["plugins"]
    recorded(tmp_path, {"id": 1}, None)
    last = json.loads(pact.read_bytes())["metadata"]

    assert [len(each[0]["configuration"]) for each in (first, second, third)] == [1, 1, 1]
    assert first != second
    assert [each["name"] for each in third] == ["protobuf"]
    assert "plugins" not in last


def test_recording_again_writes_the_same_bytes(tmp_path: Path) -> None:
    pact = recorded(tmp_path, AVRO_TEMPLATE, Avro(payment()))
    before = pact.read_bytes()

    recorded(tmp_path, AVRO_TEMPLATE, Avro(payment()))
    msgpact.write(msgpact.load(pact), tmp_path, overwrite=True)

    assert pact.read_bytes() == before


def test_a_schema_that_cannot_be_read_is_said_once(tmp_path: Path) -> None:
    shop = Consumer("shop", provider="orders")
    nowhere = Protobuf("shop.Order", proto=tmp_path / "order.proto", content_type="application/protobuf")
    shop.expects("an order", contents={"id": 1}, serializer=nowhere)(lambda order: None)
    (expectation,) = shop.expectations

    with pytest.raises(
        DeclarationError, match=r"^Cannot read '.*order\.proto' .*: there is no such file\. Mend or name"
    ):
        expectation.interaction
