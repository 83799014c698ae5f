"""Bodies of Avro: read fast and exactly alike; what is wrong is named with its place; nothing harms the process."""

import datetime
import io
import json
import random
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro
import pytest
from avro_vectors import assert_same
from hypothesis import given, settings
from hypothesis import strategies as st

from msgpact.serializers.avro import Avro, guard
from msgpact.serializers.avro import exact as avro_exact
from msgpact.serializers.avro.encoding import encoded
from msgpact.serializers.avro.reading import reading
from msgpact.serializers.avro.resolution import plan_of
from msgpact.serializers.avro.schemas import parsed
from msgpact.times import Duration, Timestamp

UTC = datetime.UTC
ENUM = {"type": "enum", "name": "Size", "symbols": ["S", "M"]}
NODE = {
    "type": "record",
    "name": "Node",
    "fields": [{"name": "n", "type": "int"}, {"name": "next", "type": ["null", "Node"]}],
}
TREE = {"type": "record", "name": "Tree", "fields": [{"name": "kids", "type": {"type": "array", "items": "Tree"}}]}
ORDER = {
    "type": "record", "name": "Order", "namespace": "shop",
    "fields": [
        {"name": "id", "type": "int"},
        {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [
            {"name": "sku", "type": "string"}, {"name": "n", "type": "int"}, {"name": "m", "type": "int"}]}}},
        {"name": "prices", "type": {"type": "map", "values": "double"}},
        {"name": "size", "type": ["null", ENUM]},
        {"name": "gift", "type": "boolean"},
    ],
}  # fmt: skip


def fixed(size: int, logical: str, **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": "F", "size": size, "logicalType": logical, **more}


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": name, **more}


def read(schema: Any, body: str) -> object:
    return Avro(schema).load(bytes.fromhex(body))


@pytest.mark.parametrize(
    ("schema", "body", "value"),
    [
        ("int", "808000", 0), ("long", "ffffffffffffffffff01", -(2**63)), ("float", "0000c03f", 1.5), ("boolean", "01", True),
        ({"type": "array", "items": "int"}, "01 02 06 00", [3]),
        ({"type": "array", "items": "long"}, "03 04 06 36 02 02 00", [3, 27, 1]),
        ({"type": "array", "items": "null"}, "06 00", [None] * 3),
        ({"type": "map", "values": "int"}, "02 026b 0e 02 026c 10 00", {"k": 7, "l": 8}),
        (ORDER, "02 02 0261 04 06 00 02 0270 000000000000f03f 00 02 02 01", {
            "id": 1, "lines": [{"sku": "a", "n": 2, "m": 3}], "prices": {"p": 1.0}, "size": "M", "gift": True}),
        (NODE, "02 02 04 00", {"n": 1, "next": {"n": 2, "next": None}}),
        (logical("bytes", "decimal", precision=4, scale=2), "04 04d2", Decimal("12.34")),
        (logical("bytes", "decimal", precision=4, scale=2), "06 0004d2", Decimal("12.34")),
        (logical("bytes", "big-decimal"), "08 04 3039 06", Decimal("12.345")),
        (fixed(16, "uuid"), "00" * 15 + "01", UUID(int=1)),
        (logical("string", "uuid"), "48" + b"00000000-0000-0000-0000-000000000001".hex(), UUID(int=1)),
        (logical("int", "date"), "02", datetime.date(1970, 1, 2)),
        (logical("int", "time-millis"), "d20f", datetime.time(0, 0, 1, 1000)),
        (logical("long", "time-micros"), "06", datetime.time(0, 0, 0, 3)),
        (logical("long", "timestamp-millis"), "01", datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)),
        (logical("long", "timestamp-micros"), "01", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
        (logical("long", "timestamp-nanos"), "01", Timestamp.since_epoch(-1)),
        (logical("long", "local-timestamp-millis"), "01", datetime.datetime(1969, 12, 31, 23, 59, 59, 999000)),
        (logical("long", "local-timestamp-micros"), "01", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)),
        (logical("long", "local-timestamp-nanos"), "01", Timestamp.since_epoch(-1, None)),
        (fixed(12, "duration"), "01000000 02000000 03000000", Duration(1, 2, 3)),
        (logical("bytes", "decimal", precision=2, scale=5), "02 01", b"\1"),
        (logical("string", "timestamp-millis"), "02 61", "a"),
    ],
    ids=str,
)  # fmt: skip
def test_a_body_is_read(schema: Any, body: str, value: object) -> None:
    plan = plan_of(*[parsed(schema)] * 2)

    assert_same(read(schema, body), value)
    assert_same(avro_exact.read(plan, bytes.fromhex(body)), value)
    assert guard.guard_of(plan)(bytes.fromhex(body))


