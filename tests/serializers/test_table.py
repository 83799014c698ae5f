"""Which serializer a content type calls for: ours, other people's, or none, which leaves bytes."""

import base64
import datetime
import json
import random
import sys
from pathlib import Path

import messagepack
import pytest
from installed import Install
from pydantic import BaseModel

import msgpact
from msgpact import Consumer, Provider, match
from msgpact.errors import DeclarationError, UnreadablePact, UsageError
from msgpact.http import check_response, generated_response
from msgpact.http_model import ExpectedResponse, HttpResponse
from msgpact.model import Form, Generator, MatchingRule, PathRules, RuleSet
from msgpact.pactfile.interactions import body_of
from msgpact.rules import content_types
from msgpact.rules.generators import Context
from msgpact.serializers import binary, form, others_serializer, serializer_for, text, xml
from msgpact.serializers import json as json_serializer
from msgpact.serializers.base import forget_others

ACME = Path(messagepack.__file__).read_text(encoding="utf-8")
TYPES = {"application/msgpack": "acme", "+msgpack": "acme"}


@pytest.mark.parametrize(
    ("content_type", "module"),
    [
        (None, json_serializer),
        ("application/json", json_serializer),
        ("application/json; charset=utf-8", json_serializer),
        ("application/vnd.order+json", json_serializer),
        ("application/cloudevents+json; charset=utf-8", json_serializer),
        ("text/plain", text),
        ("text/json", text),
        ("application/xml", xml),
        ("text/xml; charset=utf-8", xml),
        ("application/vnd.order+xml", xml),
        ("application/x-www-form-urlencoded", form),
        ("application/octet-stream", binary),
        ("application/vnd.foo", binary),
        ("application/msgpack", binary),
        ("image/png", binary),
        ("garbage", binary),
        ("", binary),
    ],
)
def test_which_serializer(content_type: str | None, module: object) -> None:
    assert serializer_for(content_type) is module


# -- contents with a schema --------------------------------------------------------------------------------------------

AVRO = [
    "application/avro", "application/vnd.apache.avro", "application/vnd.apache.avro;schema=1", "application/x-avro",
    "avro/binary", "avro/binary;record=Order", "Avro/Binary", "application/vnd.acme.order+avro",
]  # fmt: skip
PROTOBUF = [
    "application/protobuf", "application/protobuf;message=.shop.Order", "application/vnd.google.protobuf",
    "application/vnd.google.protobuf;message=shop.Order", "application/x-protobuf", "application/x-google-protobuf",
    "application/grpc+proto",
]  # fmt: skip


@pytest.mark.parametrize(
    ("content_type", "schema"),
    [
        *((each, "Avro") for each in AVRO),
        *((each, "Protobuf") for each in PROTOBUF),
        ("application/json", None),
        ("application/vnd.apache.avro+json", None),
        ("application/octet-stream", None),
    ],
)
def test_whose_bytes_a_schema_takes_apart(content_type: str, schema: str | None) -> None:
    parsed = content_types.parse(content_type)

    assert parsed is not None
    assert parsed.schema == schema


@pytest.mark.parametrize("names", [AVRO, PROTOBUF], ids=["Avro", "Protobuf"])
def test_names_of_one_format_are_not_equivalent(names: list[str]) -> None:
    parsed = [each for each in map(content_types.parse, names) if each is not None and not each.parameters]

    assert [one.is_equivalent_to(other) for one in parsed for other in parsed] == [
        one == other for one in parsed for other in parsed
    ]


@pytest.mark.parametrize(("content_type", "name"), [("avro/binary", "Avro"), ("application/x-protobuf", "Protobuf")])
def test_without_a_schema_they_are_bytes(content_type: str, name: str) -> None:
    serializer = serializer_for(content_type)

    assert serializer.dump(b"\x0a") == serializer.dump(bytearray(b"\x0a")) == serializer.load(b"\x0a") == b"\x0a"
    with pytest.raises(
        TypeError, match=rf"schema \(give serializer={name}\(…\)\), so it must be bytes, not {{'id': 1}}"
    ):
        serializer.dump({"id": 1})
    with pytest.raises(
        TypeError, match=rf"serializer={name}\(…\)\), so it is delivered as bytes, not as <class 'dict'>"
    ):
        serializer.build(b"", dict)


