"""What is wrong with bytes that are no Protobuf message, with the field and the place; and that hostile ones cost little."""

import math
import re
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf
from msgpact.serializers.protobuf.wire import fault_in

SCHEMA = """
syntax = "proto3"; package w;
message M {
  string id = 1; int32 n = 2; M inner = 3; repeated M list = 4; map<string, M> map = 5; repeated fixed32 fixed = 6;
  repeated int32 packed = 7; bytes raw = 8; repeated string texts = 9; double d = 10; bool b = 11;
  map<int32, int32> numbers = 12;
}
message Nothing {}
"""
OLD = """
syntax = "proto2"; package w2;
message Old { optional group G = 1 { required int32 n = 2; optional Old old = 3; } map<string, int32> map = 4; repeated group L = 5 { optional string s = 6; } }
"""


def of(text: str, message: str) -> Protobuf:
    return Protobuf(message, proto=RegisteredSchema("PROTOBUF", text, {}))


NEW, NOTHING, OLDER = of(SCHEMA, "w.M"), of(SCHEMA, "w.Nothing"), of(OLD, "w2.Old")


@pytest.mark.parametrize(
    ("protobuf", "contents", "clause"),
    [
        (NEW, "80", "it ends within the tag of a field, at byte 1"),
        (NEW, "10", "it ends within the field n, at byte 1"),
        (NEW, "1080", "it ends within the field n, at byte 2"),
        (NEW, "10ffffffffffffffffffff01", "the field n is a varint of more than 10 bytes, at byte 1"),
        (NEW, "51000000", "it ends within the field d, at byte 4"),
        (NEW, "0a", "it ends within the length of the field id, at byte 1"),
        (NEW, "0a0361", "the field id says that it has 3 bytes, but only 1 follow, at byte 2"),
        (NEW, "0affffffff0f61", "the field id says that it has 4294967295 bytes, but only 1 follow, at byte 6"),
        (NEW, "0a818080808000", "the length of the field id is a varint of more than 5 bytes, at byte 1"),
        (NEW, "0a01ff", "the field id is not UTF-8 text: there is 0xff, at byte 2"),
        (NEW, "4a0161 4a02c328", "the field texts[1] is not UTF-8 text: there is 0xc3, at byte 5"),
        (NEW, "2200 22021080", "it ends within the field list[1].n, at byte 6"),
        (NEW, "22041a020a05", "the field list[0].inner.id says that it has 5 bytes, but only 0 follow, at byte 6"),
        (NEW, "2a060a016b120110", "it ends within the field map[0].value.n, at byte 8"),
        (NEW, "3203000000", "the packed list fixed ends within an item, at byte 5"),
        (NEW, "3a0180", "it ends within the packed list packed, at byte 3"),
        (NEW, "00", "no field has the number 0, at byte 0"),
        (NEW, "1a0100", "no field has the number 0 in inner, at byte 2"),
        (NEW, "8080808010", "no field has the number 536870912, at byte 0"),
        (NEW, "16", "no wire type is 6: the tag of field 2, at byte 0"),
        (NEW, "14", "it ends a group 2 where no group is open, at byte 0"),
        (NEW, "a306 0801 b406", "it ends a group 102 where the group 100 is open, at byte 4"),
        (NEW, "a306 0801", "it ends within the group 100, at byte 4"),
        (NEW, "a206", "it ends within the length of the unknown field 100, at byte 2"),
        (NEW, "1a02a206", "it ends within the length of the unknown field 100 in inner, at byte 4"),
        (NOTHING, "0001", "no field has the number 0, at byte 0"),
        (OLDER, "0b 1001", "it ends within the group 1 in g, at byte 3"),
        (OLDER, "0b 10010c 0c", "it ends a group 1 where no group is open, at byte 4"),
        (OLDER, "0b 1001 1a010c 0c", "it ends a group 1 where no group is open in g.old, at byte 5"),
        (OLDER, "2205 0a01ff 1001", "the field map[0].key is not UTF-8 text: there is 0xff, at byte 4"),
        (OLDER, "2205 0a0161 1001 2205 0a01ff 1001", "the field map[1].key is not UTF-8 text: there is 0xff, at byte 11"),
        (OLDER, "0b0c", "it lacks the required field g.n"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_and_where(protobuf: Protobuf, contents: str, clause: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'{clause} (schema {protobuf.shape.name})')}$"):
        protobuf.load(bytes.fromhex(contents))


def test_a_class_is_only_made_of_what_was_checked() -> None:
    with pytest.raises(ValueError, match=r"it lacks the required field g\.n"):
        OLDER.build(b"\x0b\x0c", OLDER._class)
    with pytest.raises(ValueError, match="no field has the number 0"):
        NEW.build(b"\x00", NEW._class)


# -- bombs -----------------------------------------------------------------------------------------------------------


def nested(levels: int) -> bytes:
    contents = b""
    for _ in range(levels):
        length = len(contents)
        size = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
        contents = b"\x1a" + size + contents
    return contents


def test_a_message_of_as_many_levels_as_the_parser_follows() -> None:
    document = NEW.load(nested(99))
    for _ in range(99):
        document = document["inner"]

    assert document == {}
    assert NEW.unknown(nested(99)) == []


@pytest.mark.parametrize(
    ("contents", "clause"),
    [
        (nested(1000), r"it is nested deeper than 100 levels in inner\.inner.*…"),
        (b"\xa3\x06" * 1_000_000, "it is nested deeper than 100 levels, at byte 202"),
        (b"\x3b" * 1_000_000, "it is nested deeper than 100 levels"),
        (b"\x10" + b"\xff" * 1_000_000, "the field n is a varint of more than 10 bytes"),
        (b"\x42\xff\xff\xff\xff\x07", "the field raw says that it has 2147483647 bytes, but only 0 follow"),
        (b"\x3a\xff\xff\xff\x7f" + bytes(1000), "the field packed.* says that it has 268435455 bytes, but only 1000 follow"),
    ],
    ids=["messages", "unknown groups", "groups of a known field", "varint", "bytes", "packed"],
)  # fmt: skip
def test_bombs(contents: bytes, clause: str) -> None:
    with pytest.raises(ValueError, match=clause):
        NEW.load(contents)


def test_a_map_of_a_million_entries() -> None:
    keys = (bytes([n & 127 | 128, n >> 7 & 127 | 128, n >> 14]) for n in range(1_000_000))
    contents = b"".join(b"\x62\x06\x08" + key + b"\x10\x01" for key in keys)

    assert len(NEW.load(contents)["numbers"]) == 1_000_000


# -- the parser and the walk agree -----------------------------------------------------------------------------------

PIECES = [bytes.fromhex(each) for each in ("0a0161", "1005", "1a021005", "22020a00", "2a050a016b1200", "32040000000000", "3a020102", "a30608 01a406".replace(" ", ""), "0b", "0c", "80", "00")]  # fmt: skip


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=8).map(b"".join))
def test_the_walk_finds_something_where_the_parser_does(contents: bytes) -> None:
    for protobuf in (NEW, OLDER):
        found = fault_in(contents, protobuf.shape)
        if is_parsed(protobuf, contents):
            # The parser takes field number 0 within unknown groups, and any text as a key in proto2.
            assert found is None or "no field has the number 0" in found or "].key is not UTF-8" in found
        else:
            assert found is not None


def is_parsed(protobuf: Any, contents: bytes) -> bool:
    try:
        protobuf._class.FromString(contents)
    except DecodeError:
        return False
    return True


def test_the_double_that_is_none() -> None:
    assert math.isnan(NEW.load(b"\x51\x00\x00\x00\x00\x00\x00\xf8\x7f")["d"])