HEAD = "02 02 0261 04 06 00 02 0270 000000000000f03f 00"  # an ORDER as far as its size, 19 bytes


@pytest.mark.parametrize(
    ("schema", "body", "sentence"),
    [
        (ORDER, "", "it ends within the field id, at byte 0 (schema shop.Order)"),
        (ORDER, "02 04 0261 04 06 0661", "it ends within the field lines[1].sku, at byte 8 (schema shop.Order)"),
        (ORDER, "02 02 0261 04", "it ends within the field lines[0].m, at byte 5 (schema shop.Order)"),
        (ORDER, "02 00 02 0270 00", "it ends within the field prices['p'], at byte 6 (schema shop.Order)"),
        (ORDER, "02 00 02 02ff", "the field prices[a key]: 0xff is not UTF-8, at byte 4 (schema shop.Order)"),
        (ORDER, "80808080 20 00", "the field id: 4294967296 is out of the range of int, at byte 0 (schema shop.Order)"),
        (ORDER, "02 02 0261 8080808020 06", "the field lines[0].n: 4294967296 is out of the range of int, at byte 4 (schema shop.Order)"),
        (ORDER, f"{HEAD} 04", "the field size: there is no branch 2 of the union, at byte 19 (schema shop.Order)"),
        (ORDER, f"{HEAD} 01", "the field size: there is no branch -1 of the union, at byte 19 (schema shop.Order)"),
        (ORDER, f"{HEAD} 02 04", "the field size: there is no symbol 2 of shop.Size, at byte 20 (schema shop.Order)"),
        (ORDER, f"{HEAD} 02 01", "the field size: there is no symbol -1 of shop.Size, at byte 20 (schema shop.Order)"),
        (ORDER, f"{HEAD} 00 02", "the field gift: a boolean is 0 or 1, not 2, at byte 20 (schema shop.Order)"),
        (ORDER, f"{HEAD} 00 ff", "the field gift: a boolean is 0 or 1, not 255, at byte 20 (schema shop.Order)"),
        (ORDER, f"{HEAD} 00 80 00", "the field gift: a boolean is 0 or 1, not 128, at byte 20 (schema shop.Order)"),
        (ORDER, f"{HEAD} 00 81 80 00", "the field gift: a boolean is 0 or 1, not 129, at byte 20 (schema shop.Order)"),
        ({"type": "array", "items": "boolean"}, "04 81 00 00", "the item [0]: a boolean is 0 or 1, not 129, at byte 1 (schema array of boolean)"),
        (ORDER, f"{HEAD} 00 01 00", "it goes on for 1 byte after its end, at byte 21 (schema shop.Order)"),
        ("null", "0000", "it goes on for 2 bytes after its end, at byte 0 (schema null)"),
        ("int", "ff" * 10 + "00", "a number does not end within ten bytes, at byte 0 (schema int)"),
        ("long", "ff" * 9 + "02", "a number has more than 64 bits, at byte 0 (schema long)"),
        ("string", "01", "a length of -1 is announced, at byte 0 (schema string)"),
        ("bytes", "08 00", "it ends within its value, at byte 2 (schema bytes)"),
        ({"type": "array", "items": "int"}, "02 8080808020 00", "the item [0]: 4294967296 is out of the range of int, at byte 1 (schema array of int)"),
        ({"type": "map", "values": "int"}, "02 0261 8080808020 00", "the item ['a']: 4294967296 is out of the range of int, at byte 3 (schema map of int)"),
        ({"type": "array", "items": "int"}, "ff" * 9 + "01 02", "a block says that it has -9223372036854775808 items, at byte 0 (schema array of int)"),
        (["null", "int"], "02 8080808020", "4294967296 is out of the range of int, at byte 1 (schema [null, int])"),
        (logical("string", "uuid"), "0261", "'a' is no uuid: badly formed hexadecimal UUID string, at byte 0 (schema string (uuid))"),
        (logical("string", "uuid"), "40" + "61" * 32, f"'{'a' * 32}' is no uuid: it is not in the form of RFC 4122, at byte 0 (schema string (uuid))"),
        (logical("int", "date"), "feffffff0f", "2147483647 is no date: it is not between the years 1 and 9999, at byte 0 (schema int (date))"),
        (logical("int", "time-millis"), "01", "-1 is no time-millis: it is not within a day, at byte 0 (schema int (time-millis))"),
        (logical("bytes", "decimal", precision=2), "02 64", "b'd' is no decimal: it has more than the 2 digits of its type, at byte 0 (schema bytes (decimal(2, 0)))"),
        (logical("bytes", "decimal", precision=2), "00", "b'' is no decimal: there are no bytes, not even those of 0, at byte 0 (schema bytes (decimal(2, 0)))"),
        (logical("bytes", "big-decimal"), "02 02", "b'\\x02' is no big-decimal: its digits have no proper length, at byte 0 (schema bytes (big-decimal))"),
        (logical("bytes", "big-decimal"), "08 02 01 04 00", "b'\\x02\\x01\\x04\\x00' is no big-decimal: it has no proper scale, at byte 0 (schema bytes (big-decimal))"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_has_a_place(schema: Any, body: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the whole sentence is compared)
        read(schema, body)

    assert str(caught.value) == sentence


# -- what could harm the process -------------------------------------------------------------------------------------


def test_values_within_one_another_are_read_to_a_bound() -> None:
    within = bytes.fromhex("0202") * 255 + bytes.fromhex("0200")

    value: Any = Avro(NODE).load(within)

    for _ in range(255):
        value = value["next"]
    assert value == {"n": 1, "next": None}
    with pytest.raises(
        ValueError, match=r"^the field (next\.){255}next: it has more than 256 records, arrays and maps"
    ):
        Avro(NODE).load(bytes.fromhex("0202") + within)


@pytest.mark.parametrize("levels", [257, 5_000, 1_000_000])
@pytest.mark.parametrize(("schema", "level", "end"), [(NODE, "0202", "0200"), (TREE, "02", "00")], ids=["list", "tree"])
def test_a_body_that_is_too_deep_is_refused(schema: Any, level: str, end: str, levels: int) -> None:
    body = bytes.fromhex(level) * levels + bytes.fromhex(end) * levels

    with pytest.raises(ValueError, match=r"more than 256 records, arrays and maps within one another, at byte \d+"):
        Avro(schema).load(body)


@pytest.mark.parametrize(
    ("items", "count"),
    [
        ("null", "80808080808040"),
        ({"type": "record", "name": "Empty", "fields": []}, "80808080808040"),
        ({"type": "fixed", "name": "None", "size": 0}, "ffffffff7f 00"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "null"}]}, "80897a"),
    ],
    ids=str,
)
def test_items_without_bytes_are_read_to_a_bound(items: Any, count: str) -> None:
    with pytest.raises(ValueError, match=r"it has more than 100000 values that take no bytes, at byte \d"):
        read({"type": "array", "items": items}, f"{count} 00")


