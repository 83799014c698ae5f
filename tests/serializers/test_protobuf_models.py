"""Protobuf messages as what handlers annotate: generated classes, dicts, dataclasses, TypedDicts, Pydantic models."""

import dataclasses
import datetime
import enum
from typing import Any

import pytest
from google.protobuf import timestamp_pb2, type_pb2
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf
from msgpact.times import Timestamp

SCHEMA = """
syntax = "proto3"; package shop;
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
message Order {
  string id = 1; int32 count = 2; Status status = 3; optional string note = 4; repeated Line lines = 5;
  map<int32, Line> by_number = 6; google.protobuf.Timestamp at = 7; google.protobuf.Duration took = 8;
  google.protobuf.Int64Value number = 9; google.protobuf.StringValue text = 10; google.protobuf.FieldMask mask = 11;
  google.protobuf.Struct extra = 12; repeated google.protobuf.Timestamp times = 13; bytes raw = 14; double ratio = 15;
  repeated Status history = 16;
  message Line { string sku = 1; int32 quantity = 2; google.protobuf.Timestamp due = 3; }
  enum Status { NEW = 0; PAID = 1; }
}
"""
ORDER = Protobuf("shop.Order", proto=RegisteredSchema("PROTOBUF", SCHEMA, {}))
NEW_YEAR = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
SINCE = {"seconds": 1767225600}


class Number(enum.IntEnum):
    NEW = 0
    PAID = 1


class Name(enum.Enum):
    NEW = "NEW"
    PAID = "PAID"


class Line(BaseModel):
    sku: str
    quantity: int
    due: datetime.datetime | None = None


class Seconds(BaseModel):
    seconds: int
    nanos: int = 0


def a(field: str, annotation: Any) -> Any:
    """A model of one field."""
    return type("Model", (BaseModel,), {"__annotations__": {field: annotation}})


@pytest.mark.parametrize(
    ("annotation", "document", "value"),
    [
        (str, {"id": "a"}, "a"),
        (str, {}, ""),
        (bytes, {"raw": b"\xff"}, b"\xff"),
        (float, {"ratio": 1.5}, 1.5),
        (Name, {"status": "PAID"}, Name.PAID),
        (Number, {"status": "PAID"}, Number.PAID),
        (Number, {}, Number.NEW),
        (int, {"status": 7}, 7),
        (list[Number], {"history": ["PAID", "NEW"]}, [Number.PAID, Number.NEW]),
        (list[Line], {}, []),
        (list[Line], {"lines": [{"sku": "a"}, {"due": SINCE}]}, [Line(sku="a", quantity=0), Line(sku="", quantity=0, due=NEW_YEAR)]),
        (dict[int, Line], {"by_number": {"7": {"due": SINCE}}}, {7: Line(sku="", quantity=0, due=NEW_YEAR)}),
        (str | None, {"note": ""}, ""),
        (datetime.datetime, {"at": SINCE}, NEW_YEAR),
        (datetime.datetime | None, {"at": {}}, datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)),
        (datetime.datetime, {"at": {"seconds": -1, "nanos": 999_999_000}}, datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, datetime.UTC)),
        (datetime.datetime, {"at": {"seconds": 1767225600, "nanos": 5}}, Timestamp.of(NEW_YEAR, 5)),
        (list[datetime.datetime], {"times": [SINCE, {}]}, [NEW_YEAR, datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)]),
        (Seconds, {"at": SINCE}, Seconds(seconds=1767225600)),
        (dict[str, int], {"at": SINCE}, SINCE),
        (datetime.timedelta, {"took": {"seconds": -1, "nanos": -500_000_000}}, datetime.timedelta(seconds=-1.5)),
        (int, {"number": {"value": 3}}, 3),
        (int, {"number": {}}, 0),
        (str | None, {"text": {"value": "t"}}, "t"),
        (list[str], {"mask": {"paths": ["a"]}}, ["a"]),
        (dict[str, Any], {"extra": {"a": [None]}}, {"a": [None]}),
    ],
    ids=str,
)  # fmt: skip
def test_a_field_as_the_type_that_a_model_says(annotation: object, document: dict[str, Any], value: object) -> None:
    name = next(iter(document), NAMES.get(repr(annotation), "id"))

    model: Any = ORDER.build(ORDER.dump(document), a(name, annotation))

    assert getattr(model, name) == value


