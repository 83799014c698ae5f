"""What is compared of Protobuf messages: defaults, presence, wire types; and what Pact's plugin leaves out."""

import struct
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, struct_pb2
from plugin_pacts import FIELD, Raw

from msgpact import Message
from msgpact.check import check_message
from msgpact.checking import not_compared
from msgpact.model import Contents, Form, MessageContents, Presence
from msgpact.pactfile.rulesets import read_rules
from msgpact.serializers.comparing import Actual, Example
from msgpact.serializers.protobuf import Protobuf, comparison

CONTENT_TYPE = "application/protobuf;message=.t.Thing"


def serializer() -> Protobuf:
    """Of the proto2 file

    package t;
    enum Colour { RED = 0; BLUE = 2; }
    message Thing {
      optional string name = 1;  optional int32 size = 2 [default = 7];  optional Colour colour = 3 [default = BLUE];
      repeated int32 codes = 4;  optional Thing inner = 5;  repeated Thing parts = 6;  map<int32, Thing> by_id = 7;
      optional google.protobuf.Struct extra = 8;  optional fixed32 low = 9;  optional fixed64 high = 10;
      oneof way { string road = 11; int32 rail = 12; }  optional bytes image = 13;  repeated bool flags = 14;
    }
    """
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", dependency=["google/protobuf/struct.proto"])
    colour = file.enum_type.add(name="Colour")
    colour.value.add(name="RED", number=0)
    colour.value.add(name="BLUE", number=2)
    thing = file.message_type.add(name="Thing")

    def add(name: str, number: int, kind: int, type_name: str = "", **more: Any) -> None:
        field = thing.field.add(name=name, number=number, type=kind, **{"label": FIELD.LABEL_OPTIONAL, **more})
        if type_name:
            field.type_name = type_name

    many = FIELD.LABEL_REPEATED
    add("name", 1, FIELD.TYPE_STRING)
    add("size", 2, FIELD.TYPE_INT32, default_value="7")
    add("colour", 3, FIELD.TYPE_ENUM, ".t.Colour", default_value="BLUE")
    add("codes", 4, FIELD.TYPE_INT32, label=many)
    add("inner", 5, FIELD.TYPE_MESSAGE, ".t.Thing")
    add("parts", 6, FIELD.TYPE_MESSAGE, ".t.Thing", label=many)
    add("by_id", 7, FIELD.TYPE_MESSAGE, ".t.Thing.ByIdEntry", label=many)
    add("extra", 8, FIELD.TYPE_MESSAGE, ".google.protobuf.Struct")
    add("low", 9, FIELD.TYPE_FIXED32)
    add("high", 10, FIELD.TYPE_FIXED64)
    thing.oneof_decl.add(name="way")
    add("road", 11, FIELD.TYPE_STRING, oneof_index=0)
    add("rail", 12, FIELD.TYPE_INT32, oneof_index=0)
    add("image", 13, FIELD.TYPE_BYTES)
    add("flags", 14, FIELD.TYPE_BOOL, label=many)
    entry = thing.nested_type.add(name="ByIdEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=FIELD.TYPE_SINT32, label=FIELD.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=FIELD.TYPE_MESSAGE, type_name=".t.Thing", label=FIELD.LABEL_OPTIONAL)
    known = descriptor_pb2.FileDescriptorProto()
    struct_pb2.DESCRIPTOR.CopyToProto(known)
    return Protobuf("t.Thing", proto=descriptor_pb2.FileDescriptorSet(file=[known, file]).SerializeToString())


THING = serializer()


class Lenient:
    """As a plugin's contents are bound."""

    dump, build = THING.dump, THING.build
    load = THING.load
    is_exact = False

    def example(self, contents: bytes, rules: Any) -> Example:
        return comparison.example(THING, contents, rules, lenient=True)

    def actual(self, contents: bytes, beside: object) -> Actual:
        return comparison.actual(THING, contents, beside, lenient=True)


def expected(example: Raw | bytes, rules: Raw | None = None, *, lenient: bool) -> MessageContents:
    contents = example if isinstance(example, bytes) else THING.example_bytes(example)
    read = read_rules({"body": {path: {"matchers": [rule]} for path, rule in (rules or {}).items()}})
    stated = Contents(Presence.PRESENT, contents, Form.TYPED, CONTENT_TYPE, None, Lenient() if lenient else THING)
    return MessageContents(stated, matching_rules=read)


def message(came: Raw | bytes) -> Message:
    return Message(came if isinstance(came, bytes) else THING.example_bytes(came), content_type=CONTENT_TYPE)


def places(example: Raw | bytes, came: Raw | bytes, rules: Raw | None = None, *, lenient: bool = False) -> list[str]:
    """The paths of the mismatches."""
    return [each.path for each in check_message(expected(example, rules, lenient=lenient), message(came))]


def varint_field(number: int, value: int) -> bytes:
    return bytes([number << 3, value])


def length_field(number: int, contents: bytes) -> bytes:
    return bytes([number << 3 | 2, len(contents)]) + contents


TYPE: Raw = {"match": "type"}

# What it shows, the example, what came, the rules; where it differs exactly, and as the plugin judges.
ROWS: list[tuple[str, Raw | bytes, Raw | bytes, Raw, list[str], list[str]]] = [
    ("more fields", {"name": "a"}, {"name": "a", "size": 1, "codes": [1]}, {}, [], []),
    ("no field of it, one of them zero", {"name": ""}, {}, {}, ["$"], []),
    ("absent, expected as the declared default", {"size": 7}, {}, {}, ["$"], []),
    ("absent, expected as another value", {"size": 0}, {}, {}, ["$"], ["$.size"]),
    ("an absent enum is its declared default", {"colour": "BLUE"}, {}, {}, ["$"], []),
    ("an absent message", {"inner": {}}, {}, {}, ["$"], []),
    ("an absent message with a field", {"inner": {"name": "a"}}, {}, {}, ["$"], ["$.inner.name"]),
    ("absent, within", {"inner": {"size": 7}}, {"inner": {}}, {}, ["$.inner"], []),
    ("a message that holds itself", {"inner": {"inner": {"name": "a"}}}, {"inner": {"inner": {"name": "b"}}}, {}, ["$.inner.inner.name"], ["$.inner.inner.name"]),
    ("absent, under a rule", {"size": 3}, {}, {"$.size": TYPE}, ["$"], []),
    ("an unknown number of an enum", {"colour": "RED"}, varint_field(3, 9), {}, ["$"], ["$.colour"]),
    ("a list", {"codes": [1, 2]}, {"codes": [1, 3]}, {}, ["$.codes[1]"], []),
    ("a list of another length", {"codes": [1]}, {"codes": []}, {}, ["$.codes"], []),
    ("a list under a rule", {"codes": [1]}, {"codes": [2, 3]}, {"$.codes": TYPE}, [], []),
    ("a list under an inherited rule", {"inner": {"codes": [1]}}, {"inner": {"codes": [2, 3]}}, {"$.inner": TYPE}, [], []),
    ("a list whose items alone have a rule", {"codes": [1]}, {"codes": [2, 3]}, {"$.codes.*": TYPE}, ["$.codes"], []),
    ("a list within a message", {"inner": {"codes": [1]}}, {"inner": {"codes": [2]}}, {}, ["$.inner.codes[0]"], []),
    ("a list within a map", {"by_id": {"7": {"codes": [1]}}}, {"by_id": {"7": {"codes": [2]}}}, {}, ["$.by_id['7'].codes[0]"], []),
    ("items of a list lack fields", {"parts": [{"size": 7}]}, {"parts": [{}, {}]}, {"$.parts": TYPE}, ["$.parts[0]", "$.parts[1]"], []),
    ("values of a map lack fields", {"by_id": {"-1": {"size": 7}}}, {"by_id": {"-1": {}}}, {}, ["$.by_id['-1']"], []),
    ("a map lacks a key", {"by_id": {"1": {}}}, {"by_id": {"2": {}}}, {}, ["$.by_id"], ["$.by_id"]),
    ("a map has more keys", {"by_id": {"1": {}}}, {"by_id": {"1": {}, "2": {}}}, {}, [], []),
    ("an entry without its value", {"by_id": {"1": {}}}, length_field(7, b"\x08\x02"), {}, [], []),
    ("an entry without its key", {"by_id": {"0": {}}}, length_field(7, b"\x12\x00"), {}, [], []),
    ("JSON within", {"extra": {"a": [1.0, 2.0]}}, {"extra": {"a": [1.0]}}, {}, ["$.extra.a"], ["$.extra.a"]),
    ("a part of a text in JSON", {"extra": {"a": "x"}}, {"extra": {"a": "axb"}}, {"$.extra.a": {"match": "regex", "regex": "x"}}, ["$.extra.a"], []),
    ("a part of a text elsewhere", {"name": "x"}, {"name": "axb"}, {"$.name": {"match": "regex", "regex": "x"}}, ["$.name"], ["$.name"]),
    ("bytes of another type", {"image": b"\x89PNG\r\n\x1a\n"}, {"image": b"x"}, {"$.image": {"match": "contentType", "value": "image/png"}}, ["$.image"], []),
    ("another member of a oneof", {"road": ""}, {"rail": 1}, {}, ["$"], []),
    ("another member of a oneof, expected not zero", {"road": "A1"}, {"rail": 1}, {}, ["$"], ["$.road"]),
    ("an absent fixed32", {"low": 3}, {"name": "a"}, {"$.low": TYPE}, ["$"], []),
    ("an absent fixed64", {"high": 3}, {"name": "a"}, {"$.high": TYPE}, ["$"], ["$"]),
    ("an absent fixed64 in a message of no fields", {"high": 3}, b"", {"$.high": TYPE}, ["$"], []),
    ("an absent fixed64 within", {"inner": {"high": 3}}, {"inner": {}}, {"$.inner": TYPE}, ["$.inner"], []),
    ("a field given twice", {"size": 1}, varint_field(2, 1) + varint_field(2, 2), {}, ["$.size"], ["$.size"]),
    ("a packed list of bools", {"flags": [True, False]}, length_field(14, b"\x01\x00"), {"$.flags": TYPE}, [], []),
    ("an unknown field", {"size": 1}, varint_field(2, 1) + b"\xc8\x01\x05", {}, [], []),
    ("an unknown group", {"size": 1}, varint_field(2, 1) + b"\xa3\x01\xa4\x01", {}, [], []),
    ("another wire type", {"size": 1}, length_field(2, b"1"), {}, ["$.size", "$"], ["$.size"]),
    ("another wire type, under a rule", {"size": 1}, length_field(2, b"1"), {"$.size": TYPE}, ["$.size", "$"], ["$.size"]),
    ("another wire type within", {"inner": {"size": 1}}, length_field(5, length_field(2, b"1")), {"$.inner.size": TYPE}, ["$.inner.size", "$.inner"], ["$.inner.size"]),
    ("another wire type of a field that is not expected", {"name": "a"}, length_field(1, b"a") + length_field(2, b"1"), {}, [], []),
    ("64 bits for 32", {"low": 1}, bytes([9 << 3 | 1]) + struct.pack("<q", 1), {"$.low": TYPE}, ["$.low", "$"], ["$.low"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "came", "rules", "exactly", "leniently"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_differs(
    example: Raw | bytes, came: Raw | bytes, rules: Raw, exactly: list[str], leniently: list[str]
) -> None:
    assert places(example, came, rules) == exactly
    assert places(example, came, rules, lenient=True) == leniently


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_example_itself_matches(row: tuple[str, Raw | bytes, Any, Raw, Any, Any]) -> None:
    _, example, _, rules, _, _ = row

    assert places(example, example, rules) == []
    assert places(example, example, rules, lenient=True) == []


def said(example: Raw, came: Raw, rules: Raw | None = None, *, lenient: bool = True) -> tuple[str, ...]:
    return not_compared(expected(example, rules, lenient=lenient), message(came))


NOTES: list[tuple[str, Raw, Raw, Raw, tuple[str, ...]]] = [
    ("a list", {"codes": [1]}, {}, {}, ("$.codes: the list, as no rule is about it",)),
    ("a list under a rule", {"codes": [1]}, {}, {"$.codes": TYPE}, ()),
    ("a list within a map", {"by_id": {"7": {"codes": [1]}}}, {"by_id": {"7": {}}}, {}, ("$.by_id['7'].codes: the list, as no rule is about it",)),
    ("presence", {"inner": {"size": 7}}, {"inner": {}}, {}, ("$.inner.size: whether it is there; it is not, and its default was compared",)),
    ("presence of what is there", {"size": 7}, {"size": 7}, {}, ()),
    ("bytes under contentType", {"image": b"x"}, {"image": b"y"}, {"$.image": {"match": "contentType", "value": "image/png"}}, ("$.image: of which type its bytes are",)),
    ("a pattern in JSON", {"extra": {"a": "x"}}, {"extra": {"a": "x"}}, {"$.extra.a": {"match": "regex", "regex": "x"}}, ("$.extra.a: the text around what the pattern matches",)),
    ("a pattern in JSON, in a list", {"parts": [{"extra": {"a": "x"}}]}, {"parts": [{"extra": {"a": "x"}}]}, {"$.parts": TYPE, "$.parts[*].extra.a": {"match": "regex", "regex": "x"}}, ("$.parts[*].extra.a: the text around what the pattern matches",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "came", "rules", "notes"), [row[1:] for row in NOTES], ids=[row[0] for row in NOTES]
)
def test_what_is_not_compared_is_said(example: Raw, came: Raw, rules: Raw, notes: tuple[str, ...]) -> None:
    assert said(example, came, rules) == notes
    assert said(example, came, rules, lenient=False) == ()


def test_a_field_of_another_wire_type_is_said_to_be() -> None:
    (mismatch, *_) = check_message(expected({"size": 1}, lenient=True), message(length_field(2, b"1")))

    assert (
        str(mismatch)
        == "contents $.size: expected a field of type int32, got nothing: it came as bytes with a length, which is no int32"
    )


SIZE_AS_TEXT = length_field(2, b"1")
IN_ENTRY = length_field(2, SIZE_AS_TEXT)


@pytest.mark.parametrize(
    ("example", "came", "paths"),
    [
        pytest.param({"size": 1}, SIZE_AS_TEXT, ["$.size"], id="on the top"),
        pytest.param({"inner": {"size": 1}}, length_field(5, SIZE_AS_TEXT), ["$.inner.size"], id="in a message"),
        pytest.param({"parts": [{"size": 1}]}, length_field(6, SIZE_AS_TEXT), ["$.parts[0].size"], id="in a list"),
        pytest.param(
            {"parts": [{"size": 1}]},
            length_field(6, b"\x10\x01") + length_field(6, SIZE_AS_TEXT),
            ["$.parts[1].size"],
            id="beyond the example's list",
        ),
        pytest.param(
            {"by_id": {"-1": {"size": 1}}},
            length_field(7, b"\x08\x01" + IN_ENTRY),
            ["$.by_id['-1'].size"],
            id="in a map",
        ),
        pytest.param(
            {"by_id": {"7": {"size": 1}}},
            length_field(7, b"\x08\x01" + IN_ENTRY),
            ["$.by_id['-1'].size"],
            id="under a key that the example lacks",
        ),
        pytest.param({"name": "x"}, SIZE_AS_TEXT, [], id="of a field that is not expected"),
        pytest.param({"parts": []}, length_field(6, SIZE_AS_TEXT), [], id="in a list of which nothing is expected"),
        pytest.param({"extra": {"fields": 1}}, length_field(8, SIZE_AS_TEXT), [], id="in JSON, whose names are others"),
    ],
)
def test_another_wire_type_is_found_wherever_the_example_has_the_field(
    example: Raw, came: bytes, paths: list[str]
) -> None:
    found = check_message(expected(example, lenient=False), message(came))

    assert [each.path for each in found if "it came as bytes with a length" in each.reason] == paths


@pytest.mark.parametrize(
    ("example", "field"),
    [
        (SIZE_AS_TEXT, "size"),
        (length_field(6, SIZE_AS_TEXT), "size"),
        (length_field(7, b"\x08\x01" + IN_ENTRY), "size"),
    ],
    ids=["on the top", "in a list", "in a map"],
)
def test_an_example_whose_fields_are_of_other_types_is_none(example: bytes, field: str) -> None:
    contents = Contents(Presence.PRESENT, example, Form.TYPED, CONTENT_TYPE, serializer=THING)

    (mismatch,) = check_message(MessageContents(contents), message(b""))

    assert (
        mismatch.reason
        == f"of the example in the pact, the field {field} came as bytes with a length, which is no int32"
    )
