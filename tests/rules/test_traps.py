"""The 25 traps of a Pact implementation in Python, by number; documents are JSON texts, since their letters matter."""

import json
from typing import Any

import pytest
from notation import Rules, any_of, by_path, contains, each_key, each_value, like, regex

from msgpact.check import check_message
from msgpact.errors import UnreadablePact
from msgpact.model import Message, MessageContents
from msgpact.pactfile import documents, v3, v4

Row = tuple[int, Rules, str, str, bool]

DATE: dict[str, object] = {"match": "date", "format": "yyyy-MM-dd"}

BODIES: list[Row] = [
    (1, {}, "1", "true", False),
    (1, {}, "0", "false", False),
    (1, {}, "[1, [0]]", "[true, [false]]", False),
    (1, {"$": "integer"}, "1", "true", False),
    (1, {"$": "number"}, "1", "true", False),
    (1, {"$": "type"}, "1", "true", False),
    (1, {"$": "type"}, "true", "1", False),
    (2, {"$": "integer"}, "1", "10", True),
    (2, {"$": "integer"}, "1", "10.0", False),
    (2, {"$": "integer"}, "1", "1e2", False),
    (2, {"$": "integer"}, "1", "-0.0", False),
    (2, {"$": "integer"}, "1", "-0", False),
    (2, {"$": "integer"}, "1", "18446744073709551615", True),
    (2, {"$": "integer"}, "1", "18446744073709551616", False),
    (2, {"$": "integer"}, "1", "-9223372036854775808", True),
    (2, {"$": "integer"}, "1", "-9223372036854775809", False),
    (2, {"$": "decimal"}, "1.5", "10.0", True),
    (2, {"$": "decimal"}, "1.5", "1e2", True),
    (2, {"$": "decimal"}, "1.5", "10", False),
    (2, {"$": "number"}, "1", "10.0", True),
    (2, {"$": "type"}, "1", "1e2", True),
    (2, {}, "1", "1.0", False),
    (2, {}, "100", "1e2", False),
    (2, {}, "1.10", "1.1", True),
    (3, {"$": "integer"}, "1", '"100"', False),
    (3, {"$": "decimal"}, "1.5", '"1.5"', False),
    (3, {"$": "number"}, "1", '"100"', False),
    (4, {"$": regex(r"\d+")}, '"1"', '"a1b"', False),
    (4, {"$": regex(r"^\d+$")}, '"1"', '"123\\n"', False),
    (4, {"$": regex("^b$")}, '"b"', '"a\\nb\\nc"', False),
    (4, {"$": regex("a.b")}, '"axb"', '"a\\nb"', False),
    (5, {"$": regex(r"\d+")}, '"1"', "123", True),
    (5, {"$": regex("true")}, '"true"', "true", True),
    (5, {"$": regex("^null$")}, '"null"', "null", True),
    (5, {"$.a": regex(r"^\d+$")}, '{"a": ["1"]}', '{"a": ["1", "2", "x"]}', False),
    (5, {"$": regex(r"(?<n>\d)x\z")}, '"1x"', '"2x"', True),
    (5, {"$": regex("[[:alpha:]]+")}, '"a"', '"éa"', True),
    (5, {"$": regex(r"\p{Alpha}+")}, '"a"', '"é"', True),
    (5, {"$": regex(r"\h+")}, '"a"', '"fF09"', True),
    (5, {"$": regex("a++a")}, '"a"', '"aa"', False),
    (5, {"$": regex("[")}, '"["', '"["', False),
    (6, {}, '{"a": null}', "{}", False),
    (6, {"$.a": "null"}, '{"a": null}', "{}", False),
    (6, {"$.a": any_of("type", "null")}, '{"a": "x"}', '{"a": null}', True),
    (6, {"$.a": any_of("type", "null")}, '{"a": "x"}', "{}", False),
    (6, {"$.a": "type"}, '{"a": null}', '{"a": "x"}', False),
    (7, {"$.a": "null"}, '{"a": {"b": 1}}', '{"a": null}', False),
    (7, {"$.a": "notEmpty"}, '{"a": ["b"]}', '{"a": "b"}', False),
    (7, {"$": "type"}, "{}", "[]", False),
    (8, {"$.a": "type"}, '{"a": {"b": "x"}}', '{"a": {"b": "y", "z": 1}}', True),
    (8, {"$.a": "type"}, '{"a": {"b": "x"}}', '{"a": {"b": 1}}', False),
    (8, {"$.a": "type"}, '{"a": {"b": "x"}}', '{"a": {}}', False),
    (8, {"$.a": "type", "$.a.s": "equality"}, '{"a": {"s": "OK"}}', '{"a": {"s": "BAD"}}', False),
    (9, {"$.a": like(min=2)}, '{"a": [[1, 2]]}', '{"a": [[1], [2]]}', True),
    (9, {"$.a": like(min=2)}, '{"a": {"b": 1}}', '{"a": {"b": 1}}', False),
    (9, {"$.a": like(min=5)}, '{"a": "x"}', '{"a": "y"}', True),
    (9, {"$": {"min": 1}}, "[1]", "[]", False),
    (9, {"$": {"match": "type", "min": "1"}}, "[1]", "[]", False),
    (10, {"$": "type"}, "[1]", "[2, 3, 4]", True),
    (10, {"$": "type"}, "[1]", "[]", True),
    (10, {"$": "type"}, "[1, 2, 3]", "[9]", True),
    (10, {"$": "type"}, '[1, "x"]', '[5, "y", "z"]', False),
    (10, {"$": "type"}, '[1, "x"]', '[5, "y", 7]', True),
    (11, {"$.a[*]": "type"}, '{"a": [1, 2]}', '{"a": [9]}', False),
    (11, {"$.a[*]": "type"}, '{"a": [1]}', '{"a": [9, 8]}', False),
    (11, {"$.a[*].id": "type"}, '{"a": [{"id": 1}]}', '{"a": [{"id": 1}, {"id": 2}]}', False),
    (12, {}, "[]", "[1]", False),
    (12, {}, "{}", '{"a": 1}', True),
    (12, {"$": "type"}, "[]", '[1, "x"]', True),
    (12, {"$": like(min=1)}, "[]", "[]", False),  # the reference accepts it: a slip
    (12, {"$": "notEmpty"}, "[]", "[]", True),
    (13, {}, '{"a": 1}', '{"a": 1, "b": null}', True),
    (13, {}, "[1]", "[1, null]", False),
    (14, {"$.m": "values"}, '{"m": {"a": 1}}', '{"m": {"z": 2}}', False),
    (14, {"$.m": "values", "$.m.*": "type"}, '{"m": {"a": 1}}', '{"m": {"z": 2}}', True),
    (14, {"$.m": "values", "$.m.*": "type"}, '{"m": {"a": 1}}', '{"m": {}}', True),
    (14, {"$.m": "values"}, '{"m": {"a": {"b": 1}}}', '{"m": {"a": {"c": 1}}}', False),
    (15, {"$": each_key(regex("[a-z]"))}, '{"a": 1}', '{"a": 2, "b": 3}', True),
    (15, {"$": each_key(regex("[a-z]"))}, '{"a": 1}', '{"ab": 1}', False),
    (15, {"$": each_key(regex("[a-z]"))}, '{"a": 1}', "{}", True),
    (16, {"$.m": each_value("type"), "$.m[*].n": "integer"}, '{"m": [{"n": 1}]}', '{"m": [{"n": 1.5}]}', True),
    (16, {"$.m": each_value("type")}, '{"m": [1, 2]}', '{"m": []}', True),
    (16, {"$.m": each_value("type")}, '{"m": {"a": 1}}', '{"m": {"x": 2, "y": 3}}', True),
    (17, {"$": contains((0, {}), (1, {}))}, "[1, 2]", "[3, 2, 1]", True),
    (17, {"$": contains((0, {"$.n": "type"}), (1, {"$.n": "type"}))}, '[{"n": 1}, {"n": 2}]', '[{"n": 9}]', True),
    (17, {"$": contains((0, {})), "$[*]": "type"}, "[1]", "[2]", False),
    (17, {"$": contains((0, {}))}, '[{"a": 1}]', '[{"a": 1, "b": 2}]', True),
    (17, {"$": contains((5, {}))}, "[1]", "[1]", False),
    (17, {"$": contains((0, {}))}, "[1, 2]", "[1]", True),
    (17, {"$": contains((0, {}))}, "[1]", "[]", False),
    (18, {"$.*.b": "integer", "$.a": "type"}, '{"a": {"b": 1}}', '{"a": {"b": 1.5}}', False),
    (18, {"$.a": "integer", "$.*.*": "type"}, '{"a": [1]}', '{"a": [1.5]}', False),
    (19, {"$.*": "type"}, "[1]", "[2]", True),
    (19, {"$[*]": "type"}, '{"0": 1}', '{"0": 2}', True),
    (19, {"$[*]": "type"}, '{"k": 1}', '{"k": 2}', False),
    (19, {"$[0]": "type"}, '{"0": 1}', '{"0": 2}', True),
    (19, {"$['0']": "type"}, "[1]", "[2]", True),
    (19, {"a": "type"}, '{"a": 1}', '{"a": 2}', True),
    (19, {"$.é": "type", "$.a-b": "type"}, '{"é": 1, "a-b": 1}', '{"é": 2, "a-b": 2}', True),
    (19, {"$['x.y']": "type", "$['$a']": "type"}, '{"x.y": 1, "$a": 1}', '{"x.y": 2, "$a": 2}', True),
    (24, {"$": DATE}, '"2020-01-01"', '"2000-1-5"', True),
    (24, {"$": DATE}, '"2020-01-01"', '"12020-01-05"', False),
    (24, {"$": DATE}, '"2020-01-01"', '"20-01-05"', True),
    (24, {"$": DATE}, '"2020-01-01"', '"2020-02-30"', False),
    (24, {"$": {"match": "time", "format": "HH:mm"}}, '"10:00"', '"24:00"', False),
    (24, {"$": {"match": "time", "format": "HH:mm:ss"}}, '"10:00:00"', '"10:00:60"', True),
    (24, {"$": {"match": "time", "format": "ss.SSS"}}, '"00.000"', '"10.1"', True),
    (24, {"$": {"match": "datetime", "format": "yyyyTHH"}}, '"2000T10"', '"2000T10"', False),
    (24, {"$": {"match": "time", "format": "HHX"}}, '"10Z"', '"10Z"', True),
    (24, {"$": {"match": "time", "format": "HHZ"}}, '"10+0000"', '"10Z"', False),
    (24, {"$": {"match": "date", "format": "dd MMM yyyy"}}, '"05 Jan 2020"', '"05 JAN 2020"', True),
    (24, {"$": "datetime"}, '"2020-01-01T10:00:00Z"', '"2020-01-01T10:00:00"', False),
    (24, {"$": {"match": "date", "format": "yyyy"}}, '"2020"', "2000", True),
    (24, {"$": {"match": "time", "format": "HHXXX"}}, '"10+01:00"', '"10+14:00"', True),  # the reference stops at 12
    (24, {"$": {"match": "date", "format": "yyyyDDD"}}, '"2020001"', '"2020366"', True),  # the reference stops at 356
]