NAMES = {repr(Number): "status", repr(list[Line]): "lines"}
"""Fields of the rows that have an empty document."""


@dataclasses.dataclass
class Plain:
    id: str
    at: datetime.datetime


class Typed(TypedDict, total=False):
    id: str
    at: datetime.datetime


class Model(BaseModel):
    id: str
    at: datetime.datetime = Field(alias="at")


CONTENTS = ORDER.dump({"id": "a", "at": SINCE})


@pytest.mark.parametrize(
    ("into", "value"),
    [
        (dict, {"id": "a", "at": SINCE}),
        (dict[str, Any], {"id": "a", "at": SINCE}),
        (object, {"id": "a", "at": SINCE}),
        (Any, {"id": "a", "at": SINCE}),
        (Plain, Plain("a", NEW_YEAR)),
        (Typed, {"id": "a", "at": NEW_YEAR}),
        (Model, Model(id="a", at=NEW_YEAR)),
        (Model | None, Model(id="a", at=NEW_YEAR)),
    ],
    ids=str,
)
def test_building(into: object, value: object) -> None:
    assert ORDER.build(CONTENTS, into) == value


def test_a_generated_class_of_that_name() -> None:
    protobuf = Protobuf("google.protobuf.Timestamp", proto=ORDER.descriptor_set)
    moment: Any = protobuf.build(b"\x08\x01", timestamp_pb2.Timestamp)

    assert type(moment) is timestamp_pb2.Timestamp
    assert moment == timestamp_pb2.Timestamp(seconds=1)
    assert protobuf.build(b"\x08\x01", timestamp_pb2.Timestamp | None) == moment


@pytest.mark.parametrize(
    ("into", "clause"),
    [
        (type_pb2.Type, "it is a shop.Order, which no google.protobuf.Type is made of"),
        (a("note", str), "note: Field required, got {'id': 'a'"),
        (a("at", int), "at: Input should be a valid integer, got datetime"),
        (a("count", list[int]), "count: Input should be a valid list, got 0"),
        (a("of", str), "of: Field required"),
        (int, "the whole: Input should be a valid integer, got {'id': 'a'"),
        (type("Odd", (), {}), "Pydantic cannot make it: Unable to generate pydantic-core schema"),
    ],
    ids=["class", "absent", "no time", "no list", "no field", "no model", "no type"],
)
def test_what_cannot_be_built(into: object, clause: str) -> None:
    with pytest.raises((TypeError, ValueError), match=clause):
        ORDER.build(CONTENTS, into)


def test_a_time_that_python_does_not_have() -> None:
    contents = ORDER.dump({"at": {"seconds": 2**60}})

    with pytest.raises(ValueError, match=r"at: Input should be a valid datetime, got {'seconds'"):
        ORDER.build(contents, a("at", datetime.datetime))


def test_another_version_of_a_class_that_cannot_read_it() -> None:
    other = Protobuf(
        "shop.Order",
        proto=RegisteredSchema("PROTOBUF", 'syntax = "proto3"; package shop; message Order { string raw = 14; }', {}),
    )

    with pytest.raises(ValueError, match=r"the class Order, which has another schema, cannot read it: "):
        ORDER.build(ORDER.dump({"raw": b"\xff"}), other._class)


def test_a_document_is_another_each_time() -> None:
    first: Any = ORDER.build(CONTENTS, dict)
    first["id"] = "changed"

    assert ORDER.load(CONTENTS)["id"] == "a"
