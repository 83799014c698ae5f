"""What Pact's Protobuf plugin does not compare: lists without a rule, the type of bytes, text around a pattern in a Struct."""

from collections.abc import Callable, Mapping
from typing import Any

from msgpact.model import MatchingRule, PathRules, RuleSet
from msgpact.rules import paths
from msgpact.rules.paths import Position, Token
from msgpact.serializers.protobuf.shapes import FieldShape, MessageShape

__all__ = ["Document", "rules_as_taken", "without_lists"]

Document = dict[str, Any]


def without_lists(document: Document, shape: MessageShape, here: Position, path: str, notes: list[str]) -> Document:
    """A message without the lists that no rule is about; *notes* gets their paths."""
    kept = {}
    for name, value in document.items():
        field, position, at = shape.fields[name], here.below(name), path + paths.field(name)
        if field.is_list and position.rules is None:
            notes.append(f"{at}: the list, as no rule is about it")
        elif field.message is None or field.is_list:  # below a list under a rule all is under one
            kept[name] = value
        elif field.is_map:
            kept[name] = _in_map(value, field.message.fields["value"], position, at, notes)
        else:
            kept[name] = value if field.message.held else without_lists(value, field.message, position, at, notes)
    return kept


def _in_map(entries: Document, item: FieldShape, here: Position, path: str, notes: list[str]) -> Document:
    if item.message is None or item.message.held:
        return entries
    return {
        key: without_lists(each, item.message, here.below(key), path + paths.field(key), notes)
        for key, each in entries.items()
    }


# -- rules that the plugin takes in its own way ----------------------------------------------------------------------


def rules_as_taken(rules: Mapping[str, RuleSet], shape: MessageShape) -> tuple[Mapping[str, RuleSet], list[str]]:
    """The rules as the plugin takes them, and a note on each that it takes in its own way."""
    eased: dict[str, RuleSet] = {}
    notes: list[str] = []
    for path, rule_set in rules.items():
        ease = None
        if any(rule.match in _EASED for rule in rule_set.matchers):
            ease = _EASED_IN.get(_held(paths.parse(path), shape) or "")
        matchers = tuple(ease.get(rule.match, _as_it_is)(rule) if ease else rule for rule in rule_set.matchers)
        if matchers != rule_set.matchers:
            rule_set = RuleSet(matchers, rule_set.combine)
            notes += [f"{path}: {_EASED[match]}" for match in ease or ()]
        eased[path] = rule_set
    return (PathRules(eased), notes) if notes else (rules, notes)


def _anywhere(rule: MatchingRule) -> MatchingRule:
    return MatchingRule("regex", {**rule.attributes, "anywhere": True})


def _any_bytes(_: MatchingRule) -> MatchingRule:
    return MatchingRule("type")


def _as_it_is(rule: MatchingRule) -> MatchingRule:
    return rule


_EASED = {"regex": "the text around what the pattern matches", "contentType": "of which type its bytes are"}
"""What is not compared by rules that the plugin takes in its own way."""

Ease = Mapping[str, Callable[[MatchingRule], MatchingRule]]
_IN_JSON: Ease = {"regex": _anywhere}
_EASED_IN: Mapping[str, Ease] = {
    "struct": _IN_JSON,
    "value": _IN_JSON,
    "list": _IN_JSON,
    "bytes": {"contentType": _any_bytes},
}


def _held(tokens: tuple[Token, ...], shape: MessageShape | None) -> str | None:
    """What the values at a path are, or what they lie in: `struct`, `value` or `list` for JSON, or `bytes`."""
    held = None
    within: FieldShape | None = None
    for token in tokens:
        if within is not None and (within.is_list or within.is_map):  # the token is an index or a key
            within = None
            continue
        field = shape.fields.get(token) if shape is not None and isinstance(token, str) else None
        if field is None:
            return None
        within, shape = field, field.message
        if field.is_map and shape is not None:
            field = shape.fields["value"]
            shape = field.message
        held = shape.held if shape is not None else field.kind
        if held in _EASED_IN:
            return held
    return held
