"""A change of a schema, weighed by contracts: whose would a message of the new schema no longer meet?"""

import base64
import dataclasses
import decimal
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastavro
import pytest
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from shared_data import SHARED

from msgpact.compatibility import check, weigh
from msgpact.model import Contract
from msgpact.pactfile import files
from msgpact.serializers.framed import RegisteredSchema


def contract(
    consumer: str,
    plugin: str,
    configuration: Mapping[str, Any],
    message: Mapping[str, Any],
    content_type: str,
    content: bytes,
    rules: Any,
    more: Any,
) -> Contract:
    """A pact as the plugins write it, which is also how msgpact does."""
    interaction = {
        "type": "Asynchronous/Messages",
        "description": "an order was placed",
        "contents": {
            "content": base64.b64encode(content).decode(),
            "contentType": content_type,
            "contentTypeHint": "BINARY",
            "encoded": "base64",
        },
        "matchingRules": {
            "body": {path: {"combine": "AND", "matchers": [rule]} for path, rule in (rules or {}).items()}
        },
        "pluginConfiguration": {plugin: message},
        "comments": {"msgpact": {"exact": True, **more}},
    }
    plugins = [{"name": plugin, "version": "0", "configuration": configuration}]
    document = {
        "consumer": {"name": consumer}, "provider": {"name": "orders"}, "interactions": [interaction],
        "metadata": {"pactSpecification": {"version": "4.0"}, "plugins": plugins},
    }  # fmt: skip
    return files.loads(json.dumps(document).encode(), source=f"{consumer}-orders.json")


# -- Avro --------------------------------------------------------------------------------------------------------------


def record(*fields: dict[str, Any], name: str = "shop.Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def avro(raw: Any) -> RegisteredSchema:
    return RegisteredSchema("AVRO", json.dumps(raw), {})


def avro_contract(
    raw: Any, value: Any, rules: Any = None, *, consumer: str = "fulfilment", record: str = "Order", **more: Any
) -> Contract:
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(json.loads(json.dumps(raw))), value)
    key = hashlib.md5(json.dumps(raw).encode()).hexdigest()
    configuration = {key: {"avroSchema": json.dumps(raw)}}
    return contract(
        consumer, "avro", configuration, {"record": record, "schemaKey": key}, f"avro/binary;record={record}", written.getvalue(), rules, more
    )  # fmt: skip


DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
STATE = {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}
ORDER = record(
    field("id", "int"), field("total", DECIMAL), field("state", STATE), field("note", ["null", "string"], default=None),
    field("lines", {"type": "array", "items": record(field("sku", "string"), name="Line")}),
)  # fmt: skip
VALUE = {"id": 42, "total": decimal.Decimal("12.50"), "state": "PAID", "note": None, "lines": [{"sku": "A-1"}]}
TYPE = {"match": "type"}


def changed(**fields: Any) -> dict[str, Any]:
    """The order with other fields: of another type, with None gone."""
    kept = [each if each["name"] not in fields else {**each, "type": fields[each["name"]]} for each in ORDER["fields"]]
    added = [field(name, kind) for name, kind in fields.items() if name not in {each["name"] for each in kept}]
    return record(*(each for each in [*kept, *added] if each["type"] is not None))