@pytest.mark.parametrize(
    ("rules", "example", "actual", "matches"),
    [pytest.param(*row[1:], id=f"trap {row[0]}: {' '.join(map(str, row[1:4]))}") for row in BODIES],
)
def test_bodies(rules: Rules, example: str, actual: str, matches: bool) -> None:
    assert (
        fits(v4_message(json_text(example), rules), Message(actual.encode(), content_type="application/json"))
        is matches
    )


def fits(expected: MessageContents, message: Message) -> bool:
    return not check_message(expected, message)


def json_text(document: str) -> dict[str, object]:
    return {"content": document, "contentType": "application/json", "encoded": "JSON"}


def v4_message(contents: object, rules: Rules | None = None, **more: object) -> MessageContents:
    raw: dict[str, object] = {"type": "Asynchronous/Messages", "description": "d", "contents": contents, **more}
    message = v4.read({"matchingRules": {"body": by_path(rules or {})}, **raw}, 0).message
    assert message is not None
    return message


def v3_message(contents: object, content_type: str, **more: object) -> MessageContents:
    message = v3.read({"contents": contents, "metadata": {"contentType": content_type}, **more}, 0).message
    assert message is not None
    return message


@pytest.mark.parametrize("path", ["$..b", "$.a[-1]", "$.a[0:1]", '$["a"]'])
def test_trap_19_what_jsonpath_allows_is_rejected(path: str) -> None:
    rules = {"body": {path: {"matchers": [{"match": "type"}]}}}
    document = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "messages": [{"matchingRules": rules}]}

    with pytest.raises(UnreadablePact, match="does not parse"):
        documents.loads(json.dumps(document).encode())