def test_a_declaration_without_a_schema_says_how_to_give_one() -> None:
    with pytest.raises(DeclarationError, match=r"they are bytes\. Give serializer=Avro\(…\), or bytes, or a matcher"):
        declared("avro/binary", {"id": 1})


# -- other people's ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        "application/msgpack",
        "application/msgpack; profile=orders",
        "Application/MsgPack",
        "application/vnd.acme.order+msgpack",
        "application/vnd.acme.order+MSGPACK",
    ],
)
def test_other_peoples_serializers_enter_by_an_entry_point(content_type: str, install: Install) -> None:
    install("acme", TYPES, ACME)

    serializer = serializer_for(content_type)

    assert serializer is sys.modules["acme"] is others_serializer(content_type)
    assert serializer.load(serializer.dump({"id": 1})) == {"id": 1}


@pytest.mark.parametrize("content_type", ["application/x-msgpack", "application/msgpack+other", "text/msgpack"])
def test_only_the_types_it_names_are_its_own(content_type: str, install: Install) -> None:
    install("acme", TYPES, ACME)

    assert others_serializer(content_type) is None
    assert serializer_for(content_type) is not sys.modules.get("acme")


def test_a_type_counts_before_its_suffix(install: Install) -> None:
    source = "class Named:\n    dump = load = build = staticmethod(lambda *_: 0)\na, b = Named(), Named()\n"
    install("two_kinds", {"+cbor": "two_kinds:a", "application/order+cbor": "two_kinds:b"}, source)

    assert serializer_for("application/order+cbor") is sys.modules["two_kinds"].b
    assert serializer_for("application/invoice+cbor") is sys.modules["two_kinds"].a


@pytest.mark.parametrize("content_type", ["application/json", "text/xml", "application/vnd.x+json", "text/csv"])
def test_ours_cannot_be_replaced(content_type: str, install: Install) -> None:
    install("replacing", {content_type: "replacing", "+json": "replacing"}, ACME)

    assert others_serializer(content_type) is None
    assert serializer_for(content_type) is not sys.modules.get("replacing")


def test_a_schema_of_its_own_may_stand_behind_a_type(install: Install) -> None:
    install("orders_avro", {"application/order+avro": "orders_avro"}, ACME)

    assert serializer_for("application/order+avro") is sys.modules["orders_avro"]


@pytest.mark.parametrize(
    ("value", "source", "said"),
    [
        (
            "bad",
            "import not_there",
            r"it does not load \(ModuleNotFoundError: No module named 'not_there'\)\. Mend that",
        ),
        (
            "bad",
            "1 / 0",
            r"it does not load \(ZeroDivisionError: division by zero\)\. Mend that package, or uninstall it",
        ),
        ("bad:gone", "", r"it does not load \(AttributeError: module 'bad' has no attribute 'gone'\)"),
        ("bad", "load = build = len", r"it has no dump\. Give it the three functions of a serializer\."),
        ("bad", "load = len\ndump = 1", r"it has no dump and no build\."),
        ("bad:Kind", "class Kind: ...", r"it is a class\. Register an instance of it, or a module\."),
    ],
    ids=["import", "crash", "name", "no dump", "no function", "class"],
)
def test_what_cannot_be_used(
    value: str, source: str, said: str, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "bad", raising=False)
    install("bad", {"application/bad": value}, source)
    start = f"Cannot use the serializer '{value}', which the package bad registers for 'application/bad': "

    with pytest.raises(UsageError, match=f"^{start}{said}"):
        serializer_for("application/bad")


def test_two_packages_for_one_type(install: Install) -> None:
    install("acme", {"application/msgpack": "acme"}, ACME)
    install("other", {"application/MsgPack": "other"}, ACME)

    with pytest.raises(
        UsageError,
        match="Cannot choose a serializer for 'application/msgpack': several packages register one, 'acme' of the package "
        r"acme and 'other' of the package other\. Uninstall all but one, or give serializer= where it is used\.",
    ):
        serializer_for("application/msgpack")