def test_blocks_of_items_without_bytes_count_together() -> None:
    schema = {"type": "array", "items": {"type": "array", "items": "null"}}
    body = bytes.fromhex("d086 03") + bytes.fromhex("d00f00") * 25_000 + b"\0"

    with pytest.raises(ValueError, match="more than 100000 values that take no bytes"):
        Avro(schema).load(body)
    assert Avro(schema).load(bytes.fromhex("04 d00f00 d00f00 00")) == [[None] * 1000] * 2


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"type": "array", "items": "int"}, "808080808080808001 02"),
        ({"type": "array", "items": "double"}, "808080808080808001 02"),
        ({"type": "map", "values": "string"}, "808080808080808001 02"),
        ("string", "808080808080808001 61"),
        ("bytes", "fefffffffffffffff001"),
    ],
    ids=str,
)
def test_what_is_announced_is_not_allocated(schema: Any, body: str) -> None:
    with pytest.raises(ValueError, match=r", at byte \d+ \(schema "):
        read(schema, body)


def test_a_million_entries_of_one_key_are_one() -> None:
    body = bytes.fromhex("80897a") + bytes.fromhex("026b02") * 1_000_000 + b"\0"

    assert Avro({"type": "map", "values": "int"}).load(body) == {"k": 1}


# -- fast and exact are alike ----------------------------------------------------------------------------------------

