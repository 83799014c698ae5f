"""The plan: it says yes only where the comparison finds nothing, and it does say yes to ordinary messages that match."""

import gc
import json
import weakref
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notation import Rules, any_of, by_path, contains, each_key, each_value, like, regex

from msgpact.model import MatchingRule, PathRules, RuleSet
from msgpact.pactfile.rulesets import read_rules
from msgpact.rules import paths, plan
from msgpact.rules.compare import compare
from msgpact.rules.plan import Answer
from msgpact.serializers.json import has_negative_zero, load


def position(rules: Rules) -> paths.Position:
    return paths.root(read_rules({"body": by_path(rules)})["body"])


def compiled(example: object, rules: Rules) -> plan.Plan:
    found = plan.compiled(example, position(rules))
    assert found is not None
    return found


def says_yes(found: plan.Plan | None, contents: bytes) -> bool:
    """As `check` takes it."""
    if found is None:
        return False
    try:
        answer = found(orjson.loads(contents))
    except orjson.JSONDecodeError:
        return False
    return answer is Answer.YES or (answer is Answer.UNLESS_NEGATIVE_ZERO and not has_negative_zero(contents))


def matches(example: object, rules: Rules, contents: bytes) -> bool:
    """By the comparison alone."""
    try:
        return not compare(example, load(contents), position(rules))
    except ValueError:
        return False


def nested(value: object, depth: int) -> object:
    for _ in range(depth):
        value = [value]
    return value


# -- ordinary messages ------------------------------------------------------------------------------------------------

ORDER = {"id": "a-1", "total": 12.5, "lines": [{"sku": "A", "qty": 1}], "to": {"city": "Vienna"}, "paid": True}
ORDER_RULES: Rules = {"$.id": regex("[a-z]-[0-9]"), "$.total": "number", "$.lines": like(min=1), "$.to": "type"}

