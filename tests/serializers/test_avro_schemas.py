"""Avro schemas: what is one, what is none and why, and what could do harm."""

import json
from typing import Any

import pytest

from msgpact.serializers.avro.guard import guard_of
from msgpact.serializers.avro.json_encoding import check_defaults
from msgpact.serializers.avro.logical import Logical
from msgpact.serializers.avro.resolution import plan_of
from msgpact.serializers.avro.schema_types import NoSchema, all_types
from msgpact.serializers.avro.schemas import parsed


def record(*fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "shop.Order", "fields": list(fields), **more}


def field(kind: Any, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


@pytest.mark.parametrize(
    ("schema", "clause"),
    [
        pytest.param("", "the type '' is not known", id="nothing"),
        pytest.param("strng", "the type 'strng' is not known: it is no primitive, and nothing before it defines it", id="unknown"),
        pytest.param("{", "it is not JSON", id="no-json"),
        pytest.param("[" * 100_000, "it is not JSON", id="deep-json"),
        pytest.param(5, "5 is no type", id="number"),
        pytest.param({"name": "A"}, "has no 'type'", id="no-type"),
        pytest.param({"type": {"type": "int"}}, "is not text", id="type-of-type"),
        pytest.param([], "a union has no types", id="empty-union"),
        pytest.param(["int", ["null"]], "holds another union", id="union-in-union"),
        pytest.param(["int", {"type": "int", "logicalType": "date"}], "holds 'int' twice", id="union-twice"),
        pytest.param({"type": "array"}, "has no 'items'", id="array"),
        pytest.param({"type": "map", "items": "int"}, "has no 'values'", id="map"),
        pytest.param({"type": "record", "name": "A"}, "the record A has no list of fields", id="no-fields"),
        pytest.param({"type": "record", "fields": []}, "None is no name of a record", id="no-name"),
        pytest.param({"type": "fixed", "name": "a-b", "size": 1}, "'a-b' is no name of a fixed", id="bad-name"),
        pytest.param(record({"name": "a"}), "is no field of shop.Order: it has no 'type'", id="field-without-type"),
        pytest.param(record(field("int", "a b")), "'a b' is no name of a field of shop.Order", id="bad-field"),
        pytest.param(record(field("int"), field("int")), "the record shop.Order has two fields 'a'", id="two-fields"),
        pytest.param(record(field("lost")), r"the type 'lost' is not known.*\(the field 'a' of shop.Order\)", id="where"),
        pytest.param(record(field("int", aliases="b")), "the aliases of the field 'a' of shop.Order are no list", id="field-aliases"),
        pytest.param(record(aliases="b"), "the aliases of shop.Order are no list", id="aliases"),
        pytest.param(record(field(record())), "the type 'shop.Order' is defined twice", id="defined-twice"),
        pytest.param({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "the enum E has a symbol twice", id="symbol-twice"),
        pytest.param({"type": "enum", "name": "E", "symbols": "AB"}, "the symbols of the enum E are no list of names", id="symbols"),
        pytest.param({"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}, "none of its symbols: 'B'", id="enum-default"),
        pytest.param({"type": "fixed", "name": "F", "size": -1}, "the size of the fixed F is no number of bytes", id="size"),
        pytest.param({"type": "fixed", "name": "F", "size": True}, "the size of the fixed F is no number of bytes", id="size-true"),
        pytest.param(record(field("Order")), "always holds another shop.Order, so it has no value", id="endless"),
    ],
)  # fmt: skip
def test_what_is_no_schema(schema: Any, clause: str) -> None:
    with pytest.raises(NoSchema, match=clause):
        parsed(schema)


@pytest.mark.parametrize(
    ("schema", "logical"),
    [
        ({"type": "int", "logicalType": "date"}, Logical("date")),
        ({"type": "bytes", "logicalType": "decimal", "precision": 4}, Logical("decimal", 4, 0)),
        ({"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 4}, Logical("decimal", 4, 0)),
        ({"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5}, None),
        ({"type": "bytes", "logicalType": "decimal"}, None),
        ({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3}, None),
        ({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": -1}, None),
        ({"type": "bytes", "logicalType": "decimal", "precision": "2"}, None),
        ({"type": "string", "logicalType": "date"}, None),
        ({"type": "string", "logicalType": "iban"}, None),
        ({"type": "string", "logicalType": 5}, None),
        ({"type": "fixed", "name": "F", "size": 11, "logicalType": "duration"}, None),
        ({"type": "fixed", "name": "F", "size": 12, "logicalType": "duration"}, Logical("duration")),
        ({"type": "fixed", "name": "F", "size": 15, "logicalType": "uuid"}, None),
    ],
    ids=str,
)
def test_a_logical_type_that_is_not_valid_is_ignored(schema: Any, logical: Logical | None) -> None:
    assert parsed(schema).logical == logical


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"type": "fixed", "name": "a.B", "namespace": "c", "size": 1}, ["a.B"]),
        ({"type": "fixed", "name": "B", "namespace": "c.d", "size": 1}, ["c.d.B"]),
        ({"type": "fixed", "name": "B", "namespace": "", "size": 1}, ["B"]),
        (record(field({"type": "fixed", "name": "F", "size": 1})), ["shop.Order", "shop.F"]),
        (record(field({"type": "fixed", "name": "x.F", "size": 1}), field("x.F", "b")), ["shop.Order", "x.F"]),
        (record(field({"type": "fixed", "name": "F", "namespace": "", "size": 1})), ["shop.Order", "F"]),
    ],
    ids=str,
)
def test_names_have_the_namespace_around_them(schema: Any, names: list[str]) -> None:
    assert [each.name for each in all_types(parsed(schema)) if each.name] == names


@pytest.mark.parametrize(
    ("kind", "default", "clause"),
    [
        ("int", "1", "'1' is no int"),
        ("int", 2**31, "2147483648 is no int"),
        ("int", True, "True is no int"),
        ("boolean", 0, "0 is no boolean"),
        ("double", "1.5", "'1.5' is no double"),
        ("bytes", "\u0100", "letters beyond U.00FF"),
        ({"type": "fixed", "name": "F", "size": 2}, "a", "'a' has 1 bytes, and shop.F has 2"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "B", "'B' is no shop.E"),
        (["null", "int"], "null", r"'null' is in no branch of the union \[null, int\]"),
        ({"type": "array", "items": "int"}, ["a"], "'a' is no int"),
        ({"type": "record", "name": "R", "fields": [field("int")]}, {}, "has no 'a', a field of shop.R"),
        ({"type": "string", "logicalType": "uuid"}, "x", "'x' is no uuid"),
    ],
    ids=str,
)
def test_a_default_that_does_not_fit(kind: Any, default: Any, clause: str) -> None:
    schema = parsed(record(field(kind, default=default)))

    with pytest.raises(ValueError, match=rf"^the default of the field 'a' of shop.Order does not fit: .*{clause}"):
        check_defaults(schema)


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("double", 1),
        ("float", "NaN"),
        ("bytes", "\xff"),
        (["int", "null"], None),
        ({"type": "map", "values": "int"}, {"a": 1}),
    ],
    ids=str,
)
def test_a_default_that_fits(kind: Any, default: Any) -> None:
    check_defaults(parsed(record(field(kind, default=default))))


# -- schemas that could do harm --------------------------------------------------------------------------------------


def chain(length: int, leaf: str) -> list[Any]:
    """Records of which each holds the one before it twice, the first one *leaf*."""
    schemas: list[Any] = [{"type": "record", "name": "R0", "fields": [field(leaf)]}]
    for number in range(1, length):
        fields = [field(f"R{number - 1}", "a"), field(f"R{number - 1}", "b")]
        schemas.append({"type": "record", "name": f"R{number}", "fields": fields})
    return schemas


def test_a_value_that_is_large_without_a_byte_is_refused() -> None:
    with pytest.raises(NoSchema, match=r"the record R\d+ holds more than 100000 values that take no bytes"):
        parsed(chain(64, "null"))


def test_a_schema_may_be_deep_within_bounds() -> None:
    schema: Any = "int"
    for _ in range(128):
        schema = {"type": "array", "items": schema}

    kind = parsed(schema)

    assert plan_of(kind, kind).depth == 0


def test_records_that_hold_records_twice_are_looked_at_once() -> None:
    kind = parsed(chain(64, "int"))

    assert guard_of(plan_of(kind, kind))(b"\0") is False  # 2^64 of anything would take for ever


@pytest.mark.parametrize("depth", [500, 5_000])
def test_a_schema_that_is_too_deep_is_refused(depth: int) -> None:
    schema: Any = "int"
    for _ in range(depth):
        schema = {"type": "array", "items": schema}

    with pytest.raises(NoSchema, match="nested too deep"):
        parsed(schema)


def test_types_that_lead_too_deep_are_refused() -> None:
    schemas: list[Any] = [{"type": "record", "name": "R0", "fields": []}]
    for number in range(1, 200):
        schemas.append({"type": "record", "name": f"R{number}", "fields": [field(f"R{number - 1}"), field("int", "b")]})

    with pytest.raises(NoSchema, match="nested too deep"):
        parsed(json.dumps(schemas))
