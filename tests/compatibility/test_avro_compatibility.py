"""Avro: what a reader's schema makes of what a writer's schema wrote, rule by rule, as the specification says."""

import json
import random
import warnings
from typing import Any

import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import IgnoredLogicalType
from avro.schema import parse as apache_parse
from hypothesis import given, settings
from hypothesis import strategies as st

from msgpact.compatibility import RULES, Severity, Verdict, check
from msgpact.errors import UsageError
from msgpact.serializers.framed import RegisteredSchema


def avro(raw: object, **references: object) -> RegisteredSchema:
    return RegisteredSchema("AVRO", json.dumps(raw), {name: avro(each) for name, each in references.items()})


def record(*fields: dict[str, object], name: str = "shop.Order", **more: object) -> dict[str, object]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: object, **more: object) -> dict[str, object]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, name: str = "shop.State", **more: object) -> dict[str, object]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def decimal(precision: int, scale: int) -> dict[str, object]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def logical(kind: str, name: str) -> dict[str, object]:
    return {"type": kind, "logicalType": name}


def found(verdict: Verdict) -> list[tuple[str, str]]:
    return [(each.rule, each.path) for each in verdict.findings]


TREE = record(field("v", "int"), field("next", ["null", "Tree"]), name="Tree")
TREE_OF_TEXT = record(field("v", "string"), field("next", ["null", "Tree"]), name="Tree")
TWICE = record(field("a", record(field("n", "int"), name="In")), field("b", "In"))
TWICE_LONG = record(field("a", record(field("n", "string"), name="In")), field("b", "In"))


