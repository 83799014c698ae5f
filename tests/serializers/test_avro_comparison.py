"""What is compared of Avro records: everything, and in a pact of Pact's plugin what the plugin compares."""

from decimal import Decimal
from typing import Any

import pytest

from msgpact import Message
from msgpact.check import check_message
from msgpact.checking import not_compared
from msgpact.model import Contents, Form, MessageContents, Presence, Serializer
from msgpact.pactfile.rulesets import read_rules
from msgpact.serializers.avro import Avro
from msgpact.serializers.comparing import Actual, Example

Raw = dict[str, Any]

PART = {
    "type": "record",
    "name": "Part",
    "fields": [{"name": "sku", "type": "string"}, {"name": "note", "type": ["null", "string"]}],
}
SCHEMA = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "note", "type": ["null", "string"]},
        {"name": "part", "type": PART},
        {"name": "parts", "type": {"type": "array", "items": "Part"}},
        {"name": "by_sku", "type": {"type": "map", "values": "Part"}},
        {"name": "any", "type": {"type": "array", "items": ["int", "string"]}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}},
        {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "SENT"]}},
        {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 2}},
    ],
}  # fmt: skip
ORDER = Avro(SCHEMA)
A_PART = {"sku": "a", "note": None}
EXAMPLE: Raw = {
    "id": "10:30", "note": "n", "part": A_PART, "parts": [A_PART], "by_sku": {"k": A_PART}, "any": [1],
    "total": Decimal("12.50"), "status": "NEW", "digest": b"ab",
}  # fmt: skip


class Lenient:
    """As a plugin's contents are bound."""

    dump, build = ORDER.dump, ORDER.build
    is_exact = False

    def load(self, contents: bytes) -> object:
        return ORDER.load(contents)

    def example(self, contents: bytes, rules: Any) -> Example:
        return ORDER.example(contents, rules, lenient=True)

    def actual(self, contents: bytes, beside: object) -> Actual:
        return ORDER.actual(contents, beside, lenient=True)


def datum(changed: Raw) -> bytes:
    return ORDER.dump({**EXAMPLE, **changed})


def expected(rules: Raw, *, lenient: bool) -> MessageContents:
    read = read_rules({"body": {path: {"matchers": [rule]} for path, rule in rules.items()}})
    serializer: Serializer = Lenient() if lenient else ORDER
    stated = Contents(Presence.PRESENT, datum({}), Form.TYPED, ORDER.content_type, None, serializer)
    return MessageContents(stated, matching_rules=read)


def places(changed: Raw | bytes, rules: Raw, *, lenient: bool) -> list[str]:
    contents = changed if isinstance(changed, bytes) else datum(changed)
    found = check_message(expected(rules, lenient=lenient), Message(contents, content_type=ORDER.content_type))
    return [each.path for each in found]


NOTED = {"sku": "a", "note": "x"}

# What it shows, what came instead, the rules; where it differs exactly, and as the plugin judges.
ROWS: list[tuple[str, Raw | bytes, Raw, list[str], list[str]]] = [
    ("the example", {}, {}, [], []),
    ("another text", {"id": "b"}, {}, ["$.id"], ["$.id"]),
    ("another decimal", {"total": Decimal("12.51")}, {}, ["$.total"], ["$.total"]),
    ("another branch of a union", {"note": None}, {}, ["$.note"], []),
    ("another value of a union", {"note": "x"}, {}, ["$.note"], []),
    ("a union under a rule", {"note": None}, {"$.note": {"match": "regex", "regex": "n"}}, ["$.note"], []),
    ("a union in a record", {"part": NOTED}, {}, ["$.part.note"], []),
    ("a union in a record in an array", {"parts": [NOTED]}, {}, ["$.parts[0].note"], []),
    ("a union in a record in a map", {"by_sku": {"k": NOTED}}, {}, ["$.by_sku.k.note"], []),
    ("beside a union", {"part": {"sku": "b", "note": None}}, {}, ["$.part.sku"], ["$.part.sku"]),
    ("items that are unions", {"any": ["1"]}, {}, ["$.any[0]"], ["$.any[0]"]),
    ("a longer array", {"parts": [A_PART, A_PART]}, {}, ["$.parts"], ["$.parts"]),
    ("an array under a rule", {"parts": [A_PART, A_PART]}, {"$.parts": {"match": "type"}}, [], []),
    ("more keys of a map", {"by_sku": {"k": A_PART, "m": A_PART}}, {}, [], []),
    ("a key less", {"by_sku": {}}, {}, ["$.by_sku"], ["$.by_sku"]),
    ("a rule about times", {"id": "23:59"}, {"$.id": {"match": "time", "format": "HH:mm"}}, [], ["$.id"]),
    ("a rule about a part of text", {"id": "x10:30"}, {"$.id": {"match": "include", "value": "10:30"}}, [], ["$.id"]),
    ("type of an enum", {"status": "SENT"}, {"$.status": {"match": "type"}}, [], []),
    ("type of a fixed", {"digest": b"cd"}, {"$.digest": {"match": "type"}}, [], []),
    ("bytes that are left over", datum({}) + b"\x00", {}, ["$"], ["$"]),
    ("bytes that are missing", datum({})[:-1], {}, ["$"], ["$"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "rules", "exactly", "leniently"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_differs(changed: Raw | bytes, rules: Raw, exactly: list[str], leniently: list[str]) -> None:
    assert places(changed, rules, lenient=False) == exactly
    assert places(changed, rules, lenient=True) == leniently


def test_unions_are_said_not_to_be_compared() -> None:
    message = Message(datum({}), content_type=ORDER.content_type)

    assert not_compared(expected({}, lenient=True), message) == tuple(
        f"{path}: the field, as its schema is a union"
        for path in ("$.note", "$.part.note", "$.parts[0].note", "$.by_sku.k.note")
    )
    assert not_compared(expected({}, lenient=False), message) == ()


# -- what is sure ----------------------------------------------------------------------------------------------------

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 4}
NODE = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}


@pytest.mark.parametrize(
    ("schema", "known"),
    [
        pytest.param("string", frozenset({str}), id="text"),
        pytest.param({"type": "enum", "name": "E", "symbols": ["A"]}, frozenset({str}), id="an enum"),
        pytest.param("double", frozenset({float}), id="a number"),
        pytest.param({"type": "fixed", "name": "F", "size": 2}, frozenset({bytes}), id="fixed bytes"),
        pytest.param(["null", "long"], frozenset({type(None), int}), id="a union of scalars"),
        pytest.param(["null", DECIMAL], None, id="a union with a logical type"),
        pytest.param(DECIMAL, None, id="a logical type"),
        pytest.param({"type": "map", "values": "int"}, None, id="a map"),
        pytest.param({"type": "array", "items": "int"}, [frozenset({int})], id="an array"),
        pytest.param(NODE, {"next": None}, id="a record within itself"),
    ],
)
def test_a_schema_is_sure_of_plain_types(schema: Any, known: object) -> None:
    assert Avro(schema).known == known