@pytest.mark.parametrize(
    ("new", "rules", "paths"),
    [
        pytest.param(ORDER, None, [], id="no change"),
        pytest.param(changed(extra="string"), None, [], id="a field that is added, without a default"),
        pytest.param(changed(extra=STATE | {"name": "Other"}), None, [], id="an enum that is added"),
        pytest.param(changed(id=None), None, ["$.id"], id="a field that is gone"),
        pytest.param(changed(note=None), None, [], id="a field that is gone, whose default is what is stated"),
        pytest.param(changed(id="string"), None, ["$.id"], id="another type"),
        pytest.param(changed(id="long"), None, ["$.id"], id="a type that is not read"),
        pytest.param(changed(total=DECIMAL | {"scale": 3}), None, ["$.total"], id="another scale"),
        pytest.param(changed(note=["null", "int"]), None, ["$.note"], id="a branch that is not read"),
        pytest.param(changed(state={**STATE, "symbols": ["NEW", "PAID", "SENT"]}), None, ["$.state"], id="a symbol that is not known"),
        pytest.param(changed(state={**STATE, "symbols": ["NEW"]}), None, ["$.state"], id="a symbol that cannot be sent any more"),
        pytest.param(changed(state={**STATE, "symbols": ["NEW"]}), {"$.state": TYPE}, [], id="a symbol that need not be sent"),
        pytest.param(changed(lines={"type": "array", "items": record(name="Line")}), None, ["$.lines[*].sku"], id="a field within"),
        pytest.param(record(*ORDER["fields"], name="shop.Purchase"), None, ["$"], id="another name"),
        pytest.param(record(*ORDER["fields"], name="shop.Purchase", aliases=["Order"]), None, ["$"], id="a name that the reader has no alias for"),
        pytest.param(record(field("order", ORDER), name="shop.Envelope"), None, [], id="the record within another"),
        pytest.param("string", None, ["$"], id="nothing of it left"),
    ],
)  # fmt: skip
def test_avro(new: Any, rules: Any, paths: list[str]) -> None:
    (effect,) = weigh([avro_contract(ORDER, VALUE, rules)], avro(ORDER), avro(new)).effects

    assert (effect.unknown, sorted({path for path, _ in effect.breaks})) == ("", paths)


def test_what_a_contract_does_not_state_breaks_nothing() -> None:
    nested = record(
        field("at", ["null", record(field("n", "int"), name="Inner")]), field("all", {"type": "array", "items": "int"})
    )
    other = record(
        field("at", ["null", record(field("n", "string"), name="Inner")]),
        field("all", {"type": "array", "items": "string"}),
    )
    stating: Any = {"at": {"n": 1}, "all": [1]}
    silent: Any = {"at": None, "all": []}

    weighed = weigh(
        [avro_contract(nested, stating, consumer="a"), avro_contract(nested, silent, consumer="b")],
        avro(nested),
        avro(other),
    )

    assert [(each.consumer, [path for path, _ in each.breaks]) for each in weighed.effects] == [
        ("a", ["$.at.n", "$.all[*]"]),
        ("b", []),
    ]
    assert (weighed.consumers, weighed.broken, weighed.holds) == (("a", "b"), ("a",), False)


def test_a_default_that_is_not_what_is_stated_breaks_it() -> None:
    stating = record(field("id", "int"), field("n", "int", default=0))
    without = record(field("id", "int"))

    exact = weigh([avro_contract(stating, {"id": 1, "n": 5})], avro(stating), avro(without))
    by_type = weigh([avro_contract(stating, {"id": 1, "n": 5}, {"$.n": TYPE})], avro(stating), avro(without))

    assert exact.effects[0].breaks == (("$.n", "The contract expects exactly 5, and would get 0 (an integer)."),)
    assert by_type.holds


def test_an_incompatible_change_that_breaks_nobody() -> None:
    new = changed(extra="string")

    assert not check([avro(ORDER)], avro(new), "BACKWARD").compatible
    assert weigh([avro_contract(ORDER, VALUE)], avro(ORDER), avro(new)).holds


def test_a_compatible_change_that_breaks_a_consumer() -> None:
    new = changed(id=None)

    assert check([avro(ORDER)], avro(new), "BACKWARD").safe
    assert weigh([avro_contract(ORDER, VALUE)], avro(ORDER), avro(new)).broken == ("fulfilment",)


def test_a_contract_with_a_frame_is_weighed_without_it() -> None:
    framed = avro_contract(ORDER, VALUE, framing="confluent")

    assert weigh([framed], avro(ORDER), avro(ORDER)).holds
    assert weigh([framed], avro(ORDER), avro(changed(id=None))).broken == ("fulfilment",)


def test_a_contract_about_another_record_is_not_concerned() -> None:
    other = record(field("a", "int"), name="shop.Parcel")

    assert weigh([avro_contract(other, {"a": 1}, record="Parcel")], avro(ORDER), avro(changed(id=None))).effects == ()


