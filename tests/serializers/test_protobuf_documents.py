"""Protobuf messages and documents: what is read, what is written, and what cannot be."""

import dataclasses
import datetime
import decimal
import enum
import math
import uuid
from typing import Any

import pytest
from google.protobuf import any_pb2, struct_pb2, timestamp_pb2, type_pb2
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf, Unknown
from msgpact.times import Timestamp

SHOP = """
syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

message Order {
  string id = 1;
  int32 count = 2;
  repeated Line lines = 3;
  Status status = 4;
  optional string note = 5;
  oneof payment { string voucher = 6; Card card = 7; }
  map<string, Line> by_name = 8;
  map<int32, string> by_number = 9;
  map<bool, Status> by_flag = 10;
  repeated int32 codes = 11;
  repeated bool flags = 12;
  repeated Status history = 13;
  bytes raw = 14;
  double ratio = 15;
  float weight = 16;
  sint32 below = 17;
  fixed32 wide = 18;
  sfixed64 far = 19;
  bool on = 20;
  repeated string tags = 21;
  uint64 big = 22;

  message Line { string sku = 1; uint32 quantity = 2; }
  message Card { string number = 1; }
  enum Status { option allow_alias = true; NEW = 0; PAID = 1; SETTLED = 1; GONE = -1; }
}
message Known {
  google.protobuf.Timestamp at = 1;
  google.protobuf.Duration took = 2;
  google.protobuf.Struct extra = 3;
  google.protobuf.Value value = 4;
  google.protobuf.ListValue list = 5;
  google.protobuf.BytesValue blob = 6;
  google.protobuf.Int64Value number = 7;
  google.protobuf.StringValue text = 8;
  google.protobuf.FieldMask mask = 9;
  google.protobuf.Any any = 10;
  repeated google.protobuf.Timestamp times = 11;
  map<string, google.protobuf.Value> values = 12;
}
message Nothing {}
"""
OLD = """
syntax = "proto2";
package old;
message Old {
  required string id = 1;
  optional int32 count = 2 [default = -7];
  optional Color color = 3 [default = GREEN];
  optional group Result = 4 { optional string url = 5; }
  repeated int32 loose = 6;
  map<string, int32> counts = 7;
  optional Old child = 8;
  extensions 100 to 199;
  enum Color { RED = 1; GREEN = 2; }
}
extend Old { optional string extra = 100; repeated Old.Color shades = 101; }
"""


def of(text: str, message: str) -> Protobuf:
    return Protobuf(message, proto=RegisteredSchema("PROTOBUF", text, {}))


ORDER, KNOWN, NOTHING, OLDER = (
    of(SHOP, "shop.Order"),
    of(SHOP, "shop.Known"),
    of(SHOP, "shop.Nothing"),
    of(OLD, "old.Old"),
)


