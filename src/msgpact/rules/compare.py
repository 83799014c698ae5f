"""The exact comparison of a message with its example under the matching rules: yields every mismatch with its path.

The semantics are the reference implementation's (specification 3, "Matching"), with its slips mended: OR is honoured on
objects too, an example list that is empty still holds `min` and `max`, a rule that a value cannot meet says so.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgpact.model import MatchingRule, RuleSet, Variant
from msgpact.results import ABSENT, Mismatch
from msgpact.rules.matchers import (
    BYTES,
    EQUALITY,
    JSON,
    KINDS,
    LONGEST,
    MATCHERS,
    SCALARS,
    TEXT,
    Check,
    Prepared,
    a_kind,
    in_doubt,
    in_words,
    prepared,
    same,
    size,
)
from msgpact.rules.paths import Position, render, root

__all__ = [
    "DEPTH_LIMIT",
    "Array",
    "Container",
    "Failure",
    "Object",
    "compare",
    "compare_whole",
    "differs",
    "failures",
    "fits_variant",
    "rules_of",
    "variants_of",
]

DEPTH_LIMIT = 128
"""Containers within containers; the reference's JSON reader stops there too."""

Object = dict[str, object]
Array = list[object]
Container = Object | Array
Failure = tuple[str, str, MatchingRule | None]


def compare(
    expected: object,
    actual: object,
    rules: Position,
    *,
    unexpected_keys: bool = True,
    checks: Mapping[str, Check] = JSON,
) -> list[Mismatch]:
    """Every mismatch between two documents; an empty list means that they match.

    Args:
        expected: The example.
        actual: What came.
        rules: The root under the rules of the body.
        unexpected_keys: Whether keys that the example lacks are allowed, as in messages.
        checks: What rules do on scalars: JSON's, or `TYPED` where the documents have a schema.
    """
    walk = _Walk(unexpected_keys=unexpected_keys, checks=checks)
    walk.value(expected, actual, rules)
    return walk.found


def differs(expected: object, actual: object, rules: Position, depth: int, checks: Mapping[str, Check] = JSON) -> bool:
    """Whether `compare` finds anything in a part of a message that lies within so many containers."""
    walk = _Walk(unexpected_keys=True, checks=checks, path=("",) * depth)
    walk.value(expected, actual, rules)
    return bool(walk.found)


def compare_whole(expected: object, actual: object, rules: RuleSet | None) -> list[Mismatch]:
    """Every mismatch between two texts or two runs of bytes, which have no parts: the rules of `$`, else equality."""
    checks = BYTES if isinstance(actual, bytes) else TEXT
    failed = failures(rules, expected, actual, checks)
    return [Mismatch("$", words, expected, actual, reason=reason, matching_rule=rule) for words, reason, rule in failed]


def failures(
    rules: RuleSet | None,
    expected: object,
    actual: object,
    checks: Mapping[str, Check] = JSON,
    *,
    inherited: bool = False,
) -> list[Failure]:
    """The rules that one value does not meet, each in words with a reason; without rules, equality."""
    if rules is None:
        return [] if same(expected, actual) else [(in_words(EQUALITY), "", None)]
    failed: list[Failure] = []
    for rule in rules.matchers:
        check = checks.get(rule.match)
        if check is not None:
            reason = check(rule.attributes, expected, actual)
        else:
            reason = None if inherited else f"the rule cannot be met by {a_kind(actual)}"
        if reason is not None:
            failed.append((in_words(rule, expected), reason, rule))
        elif rules.combine == "OR":
            return []
    return [_either(failed)] if len(failed) > 1 and rules.combine == "OR" else failed


def _compiled(rules: RuleSet) -> Prepared:
    """A function that answers None where two scalars certainly meet the rules: for one plain rule, its check."""
    compiled: Prepared = in_doubt
    if len(rules.matchers) == 1:
        compiled = prepared(rules.matchers[0])
        object.__setattr__(rules, "kinds", KINDS.get(rules.matchers[0].match, rules.kinds))
    object.__setattr__(rules, "compiled", compiled)
    return compiled