def test_a_contract_that_cannot_be_read_is_said_to_be_so() -> None:
    broken = avro_contract(ORDER, VALUE, record="Nowhere")

    (effect,) = weigh([broken], avro(ORDER), avro(ORDER)).effects

    assert (effect.holds, effect.breaks) == (False, ())
    assert "it has no type 'Nowhere'" in effect.unknown


def test_contents_that_cannot_be_read_are_said_to_be_so() -> None:
    cut = avro_contract(ORDER, VALUE)
    broken = cut.interactions[0].message
    assert broken is not None
    contents = dataclasses.replace(broken.contents, value=b"\x01")
    message = dataclasses.replace(broken, contents=contents)
    shortened = dataclasses.replace(cut, interactions=(dataclasses.replace(cut.interactions[0], message=message),))

    weighed = weigh([shortened], avro(ORDER), avro(ORDER))

    assert weighed.effects[0].unknown.startswith("its example cannot be read: ")
    assert (weighed.holds, weighed.broken) == (False, ())


def test_a_schema_that_cannot_be_used_says_so_of_each_contract() -> None:
    recursive = record(*ORDER["fields"], field("self", "Order"))

    (effect,) = weigh([avro_contract(ORDER, VALUE)], avro(ORDER), avro(recursive)).effects

    assert not effect.holds
    assert effect.unknown


EVERY_KIND = [
    ("int", 1), ("long", 2**40), ("float", 0.5), ("double", 0.1), ("boolean", True), ("string", "x"), ("bytes", b"x"),
    ({"type": "fixed", "name": "F", "size": 2}, b"ab"), (DECIMAL, decimal.Decimal("1.25")), (MILLIS, 0), (STATE, "PAID"),
    ({"type": "string", "logicalType": "uuid"}, "8a8a8a8a-0000-4000-8000-000000000000"), ({"type": "int", "logicalType": "date"}, 3),
    ({"type": "int", "logicalType": "time-millis"}, 5), ({"type": "long", "logicalType": "time-micros"}, 5),
    ({"type": "long", "logicalType": "timestamp-nanos"}, 7), ({"type": "long", "logicalType": "timestamp-micros"}, 7),
    ({"type": "long", "logicalType": "local-timestamp-micros"}, 7), ({"type": "long", "logicalType": "local-timestamp-nanos"}, 7),
    ({"type": "map", "values": "int"}, {"k": 1}), ({"type": "array", "items": "int"}, [1]), (["null", "int"], 3), (["null", "long"], None),
    (["null", DECIMAL], decimal.Decimal("1.25")), (["null", MILLIS], 0), (["null", STATE], "PAID"), (["null", "string", "double"], 0.5),
    (record(field("n", "int"), name="Inner"), {"n": 1}), (["null", record(field("n", "int"), name="Inner")], {"n": 1}), ("null", None),
]  # fmt: skip


@pytest.mark.parametrize("old", [pytest.param(each, id=str(index)) for index, each in enumerate(EVERY_KIND)])
def test_a_value_of_every_type_is_written_as_every_other_one(old: tuple[Any, Any]) -> None:
    kind, value = old
    stated = avro_contract(record(field("a", kind)), {"a": value})
    for other, _ in EVERY_KIND:
        renamed = json.loads(json.dumps(other).replace('"F"', '"G"')) if other != kind else other

        (effect,) = weigh([stated], avro(record(field("a", kind))), avro(record(field("a", renamed)))).effects

        assert effect.unknown == ""
        assert effect.holds or other != kind


def test_what_the_new_schema_cannot_say_is_filled_by_its_defaults() -> None:
    inner = record(field("n", "int"), name="Inner")
    new = record(
        field("a", "int"), field("b", inner), field("c", ["null", inner["name"]]), field("d", "int", default=4)
    )
    old = record(field("a", "int"))

    assert weigh([avro_contract(old, {"a": 1})], avro(old), avro(new)).holds