@pytest.mark.parametrize(
    ("reader", "writer", "expected"),
    [
        pytest.param("long", "int", [], id="int is read as long"),
        pytest.param("int", "long", [("avro/type-mismatch", "$")], id="long is not read as int"),
        pytest.param("double", "float", [], id="float is read as double"),
        pytest.param("boolean", "int", [("avro/type-mismatch", "$")], id="int is no boolean"),
        pytest.param("bytes", "string", [], id="string is read as bytes"),
        pytest.param("float", "long", [("avro/promotion-inexact", "$")], id="a long is rounded by a float"),
        pytest.param("double", "int", [], id="a double holds every int"),
        pytest.param(
            record(field("a", "int"), field("b", "int")), record(field("a", "int")),
            [("avro/reader-field-without-default", "$.b")], id="a field that is not written",
        ),
        pytest.param(
            record(field("a", "int"), field("b", "int", default=1)), record(field("a", "int")),
            [("avro/field-default-used", "$.b")], id="a field that is filled by its default",
        ),
        pytest.param(
            record(field("b", "int", default="1")), record(),
            [("avro/reader-field-default-invalid", "$.b")], id="a default of another type",
        ),
        pytest.param(
            record(field("b", "int", default="1")), record(field("b", "int", default="1")), [], id="a wrong default that is not used",
        ),
        pytest.param(
            record(field("b", "int", default=None)), record(field("b", "int")),
            [("avro/default-changed", "$.b")], id="a default that is null is one",
        ),
        pytest.param(
            record(field("b", {"type": "array", "items": TREE}, default=[{"v": 1, "next": None}])), record(),
            [("avro/field-default-used", "$.b")], id="a default of lists and records",
        ),
        pytest.param(
            record(field("b", {"type": "map", "values": TREE}, default={"k": {"v": 1}})), record(),
            [("avro/reader-field-default-invalid", "$.b")], id="a default that lacks a field within",
        ),
        pytest.param(record(), record(field("a", "int")), [], id="a field that is not read"),
        pytest.param(
            record(field("b", "int", aliases=["a"])), record(field("a", "int")), [], id="a field by its alias",
        ),
        pytest.param(
            record(field("b", "int", aliases=["a"])), record(field("b", "string"), field("a", "int")),
            [("avro/type-mismatch", "$.b")], id="a field's own name counts before its aliases",
        ),
        pytest.param(
            record(name="b.X"), record(name="a.X"), [], id="the namespace does not count",
        ),
        pytest.param(
            record(name="a.Y"), record(name="a.X"), [("avro/name-mismatch", "$")], id="another name",
        ),
        pytest.param(record(name="a.Y", aliases=["X"]), record(name="a.X"), [], id="an alias in its namespace"),
        pytest.param(record(name="b.Y", aliases=["a.X"]), record(name="a.X"), [], id="an alias in another namespace"),
        pytest.param(
            record(name="b.Y", aliases=["X"]), record(name="a.X"), [("avro/name-mismatch", "$")], id="an alias elsewhere",
        ),
        pytest.param(enum("A", "B"), enum("A"), [], id="more symbols in the reader"),
        pytest.param(enum("A"), enum("A", "B"), [("avro/enum-symbol-unknown", "$")], id="a symbol that is not known"),
        pytest.param(
            enum("A", default="A"), enum("A", "B"), [("avro/enum-default-used", "$")], id="a symbol that falls to the default",
        ),
        pytest.param(
            {"type": "fixed", "name": "F", "size": 4}, {"type": "fixed", "name": "F", "size": 5},
            [("avro/fixed-size-mismatch", "$")], id="a fixed of another size",
        ),
        pytest.param(
            {"type": "array", "items": "int"}, {"type": "array", "items": "string"},
            [("avro/type-mismatch", "$[*]")], id="items",
        ),
        pytest.param(
            {"type": "map", "values": {"type": "array", "items": record(field("a", "int"))}},
            {"type": "map", "values": {"type": "array", "items": record(field("a", "string"))}},
            [("avro/type-mismatch", "$.*[*].a")], id="within items within values",
        ),
        pytest.param(["null", "long"], "int", [], id="a branch that an int is promoted to"),
        pytest.param("int", ["int"], [], id="a union of one"),
        pytest.param("int", ["int", "null"], [("avro/type-mismatch", "$")], id="null is not read as int"),
        pytest.param(["int"], ["int", "string"], [("avro/union-branch-not-in-reader", "$")], id="a branch that is not read"),
        pytest.param(
            ["null", record(field("a", "int"), name="X"), record(field("b", "int"), name="Y")],
            record(field("b", "int"), name="Y"), [], id="a record by its name",
        ),
        pytest.param(
            ["null", record(field("a", "int"), field("b", "int"))], ["null", record(field("a", "int"))],
            [("avro/reader-field-without-default", "$.b")], id="the one branch that it can be says why",
        ),
        pytest.param(
            record(field("a", ["null", "string"])), record(field("a", enum("A"))),
            [("avro/union-branch-not-in-reader", "$.a")], id="an enum is no string",
        ),
        pytest.param(TREE, TREE, [], id="a type that holds itself"),
        pytest.param(TREE_OF_TEXT, TREE, [("avro/type-mismatch", "$.v")], id="a type that holds itself, and breaks"),
        pytest.param(TWICE_LONG, TWICE, [("avro/type-mismatch", "$.a.n")], id="a type used twice is reported once"),
        pytest.param(decimal(9, 3), decimal(9, 2), [("avro/decimal-scale-changed", "$")], id="the scale"),
        pytest.param(decimal(5, 2), decimal(9, 2), [("avro/decimal-precision-reduced", "$")], id="less precision"),
        pytest.param(decimal(9, 2), decimal(5, 2), [], id="more precision"),
        pytest.param("bytes", decimal(9, 2), [("avro/logical-type-changed", "$")], id="a decimal read as bytes"),
        pytest.param("bytes", decimal(2, 9), [], id="a decimal that is none, by its scale"),
        pytest.param("string", logical("string", "uuid"), [("avro/uuid-changed", "$")], id="a uuid read as text"),
        pytest.param(
            logical("long", "timestamp-micros"), logical("long", "timestamp-millis"),
            [("avro/timestamp-unit-changed", "$")], id="the unit of a timestamp",
        ),
        pytest.param(
            logical("long", "local-timestamp-micros"), logical("long", "timestamp-micros"),
            [("avro/logical-type-changed", "$")], id="a local timestamp is none",
        ),
        pytest.param(
            logical("long", "time-micros"), logical("int", "time-millis"),
            [("avro/time-unit-changed", "$")], id="the unit of a time",
        ),
        pytest.param(
            logical("long", "timestamp-millis"), logical("int", "date"),
            [("avro/logical-type-changed", "$")], id="a date read as a timestamp",
        ),
        pytest.param("int", logical("int", "timestamp-millis"), [], id="a logical type of another type is ignored"),
        pytest.param(
            record(field("a", ["null", decimal(9, 3)])), record(field("a", ["null", decimal(9, 2)])),
            [("avro/decimal-scale-changed", "$.a")], id="the scale, within a union",
        ),
    ],
)  # fmt: skip
def test_a_reader_reads_a_writer(reader: object, writer: object, expected: list[tuple[str, str]]) -> None:
    verdict = check([avro(writer)], avro(reader), "BACKWARD")

    assert found(verdict) == expected
    assert verdict.compatible == all(RULES[rule].severity is not Severity.BREAKING for rule, _ in expected)
    assert verdict.safe == all(RULES[rule].severity is Severity.NOTE for rule, _ in expected)
    # FORWARD is the same question asked of the other side.
    forward = check([avro(reader)], avro(writer), "FORWARD")
    assert found(forward) == [each for each in expected if each[0] != "avro/default-changed"]