def _either(failed: Sequence[Failure]) -> Failure:
    """Alternatives none of which is met, as one."""
    words = " or ".join(words for words, _, _ in failed)
    words = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
    reasons = dict.fromkeys(reason for _, reason, _ in failed if reason)
    return words, "; ".join(reasons), failed[0][2]


_IN_THEIR_OWN_WAY = frozenset({"values", "eachValue", "arrayContains"})


class _Walk:
    """One comparison: where it stands and what it found."""

    __slots__ = ("checks", "found", "path", "unexpected_keys")

    def __init__(self, *, unexpected_keys: bool, checks: Mapping[str, Check], path: Sequence[str | int] = ()) -> None:
        self.checks = checks
        self.found: list[Mismatch] = []
        self.path: list[str | int] = list(path)
        self.unexpected_keys = unexpected_keys

    def mismatch(
        self, words: str, expected: object, actual: object, reason: str = "", rule: MatchingRule | None = None
    ) -> None:
        self.found.append(Mismatch(render(self.path), words, expected, actual, "contents", reason, rule))

    def take(self, since: int) -> list[Mismatch]:
        """What was found since there were so many, taken back."""
        taken = self.found[since:]
        del self.found[since:]
        return taken

    def value(self, expected: Any, actual: Any, here: Position) -> None:
        """Compare two values at the current path."""
        kind = type(expected)
        if kind is not dict and kind is not list:
            for words, reason, rule in failures(here.rules, expected, actual, self.checks, inherited=not here.sits):
                self.mismatch(words, expected, actual, reason, rule)
        elif kind is not type(actual):  # before any rule: nothing rescues a container of the wrong kind
            self.mismatch("an object" if kind is dict else "an array", ABSENT, actual)
        elif len(self.path) >= DEPTH_LIMIT:
            self.mismatch(f"at most {DEPTH_LIMIT} levels", ABSENT, ABSENT, "it is nested deeper than is compared")
        else:
            self.container(expected, actual, here)

    # -- objects and arrays ----------------------------------------------------------------------------------------

    def container(self, expected: Container, actual: Container, here: Position) -> None:
        rules = here.rules
        if rules is None:
            if isinstance(expected, list):
                self.length(expected, actual)
            self.below(expected, actual, here, stretched=False)
        elif expected == []:
            self.empty_example(rules, actual, here)
        elif len(rules.matchers) == 1:
            self.by_rule(rules.matchers[0], expected, actual, here)
        else:
            self.by_rules(rules, expected, actual, here)

    def length(self, expected: Array, actual: Container) -> None:
        if len(expected) != len(actual):
            wanted = "an empty array" if not expected else f"an array of {len(expected)}"
            self.mismatch(wanted, expected, actual, f"it has {len(actual)}")

    def empty_example(self, rules: RuleSet, actual: Container, here: Position) -> None:
        """An example list that is empty says nothing of the items, but `min` and `max` hold."""
        failed = []
        for rule in rules.matchers:
            reason = size(rule.attributes, (), actual) if rule.match == "type" and here.sits else None
            if reason is not None:
                failed.append((in_words(rule), reason, rule))
        if rules.combine == "AND" or len(failed) == len(rules.matchers):
            for words, reason, which in failed:
                self.mismatch(words, ABSENT, actual, reason, which)

    def by_rule(self, rule: MatchingRule, expected: Container, actual: Container, here: Position) -> None:
        if rule.match == "type" and not (
            here.sits and rule.attributes
        ):  # nearly all: there is nothing to ask of itself
            self.below(expected, actual, here)
            return
        before = len(self.found)
        if self.in_its_own_way(rule, expected, actual, here):
            return
        if rule.match == "equality":  # what differs is best said where it lies
            self.below(expected, actual, here, stretched=False)
            if len(self.found) == before or _has_more(expected, actual):
                self.itself(rule, expected, actual, here)
        elif self.itself(rule, expected, actual, here):
            self.below(expected, actual, here)

    def by_rules(self, rules: RuleSet, expected: Container, actual: Container, here: Position) -> None:
        """Several rules, all or one of which must be met.

        What lies below is compared once, not once for each rule: it would be the same each time, on every level again.
        """
        before = len(self.found)
        apart: list[list[Mismatch]] = []  # of the rules that look below in their own way
        plain: list[list[Mismatch]] = []  # of the others, on the container itself
        goes_on = False
        for rule in rules.matchers:
            if self.in_its_own_way(rule, expected, actual, here):
                apart.append(self.take(before))
            else:
                goes_on = self.itself(rule, expected, actual, here) or goes_on
                plain.append(self.take(before))
        if goes_on:
            self.below(expected, actual, here)
        below = self.take(before)
        if rules.combine == "AND":
            own = [each for found in plain for each in found if not below or each.matching_rule != EQUALITY]
            self.found += [*own, *below, *itertools.chain(*apart)]
        elif all(apart) and (below or all(plain)):
            if plain and all(plain):
                failed = [(found[0].rule, found[0].reason, found[0].matching_rule) for found in plain]
                words, reason, which = _either(failed)
                self.mismatch(words, expected, actual, reason, which)
            else:  # one is met by the container itself: what is wrong lies below it
                self.found += below
            self.found += itertools.chain(*apart)

    def in_its_own_way(self, rule: MatchingRule, expected: Container, actual: Container, here: Position) -> bool:
        """Compare by a rule that says itself how what lies below is compared; False if the rule is no such rule."""
        if rule.match not in _IN_THEIR_OWN_WAY:
            return False
        match rule.match, expected, actual:
            case "values", dict(), dict() if here.sits:
                self.any_keys(expected, actual, here)
            case "eachValue", dict(), dict() if here.sits:
                self.any_keys(expected, actual, _each(rule))
            case "eachValue", list(), list() if here.sits:
                self.items(_stretched(expected, actual), actual, _each(rule))
            case "arrayContains", list(), list():
                self.array_contains(rule, expected, actual)
            case _:
                return False
        return True

    def itself(self, rule: MatchingRule, expected: Container, actual: Container, here: Position) -> bool:
        """Apply a rule to the container itself; answers whether what lies below matters for it."""
        row = MATCHERS[rule.match]
        check = row.on_object if isinstance(expected, dict) else row.on_array
        if check is None:
            if here.sits or rule.match in JSON:
                self.mismatch(in_words(rule), expected, actual, f"the rule cannot be met by {a_kind(actual)}", rule)
                return False
            return True
        # Sizes hold where the rule sits; nothing else asks for attributes here.
        reason = check(rule.attributes if here.sits else {}, expected, actual)
        if reason is not None:
            self.mismatch(in_words(rule), expected, actual, reason, rule)
        if rule.match == "eachKey" and here.sits and isinstance(actual, dict):
            self.each_key(rule, actual)
        return True

    def below(self, expected: Container, actual: Container, here: Position, *, stretched: bool = True) -> None:
        """What lies below, under the rules in force there; *stretched*: items beyond the example are like its first."""
        if isinstance(expected, dict):
            assert isinstance(actual, dict)
            before = len(self.found)
            lacks_keys = self.fields(expected, actual, here)
            if (lacks_keys or not self.unexpected_keys) and not here.free_keys:
                found = self.take(before)
                self.keys(expected, actual)
                self.found += found
        else:
            assert isinstance(actual, list)
            self.items(_stretched(expected, actual) if stretched else expected, actual, here)

    # -- objects ---------------------------------------------------------------------------------------------------

    def keys(self, expected: Object, actual: Object) -> None:
        """Expected keys must be there; others are free in messages. Rules about keys themselves switch both off."""
        for key, value in expected.items():
            if key not in actual:  # reported at the object that lacks it, as in the reference
                there = ", ".join(itertools.islice(actual, 8)) + (", …" if len(actual) > 8 else "")
                reason = f"the keys are {there}" if actual else "the object is empty"
                self.mismatch(f"the key {key!r}", value, ABSENT, reason)
        if not self.unexpected_keys:
            for key, value in actual.items():
                if key not in expected:
                    self.mismatch("no other keys", ABSENT, {key: value}, f"the key {key!r} is not in the example")

    def fields(self, expected: Object, actual: Object, here: Position) -> bool:
        """The values of the keys that both have; answers whether a key is lacking."""
        sets, inherited = here.sets, here.inherited
        lacks_keys = False
        for key, value in expected.items():
            try:
                came = actual[key]
            except KeyError:
                lacks_keys = True
                continue
            # Nearly every value is a scalar that meets one plain rule: find that out without building anything.
            kind = type(value)
            rules = here.below(key).rules if sets is None else sets.get(key, inherited)
            if rules is None:
                if kind is type(came) and kind in SCALARS and value == came:
                    continue
            elif (kind is type(came) and kind in rules.kinds) or (
                kind in SCALARS and (rules.compiled or _compiled(rules))(value, came) is None
            ):
                continue
            self.path.append(key)
            self.value(value, came, here.below(key))
            self.path.pop()
        return lacks_keys

    def any_keys(self, expected: Object, actual: Object, here: Position) -> None:
        """Each actual value against the example of its key, or else the first in key order, as in the reference."""
        if not expected:
            return
        first = expected[min(expected)]
        for key, value in actual.items():
            self.path.append(key)
            self.value(expected.get(key, first), value, here.below(key))
            self.path.pop()

    def each_key(self, rule: MatchingRule, actual: Mapping[str, object]) -> None:
        for key in actual:
            self.path.append(key)
            for words, reason, which in failures(RuleSet(rules_of(rule)), "", key, TEXT):
                self.mismatch(f"a key that is {words}", ABSENT, key, reason, which)
            self.path.pop()

    # -- arrays ----------------------------------------------------------------------------------------------------

    def items(self, expected: Array, actual: Array, here: Position) -> None:
        position, differs = here.below("0"), here.differs_by_key
        for index, (value, came) in enumerate(zip(expected, actual, strict=False)):
            if differs:
                position = here.below(str(index))
            kind = type(value)  # as in fields: there are long arrays of scalars
            rules = position.rules
            if rules is None:
                if kind is type(came) and kind in SCALARS and value == came:
                    continue
            elif (kind is type(came) and kind in rules.kinds) or (
                kind in SCALARS and (rules.compiled or _compiled(rules))(value, came) is None
            ):
                continue
            self.path.append(index)
            self.value(value, came, position)
            self.path.pop()

    def array_contains(self, rule: MatchingRule, expected: Array, actual: Array) -> None:
        for variant in variants_of(rule, len(expected)):
            if variant.index >= len(expected):
                self.mismatch(f"an example item {variant.index}", ABSENT, ABSENT, "the example has none", rule)
                continue
            example = expected[variant.index]
            if not any(self.fits(variant, example, item) for item in actual):
                self.mismatch(f"an item like variant {variant.index}", example, actual, "no item matches it", rule)

    def fits(self, variant: Variant, example: object, item: object) -> bool:
        return fits_variant(variant, example, item, unexpected_keys=self.unexpected_keys, checks=self.checks)


