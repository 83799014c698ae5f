"""Rules and generators as pact files spell them: read in every spelling, written in one."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.model import Generator, MatchingRule, PathRules, RuleSet, Variant
from msgpact.pactfile import rulesets
from msgpact.pactfile.rulesets import (
    RuleError,
    generators_json,
    read_generators,
    read_rule,
    read_rules,
    rule_json,
    rules_json,
)
from msgpact.rules.matchers import MATCHERS

Raw = dict[str, Any]

# As a tool spells it, and as it is written.
SPELLINGS: list[tuple[Raw, Raw]] = [
    ({"match": "type"}, {"match": "type"}),
    ({"match": "type", "value": 100}, {"match": "type"}),
    ({"match": "type", "min": 1}, {"match": "type", "min": 1}),
    ({"match": "type", "min": "1", "max": 2.0}, {"match": "type", "min": 1, "max": 2}),
    ({"min": 1}, {"match": "type", "min": 1}),
    ({"max": 1}, {"match": "type", "max": 1}),
    ({"min": 1, "max": 2}, {"match": "type", "min": 1, "max": 2}),
    ({"match": "min", "min": 1}, {"match": "type", "min": 1}),
    ({"match": "max-type", "max": 1}, {"match": "type", "max": 1}),
    ({"regex": "a"}, {"match": "regex", "regex": "a"}),
    ({"match": "regex", "regex": 5}, {"match": "regex", "regex": "5"}),
    ({"match": "real"}, {"match": "decimal"}),
    ({"match": "timestamp", "timestamp": "yyyy"}, {"match": "datetime", "format": "yyyy"}),
    ({"match": "timestamp", "format": "yyyy"}, {"match": "datetime", "format": "yyyy"}),
    ({"match": "timestamp"}, {"match": "datetime"}),
    ({"timestamp": "yyyy"}, {"match": "datetime", "format": "yyyy"}),
    ({"date": "yyyy"}, {"match": "date", "format": "yyyy"}),
    ({"time": "HH"}, {"match": "time", "format": "HH"}),
    ({"match": "date", "date": "yyyy"}, {"match": "date", "format": "yyyy"}),
    ({"match": "date", "format": ""}, {"match": "date"}),
    ({"match": "include", "value": 1}, {"match": "include", "value": "1"}),
    ({"match": "content-type", "value": "a/b"}, {"match": "contentType", "value": "a/b"}),
    ({"match": "not-empty"}, {"match": "notEmpty"}),
    ({"match": "status-code"}, {"match": "statusCode", "status": "success"}),
    ({"match": "statusCode", "status": [200]}, {"match": "statusCode", "status": [200]}),
    (
        {"match": "each-key", "rules": [{"regex": "a"}], "value": "k"},
        {"match": "eachKey", "rules": [{"match": "regex", "regex": "a"}], "value": "k"},
    ),
    (
        {"match": "each-value", "rules": [{"min": 1}], "generator": {"type": "Uuid", "format": "simple"}},
        {
            "match": "eachValue",
            "rules": [{"match": "type", "min": 1}],
            "generator": {"type": "Uuid", "format": "simple"},
            "value": "",
        },
    ),
    ({"match": "array-contains", "variants": []}, {"match": "arrayContains", "variants": []}),
    (
        {
            "match": "arrayContains",
            "variants": [{"index": "1"}, {"index": 0, "rules": {"$.a": {"matchers": [{"match": "real"}]}}}],
        },
        {
            "match": "arrayContains",
            "variants": [
                {"index": 1},
                {"index": 0, "rules": {"$.a": {"combine": "AND", "matchers": [{"match": "decimal"}]}}},
            ],
        },
    ),
]


@pytest.mark.parametrize(("spelled", "written"), SPELLINGS, ids=[json.dumps(row[0]) for row in SPELLINGS])
def test_spellings(spelled: Raw, written: Raw) -> None:
    assert rule_json(read_rule(spelled)) == written
    assert rule_json(read_rule(written)) == written


def test_every_rule_is_read_by_its_own_name() -> None:
    attributes = {"regex": "a", "value": "a", "rules": [], "variants": []}

    assert {read_rule({"match": name, **attributes}).match for name in MATCHERS} == MATCHERS.keys()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (7, "the rule at '\\$.a' is a number, not an object"),
        (None, "is null, not an object"),
        ({}, "has no 'match': {}"),
        ({"stuff": 1}, "has no 'match': {'stuff': 1}"),
        ({"match": ""}, "of the unknown kind ''"),
        ({"match": 5}, "of the unknown kind 5"),
        ({"match": ["type"]}, "of the unknown kind"),
        ({"match": "Type"}, r"'Type' \(did you mean 'type'\?\)"),
        ({"match": "eachvalue"}, r"did you mean 'eachValue'\?"),
        ({"match": "zzz"}, r"\(known are arrayContains, boolean, contentType"),
        ({"match": "regex"}, "the 'regex' rule at '\\$.a' has no 'regex'"),
        ({"match": "include"}, "has no 'value'"),
        ({"match": "contentType"}, "has no 'value'"),
        ({"match": "min"}, "has no 'min'"),
        ({"match": "max-type"}, "has no 'max'"),
        ({"match": "type", "min": "x"}, "'min' of the rule at '\\$.a' is 'x', not a whole number"),
        ({"match": "type", "min": -1}, "is -1, not a whole number"),
        ({"match": "type", "max": 1.5}, "is 1.5, not a whole number"),
        ({"match": "type", "max": True}, "is True, not a whole number"),
        ({"match": "eachKey"}, "the 'eachKey' rule at '\\$.a' has no array 'rules'"),
        ({"match": "eachValue", "rules": {}}, "has no array 'rules'"),
        ({"match": "eachValue", "rules": [{"match": "typ"}]}, "did you mean 'type'"),
        ({"match": "arrayContains"}, "has no array 'variants'"),
        ({"match": "arrayContains", "variants": [1]}, "a variant of the rule at '\\$.a' is a number"),
        ({"match": "arrayContains", "variants": [{"rules": {"$..": {}}}]}, "does not parse"),
        (
            {"match": "arrayContains", "variants": [{"index": -1}]},
            "the index of a variant of the rule at '\\$.a' is -1",
        ),
        (
            {"match": "arrayContains", "variants": [{"index": "x"}]},
            "the index of a variant of the rule at '\\$.a' is 'x'",
        ),
    ],
    ids=str,
)
def test_what_is_no_rule(raw: object, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        read_rule(raw, "$.a")


# -- rules by category and path --------------------------------------------------------------------------------------

TYPE = RuleSet((MatchingRule("type"),))


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ({}, {}),
        ({"body": {"$.a": {"matchers": [{"match": "type"}]}}}, {"body": {"$.a": TYPE}}),
        ({"content": {"$.a": {"matchers": [{"match": "type"}]}}}, {"body": {"$.a": TYPE}}),
        ({"whatever": {"$.a": {"matchers": [{"match": "type"}]}}}, {"body": {"$.a": TYPE}}),
        ({"contents": {"$.a": {"matchers": [{"match": "type"}]}}}, {"contents": {"$.a": TYPE}}),
        ({"metadata": {"k": {"matchers": [{"match": "type"}]}}}, {"metadata": {"k": TYPE}}),
        ({"header": {"X-A[]": {"matchers": [{"match": "type"}]}}}, {"header": {"X-A[]": TYPE}}),
        ({"path": {"matchers": [{"match": "type"}]}}, {"path": {"": TYPE}}),
        ({"status": {"combine": "AND", "matchers": []}}, {"status": {"": RuleSet(())}}),
        (
            {"body": {"$.a": {"combine": "or", "matchers": [{"match": "type"}]}}},
            {"body": {"$.a": RuleSet(TYPE.matchers, "OR")}},
        ),
        ({"body": {"$.a": {"combine": "banana", "matchers": [{"match": "type"}]}}}, {"body": {"$.a": TYPE}}),
        ({"body": {"$.a": {"matchers": []}}}, {"body": {"$.a": RuleSet(())}}),
        ({"body": {"$.a": {}}}, {"body": {"$.a": RuleSet(())}}),
    ],
    ids=str,
)
def test_categories(raw: Raw, read: Raw) -> None:
    assert read_rules(raw) == read


@pytest.mark.parametrize(
    ("path", "category", "key"),
    [
        ("$.body.a", "body", "$.a"),
        ("$.body", "body", "$"),
        ("$.body[0].a[*]", "body", "$[0].a[*]"),
        ("$['body'].a", "body", "$.a"),
        ("$.body-x.a", "body", "$['body-x'].a"),
        ("$.headers.X-A", "header", "X-A"),
        ("$.header['x.y']", "header", "x.y"),
        ("$.query.q", "query", "q"),
        ("$.path", "path", ""),
        ("$.metadata.k", "metadata", "$.k"),
    ],
)
def test_the_flat_map_of_version_2(path: str, category: str, key: str) -> None:
    assert read_rules({path: {"match": "type"}}) == {category: {key: TYPE}}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ([], "matchingRules is an array, not an object"),
        ("x", "matchingRules is a string"),
        ({"body": True}, "matchingRules.body is a boolean"),
        ({"body": {"$.a": [1]}}, "the rules at '\\$.a' are an array, not an object with 'matchers'"),
        ({"body": {"$.a": {"matchers": {}}}}, "'matchers' at '\\$.a' is an object, not an array"),
        ({"body": {"$.a[": {"matchers": []}}}, "the path '\\$.a\\[' does not parse"),
        ({"metadata": {"a b": {"matchers": []}}}, "the path 'a b' does not parse"),
        ({"$..a": {"match": "type"}}, "does not parse"),
    ],
)
def test_what_are_no_rules(raw: object, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        read_rules(raw)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"body": {"$.a": {"combine": "OR", "matchers": [{"match": "type"}, {"match": "null"}]}}},
        {
            "body": {"$": {"combine": "AND", "matchers": []}},
            "metadata": {"k": {"combine": "AND", "matchers": [{"match": "type"}]}},
        },
        {"path": {"combine": "AND", "matchers": [{"match": "type"}]}},
        {"header": {"A": {"combine": "AND", "matchers": [{"match": "type"}]}}},
    ],
    ids=str,
)
def test_what_is_written_is_what_was_read(written: Raw) -> None:
    assert rules_json(read_rules(written)) == written


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("k", ["k"]),
        ("$['x.k']", ["x.k", "$['x.k']"]),
        ("$['x-a.b_c.d']", ["x-a.b_c.d", "$['x-a.b_c.d']"]),
        ("$['a b']", ["$['a b']"]),
        ("$['x..k']", ["$['x..k']"]),
        ("$['x.*']", ["$['x.*']"]),
    ],
)
def test_an_entry_whose_name_holds_a_dot_is_named_as_every_tool_names_it(path: str, written: list[str]) -> None:
    """The reference wants brackets, pact-jvm looks for the bare name; either leaves the other's alone."""
    rules = {"metadata": PathRules({path: TYPE})}

    found = rules_json(rules)["metadata"]

    assert isinstance(found, dict)
    assert list(found) == written
    assert read_rules({"metadata": found}) == rules


