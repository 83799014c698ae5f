"""Native values as Avro: the bytes that the specification gives them, and what does not fit."""

import dataclasses
import datetime
import enum
import math
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pydantic
import pytest

from msgpact.serializers.avro.encoding import encoded
from msgpact.serializers.avro.schemas import parsed
from msgpact.times import Duration, Timestamp

UTC = datetime.UTC
ENUM = {"type": "enum", "name": "Size", "symbols": ["S", "M", "L"]}
LINE = {
    "type": "record",
    "name": "Line",
    "fields": [{"name": "sku", "type": "string"}, {"name": "n", "type": "int", "default": 1}],
}
ORDER = {
    "type": "record", "name": "Order", "namespace": "shop",
    "fields": [{"name": "id", "type": "long"}, {"name": "lines", "type": {"type": "array", "items": LINE}}],
}  # fmt: skip


def fixed(size: int, logical: str, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, "logicalType": logical, **more}


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": name, **more}


class Size(enum.Enum):
    S = "S"
    MEDIUM = "M"
    L = 3


@pytest.mark.parametrize(
    ("schema", "value", "written"),
    [
        # the specification's own examples of numbers, strings, arrays and unions
        ("int", 0, "00"), ("int", -1, "01"), ("int", 1, "02"), ("int", -2, "03"), ("int", -64, "7f"), ("int", 64, "8001"),
        ("string", "foo", "06666f6f"),
        ({"type": "record", "name": "t", "fields": [{"name": "a", "type": "long"}, {"name": "b", "type": "string"}]}, {"a": 27, "b": "foo"}, "3606666f6f"),
        ({"type": "array", "items": "long"}, [3, 27], "04063600"),
        (["null", "string"], None, "00"), (["null", "string"], "a", "020261"),
        # and what follows from its words
        ("long", 2**63 - 1, "feffffffffffffffff01"), ("long", -(2**63), "ffffffffffffffffff01"), ("int", -(2**31), "ffffffff0f"),
        ("null", None, ""), ("boolean", True, "01"), ("boolean", False, "00"), ("double", 1, "000000000000f03f"),
        ("float", 1.5, "0000c03f"), ("double", -0.0, "0000000000000080"), ("bytes", b"\0\xff", "0400ff"), ("bytes", bytearray(b"a"), "0261"),
        ({"type": "fixed", "name": "F", "size": 2}, b"\1\2", "0102"), ({"type": "map", "values": "int"}, {"k": 7}, "02026b0e00"),
        ({"type": "map", "values": "int"}, {}, "00"), ({"type": "array", "items": "int"}, (), "00"),
        (ENUM, "M", "02"), (ENUM, Size.MEDIUM, "02"), (ENUM, Size.L, "04"), ("string", Size.MEDIUM, "024d"),
        (ORDER, {"id": 1, "lines": [{"sku": "a", "n": 2}, {"sku": "b"}]}, "02 04 0261 04 0262 02 00"),
        (logical("bytes", "decimal", precision=9, scale=2), Decimal("12.5"), "0404e2"),
        (logical("bytes", "decimal", precision=9, scale=2), Decimal("-1.28"), "0280"),
        (logical("bytes", "decimal", precision=9, scale=2), Decimal("1.28"), "040080"),
        (logical("bytes", "decimal", precision=9, scale=2), 1, "0264"),
        (logical("bytes", "decimal", precision=9, scale=2), b"\1", "0201"),
        (fixed(4, "decimal", precision=9), Decimal(-2), "fffffffe"),
        (logical("bytes", "big-decimal"), Decimal("12.345"), "0804303906"),
        (logical("string", "uuid"), UUID(int=1), "48" + b"00000000-0000-0000-0000-000000000001".hex()),
        (logical("string", "uuid"), "x", "0278"),
        (fixed(16, "uuid"), UUID(int=1), "00" * 15 + "01"),
        (logical("int", "date"), datetime.date(1970, 1, 2), "02"), (logical("int", "date"), 3, "06"),
        (logical("int", "time-millis"), datetime.time(0, 0, 1, 1999), "d20f"),
        (logical("long", "time-micros"), datetime.time(0, 0, 0, 3), "06"),
        (logical("long", "timestamp-millis"), datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "d00f"),
        (logical("long", "timestamp-millis"), datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "01"),
        (logical("long", "timestamp-millis"), datetime.datetime(1970, 1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1))), "00"),
        (logical("long", "timestamp-micros"), datetime.datetime(1970, 1, 1, 0, 0, 0, 7, tzinfo=UTC), "0e"),
        (logical("long", "timestamp-nanos"), Timestamp.since_epoch(7), "0e"),
        (logical("long", "timestamp-nanos"), datetime.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "d00f"),
        (logical("long", "timestamp-nanos"), 7, "0e"),
        (logical("long", "local-timestamp-millis"), datetime.datetime(1970, 1, 1, 0, 0, 1), "d00f"),
        (logical("long", "local-timestamp-micros"), datetime.datetime(1970, 1, 1, 0, 0, 0, 7), "0e"),
        (logical("long", "local-timestamp-nanos"), Timestamp.since_epoch(-1, None), "01"),
        (fixed(12, "duration"), Duration(1, 2, 3), "01000000 02000000 03000000"),
        (fixed(12, "duration"), (2**32 - 1, 0, 0), "ffffffff 00000000 00000000"),
        (logical("string", "iban"), "x", "0278"),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_has_the_bytes_of_the_specification(schema: Any, value: object, written: str) -> None:
    assert encoded(parsed(schema), value).hex() == written.replace(" ", "")


