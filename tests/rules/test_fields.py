"""Header values and query parameters: taken apart, compared without a rule, and under rules about all or one of them."""

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notation import Rules, any_of, by_path, contains, each_key, each_value, like, regex

from msgpact.model import PathRules
from msgpact.pactfile.rulesets import read_rules
from msgpact.rules.fields import (
    Field,
    equal_headers,
    equal_queries,
    field_name,
    header_values,
    query_values,
)

NONE: Rules = {}


# -- taken apart -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("X", " a ", ("a",)),
        ("X", "a,b", ("a,b",)),
        ("Date", "Mon, 01 Dec 2008 01:15:39 GMT", ("Mon, 01 Dec 2008 01:15:39 GMT",)),
        ("Accept", "text/html,*/*; q=0.8", ("text/html", "*/*; q=0.8")),
        ("ALLOW", "GET , PUT", ("GET", "PUT")),
        ("vary", "", ("",)),
    ],
)
def test_header_values(name: str, text: str, values: tuple[str, ...]) -> None:
    assert header_values(name, text) == values


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("a=1", {"a": ("1",)}),
        ("a=1&b=2&a=3", {"a": ("1", "3"), "b": ("2",)}),
        ("a=1&", {"a": ("1",)}),
        ("a", {"a": ("",)}),
        ("a=", {"a": ("",)}),
        ("a=b=c", {"a": ("b=c",)}),
        ("a=1;b=2", {"a": ("1;b=2",)}),
        ("a=b%20c+d%3D", {"a": ("b c d=",)}),
        ("%C3%A9=%E6%96%87", {"é": ("文",)}),
        ("a=%ff", {"a": (r"\xff",)}),
        ("a=%zz", {"a": ("%zz",)}),
    ],
)
def test_query_values(query: str, values: dict[str, tuple[str, ...]]) -> None:
    assert query_values(query) == values


NAMED = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.lists(st.text(st.characters(codec="utf-8")), min_size=1).map(tuple),
)


@given(NAMED)
def test_query_values_of_any_text(values: dict[str, tuple[str, ...]]) -> None:
    assert query_values(urllib.parse.urlencode(values, doseq=True)) == values


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("a=1&b=2", "a=1&b=2", True),
        ("a=b%20c", "a=b+c", True),
        ("a=1&b=2", "b=2&a=1", False),
        ("a=1", "a=1&", False),
        ("a=1%26b=2", "a=1&b=2", False),
    ],
)
def test_queries_as_text(one: str, other: str, equal: bool) -> None:
    assert equal_queries(one, other) is equal


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("X-A", "X-A"),
        ("$.X-A", "X-A"),
        ("$['x.y']", "x.y"),
        ("ids[0]", "ids"),
        ("ids[*]", "ids"),
        ("ids[]", "ids[]"),
        ("$['a'][0]", "a"),
        ("$", "$"),
        ("$..", "$.."),
        ("$[*]", "$[*]"),
    ],
)
def test_names_of_keys(key: str, name: str) -> None:
    assert field_name(key) == name


# -- compared --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected", "actual", "equal"),
    [
        ("X", "a", "a", True),
        ("X", "a", "A", False),
        ("X", "a,b", "a ,  b", True),
        ("X", "a,b", "b,a", False),
        ("X", "a;q=1", "a; q=1", False),
        ("content-type", "a/b;charset=utf-8", "a/b; charset=UTF-8", True),
        ("Content-Type", "a/b", "a/b;charset=utf-8", True),
        ("Content-Type", "a/b;charset=utf-8", "a/b", False),
        ("Content-Type", "a/b", "a/c", False),
        ("Accept", "a/b;x=1;y=2", "a/b;y=2;x=1", True),
        ("Accept", "a/b", "", False),
    ],
)
def test_header_values_without_a_rule(name: str, expected: str, actual: str, equal: bool) -> None:
    assert equal_headers(name, expected, actual) is equal