# -- reading and writing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protobuf", "document", "contents"),
    [
        (ORDER, {}, ""),
        (ORDER, {"id": "ü"}, "0a02c3bc"),
        (ORDER, {"count": 150}, "109601"),
        (ORDER, {"count": -1}, "10ffffffffffffffffff01"),
        (ORDER, {"lines": [{"sku": "a", "quantity": 2}, {}]}, "1a050a01611002 1a00"),
        (ORDER, {"status": "PAID"}, "2001"),
        (ORDER, {"status": "GONE"}, "20ffffffffffffffffff01"),
        (ORDER, {"status": 7}, "2007"),
        (ORDER, {"note": ""}, "2a00"),
        (ORDER, {"voucher": ""}, "3200"),
        (ORDER, {"card": {}}, "3a00"),
        (ORDER, {"by_name": {"k": {"sku": "s"}}}, "42080a016b12030a0173"),
        (ORDER, {"by_number": {"-1": "m"}}, "4a0e08ffffffffffffffffff0112016d"),
        (ORDER, {"by_flag": {"true": "PAID"}}, "520408011001"),
        (ORDER, {"codes": [1, 300]}, "5a0301ac02"),
        (ORDER, {"history": ["PAID", "NEW"]}, "6a020100"),
        (ORDER, {"raw": b"\x00\xff"}, "720200ff"),
        (ORDER, {"ratio": 1.5}, "79000000000000f83f"),
        (ORDER, {"ratio": -0.0}, "790000000000000080"),
        (ORDER, {"weight": 0.5}, "8501 0000003f"),
        (ORDER, {"below": -2}, "880103"),
        (ORDER, {"wide": 1}, "950101000000"),
        (ORDER, {"far": -1}, "9901ffffffffffffffff"),
        (ORDER, {"on": True}, "a00101"),
        (ORDER, {"tags": ["", "t"]}, "aa0100 aa010174"),
        (ORDER, {"big": 2**64 - 1}, "b001ffffffffffffffffff01"),
        (KNOWN, {"at": {"seconds": 1, "nanos": 5}}, "0a0408011005"),
        (KNOWN, {"took": {}}, "1200"),
        (KNOWN, {"extra": {"b": [True, "t"]}}, "1a12 0a10 0a0162 120b 3209 0a022001 0a031a0174"),
        (KNOWN, {"value": None}, "22020800"),
        (KNOWN, {"list": [2.0]}, "2a0b 0a09 110000000000000040"),
        (KNOWN, {"blob": b""}, "3200"),
        (KNOWN, {"blob": b"x"}, "32030a0178"),
        (KNOWN, {"number": {}}, "3a00"),
        (KNOWN, {"number": {"value": 3}}, "3a020803"),
        (KNOWN, {"mask": {"paths": ["a.b"]}}, "4a05 0a03 612e62"),
        (KNOWN, {"values": {"k": None}}, "62070a016b12020800"),
        (NOTHING, {}, ""),
        (OLDER, {"id": ""}, "0a00"),
        (OLDER, {"id": "", "count": 0, "color": "RED"}, "0a0010001801"),
        (OLDER, {"id": "", "result": {"url": "u"}}, "0a00232a017524"),
        (OLDER, {"id": "", "loose": [1, 2]}, "0a0030013002"),
        (OLDER, {"id": "", "[old.extra]": "e"}, "0a00a2060165"),
    ],
    ids=str,
)  # fmt: skip
def test_a_document_and_its_bytes(protobuf: Protobuf, document: dict[str, object], contents: str) -> None:
    assert protobuf.dump(document) == bytes.fromhex(contents)
    assert repr(protobuf.load(bytes.fromhex(contents))) == repr(document)


@pytest.mark.parametrize(
    ("contents", "document"),
    [
        ("1001 1002", {"count": 2}),
        ("3a020a00 3a030a0162", {"card": {"number": "b"}}),
        ("320161 3a00", {"card": {}}),
        ("5801 5a020203", {"codes": [1, 2, 3]}),
        ("4a020807", {"by_number": {"7": ""}}),
        ("4a03120161", {"by_number": {"0": "a"}}),
        ("4a050801120161 4a050801120162", {"by_number": {"1": "b"}}),
        ("0a00 1000", {}),
        ("8501 0000c07f", {"weight": math.nan}),
        ("fa070178", {}),
    ],
    ids=["last value", "messages merge", "last of a oneof", "packed and not", "entry without value", "entry without key",
         "key twice", "defaults", "NaN", "unknown field"],
)  # fmt: skip
def test_reading_what_others_may_write(contents: str, document: dict[str, object]) -> None:
    assert repr(ORDER.load(bytes.fromhex(contents))) == repr(document)


def test_text_in_proto2_that_is_no_text_is_bytes() -> None:
    assert OLDER.load(b"\x0a\x01\xff") == {"id": b"\xff"}
    assert OLDER.dump({"id": b"\xff"}) == b"\x0a\x01\xff"


def test_what_an_any_holds_is_left_as_it_is() -> None:
    packed = {"type_url": "type.googleapis.com/shop.Order", "value": b"\x0a\x01a"}

    assert KNOWN.load(KNOWN.dump({"any": packed})) == {"any": packed}


def test_entries_stand_in_the_order_of_their_keys() -> None:
    contents = ORDER.dump({"by_number": dict.fromkeys(map(str, range(50)), "v")})

    assert list(ORDER.load(contents)["by_number"]) == sorted(map(str, range(50)))


# -- other values ----------------------------------------------------------------------------------------------------

UTC = datetime.UTC


class Level(enum.IntEnum):
    PAID = 1


class Named(enum.Enum):
    PAID = "PAID"
    OTHER = "GONE"


class Paying(enum.Enum):
    PAID = "anything"


@dataclasses.dataclass
class Line:
    sku: str
    quantity: int = 0


class Order(BaseModel):
    number: str = Field(serialization_alias="id")
    lines: list[Line] = []
    note: str | None = None