@pytest.mark.parametrize(
    ("kind", "default", "is_one"),
    [
        ("null", None, True), ("null", 0, False), ("boolean", True, True), ("boolean", 1, False), ("int", 2**31 - 1, True), ("int", 2**31, False),
        ("int", True, False), ("int", 1.0, False), ("long", 2**40, True), ("double", 1, True), ("float", "NaN", True), ("float", "x", False),
        ("string", "x", True), ("string", 1, False), ("bytes", "\u00ff", True), ("bytes", "\u0100", False), (enum("A"), "A", True),
        (enum("A"), "B", False), ({"type": "fixed", "name": "F", "size": 1}, "x", True), ({"type": "fixed", "name": "F", "size": 1}, "xx", False),
        (["null", "int"], None, True), (["null", "int"], 1, True), (["null", "int"], "x", False), ({"type": "array", "items": "int"}, [1], True),
        ({"type": "array", "items": "int"}, ["x"], False), ({"type": "array", "items": "int"}, {}, False), ({"type": "map", "values": "int"}, [], False),
        ({"type": "map", "values": "int"}, {"a": 1}, True), (record(field("a", "int", default=1), name="In"), {}, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_default_is_one_of_its_type(kind: object, default: object, is_one: bool) -> None:
    rule = "avro/field-default-used" if is_one else "avro/reader-field-default-invalid"

    assert found(check([avro(record())], avro(record(field("a", kind, default=default))))) == [(rule, "$.a")]


def test_a_default_of_any_depth() -> None:
    tree = record(field("next", ["null", "Tree"]), name="Tree")
    default: object = None
    for _ in range(90):
        default = {"next": default}

    assert found(check([avro(record())], avro(record(field("a", tree, default=default))))) == [
        ("avro/field-default-used", "$.a")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"size": 12, "logicalType": "duration"}, {"size": 12}, ["avro/logical-type-changed"]),
        ({"size": 11, "logicalType": "duration"}, {"size": 11}, []),
        ({"size": 16, "logicalType": "uuid"}, {"size": 16}, ["avro/uuid-changed"]),
        ({"size": 2, "logicalType": "decimal", "precision": 4}, {"size": 2}, ["avro/logical-type-changed"]),
        ({"size": 2, "logicalType": "decimal", "precision": 5}, {"size": 2}, []),
        ({"size": 0, "logicalType": "decimal", "precision": 1}, {"size": 0}, []),
        ({"size": 2, "logicalType": 7}, {"size": 2}, []),
    ],
)
def test_a_logical_type_that_is_not_valid_is_ignored(
    old: dict[str, object], new: dict[str, object], expected: list[str]
) -> None:
    sides = (avro({"type": "fixed", "name": "F", **each}) for each in (old, new))

    assert [rule for rule, _ in found(check([next(sides)], next(sides)))] == expected


