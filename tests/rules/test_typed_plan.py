"""The plan of documents that have a schema: it says yes only where the comparison finds nothing, and says it of most."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notation import Rules, any_of, by_path, each_value, like, regex

from msgpact.model import MatchingRule, PathRules, RuleSet
from msgpact.pactfile.rulesets import read_rules
from msgpact.rules import paths, plan
from msgpact.rules.compare import compare
from msgpact.rules.matchers import TYPED
from msgpact.rules.plan import Answer
from msgpact.times import Duration, Timestamp

NOON = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
VIENNA = NOON.astimezone(datetime.timezone(datetime.timedelta(hours=1)))


def says_yes(example: object, rules: PathRules, actual: object, known: plan.Known = None) -> bool:
    found = plan.compiled(example, paths.root(rules), checks=TYPED, known=known)
    return found is not None and found(actual) is not Answer.UNKNOWN


def matches(example: object, rules: PathRules, actual: object) -> bool:
    return not compare(example, actual, paths.root(rules), checks=TYPED)


# What it shows, the rules, the example, a message that matches, one that does not.
ROWS: list[tuple[str, Rules, object, object, object]] = [
    ("bytes", {}, b"a", b"a", b"b"),
    ("bytes are no text", {}, b"a", b"a", "a"),
    ("a decimal by its value", {}, Decimal("1.5"), Decimal("1.50"), Decimal("1.51")),
    ("a decimal is no float", {}, Decimal("1.5"), Decimal("1.5"), 1.5),
    ("an integer", {}, 1, 1, 1.0),
    ("a zero", {}, 0, 0, 0.0),
    ("a UUID", {}, uuid.UUID(int=1), uuid.UUID(int=1), uuid.UUID(int=2)),
    ("an instant", {}, NOON, VIENNA, NOON.replace(tzinfo=None)),
    ("a nanosecond", {}, Timestamp.of(NOON, 1), Timestamp.of(VIENNA, 1), Timestamp.of(NOON, 2)),
    ("a date", {}, NOON.date(), NOON.date(), NOON),
    ("a duration", {}, Duration(1, 2, 3), Duration(1, 2, 3), (1, 2, 3)),
    ("type of bytes", {"$.a": "type"}, b"a", b"", "a"),
    ("type of a decimal", {"$.a": "type"}, Decimal(1), 2.5, "1"),
    ("type of a timestamp", {"$.a": "type"}, NOON, Timestamp.of(VIENNA, 1), NOON.date()),
    ("type of a UUID", {"$.a": "type"}, uuid.UUID(int=1), uuid.UUID(int=2), str(uuid.UUID(int=1))),
    ("type of decimals in a list", {"$.a": "type"}, [Decimal(1)], [Decimal(2), Decimal(3)], [Decimal(2), "3"]),
    ("integer", {"$.a": "integer"}, 1, 0, 0.0),
    ("decimal", {"$.a": "decimal"}, Decimal(1), 2.5, 2),
    ("number", {"$.a": "number"}, 1, Decimal("2.5"), None),
    ("regex of text", {"$.a": regex("a+")}, "a", "aa", "b"),
    ("one of two kinds", {"$.a": any_of("null", "type")}, b"a", None, "a"),
    ("min", {"$.a": like(min=1)}, [b"a"], [b"b"], []),
]  # fmt: skip
SLOW: list[tuple[str, Rules, object, object, object]] = [
    ("text that is a number", {"$.a": "integer"}, "1", "2", "x"),
    ("bytes under a pattern", {"$.a": regex("a+")}, b"a", b"aa", b"\xff"),
    ("bytes that are not empty", {"$.a": "notEmpty"}, b"a", b"b", b""),
    ("a date, by itself", {"$.a": {"match": "date", "format": "yy"}}, NOON.date(), NOON.date(), NOON),
    ("an instant with room for nanoseconds", {}, NOON, Timestamp.of(NOON), Timestamp.of(NOON, 1)),
    ("NaN", {}, float("nan"), float("nan"), 1.0),
    ("eachValue", {"$.a": each_value("decimal")}, {"k": Decimal(1)}, {"x": 2.5}, {"x": 2}),
]
"""Which are compared."""


@pytest.mark.parametrize(("rules", "example", "good", "bad"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_says_yes_to_what_matches_and_not_to_what_does_not(
    rules: Rules, example: object, good: object, bad: object
) -> None:
    read = read_rules({"body": by_path(rules)})["body"]

    assert matches({"a": example}, read, {"a": good})
    assert says_yes({"a": example}, read, {"a": good})
    assert not matches({"a": example}, read, {"a": bad})
    assert not says_yes({"a": example}, read, {"a": bad})


@pytest.mark.parametrize(("rules", "example", "good", "bad"), [row[1:] for row in SLOW], ids=[row[0] for row in SLOW])
def test_what_is_not_certain_is_compared(rules: Rules, example: object, good: object, bad: object) -> None:
    read = read_rules({"body": by_path(rules)})["body"]

    assert matches({"a": example}, read, {"a": good})
    assert not matches({"a": example}, read, {"a": bad})
    assert not says_yes({"a": example}, read, {"a": bad})


def test_a_plan_for_json_does_not_know_natives() -> None:
    found = plan.compiled({"a": 1.5}, paths.root(PathRules({"$.a": RuleSet((MatchingRule("number"),))})))

    assert found is not None
    assert found({"a": Decimal(1)}) is Answer.UNKNOWN


# -- any message -----------------------------------------------------------------------------------------------------

SCALAR = st.sampled_from(
    [
        None, True, False, 0, 1, -1, 2**63, 0.0, -0.0, 1.5, float("nan"), float("inf"), "", "a", "1", "-1", "true", "1.2.3",
        b"", b"a", b"1", b"\xff", Decimal(0), Decimal("1.5"), Decimal("1.50"), Decimal("1E+2"), uuid.UUID(int=1),
        datetime.date(2026, 11, 20), datetime.time(12), NOON, VIENNA, NOON.replace(tzinfo=None), Timestamp.of(NOON),
        Timestamp.of(NOON, 1), Duration(1, 2, 3), Duration(0, 0, 0),
    ]
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "0", "1"])
DOCUMENTS = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
PLAIN = st.sampled_from(
    [
        *(MatchingRule(name) for name in ("type", "integer", "decimal", "number", "boolean", "null", "equality", "notEmpty",
                                          "semver", "values", "statusCode", "date", "time", "datetime")),
        MatchingRule("type", {"min": 1}), MatchingRule("type", {"max": 1}), MatchingRule("regex", {"regex": "a+|1|true"}),
        MatchingRule("include", {"value": "a"}), MatchingRule("contentType", {"value": "text/plain"}),
        MatchingRule("regex", {"regex": "a", "anywhere": True}),
        MatchingRule("eachValue", {"rules": (MatchingRule("type"),)}),
        MatchingRule("eachKey", {"rules": (MatchingRule("regex", {"regex": "a"}),)}),
        MatchingRule("arrayContains", {"variants": ()}),
    ]
)  # fmt: skip
RULE_SETS = st.builds(
    lambda rules, combine: RuleSet(tuple(rules), combine),
    st.lists(PLAIN, min_size=1, max_size=2),
    st.sampled_from(["AND", "OR"]),
)
PATHS = st.lists(st.sampled_from([".a", ".b", "[0]", "[*]", ".*"]), max_size=3).map(lambda steps: "$" + "".join(steps))
RULES = st.dictionaries(PATHS, RULE_SETS, max_size=4).map(PathRules)


@st.composite
def near(draw: st.DrawFn, example: Any) -> Any:
    """A document that is much like the example."""
    way = draw(st.integers(0, 9))
    if way == 0:
        return draw(DOCUMENTS)
    if way == 1 and not isinstance(example, dict | list):
        return draw(SCALAR.filter(lambda value: type(value) is type(example)))
    if isinstance(example, dict):
        return {key: draw(near(value)) for key, value in example.items()}
    if isinstance(example, list):
        items = [draw(near(value)) for value in example]
        return items + items[: draw(st.integers(0, 1))]
    return example


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.data())
def test_yes_means_that_the_comparison_finds_nothing(data: st.DataObject) -> None:
    example, rules = data.draw(DOCUMENTS), data.draw(RULES)
    for _ in range(3):
        actual = data.draw(near(example))
        if says_yes(example, rules, actual):
            assert matches(example, rules, actual)


def sure(document: Any) -> plan.Known:
    """What is true of a document: as much as a schema could say of it."""
    match document:
        case dict():
            return {key: sure(value) for key, value in document.items()}
        case list():
            kinds = [sure(value) for value in document]
            return [kinds[0] if all(kind == kinds[0] for kind in kinds) else None] if kinds else [None]
    return frozenset({type(document)})


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.data())
def test_what_is_sure_need_not_be_tested(data: st.DataObject) -> None:
    example, rules = data.draw(DOCUMENTS), data.draw(RULES)
    for _ in range(3):
        actual = data.draw(near(example))
        if says_yes(example, rules, actual, sure(actual)):
            assert matches(example, rules, actual)


@pytest.mark.parametrize("bad", ["b", 1], ids=["another value", "another type"])
def test_what_is_sure_says_nothing_of_values(bad: object) -> None:
    rules = PathRules({"$.b": RuleSet((MatchingRule("type"),))})
    known: plan.Known = {"a": frozenset({str, int}), "b": frozenset({str})}

    assert says_yes({"a": "a", "b": "x"}, rules, {"a": "a", "b": "y"}, known)
    assert not says_yes({"a": "a", "b": "x"}, rules, {"a": bad, "b": "y"}, known)


@settings(max_examples=200)
@given(DOCUMENTS, st.sampled_from(["type", None]))
def test_a_document_matches_itself(example: object, rule: str | None) -> None:
    """Where no rule is, or the same one everywhere; and no value makes the comparison fail."""
    assert matches(example, PathRules({"$": RuleSet((MatchingRule(rule),))} if rule else {}), example)