TABLE = [
    # rules, example, actual, where it differs
    (NONE, ["1"], ["1"], []),
    (NONE, ["1"], ["2"], ["a"]),
    (NONE, ["1", "2"], ["1", "2"], []),
    (NONE, ["1", "2"], ["2", "1"], ["a[0]", "a[1]"]),
    (NONE, ["1", "2"], ["1"], ["a"]),
    (NONE, ["1"], ["1", "1"], ["a"]),
    (NONE, [], [], []),
    (NONE, [], ["1"], ["a"]),
    ({"b": "type"}, ["1"], ["2"], ["a"]),
    ({"A": "type"}, ["1"], ["2"], ["a"]),
    ({"a": []}, ["1"], ["2"], ["a"]),
    ({"a": "type"}, ["1"], ["x"], []),
    ({"$.a": "type"}, ["1"], ["x"], []),
    ({"$['a']": "type"}, ["1"], ["x"], []),
    ({"a": "type"}, ["1"], ["x", "y"], []),
    ({"a": "type"}, ["1", "2"], ["x"], []),
    ({"a": "type"}, [], ["x"], []),
    ({"a": like(min=2)}, ["1"], ["x"], ["a"]),
    ({"a": like(min=2)}, ["1", "2", "3"], ["x", "y"], []),
    ({"a": like(max=1)}, ["1"], ["x", "y"], ["a"]),
    ({"a": "integer"}, ["1"], ["100"], []),
    ({"a": "integer"}, ["1"], ["1.5"], ["a"]),
    ({"a": "integer"}, ["1"], ["2", "x"], ["a[1]"]),
    ({"a": "decimal"}, ["1.5"], ["100"], []),
    ({"a": "number"}, ["1"], ["x"], ["a"]),
    ({"a": "boolean"}, ["true"], ["false"], []),
    ({"a": "boolean"}, ["true"], ["yes"], ["a"]),
    ({"a": "null"}, ["1"], ["1"], ["a"]),
    ({"a": regex(r"\d+")}, ["1"], ["23"], []),
    ({"a": regex(r"\d+")}, ["1"], ["23x"], ["a"]),
    ({"a": "equality"}, ["1"], ["1"], []),
    ({"a": "equality"}, ["1"], ["1", "1"], ["a"]),
    ({"a": {"match": "include", "value": "b"}}, ["b"], ["abc"], []),
    ({"a": "notEmpty"}, ["1"], [""], ["a"]),
    ({"a": {"match": "date", "format": "yyyy"}}, ["2000"], ["1999"], []),
    ({"a": any_of("integer", "boolean")}, ["1"], ["true"], []),
    ({"a": any_of("integer", "boolean")}, ["1"], ["x"], ["a"]),
    ({"a": any_of("integer", "boolean")}, ["1"], ["true", "2"], []),
    ({"a": any_of("integer", "boolean")}, ["1"], ["true", "x"], ["a[1]"]),
    ({"a": any_of(like(min=2), like(max=1))}, ["1"], ["x"], []),
    ({"a": any_of(like(min=2), like(min=3))}, ["1"], ["x"], ["a", "a"]),
    ({"a": any_of(each_value("integer"), "boolean")}, ["1"], ["2", "3"], []),
    ({"a": any_of(each_value("integer"), "boolean")}, ["1"], ["2", "x"], ["a"]),
    ({"a": any_of(contains(), "integer")}, ["1", "3"], ["2"], []),
    ({"a": [contains(), "integer"]}, ["1", "3"], ["2"], ["a", "a"]),
    ({"a": [like(min=1), each_value("integer")]}, ["1"], ["x", "2"], ["a[0]"]),
    ({"a": ["integer", regex("1.")]}, ["1"], ["12"], []),
    ({"a": ["integer", regex("1.")]}, ["1"], ["22"], ["a"]),
    ({"a": ["integer", regex("1.")]}, ["1"], ["x"], ["a", "a"]),
    ({"a": each_value(regex(r"\d"))}, ["1"], ["2", "3"], []),
    ({"a": each_value(regex(r"\d"))}, ["1"], ["2", "x"], ["a[1]"]),
    ({"a": each_key("type")}, ["1"], ["1"], ["a"]),
    ({"a": contains()}, ["1", "3"], ["1", "2", "3"], []),
    ({"a": contains()}, ["1", "3"], ["2", "3"], ["a"]),
    ({"a": contains((0, None))}, ["1", "3"], ["1"], []),
    ({"a": contains((1, {"$": regex(r"\d")}))}, ["1", "3"], ["x", "9"], []),
    ({"a": contains((1, {"$": regex(r"\d")}))}, ["1", "3"], ["x"], ["a"]),
    ({"a": contains((2, None))}, ["1"], ["1"], ["a"]),
    ({"a[0]": "type"}, ["1", "2"], ["x", "2"], []),
    ({"a[0]": "type"}, ["1", "2"], ["1", "x"], ["a[1]"]),
    ({"a[*]": "type"}, ["1", "2"], ["x", "y"], []),
    ({"$.a[*]": "integer"}, ["1", "2"], ["x", "2"], ["a[0]"]),
    ({"a[*]": "type"}, ["1"], ["x", "y"], ["a"]),
    ({"a[1]": "type", "a[*]": "integer"}, ["1", "2"], ["3", "x"], []),
]


@pytest.mark.parametrize(("rules", "expected", "actual", "places"), TABLE, ids=str)
def test_parameters(rules: Rules, expected: list[str], actual: list[str], places: list[str]) -> None:
    read = read_rules({"query": by_path(rules)}).get("query", PathRules())

    found = Field.parameter("a", read).compare(tuple(expected), tuple(actual))

    assert [each.path for each in found] == places


@pytest.mark.parametrize(
    ("rules", "matches"),
    [
        (NONE, False),
        ({"x-a": "type"}, True),
        ({"X-A": "type"}, True),
        ({"$.x-A": "type"}, True),
        ({"x-a[0]": "type"}, True),
        ({"x-b": "type"}, False),
    ],
    ids=str,
)
def test_rules_of_headers_count_in_any_case(rules: Rules, matches: bool) -> None:
    read = read_rules({"header": by_path(rules)}).get("header", PathRules())

    found = [*Field.header("X-A", read).compare(("1",), ("2",))]

    assert (not found) is matches


def test_a_name_that_looks_indexed_is_a_name_first() -> None:
    read = read_rules({"query": by_path({"a[0]": "type"})})["query"]

    assert [*Field.parameter("a[0]", read).compare(("1",), ("x", "y"))] == []


def test_mismatches_in_words() -> None:
    read = read_rules({"query": by_path({"a": any_of("integer", "boolean"), "b": like(min=2)})})["query"]

    (either,) = Field.parameter("a", read).compare(("1",), ("x",))
    (few,) = Field.parameter("b", read).compare(("1",), ("x",))
    (many,) = Field.parameter("c", read).compare(("1",), ("1", "2"))

    assert str(either) == 'query a: expected an integer or a boolean, such as "1", got "x" (a string)'
    assert str(few) == 'query b: expected at least 2 like the example, such as "1", got "x" (a string): it has 1'
    assert str(many) == 'query c: expected 1 value, such as "1", got ["1", "2"]: it has 2'
