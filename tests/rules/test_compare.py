"""The comparison of documents: what rules do to objects and arrays, where they sit and where they are inherited.

A row is what it shows, the rules, the example, what came, and the paths of the mismatches (none means that it matches).
"""

import pickle

import pytest
from notation import Rules, any_of, by_path, contains, each_key, each_value, like, mismatches, places, regex

from msgpact.model import MatchingRule, PathRules, RuleSet
from msgpact.pactfile.rulesets import read_rules
from msgpact.results import ABSENT
from msgpact.rules import paths
from msgpact.rules.compare import DEPTH_LIMIT, compare, compare_whole

Row = tuple[str, Rules, object, object, list[str]]

WITHOUT_RULES: list[Row] = [
    ("equal", {}, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
    ("another value", {}, {"a": 1}, {"a": 2}, ["$.a"]),
    ("every other value", {}, {"a": 1, "b": 2, "c": 3}, {"a": 0, "b": 2, "c": 0}, ["$.a", "$.c"]),
    ("a missing key", {}, {"a": {"b": 1}}, {"a": {}}, ["$.a"]),
    ("two missing keys", {}, {"a": 1, "b": 2}, {}, ["$", "$"]),
    ("null is not missing", {}, {"a": None}, {}, ["$"]),
    ("an unexpected key", {}, {"a": 1}, {"a": 1, "b": 2}, []),
    ("an unexpected key of null", {}, {"a": 1}, {"a": 1, "b": None}, []),
    ("an empty object", {}, {}, {"a": 1}, []),
    ("a longer array", {}, [1], [1, 2], ["$"]),
    ("a shorter array", {}, [1, 2], [1], ["$"]),
    ("an extra null", {}, [1], [1, None], ["$"]),
    ("an array that should be empty", {}, [], [1], ["$"]),
    ("another order", {}, [1, 2], [2, 1], ["$[0]", "$[1]"]),
    ("an object for an array", {}, [], {}, ["$"]),
    ("an array for an object", {}, {"a": {}}, {"a": []}, ["$.a"]),
    ("a scalar for an object", {}, {"a": {}}, {"a": "{}"}, ["$.a"]),
    ("an object for a scalar", {}, {"a": 1}, {"a": {}}, ["$.a"]),
    ("null for an array", {}, {"a": [1]}, {"a": None}, ["$.a"]),
    ("a scalar document", {}, 1, 1.0, ["$"]),
    (
        "keys that need quotes",
        {},
        {"a b": {"0": 1, "é": 1}},
        {"a b": {"0": 2, "é": 2}},
        ["$['a b']['0']", "$['a b']['é']"],
    ),
]

TYPE: list[Row] = [
    ("cascades", {"$.a": "type"}, {"a": {"b": {"c": "x"}}}, {"a": {"b": {"c": "y"}}}, []),
    ("cascades as a kind", {"$.a": "type"}, {"a": {"b": {"c": "x"}}}, {"a": {"b": {"c": 1}}}, ["$.a.b.c"]),
    ("keeps keys needed", {"$": "type"}, {"a": {"b": 1}}, {"a": {}}, ["$.a"]),
    ("allows other keys", {"$": "type"}, {"a": 1}, {"a": 2, "z": None}, []),
    ("of containers", {"$.a": "type"}, {"a": {}}, {"a": []}, ["$.a"]),
    ("frees the length", {"$.a": "type"}, {"a": [1]}, {"a": [2, 3, 4]}, []),
    ("frees the length to none", {"$.a": "type"}, {"a": [1]}, {"a": []}, []),
    ("frees the length below", {"$": "type"}, {"a": [1, 2, 3]}, {"a": [9]}, []),
    ("items beyond the example are like its first", {"$": "type"}, [1, "x"], [5, "y", "z"], ["$[2]"]),
    ("items beyond the example are not cyclic", {"$": "type"}, [1, "x"], [5, "y", 7], []),
    ("min is met", {"$": like(min=2)}, [1], [1, 2], []),
    ("min is not met", {"$": like(min=2)}, [1], [1], ["$"]),
    ("max is met", {"$": like(max=1)}, [1], [2], []),
    ("max is not met", {"$": like(max=1)}, [1], [1, 2], ["$"]),
    ("min counts keys", {"$": like(min=2)}, {"a": 1}, {"a": 1}, ["$"]),
    ("max counts keys", {"$": like(max=1)}, {"a": 1}, {"a": 1, "b": 2}, ["$"]),
    ("min is not inherited", {"$.a": like(min=2)}, {"a": [[1, 2]]}, {"a": [[1], [2]]}, []),
    ("max is not inherited", {"$": like(max=1)}, {"a": [1]}, {"a": [1, 2, 3]}, []),
    ("min of an empty example", {"$": like(min=1)}, [], [], ["$"]),
    ("max of an empty example", {"$": like(max=1)}, [], [1, 2], ["$"]),
    ("an empty example says nothing of items", {"$": "type"}, [], [1, "a", None], []),
    ("an empty example, inherited", {"$": like(min=5)}, {"a": []}, {"a": [1], "b": 1, "c": 1, "d": 1, "e": 1}, []),
    ("a size and an item both wrong", {"$": like(min=3)}, [1], [1, "x"], ["$", "$[1]"]),
]

EQUALITY: list[Row] = [
    (
        "resets type",
        {"$": "type", "$.a.s": "equality"},
        {"a": {"s": "OK", "t": 1}},
        {"a": {"s": "NO", "t": 2}},
        ["$.a.s"],
    ),
    ("resets below", {"$": "type", "$.a": "equality"}, {"a": {"s": [1]}}, {"a": {"s": [2]}}, ["$.a.s[0]"]),
    ("is strict about keys", {"$": "equality"}, {"a": 1}, {"a": 1, "b": 2}, ["$"]),
    ("is strict about keys below", {"$": "equality"}, {"a": {"b": 1}}, {"a": {"b": 1, "c": 1}}, ["$.a"]),
    ("is strict about length", {"$": "equality"}, [1], [1, 1], ["$"]),
    ("is strict about order", {"$": "equality"}, [1, 2], [2, 1], ["$[0]", "$[1]"]),
    ("is strict about number kinds", {"$": "equality"}, {"a": 1}, {"a": 1.0}, ["$.a"]),
    ("is not loosened below", {"$": "equality", "$.a": "type"}, {"a": 1}, {"a": 2}, ["$"]),
    ("is narrowed below", {"$": "equality", "$.a": "null"}, {"a": 1}, {"a": 1}, ["$.a"]),
    ("of equal documents", {"$": "equality"}, {"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
    ("of an empty example array", {"$": "equality"}, [], [1], []),
    ("of an empty example object", {"$": "equality"}, {}, {"a": 1}, ["$"]),
]

SCALAR_RULES: list[Row] = [
    ("regex goes to items", {"$.a": regex(r"\d+")}, {"a": ["1"]}, {"a": ["1", "2", "x"]}, ["$.a[2]"]),
    ("regex goes to values", {"$.a": regex(r"\d+")}, {"a": {"b": "1"}}, {"a": {"b": "x"}}, ["$.a.b"]),
    ("integer goes to items", {"$": "integer"}, [1], [1, 1.0, "1"], ["$[1]", "$[2]"]),
    ("integer on an object", {"$": "integer"}, {"a": 1}, {"a": 1}, ["$"]),
    ("number on an object", {"$": "number"}, {"a": 1}, {"a": 1}, ["$"]),
    ("decimal goes to items", {"$": "decimal"}, [1.5], [1.5, 1], ["$[1]"]),
    ("boolean goes to items", {"$": "boolean"}, [True], ["true", "x"], ["$[1]"]),
    ("boolean on an object", {"$": "boolean"}, {"a": True}, {"a": True}, ["$"]),
    ("include goes to items", {"$": {"match": "include", "value": "a"}}, ["a"], ["xa", "b"], ["$[1]"]),
    ("include on an object", {"$": {"match": "include", "value": "a"}}, {"a": "a"}, {"a": "a"}, ["$"]),
    ("date goes to items", {"$": "date"}, ["2020-01-01"], ["2020-01-01", "x"], ["$[1]"]),
    ("date on an object", {"$": "date"}, {"a": "2020-01-01"}, {"a": "2020-01-01"}, ["$"]),
    ("time on an object", {"$": "time"}, {}, {}, ["$"]),
    ("datetime on an object", {"$": "datetime"}, {}, {}, ["$"]),
    ("semver goes to items", {"$": "semver"}, ["1.0.0"], ["1.0.0", "1"], ["$[1]"]),
    ("semver on an object", {"$": "semver"}, {"a": "1.0.0"}, {"a": "1.0.0"}, ["$"]),
    ("contentType on an object", {"$": {"match": "contentType", "value": "a/b"}}, {}, {}, ["$"]),
    ("statusCode on an object", {"$": {"match": "statusCode"}}, {}, {}, ["$"]),
    ("null on an object", {"$": "null"}, {}, {}, ["$"]),
    ("null on an array", {"$": "null"}, [None], [None], ["$"]),
    ("null does not rescue a container", {"$.a": "null"}, {"a": {"b": 1}}, {"a": None}, ["$.a"]),
    ("null needs the key", {"$.a": "null"}, {"a": 1}, {}, ["$"]),
    ("null for a scalar example", {"$.a": "null"}, {"a": 1}, {"a": None}, []),
    ("notEmpty on an object", {"$": "notEmpty"}, {"a": 1}, {"a": 2, "b": ""}, []),
    ("notEmpty on an empty array", {"$.a": "notEmpty"}, {"a": [1]}, {"a": []}, ["$.a"]),
    ("notEmpty goes below", {"$": "notEmpty"}, {"a": ["x"]}, {"a": ["y", ""]}, ["$.a[1]"]),
    ("notEmpty is no kind", {"$.a": "notEmpty"}, {"a": "x"}, {"a": 0}, []),
    ("notEmpty does not rescue a container", {"$.a": "notEmpty"}, {"a": ["x"]}, {"a": "x"}, ["$.a"]),
    ("an inherited rule on an object", {"$": "integer"}, [{"a": 1}], [{"a": 1}], ["$[0]"]),
]

VALUES: list[Row] = [
    ("frees the keys", {"$": "values", "$.*": "type"}, {"a": 1}, {"x": 2, "y": 3}, []),
    ("needs a rule for the values", {"$": "values"}, {"a": 1}, {"z": 2}, ["$.z"]),
    ("compares with the same key", {"$": "values"}, {"a": 1, "b": 2}, {"b": 2}, []),
    ("else with the first key in order", {"$": "values"}, {"b": 2, "a": 1}, {"z": 1}, []),
    ("of an empty object", {"$": "values", "$.*": "type"}, {"a": 1}, {}, []),
    ("of an empty example", {"$": "values"}, {}, {"a": 1}, []),
    ("is not inherited by objects", {"$": "values"}, {"a": {"b": 1}}, {"z": {"c": 1}}, ["$.z"]),
    ("frees the length of arrays below", {"$": "values"}, {"a": [1, 2]}, {"z": []}, []),
    ("items below are equal", {"$": "values"}, {"a": [1, 2]}, {"z": [1, 3]}, ["$.z[1]"]),
    ("on an array", {"$": "values"}, [1, 2], [1], []),
    ("with type keeps equality", {"$": ["values", "type"]}, {"a": 1}, {"b": 2}, ["$.b"]),
]

EACH_KEY: list[Row] = [
    ("is met", {"$": each_key(regex("[a-z]+"))}, {"a": 1}, {"b": 1, "c": 2}, []),
    ("is not met", {"$": each_key(regex("[a-z]+"))}, {"a": 1}, {"b": 1, "B": 2}, ["$.B"]),
    ("all rules must be met", {"$": each_key(regex("[a-z]+"), regex("..?"))}, {"a": 1}, {"abc": 1}, ["$.abc"]),
    ("of an empty object", {"$": each_key(regex("[a-z]+"))}, {"a": 1}, {}, []),
    ("alone says nothing of values", {"$": each_key(regex("[a-z]+"))}, {"a": 1}, {"a": "x"}, []),
    ("with a rule for the values", {"$": each_key(regex("[a-z]+")), "$.*": "integer"}, {"a": 1}, {"a": "x"}, ["$.a"]),
    ("with eachValue", {"$": [each_key(regex("[a-z]+")), each_value("integer")]}, {"a": 1}, {"b": "x"}, ["$.b"]),
    ("is not inherited", {"$": each_key(regex("a"))}, {"a": {"b": 1}}, {"a": {"b": 2}}, []),
    ("keys below are needed", {"$": each_key(regex("a"))}, {"a": {"b": 1}}, {"a": {}}, ["$.a"]),
    ("on a scalar", {"$.a": each_key(regex("a"))}, {"a": 1}, {"a": 1}, ["$.a"]),
]

EACH_VALUE: list[Row] = [
    ("of an object", {"$": each_value("integer")}, {"a": 1}, {"b": 2, "c": 3}, []),
    ("of an object is not met", {"$": each_value("integer")}, {"a": 1}, {"b": 2, "c": "x"}, ["$.c"]),
    ("of an array", {"$": each_value("integer")}, [1], [2, 3, "x"], ["$[2]"]),
    ("of an empty array", {"$": each_value("integer")}, [1], [], []),
    ("of a shorter array", {"$": each_value("integer")}, [1, 2, 3], [4], []),
    ("all rules must be met", {"$": each_value("integer", regex("1.*"))}, [1], [12, 2], ["$[1]"]),
    ("cascades", {"$": each_value("type")}, [{"a": {"b": 1}}], [{"a": {"b": "x"}}], ["$[0].a.b"]),
    (
        "hides rules below",
        {"$.m": each_value("type"), "$.m[*].n": "integer"},
        {"m": [{"n": 1}]},
        {"m": [{"n": 1.5}]},
        [],
    ),
    ("nests", {"$": each_value(each_value("integer"))}, {"a": [1]}, {"b": [2, "x"]}, ["$.b[1]"]),
    ("nests, keys free", {"$": each_value(each_value("integer"))}, {"a": {"b": 1}}, {"x": {"y": 2}}, []),
    ("without rules is equality", {"$": each_value()}, [1], [1, 2], ["$[1]"]),
    ("of an empty example", {"$": each_value("integer")}, {}, {"a": "x"}, []),
    ("an item of another kind", {"$": each_value("type")}, [{"a": 1}], [[]], ["$[0]"]),
    ("keys of items are needed", {"$": each_value("type")}, [{"a": 1}], [{}], ["$[0]"]),
    ("on a scalar", {"$.a": each_value("type")}, {"a": 1}, {"a": 1}, ["$.a"]),
    ("is not inherited", {"$": [each_value("type"), "type"]}, {"a": [[1]]}, {"b": [["x"]]}, ["$.b[0][0]"]),
]

INTEGER_N: Rules = {"$.n": "integer"}
ARRAY_CONTAINS: list[Row] = [
    ("in any order", {"$": contains((0, {}), (1, {}))}, [1, 2], [9, 2, 1], []),
    ("a variant is missing", {"$": contains((0, {}), (1, {}))}, [1, 2], [1], ["$"]),
    ("two variants are missing", {"$": contains((0, {}), (1, {}))}, [1, 2], [3], ["$", "$"]),
    ("nothing came", {"$": contains((0, {}))}, [1], [], ["$"]),
    ("one item for two variants", {"$": contains((0, {"$": "type"}), (1, {"$": "type"}))}, [1, 2], [7], []),
    ("by rules from the item", {"$": contains((0, INTEGER_N))}, [{"n": 1}], [{"n": "x"}, {"n": 5}], []),
    ("by rules, none fits", {"$": contains((0, INTEGER_N))}, [{"n": 1}], [{"n": "x"}], ["$"]),
    ("outer rules do not count inside", {"$.a": contains((0, {})), "$.a[*]": "type"}, {"a": [1]}, {"a": [2]}, ["$.a"]),
    ("empty rules allow other keys", {"$": contains((0, {}))}, [{"n": 1}], [{"n": 1, "m": 2}], []),
    ("no rules are equality", {"$": contains((0, None))}, [{"n": 1}], [{"n": 1, "m": 2}], ["$"]),
    ("an index beyond the example", {"$": contains((1, {}))}, [1], [1], ["$"]),
    ("items without a variant are not needed", {"$": contains((1, {}))}, [1, 2], [2], []),
    ("no variants: every item", {"$": contains()}, [1, 2], [3, 2, 1], []),
    ("no variants: an item is missing", {"$": contains()}, [1, 2], [2], ["$"]),
    ("an empty example", {"$": contains((0, {}))}, [], [1], []),
    ("on an object", {"$": contains((0, {}))}, {"a": 1}, {"a": 1}, ["$"]),
    ("on a scalar", {"$.a": contains((0, {}))}, {"a": 1}, {"a": 1}, ["$.a"]),
    ("with a size", {"$": [contains((0, {})), like(max=1)]}, [1], [1, 2], ["$"]),
    ("inherited by objects", {"$": [contains((0, {})), "type"]}, [{"a": 1}], [{"a": 1}, {"a": 2}], []),
    ("nested", {"$": contains((0, {"$.a": contains((0, {}))}))}, [{"a": [1]}], [{"a": [2]}, {"a": [2, 1]}], []),
]

COMBINED: list[Row] = [
    ("AND: both are met", {"$": ["type", "notEmpty"]}, ["a"], ["b"], []),
    ("AND: one is not", {"$": ["type", "notEmpty"]}, ["a"], [], ["$"]),
    ("AND: what is below is reported once", {"$": ["type", like(min=1)]}, {"a": 1}, {"a": "x"}, ["$.a", "$.a"]),
    ("AND: not equal, said below", {"$": ["equality", "type"]}, {"a": 1}, {"a": 2}, ["$.a"]),
    ("AND: not equal, said here", {"$": ["type", "equality"]}, {"a": 1}, {"a": 1, "b": 2}, ["$"]),
    ("AND with eachValue", {"$": [each_value("integer"), like(min=2)]}, [1], ["x"], ["$", "$[0]", "$[0]"]),
    ("OR on a scalar", {"$.a": any_of("type", "null")}, {"a": "x"}, {"a": None}, []),
    ("OR on a scalar, neither", {"$.a": any_of("type", "null")}, {"a": "x"}, {"a": 1}, ["$.a"]),
    ("OR needs the key", {"$.a": any_of("type", "null")}, {"a": "x"}, {}, ["$"]),
    ("OR on an object, neither", {"$": any_of("null", "integer")}, {"a": 1}, {"a": 1}, ["$"]),
    ("OR on an object, below", {"$": any_of("null", "type")}, {"a": 1}, {"a": "x"}, ["$.a"]),
    ("OR on an object, met", {"$": any_of("integer", "type")}, {"a": "x"}, {"a": "y"}, []),
    ("OR on an object, sizes", {"$": any_of(like(max=1), like(min=3))}, {"a": 1}, {"a": 1, "b": 2}, ["$"]),
    ("OR on an array", {"$": any_of("integer", "boolean")}, [1], [2, True, "x"], ["$[2]"]),
    ("OR of eachValue", {"$": any_of(each_value("integer"), each_value("boolean"))}, [1], [True, False], []),
    (
        "OR of eachValue, neither",
        {"$": any_of(each_value("integer"), each_value("null"))},
        [1],
        ["x"],
        ["$[0]", "$[0]"],
    ),
    (
        "OR with eachValue does not pass by itself",
        {"$": any_of(each_value("integer"), "type")},
        ["a"],
        [True],
        ["$[0]", "$[0]"],
    ),
    ("OR with eachValue or as the example", {"$": any_of(each_value("integer"), "type")}, ["a"], ["b"], []),
    ("OR of an empty example", {"$": any_of(like(max=1), "notEmpty")}, [], [1, 2], []),
    ("OR of an empty example, neither", {"$": any_of(like(max=1), like(min=4))}, [], [1, 2], ["$", "$"]),
    ("no matchers are no rule", {"$.a": []}, {"a": 1}, {"a": 2}, ["$.a"]),
    ("no matchers do not free the length", {"$.a": []}, {"a": [1]}, {"a": []}, ["$.a"]),
]

TABLES = {
    "without rules": WITHOUT_RULES,
    "type": TYPE,
    "equality": EQUALITY,
    "scalar rules": SCALAR_RULES,
    "values": VALUES,
    "eachKey": EACH_KEY,
    "eachValue": EACH_VALUE,
    "arrayContains": ARRAY_CONTAINS,
    "combined": COMBINED,
}


@pytest.mark.parametrize(
    ("rules", "example", "actual", "wanted"),
    [pytest.param(*row[1:], id=f"{name}: {row[0]}") for name, table in TABLES.items() for row in table],
)
def test_comparing(rules: Rules, example: object, actual: object, wanted: list[str]) -> None:
    assert sorted(places(example, actual, rules)) == sorted(wanted)


@pytest.mark.parametrize(
    ("example", "actual", "wanted"),
    [
        ({"a": 1}, {"a": 1, "b": None}, ["$"]),
        ({}, {"a": 1}, ["$"]),
        ({"a": {}}, {"a": {}}, []),
        ([{}], [{"a": 1}], ["$[0]"]),
    ],
)
def test_keys_that_the_example_lacks_may_be_forbidden(example: object, actual: object, wanted: list[str]) -> None:
    assert places(example, actual, {}, unexpected_keys=False) == wanted


# -- what is said ----------------------------------------------------------------------------------------------------

MESSAGES: list[tuple[Rules, object, object, str]] = [
    ({}, {"a": "x"}, {"a": 1}, 'contents $.a: expected exactly "x", got 1 (an integer)'),
    (
        {"$.a": "type"},
        {"a": "x"},
        {"a": 1.5},
        'contents $.a: expected a string, such as "x", got 1.5 (a decimal number)',
    ),
    ({"$.a": "integer"}, {"a": 1}, {"a": "1"}, 'contents $.a: expected an integer, such as 1, got "1" (a string)'),
    ({}, {"a": 1}, {"b": 2}, "contents $: expected the key 'a', such as 1, got nothing: the keys are b"),
    ({}, {"a": 1}, {}, "contents $: expected the key 'a', such as 1, got nothing: the object is empty"),
    ({}, [1], [1, 2], "contents $: expected an array of 1, such as [1], got [1, 2]: it has 2"),
    ({}, [], [1], "contents $: expected an empty array, such as [], got [1]: it has 1"),
    ({}, {"a": {}}, {"a": "x"}, 'contents $.a: expected an object, got "x" (a string)'),
    ({"$": like(min=2)}, [1], [5], "contents $: expected at least 2 like the example, such as [1], got [5]: it has 1"),
    ({"$": like(min=2)}, [], [], "contents $: expected at least 2 like the example, got []: it has 0"),
    (
        {"$": "integer"},
        {"a": 1},
        {},
        'contents $: expected an integer, such as {"a": 1}, got {}: the rule cannot be met by an object',
    ),
    (
        {"$": "equality"},
        {"a": 1},
        {"a": 1, "b": 2},
        'contents $: expected exactly {"a": 1}, got {"a": 1, "b": 2}: unexpected keys: b',
    ),
    ({"$": "equality"}, [1], [1, 2], "contents $: expected exactly [1], got [1, 2]: it has 2, not 1"),
    (
        {"$.a": any_of("type", "null")},
        {"a": "x"},
        {"a": 1},
        'contents $.a: expected a string or null, such as "x", got 1 (an integer)',
    ),
    (
        {"$": any_of("null", "integer")},
        {},
        {},
        "contents $: expected null or an integer, such as {}, got {}: the rule cannot be met by an object",
    ),
    (
        {"$": each_key(regex("a+"))},
        {"a": 1},
        {"b": 1},
        'contents $.b: expected a key that is text matching the pattern a+, got "b" (a string)',
    ),
    (
        {"$": contains((0, {}))},
        [1],
        [2],
        "contents $: expected an item like variant 0, such as 1, got [2]: no item matches it",
    ),
    ({"$": contains((3, {}))}, [1], [1], "contents $: expected an example item 3, got nothing: the example has none"),
    (
        {"$": regex("(")},
        "a",
        "a",
        'contents $: expected text matching the pattern (, such as "a", got "a" (a string): the pattern itself is invalid: missing ), unterminated subpattern at position 0',
    ),
    (
        {"$": {"match": "date", "format": "yyyyT"}},
        "a",
        "a",
        "the format itself is invalid: the letter 'T' has no meaning",
    ),
    (
        {"$": "notEmpty"},
        "a",
        "",
        'contents $: expected something that is not empty, such as "a", got "" (a string): it is empty',
    ),
]


@pytest.mark.parametrize(("rules", "example", "actual", "text"), MESSAGES, ids=[row[3] for row in MESSAGES])
def test_a_mismatch_in_words(rules: Rules, example: object, actual: object, text: str) -> None:
    (found,) = mismatches(example, actual, rules)

    assert text in str(found)


def test_many_keys_are_cut() -> None:
    (found,) = mismatches({"z": 1}, {str(number): 1 for number in range(20)}, {})

    assert found.reason == "the keys are 0, 1, 2, 3, 4, 5, 6, 7, …"


def test_a_mismatch_holds_the_rule_that_was_not_met() -> None:
    (found,) = mismatches({"a": 1}, {"a": "x"}, {"$.a": ["notEmpty", "integer"]})

    assert found.matching_rule is not None
    assert (found.matching_rule.match, found.expected, found.actual) == ("integer", 1, "x")


def test_a_missing_key_is_not_null() -> None:
    (found,) = mismatches({"a": 1}, {}, {})

    assert found.actual is ABSENT


# -- limits ----------------------------------------------------------------------------------------------------------


def nested(levels: int, innermost: object) -> object:
    value = innermost
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(("levels", "wanted"), [(DEPTH_LIMIT, []), (DEPTH_LIMIT + 1, ["$" + "[0]" * DEPTH_LIMIT])])
@pytest.mark.parametrize("rules", [{}, {"$": "type"}], ids=["without rules", "type"])
def test_depth_is_limited(levels: int, wanted: list[str], rules: Rules) -> None:
    assert places(nested(levels, 1), nested(levels, 1), rules) == wanted


def test_alternatives_do_not_multiply_with_depth() -> None:
    """Each level compared once for each alternative would be 2 ** 100 comparisons."""
    found = mismatches(nested(100, 1), nested(100, "x"), {"$": any_of("type", "integer")})

    assert [each.path for each in found] == ["$" + "[0]" * 100]


def test_rules_are_looked_up_once_for_all_documents() -> None:
    rules = PathRules()

    assert paths.root(rules) is paths.root(rules)


def test_rules_that_were_used_can_travel_between_processes() -> None:
    rules = read_rules({"body": by_path({"$.a": regex("[a-z]+"), "$.b": {"match": "date"}, "$.c": "type"})})["body"]
    assert (
        compare(
            {"a": "x", "b": "2024-01-31", "c": {"d": 1}},
            {"a": "y", "b": "2024-02-01", "c": {"d": 2}},
            paths.root(rules),
        )
        == []
    )

    travelled = pickle.loads(pickle.dumps(rules))

    assert travelled == rules
    assert [each.path for each in compare({"a": "x"}, {"a": "1"}, paths.root(travelled))] == ["$.a"]


# -- texts and bytes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "example", "actual", "met"),
    [
        ({}, "a\n", "a\n", True),
        ({}, "a", "a\n", False),
        ({}, "a\r\n", "a\n", False),
        ({"$": regex("[a-z ]+")}, "a", "b c", True),
        ({"$": regex("[a-z]+")}, "a", "b c", False),
        ({"$": "integer"}, "1", "22", True),
        ({}, b"a", b"a", True),
        ({}, b"a", b"b", False),
        ({"$": "type"}, b"a", b"b", True),
    ],
)
def test_texts_and_bytes_have_no_parts(rules: Rules, example: object, actual: object, met: bool) -> None:
    top = paths.root(read_rules({"body": by_path(rules)})["body"])

    found = compare_whole(example, actual, top.rules)

    assert [each.path for each in found] == ([] if met else ["$"])


def test_comparing_without_any_rules() -> None:
    assert compare({"a": 1}, {"a": 1}, paths.Position()) == []


def test_everything_that_differs_from_an_equal_container_is_said() -> None:
    rules = paths.root({"$": RuleSet((MatchingRule("equality"),))})

    found = compare({"a": 1, "b": [1, 2]}, {"a": 2, "b": [1, 2, 3], "c": 4}, rules)

    assert [(each.path, each.reason) for each in found] == [
        ("$.a", ""),
        ("$.b", "it has 3, not 2"),
        ("$", "unexpected keys: c"),
    ]