def test_only_schemas_of_one_format_are_compared() -> None:
    with pytest.raises(
        UsageError, match="Cannot check 'the new version' against 'version 1': one is AVRO, the other JSON"
    ):
        check([RegisteredSchema("JSON", "{}", {})], avro("int"))


def test_nothing_comes_before_a_first_version() -> None:
    assert check([], avro("int"), "FULL_TRANSITIVE").safe


def test_a_union_of_aliases() -> None:
    named = [{"type": "fixed", "name": "New", "size": 1, "aliases": ["Old"]}, "null"]

    assert found(check([avro({"type": "fixed", "name": "Old", "size": 1})], avro(named))) == []


def test_a_sentence_names_who_reads() -> None:
    old, new = avro(record(field("a", "int"))), avro(record(field("a", "long")))

    (finding,) = check([old], new, "FULL").findings

    assert (finding.direction, finding.sentence) == (
        "FORWARD", "The new schema writes long, which int in the old one does not read.",
    )  # fmt: skip


def test_a_named_type_of_a_reference_is_known() -> None:
    money = {"type": "record", "name": "Money", "namespace": "shop", "fields": [field("cents", "shop.Cents")]}
    cents = {"type": "fixed", "name": "shop.Cents", "size": 8}
    order = record(field("total", "Money"))

    assert found(check([avro(order, money=money, cents=cents)], avro(order, cents=cents, money=money))) == []


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("BACKWARD", []),
        ("BACKWARD_TRANSITIVE", [("avro/reader-field-without-default", 0), ("avro/reader-field-without-default", 1)]),
    ],
)
def test_a_transitive_mode_asks_every_version(mode: str, expected: list[tuple[str, int]]) -> None:
    without = avro(record())
    having = avro(record(field("a", "int")))

    verdict = check([without, without, having], having, mode)

    assert [(each.rule, each.against) for each in verdict.findings] == expected


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("", "it is empty, which is not JSON"),
        ("{", "it is cut off or is not JSON"),
        ("12", "12 is no type"),
        ('"Order"', "the type 'Order' is not known: it is no primitive, and nothing before it defines it"),
        ('{"type": "array"}', "the array .* has no 'items'"),
        ('{"type": "map"}', "the map .* has no 'values'"),
        ('{"type": "record", "fields": []}', "None is no name of a record"),
        ('{"type": "record", "name": "1x", "fields": []}', "'1x' is no name of a record"),
        ('{"type": "record", "name": "int", "fields": []}', "the type 'int' is defined twice"),
        ('{"type": "record", "name": "X"}', "the record X has no list of fields"),
        ('{"type": "record", "name": "X", "fields": [{"name": "a"}]}', "{'name': 'a'} is no field of X: it has no 'type'"),
        (json.dumps(record(field("a", "int"), field("a", "int"))), "has two fields 'a'"),
        (json.dumps(record(field("a", "int", aliases="b"))), "the aliases of the field 'a' of shop.Order are no list"),
        (json.dumps([enum("A"), enum("A")]), "the type 'shop.State' is defined twice"),
        (json.dumps(enum("A", "A")), "has a symbol twice"),
        (json.dumps(enum("A", default="B")), "the default of the enum shop.State is none of its symbols: 'B'"),
        ('{"type": "enum", "name": "E"}', "the symbols of the enum E are no list of names"),
        ('{"type": "fixed", "name": "F", "size": -1}', "the size of the fixed F is no number of bytes: -1"),
        ('["int", ["null"]]', "the union .* holds another union"),
        ('["int", "int"]', "the union .* holds 'int' twice"),
        ('{"type": ' * 200 + '"int"' + "}" * 200, "the 'type' of .* is not text"),
        ('{"type": "array", "items": ' * 5000 + '"int"' + "}" * 5000, "it is not JSON|it is cut off"),
    ],
)  # fmt: skip
def test_a_schema_that_is_none(text: str, clause: str) -> None:
    with pytest.raises(
        UsageError, match=f"Cannot understand the AVRO schema 'new.avsc': .*(?:{clause}).* Mend the schema"
    ):
        check([avro("int")], RegisteredSchema("AVRO", text, {}), names=("old.avsc", "new.avsc"))


