"""A contract relaxed to types: what holds a message in production, where values are others than in the example."""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from msgpact.model import MatchingRule, MessageContents, PathRules, RuleSet, Variant, is_content_type_key
from msgpact.rules.compare import rules_of
from msgpact.rules.paths import parse

__all__ = ["relaxed"]

_TYPE = MatchingRule("type")
_ANY_VALUE = RuleSet((_TYPE,))


def relaxed(expected: MessageContents, *, without: Collection[str] = ()) -> MessageContents:
    """What is expected of the types alone: values without a rule, and `equality`, count as `type`.

    Rules that are stated stay. A list may be as long as it likes, but for a stated `min` or `max`. Metadata must be there.
    The content type is no entry of them: a message that does not say it is judged by its looks.

    Args:
        expected: What the contract expects.
        without: Entries of the metadata of which nothing is expected.
    """
    of_metadata = expected.matching_rules.get("metadata") or {}
    metadata = {
        name: value
        for name, value in expected.metadata.items()
        if name not in without and (name in of_metadata or not is_content_type_key(name))
    }
    rules = {
        **expected.matching_rules,
        "body": _relaxed(expected.matching_rules.get("body") or {}),
        "metadata": _relaxed(of_metadata),
    }
    return MessageContents(expected.contents, metadata, rules)


def _relaxed(rules: Mapping[str, RuleSet]) -> PathRules:
    found = dict(_in_order(rules))
    if not any(each.matchers and not parse(path) for path, each in found.items()):
        found["$"] = _ANY_VALUE  # it loses to every other one, and counts where there is none
    return PathRules(found)


def _in_order(rules: Mapping[str, RuleSet]) -> Iterator[tuple[str, RuleSet]]:
    for path, each in rules.items():
        yield path, RuleSet(tuple(map(_rule, each.matchers)), each.combine)
    for path, each in rules.items():
        below = f"{path or '$'}.*"
        # Under `values` a scalar without a rule of its own is compared with the example's.
        if any(rule.match == "values" for rule in each.matchers) and below not in rules:
            yield below, _ANY_VALUE


def _rule(rule: MatchingRule) -> MatchingRule:
    match rule.match:
        case "equality":
            return _TYPE
        case "eachKey" | "eachValue":
            within = tuple(map(_rule, rules_of(rule)))
            if rule.match == "eachValue":
                within = within or (_TYPE,)
            return MatchingRule(rule.match, {**rule.attributes, "rules": within})
        case "arrayContains":
            variants = cast(tuple[Variant, ...], rule.attributes["variants"])
            of_each = tuple(Variant(each.index, _relaxed(each.rules or {}), each.generators) for each in variants)
            return MatchingRule(rule.match, {**rule.attributes, "variants": of_each})
    return rule