@pytest.mark.parametrize(
    ("protobuf", "value", "document"),
    [
        (ORDER, {"status": 1}, {"status": "PAID"}),
        (ORDER, {"status": "SETTLED"}, {"status": "PAID"}),
        (ORDER, {"status": Level.PAID}, {"status": "PAID"}),
        (ORDER, {"status": Named.OTHER}, {"status": "GONE"}),
        (ORDER, {"status": Paying.PAID}, {"status": "PAID"}),
        (ORDER, {"by_number": {1: "a"}, "by_flag": {True: 1}}, {"by_number": {"1": "a"}, "by_flag": {"true": "PAID"}}),
        (ORDER, {"id": uuid.UUID(int=1)}, {"id": "00000000-0000-0000-0000-000000000001"}),
        (ORDER, {"id": Named.PAID, "note": None}, {"id": "PAID"}),
        (ORDER, {"ratio": decimal.Decimal("1.5"), "weight": 2}, {"ratio": 1.5, "weight": 2.0}),
        (ORDER, {"raw": bytearray(b"a")}, {"raw": b"a"}),
        (ORDER, {"lines": (Line("a", 1),)}, {"lines": [{"sku": "a", "quantity": 1}]}),
        (ORDER, Order(number="1", lines=[Line("a")]), {"id": "1", "lines": [{"sku": "a"}]}),
        (KNOWN, {"at": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)}, {"at": {"seconds": -1, "nanos": 999999000}}),
        (KNOWN, {"at": datetime.datetime(1970, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))}, {"at": {}}),
        (KNOWN, {"at": Timestamp.of(datetime.datetime(1970, 1, 1, 0, 0, 0, 1, UTC), 7)}, {"at": {"nanos": 1007}}),
        (KNOWN, {"at": timestamp_pb2.Timestamp(seconds=2)}, {"at": {"seconds": 2}}),
        (KNOWN, {"took": datetime.timedelta(seconds=-1.5)}, {"took": {"seconds": -1, "nanos": -500000000}}),
        (KNOWN, {"number": 0, "text": "t", "blob": {"value": b"b"}}, {"number": {}, "text": {"value": "t"}, "blob": b"b"}),
        (KNOWN, {"mask": ["a", "b"]}, {"mask": {"paths": ["a", "b"]}}),
        (KNOWN, {"extra": Line("a", 3)}, {"extra": {"quantity": 3.0, "sku": "a"}}),
        (KNOWN, {"value": {"a": [1, None]}}, {"value": {"a": [1.0, None]}}),
        (KNOWN, {"any": struct_pb2.Value(bool_value=True)}, {"any": {"type_url": "type.googleapis.com/google.protobuf.Value", "value": b" \x01"}}),
        (KNOWN, {"any": any_pb2.Any(type_url="t")}, {"any": {"type_url": "t"}}),
    ],
    ids=str,
)  # fmt: skip
def test_writing_other_values(protobuf: Protobuf, value: object, document: dict[str, object]) -> None:
    assert protobuf.load(protobuf.dump(value)) == document


def test_a_message_that_stands_for_something_by_itself() -> None:
    moment, value = Protobuf(timestamp_pb2.Timestamp), Protobuf(struct_pb2.Value)

    assert moment.load(moment.dump(datetime.datetime(1970, 1, 2, tzinfo=UTC))) == {"seconds": 86400}
    assert value.load(value.dump({"a": [None]})) == {"a": [None]}