def test_nan_is_written() -> None:
    assert encoded(parsed("double"), math.nan).hex() == "000000000000f87f"


# -- records ---------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Line:
    sku: str
    n: int = 1


class Order(pydantic.BaseModel):
    id: int
    lines: list[Line]


class Aliased(pydantic.BaseModel, serialize_by_alias=True):
    number: int = pydantic.Field(serialization_alias="id")
    lines: list[Line] = []


class Loose(pydantic.BaseModel, extra="allow"):
    id: int


class Pair(NamedTuple):
    sku: str
    n: int


class Plain:
    def __init__(self) -> None:
        self.id = 1
        self.lines = [Pair("a", 2)]


@pytest.mark.parametrize(
    "value",
    [
        {"id": 1, "lines": [Line("a", 2)]},
        Order(id=1, lines=[Line("a", 2)]),
        Aliased(number=1, lines=[Line("a", 2)]),
        Loose(id=1, lines=[{"sku": "a", "n": 2}]),  # type: ignore[call-arg]  # extra fields are allowed
        Plain(),
    ],
    ids=["dict", "model", "aliases", "extra", "plain"],
)
def test_anything_with_fields_is_a_record(value: object) -> None:
    assert encoded(parsed(ORDER), value).hex() == "02" + "02" + "026104" + "00"


