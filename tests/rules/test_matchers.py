"""Each matching rule on one value: what meets it as a JSON scalar, as text, as bytes; and how it reads in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notation import Matcher, matcher, regex

from msgpact.model import Combine, MatchingRule, RuleSet
from msgpact.pactfile.rulesets import read_rule
from msgpact.rules.compare import failures
from msgpact.rules.matchers import BYTES, JSON, MATCHERS, TEXT, Check, in_words, same, status_code, text_of

DATE: Matcher = {"match": "date", "format": "yyyy-MM-dd"}


Row = tuple[Matcher, object, list[object], list[object]]
"""A rule, the example, what meets it, what does not."""


def is_met(written: Matcher, example: object, actual: object, checks: dict[str, Check]) -> bool:
    return not failures(RuleSet((read_rule(matcher(written)),)), example, actual, checks)


def named(value: object) -> str:
    return str(value.get("match", value)) if isinstance(value, dict) else repr(value)


def each(table: list[Row]) -> list[object]:
    """A parameter for each value of a table."""
    return [
        pytest.param(
            written, example, actual, met, id=f"{named(written)} of {example!r} {'ok' if met else 'no'} {actual!r}"
        )
        for written, example, good, bad in table
        for met, values in ((True, good), (False, bad))
        for actual in values
    ]


SCALARS: list[Row] = [
    ("equality", "a", ["a"], ["b", "A", "", None, 1, ["a"], {"a": 1}]),
    ("equality", 1, [1], [1.0, True, "1", 2, None]),
    ("equality", 1.0, [1.0], [1, 1.5]),
    ("equality", True, [True], [1, "true", False]),
    ("equality", None, [None], [0, False, "", "null", [], {}]),
    ("type", "a", ["", "b"], [1, True, None, ["a"], {"a": 1}]),
    ("type", 1, [0, 2, 1.5, -1], ["1", True, False, None, [1]]),
    ("type", 1.5, [1, 2.5], ["1.5", True]),
    ("type", True, [False], [1, 0, "true", None]),
    ("type", None, [None], [0, "", False, []]),
    ({"match": "type", "min": 5}, "abc", ["", "y"], [1]),
    ({"match": "type", "max": 1}, 3, [1000], ["a"]),
    (regex(r"\d+"), "1", ["12", 123], ["", "a1b", "1\n", -1, 1.5, True, None]),
    (regex(r"true|null"), "null", [True, None, "true"], [False, "True", "None"]),
    (regex(r"1\.5"), "1.5", [1.5, "1.5"], [1, "1,5"]),
    (regex(r"\[1,.*\]"), "x", [[1, 2], "[1,]"], [[2, 1], {"a": 1}]),
    (regex("("), "a", [], ["a", "("]),
    (regex("(a|aa)+b"), "b", ["aab"], ["a" * 5000]),
    ("integer", 1, [10, 0, -3, 2**63], [10.0, 1e2, -0.0, "10", True, None, [1], {}]),
    ("decimal", 1.5, [10.0, 1e2, -0.0, 1.10], [10, 0, "1.5", True, None]),
    ("number", 1, [10, 10.0, 1e2], ["10", True, False, None, [1]]),
    ("boolean", True, [True, False, "true", "false"], ["True", "", 1, 0, None, "yes"]),
    ("null", None, [None], [0, "", False, "null", [], {}]),
    ("notEmpty", "a", [0, False, " ", "b", [None], {"a": None}, 1.5], ["", None, [], {}]),
    ({"match": "include", "value": "1"}, "a1", ["1", "x1y", 21, 0.1, [1], {"a": 1}], ["", "a", 2, None]),
    ({"match": "include", "value": "tru"}, "true", [True], [False, "rue"]),
    ("semver", "1.0.0", ["0.0.0", "1.2.3-rc.1+b.7", "1.0.0-0A"], ["1.0", "v1.0.0", "01.0.0", "1.0.0-01", " 1.0.0", 1]),
    (DATE, "2020-01-05", ["2000-02-29", "2000-1-5", "20-01-05"], ["2001-02-29", "2000-13-01", "", 2000, None]),
    ({"match": "date"}, "2020-01-05", ["2000-02-29"], ["2001-02-29", "05/01/2020"]),
    ({"match": "date", "format": "yyyy"}, "2020", ["2000", 2000], ["x", 1.5]),
    ({"match": "time"}, "10:00:00", ["23:59:60"], ["24:00:00", "10:00", "10:00:61"]),
    ({"match": "datetime"}, "2020-01-05T10:00:00Z", ["2020-01-05T10:00:00+01:00"], ["2020-01-05T10:00:00"]),
    ({"match": "date", "format": "yyyyT"}, "2020", [], ["2020", "2020T"]),
    ({"match": "contentType", "value": "text/plain"}, "a", ["hello", "{}"], ["<?xml version='1.0'?>"]),
    ({"match": "contentType", "value": "image/gif"}, "a", ["R0lGODlhAQABAAAAACw="], ["hello", 1]),
    ({"match": "statusCode", "status": "success"}, 200, [200, 299], [300, "x", None]),
    ("values", 1, [1], [2, 1.0]),
    ({"match": "eachKey", "rules": []}, "a", [], ["a", 1, None]),
    ({"match": "eachValue", "rules": []}, "a", [], ["a", 1, None]),
    ({"match": "arrayContains", "variants": []}, "a", [], ["a", 1, None]),
]


@pytest.mark.parametrize(("written", "example", "actual", "met"), each(SCALARS))
def test_on_a_scalar_example(written: Matcher, example: object, actual: object, met: bool) -> None:
    assert is_met(written, example, actual, JSON) is met


def test_the_table_above_holds_every_rule() -> None:
    assert {read_rule(matcher(row[0])).match for row in SCALARS} == MATCHERS.keys()


TEXTS: list[Row] = [
    ("equality", "a", ["a"], ["a\n", " a"]),
    ("type", "a", ["", "1"], []),
    ("integer", "1", ["100", "007", "+1"], ["1.0", "-1", "", "a"]),
    ("decimal", "1.5", ["1.5", "100", "-1e3"], ["", "a"]),
    ("number", "1", ["1.5", "100"], ["", "1x"]),
    ("boolean", "true", ["true", "false"], ["yes", ""]),
    ("notEmpty", "a", [" "], [""]),
    ("null", "a", [], ["null", ""]),
    (regex("a+"), "a", ["aa"], ["b", "aa\n"]),
    (DATE, "2020-01-05", ["2020-01-05"], ["x"]),
    ({"match": "eachKey", "rules": []}, "a", [], ["a"]),
]


@pytest.mark.parametrize(("written", "example", "actual", "met"), each(TEXTS))
def test_on_text(written: Matcher, example: str, actual: str, met: bool) -> None:
    assert is_met(written, example, actual, TEXT) is met


BYTE_STRINGS: list[Row] = [
    ("equality", b"a", [b"a"], [b"b"]),
    ("type", b"a", [b"\xff", b""], []),
    ("notEmpty", b"a", [b"\x00"], []),
    (regex("a+"), b"a", [b"aa"], [b"b", b"\xff"]),
    ({"match": "include", "value": "é"}, b"a", ["né".encode()], [b"e", b"\xff"]),
    ({"match": "contentType", "value": "image/gif"}, b"a", [b"GIF89a\x01\x00"], [b"plain"]),
    ("integer", b"1", [], [b"1"]),
    ({"match": "eachValue", "rules": []}, b"a", [], [b"a"]),
]


@pytest.mark.parametrize(("written", "example", "actual", "met"), each(BYTE_STRINGS))
def test_on_bytes(written: Matcher, example: bytes, actual: bytes, met: bool) -> None:
    assert is_met(written, example, actual, BYTES) is met


@pytest.mark.parametrize(
    ("status", "good", "bad"),
    [
        ("info", [100, 199], [99, 200]),
        ("success", [200, 299], [199, 300]),
        ("redirect", [300, 399], [299, 400]),
        ("clientError", [400, 499], [399, 500]),
        ("serverError", [500, 599], [499, 600]),
        ("nonError", [100, 399], [400]),
        ("error", [400, 599], [399]),
        ([200, 404], [200, 404], [201]),
        ("no such", [], [200]),
    ],
)
def test_status_codes(status: object, good: list[int], bad: list[int]) -> None:
    assert [status_code({"status": status}, None, code) for code in good] == [None] * len(good)
    assert None not in [status_code({"status": status}, None, code) for code in bad]


# -- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (1, "1"),
        (1.10, "1.1"),
        (1e2, "100.0"),
        (-0.0, "-0.0"),
        (1e30, "1e+30"),
        (True, "true"),
        (None, "null"),
        ([1, "é"], '[1,"é"]'),
        ({"a": {"b": 1}}, '{"a":{"b":1}}'),
    ],
)
def test_text_of_a_value(value: object, text: str) -> None:
    assert text_of(value) == text


SCALAR = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text(max_size=2)
DOCUMENT = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=1), inner))


@given(DOCUMENT)
def test_a_value_is_the_same_as_itself(value: object) -> None:
    assert same(value, value)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0, False), ("1", 1), ([1], [1.0]), ({"a": [True]}, {"a": [1]}), ([1], [1, 1]), ({}, [])],
)
def test_what_python_calls_equal_may_not_be_the_same(one: object, other: object) -> None:
    assert not same(one, other)
    assert not same(other, one)


# -- words -----------------------------------------------------------------------------------------------------------

WORDS: list[tuple[Matcher, object, str]] = [
    ("equality", "a", "exactly the example"),
    ("type", "a", "a string"),
    ("type", 1, "a number"),
    ("type", 1.5, "a number"),
    ("type", True, "a boolean"),
    ("type", [1], "the type of the example"),
    ({"match": "type", "min": 1}, [1], "at least 1 like the example"),
    ({"match": "type", "max": 3}, [1], "at most 3 like the example"),
    ({"match": "type", "min": 1, "max": 3}, [1], "1 to 3 like the example"),
    (regex("a+"), "a", "text matching the pattern a+"),
    ({"match": "include", "value": 'a"b'}, "a", 'text that contains "a\\"b"'),
    ("integer", 1, "an integer"),
    ("decimal", 1.5, "a decimal number (written with a fraction or an exponent)"),
    ("number", 1, "a number"),
    ("boolean", True, "a boolean"),
    ("null", None, "null"),
    ("notEmpty", "a", "something that is not empty"),
    ("semver", "1.0.0", "a semantic version"),
    ("date", "x", "a date written as yyyy-MM-dd"),
    ({"match": "time", "format": "HH:mm"}, "x", "a time written as HH:mm"),
    ("datetime", "x", "a date and time written as yyyy-MM-dd'T'HH:mm:ssXXX"),
    ({"match": "contentType", "value": "image/png"}, "x", "bytes of the content type image/png"),
    ({"match": "statusCode", "status": "error"}, 500, "a status code: error"),
    ("values", {}, "values like the example's, under any keys"),
    ({"match": "eachKey", "rules": [regex("a")]}, {}, "keys that are each: text matching the pattern a"),
    (
        {"match": "eachValue", "rules": [{"match": "integer"}, {"match": "notEmpty"}]},
        {},
        "values that are each: an integer and something that is not empty",
    ),
    ({"match": "arrayContains", "variants": []}, [], "an array containing each variant"),
]


@pytest.mark.parametrize(("written", "example", "words"), WORDS, ids=[row[2] for row in WORDS])
def test_a_rule_in_words(written: Matcher, example: object, words: str) -> None:
    assert in_words(read_rule(matcher(written)), example) == words


def test_every_rule_has_words() -> None:
    assert {read_rule(matcher(row[0])).match for row in WORDS} == MATCHERS.keys()


# -- several rules ---------------------------------------------------------------------------------------------------

NULL, STRING = MatchingRule("null"), MatchingRule("type")
TABLE: list[tuple[Combine, tuple[MatchingRule, ...], object, list[str]]] = [
    ("AND", (STRING, MatchingRule("notEmpty")), "a", []),
    ("AND", (STRING, MatchingRule("notEmpty")), "", ["something that is not empty"]),
    ("AND", (STRING, MatchingRule("notEmpty")), None, ["a string", "something that is not empty"]),
    ("OR", (STRING, NULL), "b", []),
    ("OR", (STRING, NULL), None, []),
    ("OR", (STRING, NULL), 1, ["a string or null"]),
    ("OR", (NULL,), 1, ["null"]),
    ("AND", (), 1, []),
]


@pytest.mark.parametrize(("combine", "rules", "actual", "words"), TABLE)
def test_combining(combine: Combine, rules: tuple[MatchingRule, ...], actual: object, words: list[str]) -> None:
    assert [said for said, _, _ in failures(RuleSet(rules, combine), "a", actual)] == words


def test_alternatives_give_each_reason_once() -> None:
    rules = RuleSet((MatchingRule("regex", {"regex": "("}), MatchingRule("regex", {"regex": "("}), NULL), "OR")

    ((words, reason, _),) = failures(rules, "a", "a")

    assert words == "text matching the pattern ( or text matching the pattern ( or null"
    assert reason.count("the pattern itself is invalid") == 1