@pytest.mark.parametrize(("category", "counts"), [("body", True), ("content", True), ("contents", False)])
def test_trap_20_categories_of_the_contents(category: str, counts: bool) -> None:
    message = v4_message({"content": {"a": 1}}, matchingRules={category: by_path({"$.a": "type"})})

    assert fits(message, Message(b'{"a": 2}', content_type="application/json")) is counts


@pytest.mark.parametrize(
    ("expected", "actual", "rules", "matches"),
    [
        ({"k": 1}, {"k": 1, "z": 2}, {}, True),
        ({"k": 1}, {"K": 1}, {}, False),
        ({"k": 1}, {}, {}, False),
        ({"k": 1}, {"k": "1"}, {}, False),
        ({"k": {"a": 1}}, {"k": {"a": 1, "b": 2}}, {}, False),
        ({"x.k": "a"}, {"x.k": "b"}, {"$['x.k']": "type"}, True),
        ({"x.k": "a"}, {"x.k": "b"}, {"x.k": "type"}, False),
        ({"x-k": "a"}, {"x-k": "b"}, {"x-k": "type"}, True),
    ],
)
def test_trap_21_metadata(expected: object, actual: dict[str, object], rules: Rules, matches: bool) -> None:
    message = v4_message(None, metadata=expected, matchingRules={"metadata": by_path(rules)})

    assert fits(message, Message(None, metadata=actual)) is matches


