"""A contract relaxed to types: other values of the same types pass, stated rules stay."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from msgpact import match
from msgpact.check import check_message
from msgpact.guard import relaxed
from msgpact.model import Contents, MatchingRule, Message, MessageContents, Presence, RuleSet
from msgpact.serializers.avro import Avro
from msgpact.serializers.protobuf import Protobuf
from msgpact.template import compile_message

JSON = "application/json"
A_UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


def judged(expected: MessageContents, message: Message) -> list[str]:
    """The paths of the mismatches: the same by the comparison, and by the shortcut of what is checked again."""
    once = check_message(expected, message)
    assert check_message(expected, message) == once == check_message(expected, message)
    return [each.path for each in once]


def paths(template: object, came: object, metadata: Any = None, of: Any = None) -> list[str]:
    expected = relaxed(compile_message(template, metadata or {}, None))
    return judged(expected, Message(json.dumps(came).encode(), content_type=JSON, metadata=of or {}))


CASES = {
    "another value": ("a", "b", True),
    "another number": (1, 2.5, True),
    "another type": (1, "1", False),
    "null for a value": (1, None, False),
    "a value for null": (None, 1, False),
    "a list that is longer": ([1], [1, 2, 3], True),
    "a list that is shorter": ([1, 2], [5], True),
    "a list without items": ([1, 2], [], True),
    "items of another type": ([1], [1, "2"], False),
    "items of a list that was empty": ([], [1, "2"], True),
    "no list": ([1], {"0": 1}, False),
    "objects in a list": ([{"a": 1}], [{"a": 2, "b": 3}, {"a": 9}], True),
    "an object in a list that lacks a key": ([{"a": 1}], [{"a": 2}, {}], False),
    "equal_to": (match.equal_to("a"), "b", True),
    "equal_to, of another type": (match.equal_to("a"), 1, False),
    "equal_to of an object": (match.equal_to({"a": 1}), {"a": 2, "b": 3}, True),
    "any_of equal_to and null": (match.any_of(match.equal_to("a"), match.null()), None, True),
    "any_of equal_to and null, neither": (match.any_of(match.equal_to("a"), match.null()), 5, False),
    "a regex that is met": (match.regex("[a-c]", "a"), "b", True),
    "a regex that is not": (match.regex("[a-c]", "a"), "z", False),
    "one of": (match.one_of("PLACED", "PAID"), "PAID", True),
    "none of": (match.one_of("PLACED", "PAID"), "LOST", False),
    "an integer that is a decimal": (match.integer(1), 1.5, False),
    "at least so many": (match.each_like(1, min=2), [1], False),
    "at most so many": (match.like([1], max=2), [1, 2, 3], False),
    "so many": (match.each_like(1, min=2), [7, 8], True),
    "below a stated minimum values are free": (match.each_like({"a": "x"}, min=1), [{"a": "y"}], True),
    "each key, met": (match.each_key(match.regex("k.", "k1"), {"k1": "x"}), {"k2": "y"}, True),
    "each key, not met": (match.each_key(match.regex("k.", "k1"), {"k1": "x"}), {"z": "y"}, False),
    "each value": (match.each_value(match.equal_to("x"), {"a": "x"}), {"b": "y"}, True),
    "each value of another type": (match.each_value(match.equal_to("x"), {"a": "x"}), {"b": 1}, False),
    "values": (match.values({"a": {"n": 1}}), {"b": {"n": 2}}, True),
    "values of another type": (match.values({"a": {"n": 1}}), {"b": {"n": "2"}}, False),
    "a variant of another value": (match.array_contains({"k": "a"}), [5, {"k": "z"}], True),
    "a variant of another type": (match.array_contains({"k": "a"}), [{"k": 1}], False),
    "a variant's rule": (match.array_contains({"k": match.regex("[ab]", "a")}), [{"k": "z"}], False),
}


@pytest.mark.parametrize(("template", "came", "passes"), CASES.values(), ids=CASES)
def test_contents(template: object, came: object, passes: bool) -> None:
    assert (paths({"it": template}, {"it": came}) == []) is passes
    assert (paths(template, came) == []) is passes


def test_a_mismatch_says_where() -> None:
    assert paths({"a": {"b": 1}, "c": [1]}, {"a": {"b": "1"}, "c": [1, None]}) == ["$.a.b", "$.c[1]"]


def test_every_key_of_the_example_is_wanted_and_others_are_free() -> None:
    assert paths({"a": 1}, {"a": 2, "b": 3}) == []
    assert paths({"a": 1}, {"b": 3}) == ["$"]


METADATA = {
    "another value": ({"key": "42"}, {"key": "43"}, True),
    "no entry": ({"key": "42"}, {}, False),
    "a key that is none": ({"key": "42"}, {"key": None}, False),
    "a stated rule, met": ({"id": match.uuid()}, {"id": A_UUID}, True),
    "a stated rule, not met": ({"id": match.uuid()}, {"id": "1"}, False),
    "equal_to": ({"kind": match.equal_to("a")}, {"kind": "b"}, True),
    "a name that is no word": ({"a b/c": "1"}, {"a b/c": "2"}, True),
    "a number": ({"partition": 1}, {"partition": 2}, True),
}


@pytest.mark.parametrize(("stated", "came", "passes"), METADATA.values(), ids=METADATA)
def test_metadata(stated: dict[str, object], came: dict[str, object], passes: bool) -> None:
    assert (paths({"a": 1}, {"a": 2}, stated, came) == []) is passes


def test_one_entry_can_be_left_out() -> None:
    expected = relaxed(compile_message({}, {"topic": match.regex("a.*", "a1"), "key": "k"}, None), without=("topic",))

    assert judged(expected, Message(b"{}", content_type=JSON, metadata={"topic": "z", "key": "k"})) == []


@pytest.mark.parametrize(
    ("content_type", "passes"),
    [(JSON, True), (None, True), ("application/json;charset=utf-8", True), ("text/plain", False)],
)
def test_the_content_type_is_judged_but_need_not_be_said(content_type: str | None, passes: bool) -> None:
    expected = relaxed(compile_message({"a": 1}, {}, None))

    assert (judged(expected, Message(b'{"a": 2}', content_type=content_type)) == []) is passes


@pytest.mark.parametrize("presence", Presence)
def test_presence_stays(presence: Presence) -> None:
    expected = MessageContents(Contents(presence, {"a": 1}, content_type=JSON))
    messages = [Message(each, content_type=JSON) for each in (None, b"", b'{"a": 1}')]

    assert [judged(relaxed(expected), each) for each in messages] == [judged(expected, each) for each in messages]


OTHERS = {
    "text": ("text/plain", "hello", b"world"),
    "XML": ("application/xml", "<order id='1'><sku>A</sku></order>", b"<order id='2'><sku>B</sku></order>"),
    "a form": ("application/x-www-form-urlencoded", {"a": "1"}, b"a=2"),
    "bytes": ("application/octet-stream", b"\x00\x01", b"\x07"),
}


@pytest.mark.parametrize(("content_type", "template", "came"), OTHERS.values(), ids=OTHERS)
def test_other_contents(content_type: str, template: object, came: bytes) -> None:
    expected = relaxed(compile_message(template, {}, content_type))

    assert judged(expected, Message(came, content_type=content_type)) == []


LINES = {"type": "array", "items": "string"}
AVRO = Avro(
    {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, {"name": "lines", "type": LINES}]}
)
PROTO = """
syntax = "proto3";
package shop;
message Order { int64 id = 1; repeated string lines = 2; }
"""


@pytest.mark.parametrize("kind", ["Avro", "Protobuf"])
def test_contents_with_a_schema(kind: str, tmp_path: Path) -> None:
    (tmp_path / "order.proto").write_text(PROTO)
    serializer: Any = AVRO if kind == "Avro" else Protobuf("shop.Order", proto=tmp_path / "order.proto")
    template = {"id": 7, "lines": match.each_like(match.regex("[A-Z]-[0-9]", "A-1"), min=0)}
    expected = relaxed(compile_message(template, {}, None, serializer))

    def of(document: object) -> list[str]:
        return judged(expected, Message(serializer.dump(document)))

    assert of({"id": 8, "lines": ["B-2", "C-3"]}) == []
    assert of({"id": 0, "lines": ["B-2"]}) == []
    assert of({"id": 8, "lines": ["B-2", "c"]}) == ["$.lines[1]"]
    assert judged(expected, Message(b"\xff\xff\xff")) == ["$"]


def test_the_contract_itself_is_left_as_it_is() -> None:
    rules = {"body": {"$.a": RuleSet((MatchingRule("equality"),))}}
    expected = MessageContents(Contents(Presence.PRESENT, {"a": 1}, content_type=JSON), {}, rules)

    assert judged(relaxed(expected), Message(b'{"a": 2}', content_type=JSON)) == []
    assert judged(expected, Message(b'{"a": 2}', content_type=JSON)) == ["$.a"]


def test_what_the_contract_takes_the_relaxed_one_takes() -> None:
    values: list[Any] = [1, "a", [1, 2], {"a": {"b": [None]}}, [], {}]
    for template, came in itertools.product(values, repeat=2):
        expected = compile_message({"it": template}, {}, None)
        message = Message(json.dumps({"it": came}).encode(), content_type=JSON)
        if not check_message(expected, message):
            assert judged(relaxed(expected), message) == []
