"""JSON Schema: whether what a writer's schema allows a reader's allows too, keyword by keyword."""

import json
import random
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from msgpact.compatibility import check
from msgpact.errors import UsageError
from msgpact.serializers.framed import RegisteredSchema


def schema(raw: object, references: Mapping[str, object] | None = None) -> RegisteredSchema:
    return RegisteredSchema("JSON", json.dumps(raw), {name: schema(each) for name, each in (references or {}).items()})


def found(reader: object, writer: object) -> list[tuple[str, str]]:
    verdict = check([schema(writer)], schema(reader), "BACKWARD")
    return [(each.rule.removeprefix("json-schema/"), each.path) for each in verdict.findings]


def props(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties}


def closed(**properties: object) -> dict[str, object]:
    return {**props(**properties), "additionalProperties": False}


STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
LIST = {"type": "array", "items": INTEGER}
TREE = {"$defs": {"tree": props(v=INTEGER, next={"$ref": "#/$defs/tree"})}, "$ref": "#/$defs/tree"}
TREE_OF_NUMBERS = {"$defs": {"tree": props(v=NUMBER, next={"$ref": "#/$defs/tree"})}, "$ref": "#/$defs/tree"}
SEVENTH = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("reader", "writer", "expected"),
    [
        pytest.param(NUMBER, INTEGER, [], id="an integer is a number"),
        pytest.param(INTEGER, NUMBER, [("type-narrowed", "$")], id="a number need be no integer"),
        pytest.param(True, STRING, [], id="true allows all"),
        pytest.param(False, STRING, [("type-narrowed", "$")], id="false allows nothing"),
        pytest.param(STRING, False, [], id="nothing is allowed by everything"),
        pytest.param({"title": "x", "examples": [1]}, {}, [], id="words about it"),
        pytest.param({"enum": ["a", "b"]}, {"enum": ["a"]}, [], id="a value that is added"),
        pytest.param({"enum": ["a"]}, {"enum": ["a", "b"]}, [("enum-value-removed", "$")], id="a value that is gone"),
        pytest.param({"enum": ["a"]}, STRING, [("enum-added", "$")], id="values where all were allowed"),
        pytest.param({"const": 1}, {"enum": [1.0]}, [], id="1 and 1.0 are one"),
        pytest.param({"const": 1}, {"const": True}, [("enum-value-removed", "$")], id="1 and true are two"),
        pytest.param({"enum": [True, False]}, {"type": "boolean"}, [], id="there are two booleans"),
        pytest.param({"minLength": 1}, {"enum": ["abc"]}, [], id="the length of listed values"),
        pytest.param({"minLength": 4}, {"enum": ["abc"]}, [("min-length-raised", "$")], id="the length of listed values, too short"),
        pytest.param({"pattern": "^a"}, {"enum": ["abc"]}, [], id="a pattern of listed values"),
        pytest.param({"pattern": "^b"}, {"enum": ["abc"]}, [("pattern-changed", "$")], id="a pattern of other values"),
        pytest.param({"minLength": 1, "type": "string"}, {"minLength": 2, "type": "string"}, [], id="a lower minLength"),
        pytest.param({"maxLength": 9}, {"maxLength": 8, "type": "string"}, [], id="a higher maxLength"),
        pytest.param({"maxLength": 7}, {"maxLength": 8, "type": "string"}, [("max-length-lowered", "$")], id="a lower maxLength"),
        pytest.param({"minLength": 3}, INTEGER, [], id="a length says nothing of numbers"),
        pytest.param({"exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}, [], id="integers above 0 are at least 1"),
        pytest.param({"exclusiveMinimum": 0}, {"type": "number", "minimum": 0}, [("minimum-raised", "$")], id="0 is not above 0"),
        pytest.param({"minimum": 0}, {"type": "number", "exclusiveMinimum": 0}, [], id="above 0 is at least 0"),
        pytest.param(
            {"minimum": 0, "exclusiveMinimum": True}, {"type": "number", "minimum": 0}, [("minimum-raised", "$")], id="exclusive in draft 4",
        ),
        pytest.param({"maximum": 5.5}, {"type": "integer", "maximum": 5}, [], id="a maximum with a fraction"),
        pytest.param({"maximum": 5}, {"type": "number"}, [("maximum-lowered", "$")], id="a maximum"),
        pytest.param({"minimum": 1, "maximum": 3}, {"enum": [1, 2, 3]}, [], id="bounds of listed values"),
        pytest.param({"multipleOf": 0.1}, {"type": "number", "multipleOf": 0.3}, [], id="multiples of multiples"),
        pytest.param({"multipleOf": 1}, INTEGER, [], id="integers are multiples of 1"),
        pytest.param({"multipleOf": 2}, {"type": "integer", "multipleOf": 3}, [("multiple-of-narrowed", "$")], id="other multiples"),
        pytest.param(props(a=STRING), props(a=STRING), [], id="the same"),
        pytest.param(props(a=STRING), props(), [("property-added-to-open", "$.a")], id="a property added to an open object"),
        pytest.param(props(a={}), props(), [], id="a property that may be anything"),
        pytest.param(props(a=STRING), closed(), [], id="a property added to a closed object"),
        pytest.param(closed(), closed(a=STRING), [("property-removed-from-closed", "$.a")], id="a property gone from a closed object"),
        pytest.param(closed(a=STRING), props(a=STRING), [("additional-properties-narrowed", "$.*")], id="closed"),
        pytest.param(
            {"additionalProperties": INTEGER}, {"type": "object", "additionalProperties": NUMBER},
            [("type-narrowed", "$.*")], id="other properties by their type",
        ),
        pytest.param(props(a=props(b=INTEGER)), props(a=props(b=STRING)), [("type-narrowed", "$.a.b")], id="within"),
        pytest.param(
            {"properties": {"a b": INTEGER}}, {"type": "object", "properties": {"a b": STRING}},
            [("type-narrowed", "$['a b']")], id="an odd name",
        ),
        pytest.param(
            {"required": ["a", "b"]}, {"type": "object", "required": ["a"]}, [("required-added", "$.b")], id="required",
        ),
        pytest.param(
            {"patternProperties": {"^x-": INTEGER}}, {"type": "object", "properties": {"x-a": INTEGER}, "additionalProperties": False},
            [], id="a pattern that a closed object's properties honour",
        ),
        pytest.param(
            {"patternProperties": {"^x-": STRING}}, {"type": "object", "properties": {"x-a": INTEGER}, "additionalProperties": False},
            [("type-narrowed", "$['x-a']")], id="a pattern that they do not",
        ),
        pytest.param(
            {"patternProperties": {"^x-": STRING}}, {"type": "object"}, [("pattern-properties-narrowed", "$.*")], id="a pattern",
        ),
        pytest.param(
            {"additionalProperties": False}, {"type": "object", "patternProperties": {"^x-": STRING}, "additionalProperties": False},
            [("pattern-properties-narrowed", "$.*")], id="a pattern that is gone",
        ),
        pytest.param(
            {"propertyNames": {"maxLength": 3}}, {"type": "object"}, [("property-names-narrowed", "$")], id="names",
        ),
        pytest.param({"maxProperties": 1}, {"type": "object"}, [("max-properties-lowered", "$")], id="how many properties"),
        pytest.param(
            {"dependentRequired": {"a": ["b"]}}, {"type": "object", "required": ["b"]}, [], id="a dependency that is required anyway",
        ),
        pytest.param(
            {"dependencies": {"a": ["b"]}}, {"type": "object"}, [("dependency-added", "$.a")], id="a dependency",
        ),
        pytest.param(
            {"dependentSchemas": {"a": {"required": ["b"]}}}, {"type": "object"}, [("dependency-added", "$.a")], id="a schema that depends",
        ),
        pytest.param(
            {"dependentSchemas": {"a": {"minProperties": 1}}}, {"type": "object", "dependentSchemas": {"a": {"minProperties": 2}}},
            [], id="a schema that depends, and asks less",
        ),
        pytest.param({"items": NUMBER}, LIST, [], id="items"),
        pytest.param({"items": STRING}, LIST, [("type-narrowed", "$[*]")], id="other items"),
        pytest.param(
            {"prefixItems": [INTEGER], "items": STRING}, LIST, [("type-narrowed", "$[*]")], id="the first item and the rest",
        ),
        pytest.param(
            {"prefixItems": [INTEGER, STRING]}, {**LIST, "maxItems": 1}, [], id="the second of at most one",
        ),
        pytest.param(
            {"items": [STRING], "additionalItems": False}, {"type": "array", "items": [STRING], "additionalItems": False},
            [], id="a tuple of the older drafts",
        ),
        pytest.param({"uniqueItems": True}, {"type": "array"}, [("unique-items-added", "$")], id="unique items"),
        pytest.param({"uniqueItems": True}, {"type": "array", "maxItems": 1}, [], id="one item is unique"),
        pytest.param({"minItems": 2}, {"type": "array", "minItems": 1}, [("min-items-raised", "$")], id="how many items"),
        pytest.param({"anyOf": [STRING, INTEGER]}, STRING, [], id="a branch"),
        pytest.param({"anyOf": [STRING, INTEGER]}, {"type": ["string", "integer"]}, [], id="a branch for each type"),
        pytest.param({"oneOf": [{"const": "a"}, {"const": "b"}]}, {"enum": ["a", "b"]}, [], id="a branch for each value"),
        pytest.param({"anyOf": [STRING, INTEGER]}, {"type": "boolean"}, [("no-branch", "$")], id="no branch"),
        pytest.param({"type": ["string", "null"]}, {"anyOf": [STRING, {"type": "null"}]}, [], id="branches of the writer"),
        pytest.param(STRING, {"anyOf": [STRING, INTEGER]}, [("type-narrowed", "$")], id="a branch that is not allowed"),
        pytest.param({"minLength": 2}, {"allOf": [STRING, {"minLength": 3}]}, [], id="what the writer's parts say together"),
        pytest.param({"allOf": [STRING, {"minLength": 3}]}, STRING, [("min-length-raised", "$")], id="each of the reader's parts"),
        pytest.param({"not": STRING}, {"not": STRING}, [], id="the same not"),
        pytest.param({"not": STRING}, {"not": INTEGER}, [("undecided", "$")], id="another not"),
        pytest.param({"if": STRING, "then": {"minLength": 1}}, {}, [("undecided", "$")], id="if"),
        pytest.param({"contains": STRING}, {"type": "string"}, [("undecided", "$")], id="contains"),
        pytest.param(TREE_OF_NUMBERS, TREE, [], id="a schema that holds itself"),
        pytest.param(TREE, TREE_OF_NUMBERS, [("type-narrowed", "$.v")], id="a schema that holds itself, narrowed"),
        pytest.param(
            props(a={"$ref": "#/$defs/x"}) | {"$defs": {"x": STRING}}, props(a=STRING), [], id="a reference and what it is to",
        ),
        pytest.param({"$ref": "#"}, STRING, [], id="a reference to itself says nothing"),
        pytest.param({"anyOf": [{"$ref": "#"}, STRING]}, {"anyOf": [{"$ref": "#"}, STRING]}, [], id="a branch that is itself"),
        pytest.param(
            {"$schema": SEVENTH, "definitions": {"x": {}}, "properties": {"a": {"$ref": "#/definitions/x", "type": "string"}}},
            {"type": "object"}, [], id="beside a reference nothing counted",
        ),
        pytest.param(
            {"$defs": {"x": {}}, "properties": {"a": {"$ref": "#/$defs/x", "type": "string"}}},
            {"type": "object"}, [("property-added-to-open", "$.a")], id="beside a reference it counts now",
        ),
        pytest.param({"$defs": {"x": {"$anchor": "here", **STRING}}, "$ref": "#here"}, STRING, [], id="an anchor"),
        pytest.param({"$defs": {"x y": [{}, STRING]}, "$ref": "#/$defs/x%20y/1"}, STRING, [], id="a pointer into a list"),
        pytest.param({"$ref": "#/$defs/x~1y", "$defs": {"x/y": STRING}}, STRING, [], id="a pointer with a slash"),
        pytest.param({"patternProperties": {"(": STRING}}, {"type": "object", "properties": {"a": INTEGER}, "additionalProperties": False},
                     [("type-narrowed", "$.a")], id="a pattern that is none may be met"),
        pytest.param({"minimum": 1}, {"type": "integer", "exclusiveMinimum": 0.5}, [], id="the next integer"),
        pytest.param({"minItems": 1, "items": INTEGER}, {"type": "array", "items": INTEGER, "minItems": 1}, [], id="all of it"),
        pytest.param({"default": 1, **INTEGER}, {"default": 2, **INTEGER}, [("default-changed", "$")], id="a default"),
        pytest.param({"format": "date", **STRING}, STRING, [("format-changed", "$")], id="a format"),
    ],
)  # fmt: skip
def test_a_reader_allows_what_a_writer_allows(reader: object, writer: object, expected: list[tuple[str, str]]) -> None:
    assert found(reader, writer) == expected


def test_schemas_of_references_are_known_by_name_and_by_id() -> None:
    line = {"$id": "https://shop.example/line.json", **props(sku={"$ref": "#/$defs/sku"}), "$defs": {"sku": STRING}}
    old = schema(props(line=props(sku=INTEGER)))

    for called, target in (
        ("line.json", "line.json"),
        ("x", "https://shop.example/line.json"),
        ("line.json", "./line.json#"),
    ):
        new = schema(props(line={"$ref": target}), {called: line})

        assert [each.path for each in check([old], new).findings] == ["$.line.sku"]


def test_a_sentence_names_who_allows_what() -> None:
    (finding,) = check([schema(NUMBER)], schema(INTEGER)).findings

    assert finding.sentence == "The old schema allows number with a fraction, the new one integer."


@pytest.mark.parametrize(
    ("raw", "clause"),
    [
        ([], r"it is \[\], and a JSON Schema is an object, true or false"),
        ({"properties": {"a": 1}}, "it has 1 where a schema stands"),
        ({"$ref": "#/$defs/none"}, "it refers to '#/.defs/none', which is not there"),
        ({"$ref": "#none"}, "it refers to '#none', which is not there"),
        ({"$ref": "other.json"}, "it refers to 'other.json', which is not among its references"),
    ],
)
def test_a_schema_that_is_none(raw: object, clause: str) -> None:
    with pytest.raises(UsageError, match=clause):
        check([schema({"type": "object"})], schema(raw))


def test_a_schema_of_too_many_levels() -> None:
    with pytest.raises(UsageError, match="it nests more than 150 levels deep"):
        check([schema({})], RegisteredSchema("JSON", '{"not":' * 200 + "{}" + "}" * 200, {}))


# -- what is called compatible is ----------------------------------------------------------------------------------------

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 1.5, 0.5, "", "a", "b", "ab", "abc", [], [1], [1, 1], ["a"], [1, "a"], [None],
    {}, {"a": 1}, {"a": "a"}, {"b": 1}, {"a": 1, "b": "a"}, {"a": {"a": 1}}, {"a": []}, {"b": None}, {"x": 1}, {"a": 1, "x": "a"},
]  # fmt: skip
SIMPLE: list[Any] = [
    {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": ["string", "null"]}, {"type": "object"}, {"type": "array"},
    {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 0}, {"multipleOf": 0.5}, {"minLength": 1}, {"maxLength": 1}, {"pattern": "a"},
    {"enum": [1, "a"]}, {"enum": ["a", "ab", None]}, {"const": {"a": 1}}, {"minItems": 1}, {"maxItems": 1}, {"uniqueItems": True},
    {"required": ["a"]}, {"required": ["a", "b"]}, {"maxProperties": 1}, {"minProperties": 1}, {"dependentRequired": {"a": ["b"]}},
    {"additionalProperties": False}, {"not": {"type": "string"}}, {"contains": {"type": "integer"}}, {"propertyNames": {"maxLength": 1}},
    {"if": {"type": "integer"}, "then": {"minimum": 1}}, True, {},
]  # fmt: skip


def made(random: random.Random, depth: int = 2) -> Any:
    if not depth or random.random() < 0.4:
        parts = [each for each in random.sample(SIMPLE, random.randint(1, 3)) if isinstance(each, dict)]
        return {name: value for each in parts for name, value in each.items()} if parts else True
    below = [made(random, depth - 1) for _ in range(3)]
    return random.choice(
        [
            {
                "type": "object",
                "properties": {"a": below[0], "b": below[1]},
                "additionalProperties": random.choice([True, False, below[2]]),
            },
            {"properties": {"a": below[0]}, "patternProperties": {"x": below[1]}},
            {"items": below[0]},
            {"prefixItems": [below[0]], "items": below[1]},
            {"anyOf": below[:2]},
            {"allOf": below[:2]},
            {"$defs": {"x": below[0]}, "$ref": "#/$defs/x"} if depth == 2 else below[0],
        ]
    )


def changed(random: random.Random, raw: Any) -> Any:
    if not isinstance(raw, dict) or random.random() < 0.2:
        return random.choice([raw, {**raw, **random.choice(SIMPLE[:-2])} if isinstance(raw, dict) else raw])
    names = [name for name in raw if name == "$defs" or random.random() < 0.85]
    return {
        name: [changed(random, each) for each in raw[name]] if name in ("anyOf", "allOf") else raw[name]
        for name in names
    }


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_called_compatible_is(seed: int) -> None:
    source = random.Random(seed)
    writer = made(source)
    reader = changed(source, writer) if seed % 3 else made(source)
    assume(check([schema(writer)], schema(reader)).compatible)

    reads, writes = (jsonschema.Draft202012Validator(each) for each in (reader, writer))

    assert [each for each in VALUES if writes.is_valid(each) and not reads.is_valid(each)] == []


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32))
def test_a_schema_is_compatible_with_itself(seed: int) -> None:
    raw = made(random.Random(seed))
    again = json.dumps(dict(reversed(raw.items())) if isinstance(raw, dict) else raw)

    assert check([schema(raw)], RegisteredSchema("JSON", again, {}), "FULL").findings == ()