SCALARS = st.sampled_from(
    [
        "null", "boolean", "int", "long", "float", "double", "bytes", "string", ENUM["symbols"], logical("int", "date"),
        logical("int", "time-millis"), logical("long", "time-micros"), logical("long", "timestamp-millis"),
        logical("long", "timestamp-micros"), logical("long", "timestamp-nanos"), logical("long", "local-timestamp-micros"),
        logical("bytes", "decimal", precision=6, scale=2), logical("bytes", "big-decimal"), logical("string", "uuid"),
    ]
)  # fmt: skip


def schema_from(drawn: Any, names: list[int]) -> Any:
    """A schema of what was drawn: a list of symbols is an enum; named types get numbers."""
    if isinstance(drawn, list):
        names.append(0)
        return {"type": "enum", "name": f"E{len(names)}", "symbols": drawn}
    if isinstance(drawn, tuple):
        kind, below = drawn
        if kind in ("array", "map"):
            return {"type": kind, "items" if kind == "array" else "values": schema_from(below, names)}
        if kind == "union":
            return ["null", schema_from(below, names)]
        names.append(0)
        number = len(names)
        fields = [{"name": f"f{place}", "type": schema_from(each, names)} for place, each in enumerate(below)]
        return {"type": "record", "name": f"R{number}", "fields": fields}
    return drawn


DRAWN = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.tuples(st.sampled_from(["array", "map"]), below),
        st.tuples(st.just("union"), below.filter(lambda each: each != "null" and not (isinstance(each, tuple) and each[0] == "union"))),
        st.tuples(st.just("record"), st.lists(below, max_size=4)),
    ),
    max_leaves=8,
)  # fmt: skip
SCHEMAS = DRAWN.map(lambda drawn: schema_from(drawn, []))


def value_for(schema: Any, rng: random.Random) -> Any:
    """A value that the schema holds."""
    if isinstance(schema, list):
        return value_for(rng.choice(schema), rng)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind == "record":
        return {each["name"]: value_for(each["type"], rng) for each in schema["fields"]}
    if kind == "array":
        return [value_for(schema["items"], rng) for _ in range(rng.randrange(3))]
    if kind == "map":
        return {
            rng.choice(["", "a", "é", "東京都千代田区"]): value_for(schema["values"], rng)
            for _ in range(rng.randrange(3))
        }
    if kind == "enum":
        return rng.choice(schema["symbols"])
    name = schema.get("logicalType", kind) if isinstance(schema, dict) else kind
    return VALUES[name](rng)


def _moment(rng: random.Random) -> datetime.datetime:
    return datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=rng.randrange(-(10**15), 10**15))


