"""The official cases about path expressions, and about which rule counts where."""

from typing import Any

import pytest
from left_out import Case, cases

from msgpact.model import MatchingRule, RuleSet
from msgpact.pactfile.rulesets import RuleError, read_rule, read_rules, rule_json, rules_json
from msgpact.rules import paths
from msgpact.rules.matchers import EQUALITY
from msgpact.rules.paths import Position, Token, Wildcard


def token_of(said: dict[str, object]) -> Token:
    if "star" in said:
        return Wildcard.ANY
    return Wildcard.ITEM if "star_index" in said else str(said.get("field", said.get("index")))


@pytest.mark.parametrize("case", cases("ref-path-parse.jsonl"))
def test_parsing(case: Case) -> None:
    if not case["valid"]:
        with pytest.raises(paths.PathError):
            paths.parse(case["path"])
        return

    assert paths.parse(case["path"]) == tuple(token_of(each) for each in case["tokens"] if "root" not in each)


@pytest.mark.parametrize("case", cases("ref-path-misc.jsonl", "path-render-key"))
def test_rendering_a_key(case: Case) -> None:
    assert paths.field(case["key"]) == case["rendered"]


@pytest.mark.parametrize("case", cases("ref-path-misc.jsonl", "path-join"))
def test_rendering_a_path(case: Case) -> None:
    assert case["path"] + paths.render(case["parts"]).removeprefix("$") == case["result"]


# -- which rule counts -----------------------------------------------------------------------------------------------


def position(rules: dict[str, RuleSet], way: list[str]) -> Position:
    found = paths.root(rules)
    for key in way:
        found = found.below(key)
    return found


@pytest.mark.parametrize("case", cases("ref-path-matches.jsonl"))
def test_matching_a_prefix(case: Case) -> None:
    root, *way = case["actual_path"] or [None]
    rules = read_rules({"body": {case["rule_path"]: {"matchers": [{"match": "type"}]}}})["body"]

    assert (root == "$" and position(rules, way).rules is not None) is case["matches"]


@pytest.mark.parametrize("case", cases("ref-path-token-weight.jsonl"))
def test_weights(case: Case) -> None:
    """A token has a weight if it fits, and an exact one's is higher than that of `.*`."""
    fragment, token, weight = case["fragment"], case["token"], case["weight"]
    if "root" in token:  # `$` stands first, and only the first fragment is `$`
        assert weight == (2 if fragment == "$" else 0)
        return
    path, (one, other) = paths.expression((token_of(token),)), (RuleSet((MatchingRule("type"),)), RuleSet((EQUALITY,)))

    assert (position({path: one}, [fragment]).rules is one) is (weight > 0)
    assert "star" in token or (position({"$.*": other, path: one}, [fragment]).rules is one) is (weight == 2)


@pytest.mark.parametrize("case", cases("ref-rule-selection.jsonl"))
def test_selection(case: Case) -> None:
    rules = read_rules({case["category"]: case["rules"]})[case["category"]]

    selected = position(rules, case["actual_path"][1:]).rules

    assert [rule_json(each) for each in (selected.matchers if selected else ())] == case["selected"]


# -- how rules are spelled -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("ref-rules-read.jsonl", "rule-read"))
def test_a_rule(case: Case) -> None:
    if not case["valid"]:
        with pytest.raises(RuleError):
            read_rule(case["json"])
        return

    assert rule_json(read_rule(case["json"])) == (case["normalised"] or {"match": read_rule(case["json"]).match})


@pytest.mark.parametrize("case", cases("ref-rules-read.jsonl", "rules-read-v2", "rules-read-v3"))
def test_rules_by_category(case: Case) -> None:
    assert without_prefix(rules_json(read_rules(case["json"]))) == without_prefix(case["normalised"])


def without_prefix(rules: dict[str, Any]) -> dict[str, Any]:
    """With paths as their tokens, since they may be spelled in several ways."""
    return {
        category: by_path
        if category in ("path", "header", "query")
        else {paths.parse(path): each for path, each in by_path.items()}
        for category, by_path in rules.items()
    }