@pytest.mark.parametrize("spelling", ["metadata", "metaData"])
def test_trap_21_both_spellings_are_read(spelling: str) -> None:
    more: dict[str, Any] = {spelling: {"k": 1}}

    assert v4_message(None, **more).metadata == {"k": 1}


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        ("application/json", "application/json;charset=UTF-8", True),
        ("application/json;charset=utf-8", "application/json", False),
        ("application/json;charset=UTF-8", "application/json; charset=utf-8", True),
        ("application/json", "application/hal+json", False),
        ("application/hal+json", "application/hal+json", True),
        ("application/json", "text/plain", False),
        ("text/json", "text/json", False),
        ("application/vnd.foo", "application/vnd.foo", False),
    ],
)
def test_trap_22_the_content_type_comes_first(expected: str, actual: str, matches: bool) -> None:
    """The same document with its keys in another order: the same as JSON, another as text or bytes."""
    message = v3_message('{"a":1,"b":2}', expected)

    assert fits(message, Message(b'{"b":2,"a":1}', metadata={"contentType": actual})) is matches


@pytest.mark.parametrize(
    ("expected", "actual", "matches"),
    [
        (v3_message('{"a":1}', "application/json"), b'{"a": 1}', True),
        (v3_message('"a"', "application/json"), b'"a"', True),
        (v3_message("[1]", "application/json"), b'"[1]"', True),
        (v3_message("[1]", "application/json"), b"[1]", False),
        (v3_message("5", "application/json"), b'"5"', True),
        (v3_message("YQ==", "image/png"), b"a", True),
        (v3_message("", "application/json"), b"", True),
        (v3_message("", "application/json"), b"{}", False),
        (v4_message({"content": '{"a":1}', "contentType": "application/json", "encoded": False}), b'{"a":1}', False),
        (v4_message({"content": '{"a":1}', "contentType": "application/json", "encoded": "JSON"}), b'{"a": 1}', True),
        (
            v4_message({"content": "eyJhIjoxfQ==", "contentType": "application/json", "encoded": "BASE64"}),
            b'{"a":1}',
            True,
        ),
        (v4_message({"content": ""}), b"{}", False),  # the reference lets it pass: a slip
        (v4_message({"contents": "x"}), b'{"contents": "x"}', True),
    ],
)
def test_trap_23_how_contents_are_held(expected: MessageContents, actual: bytes, matches: bool) -> None:
    stated = expected.contents.content_type or "application/json"

    assert fits(expected, Message(actual, metadata={"contentType": stated})) is matches


@pytest.mark.parametrize(
    ("actual", "matches"),
    [("Hello World", True), ("Hello World\n", False), (" Hello World", False), ("Hello\tWorld", False)],
)
def test_trap_25_plain_text_is_exact(actual: str, matches: bool) -> None:
    assert fits(v3_message("Hello World", "text/plain"), Message(actual.encode(), content_type="text/plain")) is matches
