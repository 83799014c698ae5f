"""Templates of contents with a schema: what bytes cannot show, values of Python that JSON has not, what cannot be written."""

import re
from pathlib import Path
from typing import Any

import pytest

import msgpact
from msgpact import Consumer, Message, generate, match
from msgpact.errors import DeclarationError
from msgpact.model import Interaction, Serializer
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Azure, Confluent
from msgpact.serializers.protobuf import Protobuf
from msgpact.times import Duration

PROTO = """
syntax = "proto3";
package shop;
message Order { int32 id = 1; repeated Line lines = 2; map<string, int32> stock = 3; Order inner = 4; }
message Line { string sku = 1; repeated string tags = 2; }
"""
LASTING = {"type": "fixed", "size": 12, "name": "Lasting", "logicalType": "duration"}
LASTS = Avro(
    {
        "type": "record",
        "name": "Lasts",
        "fields": [{"name": "one", "type": LASTING}, {"name": "all", "type": {"type": "array", "items": "Lasting"}}],
    }
)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Protobuf:
    file = tmp_path_factory.mktemp("protos") / "order.proto"
    file.write_text(PROTO, encoding="utf-8")
    return Protobuf("shop.Order", proto=file)


def declared(contents: object, serializer: Serializer) -> Interaction:
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order", contents=contents, serializer=serializer)
    def handle(contents: Any) -> None: ...

    return shop.expectations[0].interaction


def in_file(contents: object, serializer: Serializer, folder: Path) -> Interaction:
    """The interaction as it is read back from a pact."""
    return msgpact.load(msgpact.write(msgpact.Contract("shop", "orders", (declared(contents, serializer),)), folder))[
        "an order"
    ]


@pytest.mark.parametrize(
    ("contents", "good", "bad"),
    [
        ({"lines": []}, {"id": 1}, {"lines": [{}]}),
        ({"id": 0, "lines": match.like([], max=0)}, {}, {"lines": [{"sku": "A"}]}),
        ({"stock": match.equal_to({})}, {"id": 1}, {"stock": {"A": 1}}),
        ({"inner": {"lines": []}}, {"inner": {}}, {"inner": {"lines": [{}]}}),
        (
            {
                "lines": match.array_contains({"sku": "", "tags": ["x"]}, {"sku": "A"}),
                "stock": {},
                "inner": {"lines": []},
            },
            {"lines": [{"sku": "A"}, {"tags": ["x"]}], "inner": {}},
            {"lines": [{"sku": "A"}, {"tags": ["x"]}], "inner": {"lines": [{}]}},
        ),
        ({"lines": [{"sku": "A", "tags": []}]}, {"lines": [{"sku": "A"}]}, {"lines": [{"sku": "A", "tags": ["x"]}]}),
    ],
    ids=[
        "a list",
        "a list under a rule",
        "a map that is exact",
        "a list in a message",
        "a list beside variants",
        "a list in a list",
    ],
)
def test_what_is_stated_to_be_empty_is_compared(
    tmp_path: Path, order: Protobuf, contents: object, good: object, bad: object
) -> None:
    for interaction in (declared(contents, order), in_file(contents, order, tmp_path)):
        for _ in range(3):
            assert msgpact.check(interaction, Message(order.dump(good))) == ()
            assert msgpact.check(interaction, Message(order.dump(bad))) != ()


@pytest.mark.parametrize("lines", [[{"tags": ["x"]}, {"sku": "A"}], [{"sku": "A"}, {}, {"tags": ["x"]}]])
def test_a_default_counts_for_whichever_variant_an_item_is_like(order: Protobuf, lines: list[object]) -> None:
    variants = match.array_contains({"sku": "", "tags": ["x"]}, {"sku": match.regex("[A-Z]", "A")})
    interaction = declared({"lines": variants, "inner": {"lines": []}}, order)

    for _ in range(3):
        assert msgpact.check(interaction, Message(order.dump({"lines": lines, "inner": {}}))) == ()
        assert msgpact.check(interaction, Message(order.dump({"lines": [{"sku": "A"}], "inner": {}}))) != ()