@pytest.mark.parametrize(
    "new", [avro(ORDER), RegisteredSchema("JSON", "{}", {}), RegisteredSchema("PROTOBUF", 'syntax = "proto3";', {})]
)
def test_a_contract_of_another_format_is_not_concerned(new: RegisteredSchema) -> None:
    contracts = [avro_contract(ORDER, VALUE), proto_contract(PROTO, DOCUMENT), json_contract({"id": 1})]
    del contracts[["AVRO", "PROTOBUF", "JSON"].index(new.format)]

    assert weigh(contracts, new, new).effects == ()


# -- Protobuf ----------------------------------------------------------------------------------------------------------

PROTO = """syntax = "proto3";
package shop;
enum State { NEW = 0; PAID = 1; }
message Line { string sku = 1; int32 qty = 2; }
message Order {
  int32 id = 1; string note = 2; State state = 3; repeated Line lines = 4; map<string, int32> prices = 5; optional bool gift = 6;
  oneof how { string card = 7; bytes cash = 8; }
}
"""
DOCUMENT = {
    "id": 42, "note": "x", "state": "PAID", "lines": [{"sku": "A-1", "qty": 1}], "prices": {"a": 1}, "gift": False, "card": "c",
}  # fmt: skip


def proto(text: str) -> RegisteredSchema:
    return RegisteredSchema("PROTOBUF", text, {})


GOOGLE = Path(protoc.__file__).parent / "_proto"


def compiled(text: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "order.proto").write_text(text)
        target = Path(folder, "set")
        assert (
            protoc.main(
                [
                    "protoc",
                    f"-I{folder}",
                    f"-I{GOOGLE}",
                    "--include_imports",
                    f"--descriptor_set_out={target}",
                    "order.proto",
                ]
            )
            == 0
        )
        return target.read_bytes()


def proto_contract(text: str, document: Any, rules: Any = None, message: str = "shop.Order") -> Contract:
    from google.protobuf import descriptor_pool, json_format, message_factory

    descriptors = compiled(text)
    pool = descriptor_pool.DescriptorPool()
    for each in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.AddSerializedFile(each.SerializeToString())
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName(message))()
    json_format.ParseDict(document, made)
    key = hashlib.md5(descriptors).hexdigest()
    configuration = {key: {"protoDescriptors": base64.b64encode(descriptors).decode(), "protoFile": text}}
    said = {"descriptorKey": key, "message": f".{message}"}
    return contract(
        "fulfilment",
        "protobuf",
        configuration,
        said,
        f"application/protobuf;message=.{message}",
        made.SerializeToString(),
        rules,
        {},
    )


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        pytest.param("", "", [], id="no change"),
        pytest.param("int32 id = 1;", "int32 id = 1; string extra = 9;", [], id="a field that is added"),
        pytest.param("int32 id = 1;", "", ["$.id"], id="a field that is gone"),
        pytest.param("int32 id = 1;", "int32 number = 1;", [], id="another name on the wire's number"),
        pytest.param("int32 id = 1;", "int32 id = 9;", ["$.id"], id="another number"),
        pytest.param("int32 id = 1;", "string id = 1;", ["$.id"], id="another type"),
        pytest.param("int32 id = 1;", "int64 id = 1;", ["shop.Order.id"], id="a wider number"),
        pytest.param("int32 id = 1;", "sint32 id = 1;", ["$.id"], id="another way on the wire"),
        pytest.param("string note = 2;", "bytes note = 2;", [], id="text as bytes"),
        pytest.param("PAID = 1;", "", ["$.state"], id="a value that cannot be sent any more"),
        pytest.param("PAID = 1;", "PAID = 1; SENT = 2;", [], id="a value that is added"),
        pytest.param("PAID = 1;", "SETTLED = 1;", [], id="a value by another name"),
        pytest.param("int32 qty = 2;", "", ["$.lines[0].qty"], id="a field within"),
        pytest.param("repeated Line lines = 4;", "Line lines = 4;", [], id="one where there were many: it is one"),
        pytest.param("map<string, int32> prices = 5;", "map<string, string> prices = 5;", ["$.prices", "$.prices.a"], id="other values of a map"),
        pytest.param("map<string, int32> prices = 5;", "string prices = 5;", ["$.prices"], id="no map"),
        pytest.param("optional bool gift = 6;", "bool gift = 6;", ["$"], id="no presence: false is not sent"),
        pytest.param("oneof how { string card = 7; bytes cash = 8; }", "string card = 7; bytes cash = 8;", [], id="no oneof"),
        pytest.param("message Order", "message Purchase", ["$"], id="another name of the message"),
        pytest.param("package shop;", "package store;", ["$"], id="another package"),
    ],
)  # fmt: skip
def test_protobuf(old: str, new: str, paths: list[str]) -> None:
    (effect,) = weigh([proto_contract(PROTO, DOCUMENT)], proto(PROTO), proto(PROTO.replace(old, new))).effects

    assert (effect.unknown, sorted({path for path, _ in effect.breaks})) == ("", paths)