@pytest.mark.parametrize(
    ("schema", "value", "clause"),
    [
        ("int", "1", r"^'1' is no int \(schema int\)$"),
        ("int", True, r"^True is no int"),
        ("int", 1.0, r"^1\.0 is no int"),
        ("int", 2**31, r"^2147483648 is out of the range of int"),
        ("long", -(2**63) - 1, r"^-9223372036854775809 is out of the range of long"),
        ("null", 0, r"^0 is no null"),
        ("boolean", 1, r"^1 is no boolean"),
        ("double", Decimal(1), r"^Decimal\('1'\) is no double"),
        ("float", 1e39, r"^1e\+39 is out of the range of float"),
        ("string", b"a", r"^b'a' is no string"),
        ("string", "\ud800", r"cannot be written in UTF-8"),
        ("bytes", "a", r"^'a' is no bytes"),
        ({"type": "fixed", "name": "F", "size": 2}, b"a", r"^b'a' has 1 bytes, and F has 2 \(schema F\)$"),
        ({"type": "fixed", "name": "F", "size": 2}, "ab", r"^'ab' is no F"),
        (ENUM, "XL", r"^'XL' is no symbol of Size, which are S, M, L"),
        (ENUM, 1, r"^1 is no symbol of Size"),
        ({"type": "array", "items": "int"}, "ab", r"^'ab' is no array of int"),
        ({"type": "array", "items": "int"}, [1, "b"], r"^the item \[1\]: 'b' is no int \(schema array of int\)$"),
        ({"type": "map", "values": "int"}, [], r"^\[\] is no map of int"),
        ({"type": "map", "values": "int"}, {1: 2}, r"^the item \[1\]: 1 is no string"),
        ({"type": "map", "values": "int"}, {"a": "b"}, r"^the item \['a'\]: 'b' is no int"),
        (ORDER, 5, r"^5 has no fields, and shop\.Order is a record \(schema shop\.Order\)$"),
        (ORDER, {"id": 1}, r"^shop\.Order has the field 'lines', without a default, and no value is given"),
        (ORDER, {"id": 1, "lines": [], "sum": 2}, r"^shop\.Order has no field 'sum': it has id, lines"),
        (ORDER, {"id": 1, "lines": [{"sku": 7}]}, r"^the field lines\[0\]\.sku: 7 is no string \(schema shop\.Order\)$"),
        ({"type": "record", "name": "R", "fields": []}, {"a": 1}, r"^R has no field 'a': it has none"),
        (["null", "int"], "x", r"^'x' is no int"),
        (["null", ORDER], {"id": "x", "lines": []}, r"^the field id: 'x' is no long"),
        (["int", "string", ORDER], 1.5, r"^1\.5 is no \[int, string, shop\.Order\]"),
        (["int", "string"], None, r"^None is no \[int, string\]"),
        (logical("bytes", "decimal", precision=4, scale=2), Decimal("1.234"), r"is no decimal\(4, 2\): it has more than the 2 digits after the point"),
        (logical("bytes", "decimal", precision=4, scale=2), Decimal("123.45"), r"is no decimal\(4, 2\): it has more than the 4 digits"),
        (logical("bytes", "decimal", precision=4, scale=2), Decimal("NaN"), r"it is not finite"),
        (logical("bytes", "decimal", precision=4, scale=2), Decimal("1E+1000000"), r"it has too many digits"),
        (logical("bytes", "decimal", precision=4, scale=2), 1.5, r"^1\.5 is no Decimal and no bytes \(decimal\(4, 2\)\)"),
        (logical("bytes", "decimal", precision=4, scale=2), True, r"^True is no Decimal and no bytes"),
        (logical("bytes", "big-decimal"), Decimal("Infinity"), r"is no big-decimal: it is not finite"),
        (logical("int", "date"), datetime.datetime(2026, 1, 1), r"is no date: it is a datetime"),
        (logical("long", "time-micros"), datetime.time(1, tzinfo=UTC), r"is no time-micros: it has a time zone"),
        (logical("long", "timestamp-millis"), datetime.datetime(2026, 1, 1), r"is no timestamp-millis: it has no time zone"),
        (logical("long", "local-timestamp-nanos"), datetime.datetime(2026, 1, 1, tzinfo=UTC), r"it has a time zone"),
        (logical("long", "timestamp-nanos"), datetime.datetime(2300, 1, 1, tzinfo=UTC), r"is out of the range of long"),
        (fixed(12, "duration"), Duration(-1, 0, 0), r"is no duration: its parts must be from 0 to 4294967295"),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_named(schema: Any, value: object, clause: str) -> None:
    with pytest.raises(ValueError, match=clause):
        encoded(parsed(schema), value)


def test_a_value_that_holds_itself_is_refused() -> None:
    node: dict[str, Any] = {}
    node["next"] = node
    schema = {"type": "record", "name": "N", "fields": [{"name": "next", "type": ["null", "N"]}]}

    with pytest.raises(ValueError, match="it is nested too deep"):
        encoded(parsed(schema), node)


# -- unions ----------------------------------------------------------------------------------------------------------

BASKET, COUPON = (
    {"type": "record", "name": f"shop.{name}", "fields": [{"name": "a", "type": "int"}]}
    for name in ("Basket", "Coupon")
)


@dataclasses.dataclass
class Coupon:
    a: int


@pytest.mark.parametrize(
    ("schema", "value", "branch"),
    [
        (["null", "boolean", "long", "double"], True, 1),
        (["null", "boolean", "long", "double"], 1, 2),
        (["double", "long"], 1, 1),
        (["double", "string"], 1, 0),
        (["float", "double"], 1.5, 1),
        (["int", "long"], 2**40, 1),
        (["int", "double"], 2**40, 1),
        (["bytes", "string"], "a", 1),
        (["string", "bytes"], b"a", 1),
        ([ENUM, "string"], "M", 0),
        ([ENUM, "string"], "XL", 1),
        (["string", logical("long", "timestamp-millis")], datetime.datetime(2026, 1, 1, tzinfo=UTC), 1),
        ([logical("int", "date"), logical("long", "timestamp-micros")], datetime.datetime(2026, 1, 1, tzinfo=UTC), 1),
        ([logical("int", "date"), logical("long", "timestamp-micros")], datetime.date(2026, 1, 1), 0),
        ([logical("bytes", "decimal", precision=9), "int"], 3, 1),
        (["string", logical("bytes", "decimal", precision=9)], Decimal(3), 1),
        ([{"type": "map", "values": "int"}, BASKET], {"b": 1}, 0),
        ([BASKET, {"type": "map", "values": "int"}], {"b": 1}, 1),
        ([BASKET, COUPON], {"a": 1}, 0),
        ([BASKET, COUPON], Coupon(1), 1),
        ([BASKET, COUPON], ("shop.Coupon", {"a": 1}), 1),
        ([BASKET, COUPON], ("Coupon", {"a": 1}), 1),
        (["int", "long"], ("long", 1), 1),
        (["null", {"type": "array", "items": "string"}], ("a", "b"), 1),
    ],
    ids=str,
)
def test_the_branch_of_a_value(schema: Any, value: object, branch: int) -> None:
    assert encoded(parsed(schema), value)[0] == 2 * branch
