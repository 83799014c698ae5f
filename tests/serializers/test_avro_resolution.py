"""A writer's schema read as a reader's, by the rules of the specification; what does not resolve is an error once it is met."""

import datetime
import random
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from avro_vectors import assert_same
from hypothesis import given, settings
from hypothesis import strategies as st
from test_avro_reading import SCHEMAS, value_for  # random schemas and values

from msgpact.serializers.avro import exact as avro_exact
from msgpact.serializers.avro.encoding import encoded
from msgpact.serializers.avro.reading import reading
from msgpact.serializers.avro.resolution import plan_of
from msgpact.serializers.avro.schemas import parsed

UTC = datetime.UTC


def record(*fields: Any, name: str = "shop.Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, name: str = "E", **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": name, **more}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return logical("bytes", "decimal", precision=precision, scale=scale)


def resolved(writer: Any, value: object, reader: Any) -> object:
    written = parsed(writer)
    body, plan = encoded(written, value), plan_of(written, parsed(reader))
    found = reading(plan)(body)
    assert_same(found, avro_exact.read(plan, body))
    return found


INTS = {"type": "array", "items": "int"}


@pytest.mark.parametrize(
    ("writer", "value", "reader", "expected"),
    [
        ("int", 7, "long", 7), ("int", 7, "float", 7.0), ("int", 7, "double", 7.0), ("long", 7, "float", 7.0), ("long", 7, "double", 7.0),
        ("float", 1.5, "double", 1.5), ("string", "é", "bytes", b"\xc3\xa9"), ("bytes", b"\xc3\xa9", "string", "é"),
        ("long", 2**24 + 1, "float", 2.0**24),
        (INTS, [1, 2], {"type": "array", "items": "double"}, [1.0, 2.0]),
        (INTS, [1], {"type": "array", "items": ["null", "long"]}, [1]),
        ({"type": "map", "values": "int"}, {"a": 1}, {"type": "map", "values": "float"}, {"a": 1.0}),
        # fields by name, in the reader's order
        (record(field("a", "int"), field("b", "string")), {"a": 1, "b": "x"}, record(field("b", "string"), field("a", "long")), {"b": "x", "a": 1}),
        (record(field("a", "int"), field("b", INTS)), {"a": 1, "b": [1]}, record(field("a", "int")), {"a": 1}),
        (record(field("a", "int")), {"a": 1}, record(), {}),
        (record(field("a", "int"), field("b", "int")), {"a": 1, "b": 2}, record(field("b", "int")), {"b": 2}),
        # defaults are native values
        (record(), {}, record(field("a", logical("long", "timestamp-millis"), default=1000)), {"a": datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)}),
        (record(), {}, record(field("a", decimal(4, 2), default="\x01")), {"a": Decimal("0.01")}),
        (record(), {}, record(field("a", "bytes", default="\xff")), {"a": b"\xff"}),
        (record(), {}, record(field("a", ["null", "string"], default=None), field("b", ["string", "null"], default=None)), {"a": None, "b": None}),
        (record(), {}, record(field("a", record(field("x", "int", default=1), name="In"), default={})), {"a": {"x": 1}}),
        (record(), {}, record(field("a", {"type": "fixed", "name": "F", "size": 16, "logicalType": "uuid"}, default="\0" * 15 + "\1")), {"a": UUID(int=1)}),
        (record(), {}, record(field("a", "float", default="NaN", aliases=["x"]), field("b", "int", default=2)), {"a": float("nan"), "b": 2}),
        # aliases
        (record(field("old", "int")), {"old": 1}, record(field("new", "long", aliases=["older", "old"])), {"new": 1}),
        (record(field("a", "int"), field("b", "int")), {"a": 1, "b": 2}, record(field("a", "int"), field("c", "int", aliases=["a", "b"])), {"a": 1, "c": 2}),
        (record(field("a", "int"), name="x.Old"), {"a": 1}, record(field("a", "int"), aliases=["x.Old"]), {"a": 1}),
        (record(field("a", "int"), name="shop.Old"), {"a": 1}, record(field("a", "int"), aliases=["Old"]), {"a": 1}),
        (record(field("a", "int"), name="x.Order"), {"a": 1}, record(field("a", "int")), {"a": 1}),
        (enum("A", "B", name="Old"), "B", enum("B", "A", aliases=["Old"]), "B"),
        # enums
        (enum("A", "B", "C"), "C", enum("A", "Z", default="Z"), "Z"),
        (enum("A", "B", "C"), "A", enum("A", "Z"), "A"),
        # unions
        (["null", "int"], 7, ["string", "null", "double"], 7.0),
        (["null", "int"], 7, "long", 7),
        ("int", 7, ["null", "double", "int"], 7),
        ("int", 7, ["null", "double"], 7.0),
        (["null", INTS], [1], ["null", {"type": "array", "items": "double"}], [1.0]),
        ([record(field("a", "int"), name="A"), record(field("b", "int"), name="B")], ("B", {"b": 1}),
         [record(field("b", "long"), field("z", "int", default=3), name="B"), record(field("a", "int"), name="A")], {"b": 1, "z": 3}),
        (record(field("a", "int"), name="x.A"), {"a": 1}, [record(field("a", "long"), name="y.A"), record(field("a", "double"), name="x.A")], {"a": 1.0}),
        # the reader's logical type holds
        (logical("int", "date"), datetime.date(1970, 1, 3), "int", 2),
        ("int", 2, logical("int", "date"), datetime.date(1970, 1, 3)),
        ("int", 2, logical("long", "timestamp-micros"), datetime.datetime(1970, 1, 1, 0, 0, 0, 2, UTC)),
        (logical("int", "date"), datetime.date(1970, 1, 3), "double", 2.0),
        ("string", "\x01", decimal(4, 2), Decimal("0.01")),
        ("bytes", b"00000000-0000-0000-0000-000000000001", logical("string", "uuid"), UUID(int=1)),
        (decimal(4, 2), Decimal("1.23"), decimal(9, 2), Decimal("1.23")),
        (decimal(4, 2), Decimal("0.01"), "bytes", b"\1"),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_is_the_readers(writer: Any, value: object, reader: Any, expected: object) -> None:
    found = resolved(writer, value, reader)

    assert_same(found, expected)
    if isinstance(expected, dict):
        assert isinstance(found, dict)
        assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("writer", "value", "reader", "clause"),
    [
        ("string", "x", "int", "^the writer's string is no int, at byte 0"),
        ("double", 1.0, "float", "^the writer's double is no float"),
        ("long", 1, "int", "^the writer's long is no int"),
        ("boolean", True, "int", "^the writer's boolean is no int"),
        (INTS, [1], {"type": "map", "values": "int"}, "^the writer's array of int is no map of int"),
        (INTS, [], {"type": "array", "items": "string"}, "^the writer's int is no string"),
        ({"type": "fixed", "name": "F", "size": 1}, b"a", {"type": "fixed", "name": "F", "size": 2}, "^the writer's F has 1 bytes, the reader's 2"),
        ({"type": "fixed", "name": "F", "size": 1}, b"a", {"type": "fixed", "name": "G", "size": 1}, "neither called G nor an alias of it"),
        (record(field("a", "int")), {"a": 1}, record(field("a", "string")), "^the field a: the writer's int is no string, at byte 0"),
        (record(field("a", "int")), {"a": 1}, record(field("b", "int")), "^the writer has no field 'b', for which the reader has no default, at byte 0"),
        (record(field("a", "int")), {"a": 1}, record(field("a", "int"), name="Other"), "^the writer's shop.Order is neither called Other nor an alias"),
        (enum("A", "B"), "B", enum("A"), "^the writer's symbol 'B' is none of the reader's E, which has no default"),
        (record(field("e", enum("A", "B"))), {"e": "B"}, record(field("e", enum("A"), default="A")), "^the field e: the writer's symbol 'B'"),
        (["null", "int"], None, "int", "^the writer's null is no int, at byte 1"),
        (["null", "int"], 1, ["null", "string"], r"^the writer's int is none of the reader's \[null, string\], at byte 1"),
        (["int", "string"], 1, {"type": "array", "items": "int"}, "^the writer's int is no array of int"),
        (decimal(4, 2), Decimal(1), decimal(4, 3), r"^the writer's decimal\(4, 2\) is not the reader's decimal\(4, 3\)"),
        (logical("long", "timestamp-millis"), 1, logical("long", "timestamp-micros"), "^the writer's timestamp-millis is not the reader's timestamp-micros"),
        (logical("int", "time-millis"), 1, logical("long", "time-micros"), "^the writer's time-millis is not the reader's time-micros"),
        (logical("long", "timestamp-millis"), 1, logical("long", "local-timestamp-millis"), "is not the reader's local-timestamp-millis"),
        ("string", "x", logical("string", "uuid"), "^'x' is no uuid"),
        ("int", 2**31 - 1, logical("int", "date"), "^2147483647 is no date: it is not between the years 1 and 9999"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_resolve_is_named(writer: Any, value: object, reader: Any, clause: str) -> None:
    written = parsed(writer)
    body, plan = encoded(written, value), plan_of(written, parsed(reader))

    for load in (reading(plan), lambda body: avro_exact.read(plan, body)):
        with pytest.raises(ValueError, match=clause):
            load(body)


def test_what_does_not_resolve_matters_only_where_it_is_met() -> None:
    writer = record(field("a", ["null", "int", "string"]), field("b", {"type": "array", "items": enum("X", "Y")}))
    reader = record(field("a", ["null", "int"]), field("b", {"type": "array", "items": enum("X")}))

    assert resolved(writer, {"a": 1, "b": ["X", "X"]}, reader) == {"a": 1, "b": ["X", "X"]}
    with pytest.raises(ValueError, match=r"^the field a: the writer's string is none of the reader's"):
        resolved(writer, {"a": "x", "b": []}, reader)
    with pytest.raises(ValueError, match=r"^the field b\[1\]: the writer's symbol 'Y' is none of the reader's"):
        resolved(writer, {"a": None, "b": ["X", "Y"]}, reader)


def test_a_field_that_is_passed_over_need_not_be_valid() -> None:
    writer = record(field("id", logical("string", "uuid")), field("n", "int"))

    assert resolved(writer, {"id": "no uuid", "n": 1}, record(field("n", "int"))) == {"n": 1}


def test_a_default_that_can_be_changed_is_a_new_one_each_time() -> None:
    reader = record(field("tags", {"type": "array", "items": "string"}, default=["a"]), field("n", "int", default=1))
    load = reading(plan_of(parsed(record()), parsed(reader)))

    first: Any = load(b"")
    first["tags"].append("b")

    assert load(b"") == {"tags": ["a"], "n": 1}


def test_records_that_hold_themselves_resolve() -> None:
    writer = record(field("n", "int"), field("next", ["null", "Node"]), name="Node")
    reader = record(
        field("next", ["null", "Node"]), field("n", "double"), field("tag", "string", default="t"), name="Node"
    )
    value = {"n": 1, "next": {"n": 2, "next": None}}

    assert resolved(writer, value, reader) == {"n": 1.0, "tag": "t", "next": {"n": 2.0, "tag": "t", "next": None}}


@settings(max_examples=100, deadline=None)
@given(SCHEMAS, st.integers(0, 2**32))
def test_a_schema_resolves_to_itself_and_to_an_optional_one(schema: Any, seed: int) -> None:
    value = value_for(schema, random.Random(seed))

    assert_same(resolved(schema, value, schema), value)
    if not isinstance(schema, list) and schema != "null":
        assert_same(resolved(schema, value, ["null", schema]), value)
        assert_same(resolved(["null", schema], value, schema), value)