def test_what_is_empty_is_written_alike_again(tmp_path: Path, order: Protobuf) -> None:
    contents = {"lines": [], "stock": match.equal_to({})}
    first = msgpact.write(msgpact.Contract("shop", "orders", (declared(contents, order),)), tmp_path / "first")

    again = msgpact.write(msgpact.load(first), tmp_path / "again")

    ours: Any = declared(contents, order).comments["msgpact"]
    assert ours["empty"] == {"$.lines": [], "$.stock": {}}
    assert again.read_bytes() == first.read_bytes()


def test_durations_stand_in_templates() -> None:
    lasting = Duration(months=1, days=2, millis=3)
    interaction = declared({"one": lasting, "all": match.each_like(lasting)}, LASTS)
    other = Duration(months=1, days=2, millis=4)

    assert msgpact.check(interaction, Message(LASTS.dump({"one": lasting, "all": [other, other]}))) == ()
    (mismatch,) = msgpact.check(interaction, Message(LASTS.dump({"one": other, "all": [lasting]})))
    assert mismatch.path == "$.one"


@pytest.mark.parametrize("rule", [match.number(1), match.integer(1)], ids=["number", "integer"])
def test_text_of_a_union_is_no_number(rule: match.Matcher) -> None:
    union = Avro({"type": "record", "name": "R", "fields": [{"name": "of", "type": ["long", "string"]}]})
    interaction = declared({"of": rule}, union)

    for _ in range(3):
        assert msgpact.check(interaction, Message(union.dump({"of": 2}))) == ()
        (mismatch,) = msgpact.check(interaction, Message(union.dump({"of": "2"})))
        assert mismatch.path == "$.of"


@pytest.mark.parametrize(("key", "written"), [(7, "7"), (True, "true")])
def test_a_key_is_text(order: Protobuf, key: object, written: str) -> None:
    with pytest.raises(DeclarationError, match=rf"Cannot use {key} as a key at \$\.stock: .* Write '{written}'\."):
        declared({"stock": {key: 1}}, order)


@pytest.mark.parametrize("key", ["it's", ""])
def test_nothing_is_left_to_the_schema_below_a_key_that_no_path_holds(key: str) -> None:
    tags = {"name": "tags", "type": {"type": "array", "items": "string"}, "default": ["x"]}
    line = {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}, tags]}
    lines = Avro({"type": "map", "values": line})

    with pytest.raises(DeclarationError, match=rf"Cannot leave out fields, .* below the key {key!r} at \$: "):
        declared({key: {"sku": "A"}}, lines)
    assert declared({key: {"sku": "A", "tags": []}}, lines).message is not None


def test_an_example_that_its_frame_cannot_carry(order: Protobuf) -> None:
    framed = Protobuf("shop.Order", proto=order.descriptor_set, framing=Azure(subject="orders"))
    words = (
        "Cannot make the example message of type 'application/protobuf;message=.shop.Order': Azure has no content type"
    )

    with pytest.raises(DeclarationError, match=re.escape(words)):
        declared({"id": 1}, framed)


def test_a_generated_value_that_the_schema_cannot_hold(tmp_path: Path, order: Protobuf) -> None:
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order", contents={"id": generate.random_int(2**40, 2**41, example=1)}, serializer=order)
    def handle(contents: Any) -> None: ...

    (result,) = msgpact.record(shop, tmp_path).results

    assert "Cannot make the example message" in result.text
    assert "the field id must be an integer that int32 holds" in result.text


def test_a_registry_that_lacks_a_subject(order: Protobuf) -> None:
    framed = Protobuf("shop.Order", proto=order.descriptor_set, framing=Confluent(_Nothing(), "orders-value"))

    with pytest.raises(DeclarationError, match=r"it is registered nowhere\. Mend the example"):
        declared({"id": 1}, framed)


class _Nothing:
    """A registry that holds nothing."""

    def find(self, schema_id: object, /) -> Any:
        raise ValueError("it is registered nowhere")

    id_of = latest = lambda self, *_: self.find(None)