def test_a_reference_that_is_none() -> None:
    with pytest.raises(UsageError, match="of a schema that it refers to, the type 'Nowhere' is not known"):
        check([avro("int")], avro("Money", money=record(field("a", "Nowhere"), name="Money")))


# -- the same as Apache's checker --------------------------------------------------------------------------------------

NAMES = ("A", "B", "C")
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


class Random:
    """Schemas of few names, so that two of them often fit."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.defined: set[str] = set()

    def schema(self, depth: int = 3) -> Any:
        kinds = ["primitive"] * 3 + (
            ["record", "record", "enum", "fixed", "array", "map", "union", "name"] if depth else []
        )
        match self.random.choice(kinds):
            case "array":
                return {"type": "array", "items": self.schema(depth - 1)}
            case "map":
                return {"type": "map", "values": self.schema(depth - 1)}
            case "union":
                return self.union(depth)
            case "name" if self.defined:
                return self.random.choice(sorted(self.defined))
            case "record" | "enum" | "fixed" as kind if self.free():
                return self.named(kind, depth)
        return self.random.choice(PRIMITIVES)

    def free(self) -> list[str]:
        return [name for name in NAMES if name not in self.defined]

    def named(self, kind: str, depth: int) -> dict[str, object]:
        name = self.random.choice(self.free())
        self.defined.add(name)
        if kind == "enum":
            return {
                "type": "enum",
                "name": name,
                "symbols": self.random.sample(["X", "Y", "Z"], self.random.randint(1, 3)),
            }
        if kind == "fixed":
            return {"type": "fixed", "name": name, "size": self.random.randint(1, 2)}
        names = self.random.sample(["a", "b", "c"], self.random.randint(0, 3))
        return {"type": "record", "name": name, "fields": [self.field(each, depth - 1) for each in names]}

    def field(self, name: str, depth: int) -> dict[str, object]:
        if self.random.random() < 0.3:
            return {"name": name, "type": ["null", "int"], "default": None}
        return {"name": name, "type": self.schema(depth)}

    def union(self, depth: int) -> list[object]:
        branches: dict[str, object] = {}
        for _ in range(self.random.randint(1, 3)):
            each = self.schema(depth - 1)
            if isinstance(each, list):
                continue
            key = each if isinstance(each, str) else str(each.get("name", each["type"]))
            branches.setdefault(key, each)
        return list(branches.values())

    def changed(self, raw: Any) -> Any:
        """The schema with a type exchanged here and there, so that the two are alike."""
        if self.random.random() < 0.1:
            return self.random.choice(PRIMITIVES)
        if isinstance(raw, dict):
            return {
                key: self.changed(each) if key in ("items", "values") else self.changed_part(key, each)
                for key, each in raw.items()
            }
        return raw

    def changed_part(self, key: str, value: Any) -> Any:
        if key == "fields":
            kept = [each for each in value if self.random.random() < 0.9]
            return [each if "default" in each else {**each, "type": self.changed(each["type"])} for each in kept]
        return value


def apache(raw: object) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IgnoredLogicalType)
        return apache_parse(json.dumps(raw))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_as_apache_avro_judges(seed: int) -> None:
    made = Random(seed)
    writer = made.schema()
    reader = Random(seed + 1).schema() if seed % 2 else made.changed(writer)
    try:
        sides = apache(reader), apache(writer)
    except Exception:  # a change took a definition away
        with pytest.raises(UsageError):
            check([avro(writer)], avro(reader), "FULL")
        return

    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # Apache's has no types
    theirs = checker.get_compatibility(*sides).compatibility

    assert check([avro(writer)], avro(reader)).compatible == (theirs is SchemaCompatibilityType.compatible)