@pytest.mark.parametrize(
    ("protobuf", "value", "clause"),
    [
        (ORDER, 5, "it must be a shop.Order, a dict of its fields or a model, not 5"),
        (ORDER, {"ids": 1}, "shop.Order has no field 'ids': it has id, count, lines, .*, …"),
        (ORDER, {"card": {"a": 1}}, "shop.Order.Card has no field 'a' in card: it has number"),
        (NOTHING, {"a": 1}, "shop.Nothing has no field 'a': it has none"),
        (ORDER, {"count": 2**31}, "the field count must be an integer that int32 holds, not 2147483648"),
        (ORDER, {"count": True}, "the field count must be an integer that int32 holds, not True"),
        (ORDER, {"count": 1.0}, "the field count must be an integer that int32 holds, not 1.0"),
        (ORDER, {"wide": -1}, "the field wide must be an integer that fixed32 holds, not -1"),
        (ORDER, {"big": 2**64}, "the field big must be an integer that uint64 holds, not 18446744073709551616"),
        (ORDER, {"codes": [1, None]}, r"the field codes\[1\] must be an integer that int32 holds, not None"),
        (ORDER, {"lines": [{"quantity": "1"}]}, r"the field lines\[0\].quantity must be an integer that uint32 holds, not '1'"),
        (ORDER, {"lines": {"sku": "a"}}, "the field lines is a list, not {'sku': 'a'}"),
        (ORDER, {"tags": "abc"}, "the field tags is a list, not 'abc'"),
        (ORDER, {"lines": [timestamp_pb2.Timestamp()]}, r"the field lines\[0\] must be a shop.Order.Line, not a google.protobuf.Timestamp"),
        (ORDER, {"by_name": []}, r"the field by_name is a map, not \[\]"),
        (ORDER, {"by_name": {"k": None}}, r"the field by_name\['k'\] is None, which no map holds"),
        (ORDER, {"by_number": {"x": ""}}, r"the key of by_number\['x'\] is no int32"),
        (ORDER, {"by_flag": {"True": 1}}, r"the key of by_flag\['True'\] is no bool"),
        (ORDER, {"by_number": {"1": "a", 1: "b"}}, "the field by_number has the key 1 twice"),
        (ORDER, {"by_number": {2**31: "a"}}, r"the field by_number\[2147483648\] must be an integer that int32 holds"),
        (ORDER, {"status": "LOST"}, "the field status is 'LOST', but shop.Order.Status has NEW, PAID, SETTLED, GONE"),
        (ORDER, {"status": 2**31}, "the field status is 2147483648, but shop.Order.Status has NEW"),
        (OLDER, {"id": "", "color": 3}, "the field color is 3, but old.Old.Color has RED, GREEN"),
        (ORDER, {"voucher": "", "card": {}}, "voucher and card are both given, of the oneof payment"),
        (ORDER, {"weight": 1e39}, r"the field weight must be a number that 32 bits hold, not 1e\+39"),
        (ORDER, {"ratio": "1"}, "the field ratio must be a number, not '1'"),
        (ORDER, {"on": 1}, "the field on must be True or False, not 1"),
        (ORDER, {"id": 1}, "the field id must be text that UTF-8 holds, not 1"),
        (ORDER, {"id": b"a"}, "the field id must be text that UTF-8 holds, not b'a'"),
        (ORDER, {"id": "\ud800"}, "the field id must be text that UTF-8 holds"),
        (ORDER, {"id": object}, "the field id must be text that UTF-8 holds, not <class 'object'>"),
        (ORDER, {"raw": "a"}, "the field raw must be bytes, not 'a'"),
        (OLDER, {"count": 1}, r"it lacks the required field id \(schema old.Old\)"),
        (OLDER, {"id": "", "child": {"child": {}}}, r"it lacks the required fields child.id, child.child.id \(schema old.Old\)"),
        (KNOWN, {"at": datetime.datetime(2026, 1, 1)}, "the field at is a time without a zone: datetime.datetime"),
        (KNOWN, {"at": 1}, "the field at must be a google.protobuf.Timestamp, a dict of its fields or a model, not 1"),
        (KNOWN, {"extra": [1]}, r"the field extra must be a dict, not \[1\]"),
        (KNOWN, {"list": {}}, "the field list must be a list, not {}"),
        (KNOWN, {"value": 2**53 + 1}, "the field value is 9007199254740993, which a double does not hold"),
        (KNOWN, {"value": 1j}, "the field value.number_value must be a number, not 1j"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_written(protobuf: Protobuf, value: object, clause: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{clause}"):
        protobuf.dump(value)


def test_what_holds_itself_cannot_be_written() -> None:
    document: dict[str, Any] = {"id": ""}
    document["child"] = document

    with pytest.raises(ValueError, match=r"it is nested deeper than 100 levels, in the field child\.child.*…"):
        OLDER.dump(document)


# -- instances of classes --------------------------------------------------------------------------------------------


def test_an_instance_of_a_generated_class() -> None:
    protobuf = Protobuf(type_pb2.Field)
    field = type_pb2.Field(name="n", kind=type_pb2.Field.TYPE_BOOL)
    contents = protobuf.dump(field)

    assert contents == field.SerializeToString()
    assert protobuf.load(contents) == {"kind": "TYPE_BOOL", "name": "n"}
    with pytest.raises(TypeError, match=r"it must be a google.protobuf.Field, not a google.protobuf.Enum"):
        protobuf.dump(type_pb2.Enum())


# -- the plugin's form -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protobuf", "document", "contents"),
    [
        (ORDER, {"count": 0, "id": "", "status": "NEW", "raw": b"", "ratio": 0, "on": False}, "0a00 1000 2000 7200 790000000000000000 a00100"),
        (ORDER, {"lines": [{"quantity": 0}]}, "1a021000"),
        (ORDER, {"flags": [True, False]}, "6001 6000"),
        (ORDER, {"by_name": {"b": {}, "a": {"sku": ""}}}, "42070a016112020a00 42050a01621200"),
        (ORDER, {"by_number": {"9": "", "10": ""}}, "4a04080a1200 4a0408091200"),
        (ORDER, {"codes": [], "tags": []}, ""),
        (OLDER, {"id": "", "loose": [1, 2], "[old.shades]": ["RED", "GREEN"]}, "0a00 32020102 aa06020102"),
        (KNOWN, {"at": {"seconds": 0}, "number": 0}, "0a020800 3a020800"),
    ],
    ids=str,
)  # fmt: skip
def test_whatever_a_document_names_stands_in_the_form_of_the_plugin(
    protobuf: Protobuf, document: dict[str, object], contents: str
) -> None:
    assert protobuf.example_bytes(document) == bytes.fromhex(contents)


def test_what_lacks_a_required_field_has_no_form_of_the_plugin() -> None:
    with pytest.raises(ValueError, match="it lacks the required field id"):
        OLDER.example_bytes({"count": 1})


# -- unknown fields --------------------------------------------------------------------------------------------------


def test_unknown_fields_are_reported_and_kept() -> None:
    contents = bytes.fromhex("f80701 1a06fd0700000000 42080a016b1203fa0700 3a04fb07fc07 f9070000000000000000 1005")
    protobuf, message = ORDER, ORDER._class.FromString(contents)

    assert protobuf.unknown(contents) == [
        Unknown("$", 127, "varint"),
        Unknown("$", 127, "fixed64"),
        Unknown("$.lines[0]", 127, "fixed32"),
        Unknown("$.card", 127, "group"),
        Unknown("$.by_name['k']", 127, "len"),
    ]
    assert protobuf.unknown(protobuf.dump(message)) == protobuf.unknown(contents)


def test_a_number_that_a_closed_enum_lacks_is_an_unknown_field() -> None:
    contents = bytes.fromhex("0a00 1809")

    assert OLDER.load(contents) == {"id": ""}
    assert OLDER.unknown(contents) == [Unknown("$", 3, "varint")]


# -- every document --------------------------------------------------------------------------------------------------

INT32, TEXT = st.integers(-(2**31), 2**31 - 1), st.text(max_size=5)
LINES = st.fixed_dictionaries({}, optional={"sku": TEXT, "quantity": st.integers(0, 2**32 - 1)})
STATUSES = st.sampled_from(["NEW", "PAID", "GONE"])
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXT,
        "count": INT32,
        "lines": st.lists(LINES, max_size=3),
        "status": STATUSES | st.integers(2, 2**31 - 1),
        "note": TEXT,
        "by_name": st.dictionaries(TEXT, LINES, max_size=3),
        "codes": st.lists(INT32, max_size=3),
        "flags": st.lists(st.booleans(), max_size=3),
        "history": st.lists(STATUSES, max_size=3),
        "raw": st.binary(max_size=5),
        "ratio": st.floats(),
        "weight": st.floats(width=32),
        "below": INT32,
        "wide": st.integers(0, 2**32 - 1),
        "far": st.integers(-(2**63), 2**63 - 1),
        "on": st.booleans(),
        "big": st.integers(0, 2**64 - 1),
    },
)


@given(DOCUMENTS)
def test_every_document_is_written_as_google_s_own_class_writes_it(document: dict[str, Any]) -> None:
    theirs = ORDER._class(**document)

    assert ORDER.dump(document) == theirs.SerializeToString(deterministic=True)
    assert ORDER.dump(ORDER._class.FromString(ORDER.example_bytes(document))) == ORDER.dump(document)


@given(DOCUMENTS)
def test_every_document_is_read_as_it_was_but_for_zeros(document: dict[str, Any]) -> None:
    shape = ORDER.shape
    zero = {
        name for name, value in document.items() if not shape.fields[name].tracks_presence and is_default(name, value)
    }
    expected = {name: value for name, value in document.items() if name not in zero}

    assert as_text(ORDER.load(ORDER.dump(document))) == as_text(expected)


def is_default(name: str, value: object) -> bool:
    return repr(value) == repr(ORDER.shape.fields[name].default)


def as_text(document: Any) -> str:
    """NaN is equal to itself, -0.0 is not 0.0, and zeros within lines are left out."""
    if isinstance(document, dict):
        return str(
            sorted(
                (key, as_text(value))
                for key, value in document.items()
                if value not in ("", 0) or key not in ("sku", "quantity")
            )
        )
    return str([as_text(each) for each in document]) if isinstance(document, list) else repr(document)
