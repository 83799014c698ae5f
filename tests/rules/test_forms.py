"""The comparison of URL-encoded forms.

A row is what it shows, the rules, the example, what came, and the paths of the mismatches (none means that it matches).
"""

import pytest
from notation import Rules, any_of, by_path, contains, each_value, like, regex

from msgpact.pactfile.rulesets import read_rules
from msgpact.results import Mismatch
from msgpact.rules import paths
from msgpact.rules.forms import compare_forms
from msgpact.serializers import form

Row = tuple[str, Rules, str, str, list[str]]

ROWS: list[Row] = [
    ("equal", {}, "a=1&b=2", "a=1&b=2", []),
    ("in another order", {}, "a=1&b=2", "b=2&a=1", []),
    ("otherwise encoded", {}, "a=x+y&%C3%A9=1", "a=x%20y&é=1", []),
    ("another value", {}, "a=1", "a=2", ["$.a"]),
    ("a missing field", {}, "a=1&b=2", "a=1", ["$.b"]),
    ("an unexpected field", {}, "a=1", "a=1&b=2", ["$.b"]),
    ("an empty value is not missing", {}, "a=", "b=", ["$.a", "$.b"]),
    ("several values in their order", {}, "a=1&a=2", "a=2&a=1", ["$.a[0]", "$.a[1]"]),
    ("fewer values", {}, "a=1&a=2", "a=1", ["$.a"]),
    ("more values", {}, "a=1", "a=1&a=1", ["$.a"]),
    ("a name that needs quotes", {}, "a+b=1", "a+b=2", ["$['a b']"]),
    ("a rule", {"$.a": regex(r"\d+")}, "a=1", "a=22", []),
    ("a rule, not met", {"$.a": regex(r"\d+")}, "a=1", "a=x", ["$.a"]),
    ("values are text", {"$.a": "integer"}, "a=1", "a=22", []),
    ("types of text are all the same", {"$.a": "type"}, "a=1", "a=x", []),
    ("a rule frees how many there are", {"$.a": "integer"}, "a=1", "a=2&a=3", []),
    ("and holds for each", {"$.a": "integer"}, "a=1", "a=2&a=x", ["$.a[1]"]),
    ("min", {"$.a": like(min=2)}, "a=1&a=2", "a=1", ["$.a"]),
    ("max", {"$.a": like(max=1)}, "a=1", "a=1&a=2", ["$.a"]),
    ("sizes hold where they sit", {"$": like(min=2)}, "a=1", "a=2", []),
    ("a rule above", {"$": "type"}, "a=1&b=1", "a=x&b=y", []),
    ("a rule for every field", {"$.*": "integer"}, "a=1&b=1", "a=2&b=x", ["$.b"]),
    ("a rule for one value", {"$.a[1]": "integer"}, "a=x&a=1", "a=x&a=2", []),
    ("the others stay exact", {"$.a[1]": "integer"}, "a=x&a=1", "a=y&a=2", ["$.a[0]"]),
    ("a nearer rule", {"$.a": "type", "$.a[0]": "integer"}, "a=1", "a=x", ["$.a"]),
    ("a decimal number", {"$.a": "decimal"}, "a=1", "a=-1.5e3", []),
    ("digits of another script", {"$.a": "decimal"}, "a=1", "a=\u0661", ["$.a"]),
    ("digits as Python groups them", {"$.a": "number"}, "a=1", "a=1_0", ["$.a"]),
    ("a number with blanks", {"$.a": "number"}, "a=1", "a=+1.5+", ["$.a"]),
    ("a negative integer", {"$.a": "integer"}, "a=1", "a=-1", ["$.a"]),
    ("one of two rules", {"$.a": any_of("integer", "boolean")}, "a=1", "a=true", []),
    ("none of two rules", {"$.a": any_of("integer", "boolean")}, "a=1", "a=x", ["$.a"]),
    ("equality counts the values", {"$.a": "equality"}, "a=1", "a=1&a=1", ["$.a"]),
    ("not empty", {"$.a": "notEmpty"}, "a=1", "a=", ["$.a"]),
    ("null is never text", {"$.a": "null"}, "a=1", "a=", ["$.a"]),
    ("each value", {"$.a": each_value("integer")}, "a=1", "a=2&a=x", ["$.a[1]"]),
    ("a value like each variant", {"$.a": contains((0, {"$": "integer"}))}, "a=1", "a=x&a=2", []),
    ("no value like a variant", {"$.a": contains((0, {"$": "integer"}))}, "a=1", "a=x", ["$.a"]),
]


def mismatches(rules: Rules, example: str, actual: str) -> list[Mismatch]:
    top = paths.root(read_rules({"body": by_path(rules)}).get("body", {}))
    wanted, came = (form.values_of(form.load(each.encode())) for each in (example, actual))
    return compare_forms(wanted, came, top)


@pytest.mark.parametrize(("rules", "example", "actual", "where"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_forms(rules: Rules, example: str, actual: str, where: list[str]) -> None:
    assert [each.path for each in mismatches(rules, example, actual)] == where


@pytest.mark.parametrize(
    ("example", "actual", "said"),
    [
        ("a=1", "b=1", 'contents $.a: expected the field, such as "1", got nothing: the fields are b'),
        ("a=1&a=2", "a=1", 'contents $.a: expected 2 values, such as ["1", "2"], got "1" (a string): it has 1'),
        ("a=1", "a=1&b=2", 'contents $.b: expected no other fields, got "2" (a string)'),
    ],
)
def test_words(example: str, actual: str, said: str) -> None:
    assert said in map(str, mismatches({}, example, actual))