VALUES: dict[str, Any] = {
    "null": lambda rng: None,
    "boolean": lambda rng: rng.random() < 0.5,
    "int": lambda rng: rng.choice([0, -1, 63, 64, -65, 2**31 - 1, -(2**31)]),
    "long": lambda rng: rng.choice([0, -1, 64, 2**40, 2**63 - 1, -(2**63)]),
    "float": lambda rng: rng.choice([0.0, -0.0, 1.5, float("inf")]),
    "double": lambda rng: rng.choice([0.1, -1e300, 5e-324]),
    "bytes": lambda rng: rng.randbytes(rng.randrange(20)),
    "string": lambda rng: rng.choice(["", "abc", "東京都千代田区", "é\0", "x" * 70]),
    "date": lambda rng: _moment(rng).date(),
    "time-millis": lambda rng: _moment(rng).time().replace(microsecond=1000),
    "time-micros": lambda rng: _moment(rng).time(),
    "timestamp-millis": lambda rng: _moment(rng).replace(microsecond=5000, tzinfo=UTC),
    "timestamp-micros": lambda rng: _moment(rng).replace(tzinfo=UTC),
    "timestamp-nanos": lambda rng: Timestamp.since_epoch(rng.randrange(-(2**63), 2**63)),
    "local-timestamp-micros": _moment,
    "decimal": lambda rng: Decimal(rng.randrange(-(10**6) + 1, 10**6)).scaleb(-2),
    "big-decimal": lambda rng: Decimal(rng.randrange(-(10**30), 10**30)).scaleb(rng.randrange(-20, 3)),
    "uuid": lambda rng: UUID(int=rng.randrange(2**128)),
}


@settings(max_examples=150, deadline=None)
@given(SCHEMAS, st.integers(0, 2**32))
def test_what_is_written_is_read_fast_and_exactly(schema: Any, seed: int) -> None:
    value = value_for(schema, random.Random(seed))
    serializer, plan = Avro(schema), plan_of(*[parsed(schema)] * 2)

    body = serializer.dump(value)

    assert_same(serializer.load(body), value)
    assert_same(avro_exact.read(plan, body), value)
    assert guard.guard_of(plan)(body)


def outcome(load: Any, body: bytes) -> Any:
    try:
        return load(body)
    except ValueError as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(SCHEMAS, st.integers(0, 2**32))
def test_a_broken_body_is_read_fast_as_exactly(schema: Any, seed: int) -> None:
    rng = random.Random(seed)
    serializer, plan = Avro(schema), plan_of(*[parsed(schema)] * 2)
    body = serializer.dump(value_for(schema, rng))
    for _ in range(10):
        broken = bytearray(body)
        for _ in range(rng.randrange(3)):
            place = rng.randrange(len(broken) + 1)
            if rng.random() < 0.5:
                broken[place : place + rng.randrange(2)] = rng.randbytes(rng.randrange(3))
            else:
                del broken[place:]
        fast, exact = (
            outcome(load, bytes(broken)) for load in (serializer.load, lambda body: avro_exact.read(plan, body))
        )
        assert type(fast) is type(exact)
        assert_same(fast, exact)


@settings(max_examples=100, deadline=None)
@given(SCHEMAS, st.integers(0, 2**32))
def test_fastavro_reads_it_too(schema: Any, seed: int) -> None:
    text = json.dumps(schema)
    if any(name in text for name in ("nanos", "big-decimal")):
        return  # fastavro leaves these as they are
    value = value_for(schema, random.Random(seed))

    found = fastavro.schemaless_reader(io.BytesIO(Avro(schema).dump(value)), schema, None)

    assert_same(found, value)


@given(st.integers(-(2**53), 2**53), st.sampled_from(["millis", "micros"]))
def test_a_timestamp_is_exact(number: int, unit: str) -> None:
    exact = datetime.datetime(1970, 1, 1, tzinfo=UTC) + datetime.timedelta(microseconds=number)
    serializer = Avro(logical("long", f"timestamp-{unit}"))
    if unit == "millis":
        number //= 1000
        exact = exact.replace(microsecond=exact.microsecond // 1000 * 1000)

    assert serializer.load(encoded(parsed("long"), number)) == exact
    assert serializer.dump(exact) == encoded(parsed("long"), number)


def test_a_plan_is_read_by_hooks_of_its_own() -> None:
    """What a user registers with fastavro for its types changes nothing here."""
    readers = fastavro.read.LOGICAL_READERS
    kept = readers["long-timestamp-millis"]
    readers["long-timestamp-millis"] = lambda *_: "mine"
    try:
        schema = parsed(logical("long", "timestamp-millis"))
        assert reading(plan_of(schema, schema))(b"\0") == datetime.datetime(1970, 1, 1, tzinfo=UTC)
    finally:
        readers["long-timestamp-millis"] = kept