# What it shows, the rules, the example, a message that matches, one that does not.
ROWS: list[tuple[str, Rules, object, str, str]] = [
    ("text without rules", {}, {"a": "x"}, '{"a": "x"}', '{"a": "x "}'),
    ("an integer without rules", {}, {"a": 1}, '{"a": 1}', '{"a": 1.0}'),
    ("a decimal without rules", {}, {"a": 1.0}, '{"a": 1.00}', '{"a": 1}'),
    ("true without rules", {}, {"a": True}, '{"a": true}', '{"a": 1}'),
    ("null without rules", {}, {"a": None}, '{"a": null}', "{}"),
    ("zero without rules", {}, {"a": 0}, '{"a": 0}', '{"a": -0}'),
    ("other keys", {}, {"a": 1}, '{"b": {"c": NULL}, "a": 1}'.replace("NULL", "null"), '{"b": 1}'),
    ("a key twice", {}, {"a": 1}, '{"a": "x", "a": 1}', '{"a": 1, "a": "x"}'),
    ("keys of any characters", {}, {"é b'\"\\": {"0": 1}}, '{"\\u00e9 b\'\\"\\\\": {"0": 1}}', '{"e b": {"0": 1}}'),
    ("an empty object", {}, {}, '{"a": 1}', "[]"),
    ("an empty array", {}, [], "[]", "[1]"),
    ("an array without rules", {}, [1, "a"], '[1, "a"]', '["a", 1]'),
    ("an array of equal items", {}, [1, 1], "[1, 1]", "[1, 1, 1]"),
    ("a scalar document", {}, "x", '"x"', '"y"'),
    ("type of text", {"$.a": "type"}, {"a": "x"}, '{"a": ""}', '{"a": null}'),
    ("type of a number", {"$.a": "type"}, {"a": 1}, '{"a": 1.5}', '{"a": true}'),
    ("type of a boolean", {"$.a": "type"}, {"a": True}, '{"a": false}', '{"a": 0}'),
    ("type of null", {"$.a": "type"}, {"a": None}, '{"a": null}', '{"a": 0}'),
    ("type of an object", {"$.a": "type"}, {"a": {"b": {"c": 1}}}, '{"a": {"b": {"c": 2}}}', '{"a": {"b": {}}}'),
    ("type of an array", {"$.a": "type"}, {"a": ["x"]}, '{"a": ["a", "b"]}', '{"a": ["a", 1]}'),
    ("type of an array of none", {"$.a": "type"}, {"a": ["x"]}, '{"a": []}', '{"a": {}}'),
    ("type of an empty array", {"$.a": "type"}, {"a": []}, '{"a": [1, "a"]}', '{"a": 1}'),
    ("type of arrays in arrays", {"$": "type"}, [[["x"]]], '[[["a"], []], []]', "[[[1]]]"),
    ("min", {"$.a": like(min=2)}, {"a": ["x"]}, '{"a": ["a", "b"]}', '{"a": ["a"]}'),
    ("max", {"$.a": like(max=1)}, {"a": ["x"]}, '{"a": ["a"]}', '{"a": ["a", "b"]}'),
    ("min of an object", {"$.a": like(min=2)}, {"a": {"b": 1}}, '{"a": {"b": 2, "c": 1}}', '{"a": {"b": 2}}'),
    ("min of an empty array", {"$.a": like(min=1)}, {"a": []}, '{"a": [1]}', '{"a": []}'),
    ("min is not inherited", {"$": like(min=1)}, {"a": []}, '{"a": []}', "{}"),
    ("items that differ in nothing that counts", {"$": "type"}, [{"a": 1}, {"a": 2}], '[{"a": 9}]', '[{"a": "x"}]'),
    ("items under a rule of theirs", {"$": "type", "$[*].a": "integer"}, [{"a": 1}], '[{"a": 2}]', '[{"a": 2.0}]'),
    ("integer", {"$.a": "integer"}, {"a": 1}, '{"a": -2}', '{"a": -0}'),
    ("integer, which is zero", {"$.a": "integer"}, {"a": 1}, '{"a": 0}', '{"a": false}'),
    ("integer of 64 bits", {"$.a": "integer"}, {"a": 1}, '{"a": 18446744073709551615}', '{"a": 18446744073709551616}'),
    ("integers", {"$": "type", "$[*]": "integer"}, [1], "[0, 2]", "[0, -0]"),
    ("decimal", {"$.a": "decimal"}, {"a": 1.5}, '{"a": 1e2}', '{"a": 1}'),
    ("number", {"$.a": "number"}, {"a": 1.5}, '{"a": -0}', '{"a": "1"}'),
    ("boolean", {"$.a": "boolean"}, {"a": True}, '{"a": false}', '{"a": "yes"}'),
    ("null", {"$.a": "null"}, {"a": None}, '{"a": null}', '{"a": "null"}'),
    ("regex", {"$.a": regex("[a-z]+")}, {"a": "x"}, '{"a": "ab"}', '{"a": "ab\\n"}'),
    ("regex of another dialect", {"$.a": regex(r"\h++")}, {"a": "f"}, '{"a": "ff"}', '{"a": "fg"}'),
    ("regex, inherited", {"$.a": regex("[a-z]+")}, {"a": {"b": ["x"]}}, '{"a": {"b": ["y"]}}', '{"a": {"b": ["1"]}}'),
    ("include", {"$.a": {"match": "include", "value": "b"}}, {"a": "b"}, '{"a": "abc"}', '{"a": "ac"}'),
    ("date", {"$.a": {"match": "date"}}, {"a": "2020-01-01"}, '{"a": "2024-02-29"}', '{"a": "2023-02-29"}'),
    ("datetime", {"$.a": {"match": "datetime", "format": "HH:mm z"}}, {"a": "10:00 CET"}, '{"a": "09:00 UTC"}', '{"a": "09:00 XXX"}'),
    ("semver", {"$.a": "semver"}, {"a": "1.2.3"}, '{"a": "0.0.1"}', '{"a": "v1"}'),
    ("notEmpty", {"$.a": "notEmpty"}, {"a": "x"}, '{"a": " "}', '{"a": ""}'),
    ("equality resets", {"$": "type", "$.a": "equality"}, {"a": "x", "b": 1}, '{"a": "x", "b": 2}', '{"a": "y", "b": 2}'),
    ("an order", ORDER_RULES, ORDER, json.dumps({**ORDER, "id": "b-2", "total": 3}), json.dumps({**ORDER, "paid": 1})),
    ("several rules", {"$.a": ["type", regex("a+")]}, {"a": "a"}, '{"a": "aa"}', '{"a": "b"}'),
    ("several rules about kinds", {"$.a": ["number", "integer"]}, {"a": 1}, '{"a": 0}', '{"a": -0}'),
    ("one of several kinds", {"$.a": any_of("null", "type")}, {"a": 1}, '{"a": 1.5}', '{"a": "1"}'),
    ("one of several rules", {"$.a": any_of("null", "integer")}, {"a": 1}, '{"a": null}', '{"a": -0}'),
    ("text or null", {"$.a": any_of(regex("a+"), "null")}, {"a": "a"}, '{"a": null}', '{"a": ""}'),
    ("text or an integer", {"$.a": any_of(regex("a+"), "integer")}, {"a": "a"}, '{"a": 0}', '{"a": -0}'),
    ("exactly this or a boolean", {"$.a": any_of("equality", "boolean")}, {"a": 0}, '{"a": 0}', '{"a": -0}'),
    ("items with several rules", {"$": "type", "$[*]": any_of("null", "integer")}, [1], "[0, null]", "[null, -0]"),
    # What is compared, beside what is not:
    ("text of a number", {"$.a": regex("[0-9]+")}, {"a": 1}, '{"a": 22}', '{"a": -0}'),
    ("eachKey", {"$.a": each_key(regex("[a-z]"))}, {"a": {"k": 1}}, '{"a": {"x": 1}}', '{"a": {"X": 1}}'),
    ("eachValue", {"$.a": each_value("integer")}, {"a": {"k": 1}}, '{"a": {"x": 2}}', '{"a": {"x": -0}}'),
    ("values", {"$.a": "values", "$.a.*": "type"}, {"a": {"k": 1}}, '{"a": {"x": 2}}', '{"a": {"x": ""}}'),
    ("arrayContains", {"$.a": contains((0, {"$": "integer"}))}, {"a": [1]}, '{"a": ["x", 2]}', '{"a": ["x"]}'),
    ("equality of an object", {"$.a": "equality"}, {"a": {"b": 0}}, '{"a": {"b": 0}}', '{"a": {"b": 0, "c": 1}}'),
    ("items that differ", {"$.a": "type"}, {"a": [1, "x"]}, '{"a": [5, "y", 7]}', '{"a": [5, "y", "z"]}'),
    ("a rule for one item", {"$.a": "type", "$.a[1]": "integer"}, {"a": [1]}, '{"a": [1.5, 2]}', '{"a": [1, 2.5]}'),
    ("a rule for one of two items", {"$.a[1]": "integer"}, {"a": [1, 1]}, '{"a": [1, 2]}', '{"a": [2, 1]}'),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "example", "good", "bad"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_says_yes_to_what_matches_and_not_to_what_does_not(rules: Rules, example: object, good: str, bad: str) -> None:
    assert matches(example, rules, good.encode())
    assert says_yes(compiled(example, rules), good.encode())

    assert not matches(example, rules, bad.encode())
    assert not says_yes(compiled(example, rules), bad.encode())


def test_a_negative_zero_that_no_rule_sees_is_no_obstacle() -> None:
    assert says_yes(compiled({"a": 1}, {"$.a": "number"}), b'{"a": -0, "b": -0}')


NOT_JSON = [
    b"", b" ", b"{", b'{"a": 1}}', b'{"a": 1, "b": NaN}', b'{"a": 1, "b": Infinity}', b'{"a": 1, "b": 1e400}', b'{"a": 1, "b": 01}',
    b'{"a": 1, "b": "\\ud800"}', b'{"a": 1, "b": "\xff"}', b'{"a": 1, "b": "\t"}', b'\xef\xbb\xbf{"a": 1}', b"{'a': 1}",
    b'{"a": 1, "b": ' + b"[" * 1025 + b"]" * 1025 + b"}", b'{"a": 1, "b": ' + b"9" * 400 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("contents", NOT_JSON, ids=lambda contents: repr(contents)[:40])
def test_what_is_no_json_is_never_certain(contents: bytes) -> None:
    assert not says_yes(compiled({"a": 1}, {"$.a": "type"}), contents)
    assert not matches({"a": 1}, {"$.a": "type"}, contents)


@pytest.mark.parametrize(
    ("example", "rules"),
    [
        ({"a": 1}, {"$": "values"}),
        ({"a": 1}, {"$": ["type", "notEmpty"]}),
        (1, {"$": regex("[0-9]")}),
        ({f"k{number}": number for number in range(plan.MOST)}, {"$": "type"}),
        ([nested("x", 1000), nested("x", 1000)], {"$": "type"}),
    ],
    ids=["a rule about keys", "several rules", "the text of a number", "very many tests", "very many levels"],
)
def test_there_is_none_where_it_would_be_the_comparison_again(example: object, rules: Rules) -> None:
    assert plan.compiled(example, position(rules)) is None


@pytest.mark.parametrize("depth", [plan.LOOPS, plan.DEEPEST, 100, 127, 128, 129])
def test_any_depth(depth: int) -> None:
    example = nested("x", depth)
    contents = json.dumps(example).encode()

    assert says_yes(compiled(example, {"$": "type"}), contents) is (depth <= 128)
    assert not says_yes(compiled(example, {"$": "type"}), contents.replace(b'"x"', b"1"))


def test_deeper_than_is_compared_is_never_certain() -> None:
    example: object = "x"
    for _ in range(130):
        example = {"a": example}
    contents = json.dumps(example).encode()

    assert not matches(example, {"$": "type"}, contents)
    assert not says_yes(compiled(example, {"$": "type"}), contents)


def test_a_wide_example() -> None:
    example = {f"k{number}": number for number in range(plan.MOST - 1)}

    assert says_yes(compiled(example, {"$": "type"}), json.dumps(example).encode())


def test_repeated_items_count_once() -> None:
    example = [[{f"k{number}": number for number in range(50)}] * 50] * 50

    assert says_yes(compiled(example, {"$": "type"}), json.dumps(example).encode())


def test_a_long_example_is_compared() -> None:
    example = list(range(plan.MANY + 1))

    assert says_yes(compiled({"a": example}, {}), json.dumps({"a": example}).encode())
    assert not says_yes(compiled({"a": example}, {}), json.dumps({"a": [*example[:-1], 0]}).encode())


def test_a_pattern_that_runs_away_is_never_certain() -> None:
    found = compiled({"a": "a"}, {"$.a": regex("(a|a)*b")})

    assert not says_yes(found, json.dumps({"a": "a" * 60}).encode())


def test_it_goes_when_it_is_let_go() -> None:
    gc.disable()  # no circle holds it
    try:
        found: Callable[[object], Answer] | None = compiled(
            {"a": [{"b": "x"}]}, {"$.a": like(min=1), "$.a[*].b": regex("x")}
        )
        seen = weakref.ref(found)
        del found

        assert seen() is None
    finally:
        gc.enable()


# -- any message ------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "0", "1", "é", "a b"])
NUMBERS = st.sampled_from([0, 1, -1, 2**63, 2**64 - 1, 0.0, -0.0, 1.0, 1.5, 1e300])
TEXTS = st.sampled_from(["", "a", "aa", "1", "true", "null", "2020-01-01", "1.2.3", " a", "a\n", "é"])
SCALAR = st.none() | st.booleans() | NUMBERS | TEXTS
DOCUMENTS = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
PLAIN = st.sampled_from(
    [
        MatchingRule("type"), MatchingRule("type", {"min": 1}), MatchingRule("type", {"max": 1}), MatchingRule("integer"),
        MatchingRule("decimal"), MatchingRule("number"), MatchingRule("boolean"), MatchingRule("null"), MatchingRule("equality"),
        MatchingRule("regex", {"regex": "a+|1|true"}), MatchingRule("regex", {"regex": "("}), MatchingRule("include", {"value": "a"}),
        MatchingRule("notEmpty"), MatchingRule("semver"), MatchingRule("date", {"format": "yyyy-MM-dd"}), MatchingRule("values"),
        MatchingRule("statusCode"), MatchingRule("contentType", {"value": "text/plain"}),
    ]
)  # fmt: skip
NESTED = st.builds(
    lambda name, rules: MatchingRule(name, {"rules": tuple(rules)}),
    st.sampled_from(["eachKey", "eachValue"]),
    st.lists(PLAIN, min_size=1, max_size=2),
)
VARIANTS = st.just(
    read_rules({"body": by_path({"$": contains((0, {"$": "type"}), (1, None))})})["body"]["$"].matchers[0]
)
RULE_SETS = st.builds(
    lambda rules, combine: RuleSet(tuple(rules), combine),
    st.lists(PLAIN | NESTED | VARIANTS, max_size=2) | st.lists(PLAIN, min_size=1, max_size=1),
    st.sampled_from(["AND", "OR"]),
)
STEPS = st.sampled_from([".a", ".b", "[0]", "[1]", "[*]", ".*", "['é']", "['a b']"])
PATHS = st.lists(STEPS, max_size=3).map(lambda steps: "$" + "".join(steps))
RULES = st.dictionaries(PATHS, RULE_SETS, max_size=4).map(PathRules)


@st.composite
def near(draw: st.DrawFn, example: Any) -> str:
    """The text of a document that is much like the example."""
    way = draw(st.integers(0, 14))
    if way == 0:
        return draw(
            st.sampled_from(
                [
                    "-0",
                    "0",
                    "-0.0",
                    "1e2",
                    "18446744073709551616",
                    "1e400",
                    "NaN",
                    '"\\ud800"',
                    " -0 ",
                    "[[-0]]",
                    '"-0"',
                ]
            )
        )
    if way == 1:
        return json.dumps(draw(DOCUMENTS))
    if way == 2 and type(example) in (int, float, str, bool):
        return json.dumps(draw(SCALAR.filter(lambda value: type(value) is type(example))))
    if isinstance(example, dict):
        entries = [f"{json.dumps(key)}:{draw(near(value))}" for key, value in example.items()]
        change = draw(st.integers(0, 8))
        if change == 0 and entries:
            entries.pop(draw(st.integers(0, len(entries) - 1)))
        elif change == 1 or (change == 2 and not entries):
            entries.append(f"{json.dumps(draw(NAMES))} : {json.dumps(draw(DOCUMENTS))}")
        elif change == 2:
            entries.append(draw(st.sampled_from(entries)))
        elif change == 3:
            entries.reverse()
        return "{" + draw(st.sampled_from([",", " ,\n\t"])).join(entries) + "}"
    if isinstance(example, list):
        items = [draw(near(value)) for value in example]
        change = draw(st.integers(0, 5))
        if change == 0 and items:
            items.pop()
        elif change == 1 and items:
            items += [draw(near(example[0]))] * draw(st.integers(1, 3))
        return "[" + ",".join(items) + "]"
    return json.dumps(example)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.data())
def test_yes_means_that_the_comparison_finds_nothing(data: st.DataObject) -> None:
    example = data.draw(DOCUMENTS)
    rules = data.draw(RULES)
    here = paths.root(rules)
    found = plan.compiled(example, here)
    for _ in range(3):
        contents = data.draw(near(example)).encode()
        if says_yes(found, contents):
            assert compare(example, load(contents), here) == []


@settings(max_examples=200)
@given(DOCUMENTS, st.sampled_from(["type", None]))
def test_it_always_says_yes_to_the_example_itself(example: object, rule: str | None) -> None:
    """Where no rule is, or the same one everywhere."""
    found = plan.compiled(example, paths.root(PathRules({"$": RuleSet((MatchingRule(rule),))} if rule else {})))

    assert found is None or says_yes(found, orjson.dumps(example))
