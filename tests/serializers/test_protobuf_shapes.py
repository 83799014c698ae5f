"""What a Protobuf schema says of its fields: kinds, defaults, presence, enums."""

from typing import Any

import pytest

from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf

NEW = """
syntax = "proto3"; package s;
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message M {
  string text = 1; int32 n = 2; bytes raw = 3; bool on = 4; double d = 5; E e = 6; M m = 7; optional int32 maybe = 8;
  repeated int32 list = 9; map<int32, M> map = 10; oneof one { string a = 11; M b = 12; }
  google.protobuf.Struct struct = 13; google.protobuf.Value value = 14; google.protobuf.ListValue values = 15;
  google.protobuf.BytesValue blob = 16; google.protobuf.Int32Value number = 17;
  enum E { option allow_alias = true; ZERO = 0; ONE = 1; UNO = 1; }
}
"""
OLD = """
syntax = "proto2"; package s;
message M {
  required string id = 1; optional int32 n = 2 [default = -7]; optional E e = 3; optional E f = 4 [default = TWO];
  optional bytes raw = 5 [default = "\\377"]; optional group G = 6 { } repeated E list = 7; extensions 100 to 200;
  enum E { ONE = 1; TWO = 2; }
}
extend M { optional int32 more = 100; }
"""
EDITION = """
edition = "2023"; package s;
message M {
  string explicit = 1 [default = "x"]; string implicit = 2 [features.field_presence = IMPLICIT];
  string must = 3 [features.field_presence = LEGACY_REQUIRED]; M framed = 4; M group = 5 [features.message_encoding = DELIMITED];
  E closed = 6; string lax = 7 [features.utf8_validation = NONE];
  enum E { option features.enum_type = CLOSED; FIVE = 5; }
}
"""


def shape_of(text: str) -> Any:
    return Protobuf("s.M", proto=RegisteredSchema("PROTOBUF", text, {})).shape


@pytest.mark.parametrize(
    ("text", "name", "kind", "tracks_presence", "default"),
    [
        (NEW, "text", "string", False, ""),
        (NEW, "n", "int32", False, 0),
        (NEW, "raw", "bytes", False, b""),
        (NEW, "on", "bool", False, False),
        (NEW, "d", "double", False, 0.0),
        (NEW, "e", "enum", False, "ZERO"),
        (NEW, "m", "message", True, {}),
        (NEW, "maybe", "int32", True, 0),
        (NEW, "list", "int32", False, []),
        (NEW, "map", "message", False, {}),
        (NEW, "a", "string", True, ""),
        (NEW, "b", "message", True, {}),
        (NEW, "struct", "message", True, {}),
        (NEW, "value", "message", True, None),
        (NEW, "values", "message", True, []),
        (NEW, "blob", "message", True, b""),
        (NEW, "number", "message", True, {}),
        (OLD, "id", "string", True, ""),
        (OLD, "n", "int32", True, -7),
        (OLD, "e", "enum", True, "ONE"),
        (OLD, "f", "enum", True, "TWO"),
        (OLD, "raw", "bytes", True, b"\xff"),
        (OLD, "g", "group", True, {}),
        (OLD, "list", "enum", False, []),
        (OLD, "[s.more]", "int32", True, 0),
        (EDITION, "explicit", "string", True, "x"),
        (EDITION, "implicit", "string", False, ""),
        (EDITION, "must", "string", True, ""),
        (EDITION, "framed", "message", True, {}),
        (EDITION, "group", "group", True, {}),
        (EDITION, "closed", "enum", True, "FIVE"),
    ],
    ids=str,
)
def test_a_field(text: str, name: str, kind: str, tracks_presence: bool, default: object) -> None:
    field = shape_of(text).fields[name]

    assert (field.name, field.kind, field.tracks_presence) == (name, kind, tracks_presence)
    assert repr(field.default) == repr(default)


def test_lists_and_maps() -> None:
    fields = shape_of(NEW).fields

    assert [name for name, field in fields.items() if field.is_list] == ["list"]
    assert [name for name, field in fields.items() if field.is_map] == ["map"]
    assert {name: each.kind for name, each in fields["map"].message.fields.items()} == {
        "key": "int32",
        "value": "message",
    }


def test_oneofs_and_required_fields() -> None:
    assert {name: field.oneof for name, field in shape_of(NEW).fields.items() if field.oneof} == {
        "a": "one",
        "b": "one",
    }
    assert [name for name, field in shape_of(OLD).fields.items() if field.is_required] == ["id"]
    assert [name for name, field in shape_of(EDITION).fields.items() if field.is_required] == ["must"]


def test_enums() -> None:
    new, old, edition = (
        shape_of(text).fields[name].enum for text, name in ((NEW, "e"), (OLD, "e"), (EDITION, "closed"))
    )

    assert (new.names, new.numbers) == ({0: "ZERO", 1: "ONE"}, {"ZERO": 0, "ONE": 1, "UNO": 1})
    assert (new.is_closed, old.is_closed, edition.is_closed) == (False, True, True)


def test_which_texts_are_checked() -> None:
    assert [
        shape_of(text).fields[name].is_text_checked
        for text, name in ((NEW, "text"), (OLD, "id"), (EDITION, "explicit"), (EDITION, "lax"))
    ] == [True, False, True, False]


def test_a_message_that_holds_itself() -> None:
    shape = shape_of(NEW)

    assert shape.fields["m"].message is shape
    assert shape.fields["map"].message.fields["value"].message is shape
    assert [shape.fields[name].message.held for name in ("struct", "value", "values", "blob", "number")] == [
        "struct",
        "value",
        "list",
        "bytes",
        None,
    ]