def test_the_worked_example_of_the_guide_is_what_is_tested() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "serializers.md").read_text(encoding="utf-8")

    assert f'```python title="acme_msgpack.py"\n{ACME}```\n' in guide


# -- from a declaration to a verdict -----------------------------------------------------------------------------------


def declared(content_type: str, contents: object) -> msgpact.Interaction:
    shop = Consumer("shop", provider="orders")

    @shop.expects("an order was placed", contents=contents, content_type=content_type)
    def handle(order: dict[str, object]) -> None: ...

    return shop.expectations[0].interaction


def test_a_contract_in_it_is_recorded_and_verified(install: Install, tmp_path: Path) -> None:
    install("acme", TYPES, ACME)
    shop, delivered = Consumer("shop", provider="orders"), list[object]()
    template = {"id": match.integer(42), "token": match.like(b"\x00\xff"), "lines": match.each_like({"sku": "A-1"})}

    @shop.expects("an order was placed", contents=template, content_type="application/msgpack")
    def handle(order: dict[str, object]) -> None:
        delivered.append(order)

    assert msgpact.record(shop, tmp_path).ok

    example = {"id": 42, "token": b"\x00\xff", "lines": [{"sku": "A-1"}]}
    written = json.loads((tmp_path / "shop-orders.json").read_text())["interactions"][0]
    assert delivered == [example]
    assert written["contents"]["encoded"] == "base64"
    assert written["contents"]["contentType"] == "application/msgpack"
    assert messagepack.load(base64.b64decode(written["contents"]["content"])) == example
    assert verified(tmp_path, {"id": 7, "token": b"\x01", "lines": [{"sku": "B", "more": 1}, {"sku": "C"}]}) == []
    assert verified(tmp_path, {"id": "7", "token": b"\x01", "lines": []}) == ["$.id", "$.lines"]
    assert verified(tmp_path, {"id": 7, "token": "text", "lines": [{}]}) == ["$.lines[0]", "$.token"]


def verified(pacts: Path, value: object) -> list[str]:
    """The paths of the mismatches of a provider that returns a value."""
    orders = Provider("orders")

    @orders.produces("an order was placed", content_type="application/msgpack")
    def order_placed() -> object:
        return value

    (result,) = msgpact.verify(orders, pacts).results
    return sorted({each.path for each in result.mismatches})


def test_a_message_in_it_is_checked_by_its_documents(install: Install) -> None:
    install("acme", TYPES, ACME)
    interaction = declared("application/vnd.acme.order+msgpack", {"id": match.integer(42)})

    assert interaction.message is not None
    assert interaction.message.contents.form is Form.TYPED
    assert msgpact.check(interaction, of_order(b"\x81\xa2id\x07")) == ()
    assert "expected an integer, such as 42, got" in str(msgpact.check(interaction, of_order(b"\x81\xa2id\xa17"))[0])
    assert "it is no MessagePack" in str(msgpact.check(interaction, of_order(b"\x81\xa2id"))[0])


class Order(BaseModel):
    id: int
    token: bytes
    lines: list[str]


def test_a_model_is_an_example_of_it(install: Install, tmp_path: Path) -> None:
    install("acme", TYPES, ACME)
    shop, delivered = Consumer("shop", provider="orders"), list[Order]()

    @shop.expects("an order", example=Order(id=42, token=b"\x00", lines=["A"]), content_type="application/msgpack")
    def handle(order: Order) -> None:
        delivered.append(order)

    message = shop.expectations[0].interaction.message
    assert message is not None
    assert messagepack.load(message.contents.value) == {"id": 42, "token": b"\x00", "lines": ["A"]}  # type: ignore[arg-type]  # bytes
    assert list(message.matching_rules["body"]) == ["$.id", "$.token", "$.lines", "$.lines[*]"]
    assert msgpact.record(shop, tmp_path).ok
    assert delivered == [Order(id=42, token=b"\x00", lines=["A"])]