def fits_variant(
    variant: Variant,
    example: object,
    item: object,
    *,
    unexpected_keys: bool = True,
    checks: Mapping[str, Check] = JSON,
) -> bool:
    """Whether a list's item is one that a variant of arrayContains means; rules outside the variant do not count."""
    rules = {"$": RuleSet((EQUALITY,))} if variant.rules is None else variant.rules
    return not compare(example, item, root(rules), unexpected_keys=unexpected_keys, checks=checks)


def _has_more(expected: Container, actual: Container) -> bool:
    """Whether there is something that a comparison along the example does not see."""
    if isinstance(expected, dict):
        return any(key not in expected for key in actual)
    return len(expected) != len(actual)


def rules_of(rule: MatchingRule) -> tuple[MatchingRule, ...]:
    """The rules within eachKey or eachValue."""
    return cast(tuple[MatchingRule, ...], rule.attributes["rules"])


def variants_of(rule: MatchingRule, count: int) -> tuple[Variant, ...]:
    """The variants of arrayContains; where it names none, each of the *count* items of the example is one."""
    return cast(tuple[Variant, ...], rule.attributes["variants"]) or tuple(Variant(index) for index in range(count))


def _each(rule: MatchingRule) -> Position:
    """The position of a container whose values are all under the rules of eachValue, and under no others."""
    return root({"$.*": RuleSet(rules_of(rule))})


def _stretched(expected: Array, actual: Array) -> Array:
    """The example for each actual item: its own, or the first where the example is shorter."""
    return expected + [expected[0]] * (len(actual) - len(expected))
