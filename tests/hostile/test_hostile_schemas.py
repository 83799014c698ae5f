"""Schemas that are made to take for ever: judged, or refused with a sentence, within a bound."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from exercise import in_time
from hypothesis import event, given, settings
from hypothesis import strategies as st

from msgpact.compatibility import RULES, check
from msgpact.errors import UsageError
from msgpact.serializers.framed import RegisteredSchema


def avro(raw: object) -> RegisteredSchema:
    return RegisteredSchema("AVRO", json.dumps(raw), {})


def record(*fields: dict[str, object], name: str = "shop.Order") -> dict[str, object]:
    return {"type": "record", "name": name, "fields": list(fields)}


def field(name: str, kind: object) -> dict[str, object]:
    return {"name": name, "type": kind}


def many_named(kind: str, count: int) -> list[dict[str, object]]:
    return [{"type": "fixed", "name": f"n.{kind}{number}", "size": 1} for number in range(count)]


def many_records(count: int) -> dict[str, object]:
    """Records of one short name, each of whose fields may be any of them."""
    union = [f"n{number}.R" for number in range(count)]
    defined = [record(name=f"n{number}.R") for number in range(count)]
    last = record(*(field(f"f{number}", union) for number in range(count)), name="n.R")
    return record(field("types", defined), field("last", last))


LARGE: dict[str, Callable[[], object]] = {
    "an enum of a million symbols": lambda: {
        "type": "enum",
        "name": "E",
        "symbols": [f"S{number}" for number in range(1_000_000)],
    },
    "a union of thousands of names": lambda: many_named("F", 5000),
    "a record of 50,000 fields": lambda: record(*(field(f"f{number}", "int") for number in range(50_000))),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_schema_is_judged(name: str) -> None:
    schema = avro(LARGE[name]())

    with in_time():
        assert check([schema], schema, "FULL").safe


def test_a_schema_that_multiplies_its_names_is_refused() -> None:
    schema = avro(many_records(200))

    with in_time(), pytest.raises(UsageError, match="it has more than 300,000 pairs of fields and types to compare"):
        check([schema], schema, "FULL")


def json_schema(raw: object) -> RegisteredSchema:
    return RegisteredSchema("JSON", json.dumps(raw), {})


LARGE_JSON: dict[str, Callable[[int], object]] = {
    "an enum of 200,000 values": lambda bound: {"enum": [*range(200_000)], "minimum": -bound},
    "an object of 20,000 properties": lambda bound: {"properties": {f"p{each}": {"minimum": -bound} for each in range(20_000)}},
    "thousands of references to one another": lambda bound: {
        "$defs": {f"d{each}": {"properties": {"a": {"$ref": f"#/$defs/d{each + 1}"}}} for each in range(2000)} | {"d2000": {"minimum": -bound}},
        "properties": {f"p{each}": {"$ref": f"#/$defs/d{each}"} for each in range(2000)},
    },
    "patterns that run away": lambda bound: {
        "patternProperties": {f"(a+)+{each}$": {"minimum": -bound} for each in range(5)}, "properties": {"a" * 5000: {}, "a" * 4999: {}},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE_JSON)
def test_a_large_json_schema_is_judged(name: str) -> None:
    old, new = (json_schema(LARGE_JSON[name](bound)) for bound in (1, 2))

    with in_time():
        assert check([old], new).safe


def branching(ways: int, bound: int) -> object:
    """As many combinations as two to the power of *ways*, each of which is a schema of its own."""
    return {"allOf": [{"anyOf": [{"minimum": -each - bound}, {"maxLength": each + bound}]} for each in range(ways)]}


def test_a_json_schema_that_multiplies_its_branches_is_refused() -> None:
    with in_time(), pytest.raises(UsageError, match=r"it has more than 300,000 pairs|in more than 3,000,000 ways"):
        check([json_schema(branching(40, 1))], json_schema(branching(40, 2)))


def test_a_json_schema_of_too_many_patterns_is_refused() -> None:
    old, new = ({
        "patternProperties": {f"x{each}y": {"minimum": -bound} for each in range(1000)},
        "properties": {f"p{each}": {} for each in range(1000)},
    } for bound in (1, 2))  # fmt: skip

    with (
        in_time(),
        pytest.raises(UsageError, match="it has more patterns and properties than are tried against one another"),
    ):
        check([json_schema(old)], json_schema(new))


WORDS = [
    "type", "name", "fields", "items", "values", "symbols", "size", "default", "aliases", "namespace", "logicalType", "precision", "scale",
    "properties", "required", "enum", "const", "anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "$id", "$schema", "minimum", "maximum",
    "exclusiveMinimum", "multipleOf", "minLength", "maxLength", "pattern", "prefixItems", "additionalItems", "additionalProperties",
    "patternProperties", "propertyNames", "dependencies", "dependentSchemas", "minItems", "uniqueItems", "format", "$anchor",
]  # fmt: skip
TEXTS = [
    "record",
    "enum",
    "fixed",
    "array",
    "map",
    "union",
    "int",
    "string",
    "null",
    "number",
    "object",
    "decimal",
    "#",
    "#/$defs/a",
    "a",
    "",
    "(",
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(TEXTS),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.sampled_from([*WORDS, "a", "b"]), below, max_size=5)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("form", ["AVRO", "JSON"])
@settings(max_examples=400, deadline=None)
@given(old=ANYTHING, new=ANYTHING)
def test_whatever_stands_in_a_schema_is_judged_or_refused_with_a_sentence(form: Any, old: object, new: object) -> None:
    try:
        verdict = check(
            [RegisteredSchema(form, json.dumps(old), {})], RegisteredSchema(form, json.dumps(new), {}), "FULL"
        )
    except UsageError as error:
        event(str(error)[:30])
    else:
        assert {finding.rule for finding in verdict.findings} <= RULES.keys()