def of_order(contents: bytes) -> msgpact.Message:
    return msgpact.Message(contents, content_type="application/vnd.acme.order+msgpack")


def test_where_it_is_not_installed_bytes_are_compared(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme", TYPES, ACME)
    contract = msgpact.Contract("shop", "orders", (declared("application/msgpack", {"id": match.integer(42)}),))
    msgpact.write(contract, tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[1:])
    forget_others()
    interaction = msgpact.load(tmp_path / "shop-orders.json")["an order was placed"]

    sent = msgpact.Message(b"\x81\xa2id\x2a", content_type="application/msgpack")
    other = msgpact.Message(b"\x81\xa2id\x07", content_type="application/msgpack")

    assert msgpact.check(interaction, sent) == ()
    (mismatch,) = msgpact.check(interaction, other)
    assert (
        mismatch.reason == "nothing is installed that reads application/msgpack, so its bytes are compared as they are"
    )


def test_what_it_raises_is_a_reason(install: Install) -> None:
    adding = "\n\ndef load(contents):\n    return {'id': msgpack.unpackb(contents)['id'] + 0}\n"
    install("adding", {"application/msgpack": "adding"}, ACME + adding)
    interaction = declared("application/msgpack", {"id": 42})
    wrong = msgpact.Message(b"\x81\xa2id\xa17", content_type="application/msgpack")

    for _ in range(3):  # once by the comparison, then by a plan
        (mismatch,) = msgpact.check(interaction, wrong)
        assert mismatch.reason.startswith('can only concatenate str (not "int") to str')


@pytest.mark.parametrize("version", ["3.0.0", "4.0"])
def test_it_is_held_by_both_versions(version: str, install: Install, tmp_path: Path) -> None:
    install("acme", TYPES, ACME)
    interaction = declared("application/msgpack", {"id": match.integer(42)})
    contract = msgpact.Contract("shop", "orders", (interaction,))

    msgpact.write(contract, tmp_path, spec_version=version)
    read = msgpact.load(tmp_path / "shop-orders.json")["an order was placed"].message

    assert interaction.message is not None
    assert read is not None
    assert read.contents.serializer is sys.modules["acme"]
    assert (read.contents.form, read.contents.value) == (Form.TYPED, interaction.message.contents.value)
    assert read.matching_rules == interaction.message.matching_rules


def test_bodies_of_http_are_read_by_it_too(install: Install) -> None:
    install("acme", TYPES, ACME)
    body = body_of(messagepack.dump({"id": 42, "name": "x"}), "application/msgpack")
    rules = {"body": PathRules({"$.id": RuleSet((MatchingRule("integer"),))})}
    expected = ExpectedResponse(
        200,
        body=body,
        matching_rules=rules,
        generators={"body": {"$.id": Generator("RandomInt", {"min": 7, "max": 7})}},
    )
    headers = (("Content-Type", "application/msgpack"),)

    def came(**document: object) -> list[str]:
        response = HttpResponse(200, headers, messagepack.dump(document))
        return [each.path for each in check_response(expected, response)]

    made = generated_response(expected, Context(random.Random(1), datetime.datetime.now(datetime.UTC)))

    assert came(id=7, name="x") == []
    assert came(id="7", name="y") == ["$.id", "$.name"]
    assert messagepack.load(made.body.value) == {"id": 7, "name": "x"}  # type: ignore[arg-type]  # bytes


def test_an_example_that_it_does_not_load(install: Install, tmp_path: Path) -> None:
    install("acme", TYPES, ACME)
    contents = {"content": "gQ==", "encoded": "base64", "contentType": "application/msgpack"}
    message = {"type": "Asynchronous/Messages", "description": "x", "contents": contents}
    pact = {"consumer": {"name": "a"}, "provider": {"name": "b"}, "interactions": [message]}
    (tmp_path / "a-b.json").write_text(json.dumps({**pact, "metadata": {"pactSpecification": {"version": "4.0"}}}))

    with pytest.raises(
        UnreadablePact, match="the contents are of type 'application/msgpack', but it is no MessagePack"
    ):
        msgpact.load(tmp_path / "a-b.json")