def test_a_bare_name_of_other_rules_stays() -> None:
    written = {
        "x.k": {"combine": "AND", "matchers": [{"match": "null"}]},
        "$['x.k']": {"combine": "AND", "matchers": [{"match": "type"}]},
        "y.k": {"combine": "AND", "matchers": [{"match": "type"}]},
    }

    assert set(read_rules({"metadata": written})["metadata"]) == {"x.k", "$['x.k']", "y.k"}


def test_the_same_rules_are_read_once() -> None:
    raw = {"body": {"$.only.here": {"matchers": [{"match": "type"}]}}}

    assert read_rules(raw)["body"] is read_rules(dict(raw))["body"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulesets, "_KNOWN", {str(number).encode(): {} for number in range(4096)})

    read_rules({"body": {}})

    assert len(rulesets._KNOWN) == 1


# -- generators ------------------------------------------------------------------------------------------------------

UUID = Generator("Uuid", {"format": "simple"})


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ({}, {}),
        ({"body": {"$.a": {"type": "Uuid", "format": "simple"}}}, {"body": {"$.a": UUID}}),
        ({"metadata": {"k": {"type": "Uuid", "format": "simple"}}}, {"metadata": {"k": UUID}}),
        ({"content": {"$.a": {"type": "Uuid"}}}, {}),
        ({"contents": {"$.a": {"type": "Uuid"}}}, {}),
        ({"path": {"type": "Uuid", "format": "simple"}}, {"path": {"": UUID}}),
        ({"header": {"X-A[]": {"type": "Uuid", "format": "simple"}}}, {"header": {"X-A[]": UUID}}),
        ({"body": 7}, {}),
        ({"body": {"$.a": {"type": "Plugin", "x": [1]}}}, {"body": {"$.a": Generator("Plugin", {"x": [1]})}}),
    ],
    ids=str,
)
def test_generators(raw: Raw, read: Raw) -> None:
    assert read_generators(raw) == read


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (7, "generators is a number, not an object"),
        ({"body": {"$.a": 7}}, "the generator at '\\$.a' is no object with a 'type': 7"),
        ({"body": {"$.a": {}}}, "is no object with a 'type': {}"),
        ({"body": {"$.a": {"type": ""}}}, "is no object with a 'type'"),
        ({"body": {"$..a": {"type": "Uuid"}}}, "the path '\\$..a' does not parse"),
    ],
)
def test_what_are_no_generators(raw: object, why: str) -> None:
    with pytest.raises(RuleError, match=why):
        read_generators(raw)


@pytest.mark.parametrize("raw", [{"body": {"$.a": {"type": "Uuid"}}}, {"path": {"type": "Uuid"}}, {}], ids=str)
def test_generators_are_written_as_they_were_read(raw: Raw) -> None:
    assert generators_json(read_generators(raw)) == raw


def test_variants_keep_their_generators() -> None:
    raw = {"index": 0, "rules": {}, "generators": {"$.a": {"type": "Uuid", "format": "simple"}}}
    rule = read_rule({"match": "arrayContains", "variants": [raw]})

    assert rule.attributes["variants"] == (Variant(0, PathRules(), {"$.a": UUID}),)
    assert rule_json(rule) == {"match": "arrayContains", "variants": [raw]}


# -- anything --------------------------------------------------------------------------------------------------------

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["type", "$.a", "min", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["match", "min", "max", "rules", "variants", "index", "regex", "type", "matchers", "body", "$.a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(VALUE)
def test_anything_is_rules_or_an_error(raw: object) -> None:
    for read in (read_rule, read_rules, read_generators):
        with contextlib.suppress(RuleError):
            read(raw)