SHAPES = {
    "int32": 7, "sint64": -7, "uint32": 7, "fixed64": 7, "double": 0.5, "float": "Infinity", "bool": True, "string": "x", "bytes": "eA==",
    "State": "PAID", "Line": {"sku": "A-1"}, "repeated int32": [7], "repeated Line": [{"sku": "A-1"}], "map<string, int32>": {"k": 7},
    "map<int32, Line>": {"7": {"sku": "A-1"}}, "optional int32": 0, "google.protobuf.Struct": {"k": [1, None]},
    "google.protobuf.BytesValue": "eA==", "google.protobuf.Timestamp": "2026-11-20T10:00:00Z", "google.protobuf.Int32Value": 7,
}  # fmt: skip


@pytest.mark.parametrize("old", SHAPES)
def test_a_field_of_every_kind_is_written_as_every_other_one(old: str) -> None:
    head = PROTO.partition("message Order {")[0]
    text = (head + 'import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/timestamp.proto";\n'
            "message Order { %s f = 1; }")  # fmt: skip
    stated = proto_contract(text % old, {"f": SHAPES[old]})
    for new in SHAPES:
        (effect,) = weigh([stated], proto(text % old), proto(text % new)).effects

        assert effect.unknown == ""
        assert effect.holds or new != old


def test_a_field_that_a_contract_does_not_state_breaks_nothing() -> None:
    stated = proto_contract(PROTO, {"note": "x"})

    for change in ("", "string id = 1;", "int64 id = 1;"):
        assert weigh([stated], proto(PROTO), proto(PROTO.replace("int32 id = 1;", change))).holds


def test_a_required_field_that_is_added_is_written() -> None:
    text = 'syntax = "proto2"; package shop; message Order { optional int32 id = 1; }'
    new = text.replace("}", "required string name = 2; required Order.In in = 3; message In {} }")

    assert weigh([proto_contract(text, {"id": 1})], proto(text), proto(new)).holds


def test_a_message_of_another_schema_is_not_concerned() -> None:
    text = 'syntax = "proto3"; package shop; message Parcel { int32 id = 1; }'

    assert weigh([proto_contract(text, {"id": 1}, message="shop.Parcel")], proto(PROTO), proto(PROTO)).effects == ()


# -- JSON --------------------------------------------------------------------------------------------------------------


def json_schema(**properties: Any) -> RegisteredSchema:
    return RegisteredSchema("JSON", json.dumps({"type": "object", "properties": properties}), {})


def json_contract(contents: Any, rules: Any = None) -> Contract:
    message = {
        "type": "Asynchronous/Messages", "description": "an order was placed",
        "contents": {"content": contents, "contentType": "application/json", "encoded": False},
        "matchingRules": {"body": {path: {"combine": "AND", "matchers": [rule]} for path, rule in (rules or {}).items()}},
    }  # fmt: skip
    document = {
        "consumer": {"name": "fulfilment"}, "provider": {"name": "orders"}, "interactions": [message],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }  # fmt: skip
    return files.loads(json.dumps(document).encode())


STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
LINES = {"type": "array", "items": {"type": "object", "properties": {"sku": STRING}}}


@pytest.mark.parametrize(
    ("old", "new", "rules", "paths"),
    [
        pytest.param({"id": INTEGER}, {"id": INTEGER, "at": STRING}, None, [], id="a property that is added"),
        pytest.param({"id": INTEGER}, {}, None, ["$"], id="a property that is gone"),
        pytest.param({"id": INTEGER}, {"id": STRING}, None, ["$.id"], id="another type"),
        pytest.param({"id": INTEGER}, {"id": NUMBER}, None, [], id="a wider type"),
        pytest.param({"id": INTEGER}, {"id": {"type": "number", "enum": []}}, None, ["$"], id="nothing allowed: nothing to send"),
        pytest.param({"price": NUMBER}, {"price": INTEGER}, None, ["$.price"], id="a narrower type"),
        pytest.param({"id": NUMBER}, {"id": {"type": "null"}}, None, ["$.id"], id="null"),
        pytest.param({"id": INTEGER}, {"id": {"enum": [1, 2]}}, None, ["$.id"], id="a value that is not listed"),
        pytest.param({"id": INTEGER}, {"id": {"enum": [1, 2]}}, {"$.id": {"match": "integer"}}, [], id="a value that need not be sent"),
        pytest.param({"lines": LINES}, {"lines": {"type": "array", "items": {"properties": {"sku": INTEGER}}}}, None, ["$.lines[0].sku"], id="within"),
        pytest.param({"id": INTEGER}, {"id": False}, None, ["$"], id="a property that is forbidden"),
    ],
)  # fmt: skip
def test_json(old: Any, new: Any, rules: Any, paths: list[str]) -> None:
    example = {"id": 42, "note": "x", "lines": [{"sku": "A-1"}], "price": 1.5}

    (effect,) = weigh([json_contract(example, rules)], json_schema(**old), json_schema(**new)).effects

    assert (effect.unknown, [path for path, _ in effect.breaks]) == ("", paths)


@pytest.mark.parametrize(
    "example",
    [
        pytest.param({"weight": 1}, id="none of its properties"),
        pytest.param({"id": "x"}, id="a property of another type"),
        pytest.param([1], id="no object"),
        pytest.param("x", id="text"),
    ],
)
def test_an_example_that_the_old_schema_is_not_about(example: Any) -> None:
    assert weigh([json_contract(example)], json_schema(id=INTEGER), json_schema()).effects == ()


def test_an_example_of_any_depth() -> None:
    example: Any = {"id": 1}
    for _ in range(900):
        example = {"id": 1, "below": example}

    (effect,) = weigh([json_contract(example)], json_schema(id=INTEGER), json_schema(id=STRING)).effects

    assert not effect.holds
    assert effect.unknown or effect.breaks


# -- the plugins' own files --------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.is_dir(), reason="no interop/plugins/pacts beside the project")
def test_what_the_plugins_recorded_holds_where_nothing_changes() -> None:
    pacts = sorted((SHARED / "interop" / "plugins" / "pacts").glob("*.json"))
    unchanged = 0
    for path in pacts:
        recorded = files.load(path)
        for plugin in recorded.metadata["plugins"]:  # type: ignore[attr-defined]  # JSON
            for said in plugin["configuration"].values():
                schema = (
                    avro(json.loads(said["avroSchema"]))
                    if "avroSchema" in said
                    else described(said["protoDescriptors"])
                )
                weighed = weigh([recorded], schema, schema)
                assert weighed.holds, (path.name, weighed.effects)
                unchanged += len(weighed.effects)

    assert len(pacts) == 25
    assert unchanged >= sum(len(files.load(path).interactions) for path in pacts)


def described(descriptors: str) -> RegisteredSchema:
    found = descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(descriptors)).file
    *imported, main = [(each.name, proto(base64.b64encode(each.SerializeToString()).decode())) for each in found]
    return RegisteredSchema(
        "PROTOBUF", main[1].text, {name: each for name, each in imported if not name.startswith("google/")}
    )
