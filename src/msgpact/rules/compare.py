"""The exact comparison of a message with its example under the matching rules: yields every mismatch with its path.

The semantics are the reference implementation's (specification 3, "Matching"), with its slips mended: OR is honoured on
objects too, an example list that is empty still holds `min` and `max`, a rule that a value cannot meet says so.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from msgpact.model import MatchingRule, RuleSet, Variant
from msgpact.results import ABSENT, Mismatch
from msgpact.rules.matchers import EQUALITY, MATCHERS, PLAIN, TEXT, in_words, kind_of, same
from msgpact.rules.paths import Best, Node, is_index, render, tree

__all__ = ["DEPTH_LIMIT", "compare", "compare_text", "failures", "rules_at"]

DEPTH_LIMIT = 128
"""Containers within containers; the reference's JSON reader stops there too."""

# A trie node that the current place fits, with the product of the weights on the way to it.
Active = Sequence[tuple[Node, int]]
_NO_NODE = Node()
_NOWHERE = (_NO_NODE, 0)
_NO_KEY_CHECK = frozenset({"values", "eachKey", "eachValue"})
_BELOW_ITSELF = frozenset({"values", "eachValue", "arrayContains"})


def compare(expected: object, actual: object, rules: Node, *, unexpected_keys: bool = True) -> list[Mismatch]:
    """Every mismatch between two JSON documents; an empty list means that they match.

    Args:
        expected: The example.
        actual: What came.
        rules: The rules of the body, as a tree.
        unexpected_keys: Whether keys that the example lacks are allowed, as in messages.
    """
    walk = _Walk(unexpected_keys=unexpected_keys)
    walk.root(expected, actual, rules)
    return walk.found


def compare_text(expected: str, actual: str, rules: Node) -> list[Mismatch]:
    """Every mismatch between two plain texts: rules at `$`, else equality, final newlines included."""
    failed = failures(rules.rules, expected, actual, text=True)
    return [Mismatch("$", rule, expected, actual, reason=reason, matching_rule=which) for rule, reason, which in failed]


def rules_at(rules: Node, key: str) -> RuleSet | None:
    """The rules that count for the value under *key*: how metadata looks up its own, whole values only."""
    best = None if rules.rules is None else Best(2, 0, rules.rules)
    below = _below(((rules, 2),), key, best, 1)[1]
    return None if below is None else below.rules


Failure = tuple[str, str, MatchingRule | None]


def failures(
    rules: RuleSet | None, expected: object, actual: object, *, inherited: bool = False, text: bool = False
) -> list[Failure]:
    """The rules that one value does not meet, each in words with a reason; without rules, equality."""
    if rules is None:
        return [] if same(expected, actual) else [(MATCHERS["equality"].words({}), "", None)]
    failed: list[Failure] = []
    for rule in rules.matchers:
        reason = _unmet(rule, expected, actual, inherited=inherited, text=text)
        if reason is not None:
            failed.append((in_words(rule, expected), reason, rule))
        elif rules.combine == "OR":
            return []
    if len(failed) > 1 and rules.combine == "OR":
        words = " or ".join(words for words, _, _ in failed)
        return [(words, "; ".join(reason for _, reason, _ in failed if reason), failed[0][2])]
    return failed


def _unmet(rule: MatchingRule, expected: object, actual: object, *, inherited: bool, text: bool) -> str | None:
    matcher = MATCHERS[rule.match]
    if not inherited and rule.match in ("eachKey", "eachValue", "arrayContains"):
        return f"the rule cannot be met by a {kind_of(actual)}"
    check = TEXT.get(rule.match, matcher.scalar) if text else matcher.scalar
    return check(rule.attributes, expected, actual)


class _Walk:
    """One comparison: where it stands and what it found."""

    __slots__ = ("found", "path", "unexpected_keys")

    def __init__(self, *, unexpected_keys: bool, path: list[str | int] | None = None) -> None:
        self.found: list[Mismatch] = []
        self.path: list[str | int] = path if path is not None else []
        self.unexpected_keys = unexpected_keys

    def root(self, expected: object, actual: object, rules: Node) -> None:
        best = None if rules.rules is None else Best(2, 0, rules.rules)
        self.value(expected, actual, ((rules, 2),), best, 0)

    def mismatch(
        self, words: str, expected: object, actual: object, reason: str = "", rule: MatchingRule | None = None
    ) -> None:
        self.found.append(Mismatch(render(self.path), words, expected, actual, "contents", reason, rule))

    def value(self, expected: object, actual: object, active: Active, best: Best | None, depth: int) -> None:
        """Compare two values at the current path. *depth* counts tokens below the root of the rules in force."""
        kind = type(expected)
        if kind is not dict and kind is not list:
            for words, reason, rule in failures(
                None if best is None else best.rules,
                expected,
                actual,
                inherited=best is not None and best.depth != depth,
            ):
                self.mismatch(words, expected, actual, reason, rule)
        elif kind is not type(actual):  # before any rule: nothing rescues a container of the wrong kind
            self.mismatch("an object" if kind is dict else "an array", ABSENT, actual)
        elif len(self.path) >= DEPTH_LIMIT:
            self.mismatch(f"at most {DEPTH_LIMIT} levels", ABSENT, ABSENT, "it is nested deeper than is compared")
        elif kind is dict:
            self.an_object(cast(dict[str, object], expected), cast(dict[str, object], actual), active, best, depth)
        else:
            self.an_array(cast(list[object], expected), cast(list[object], actual), active, best, depth)

    # -- objects ---------------------------------------------------------------------------------------------------

    def an_object(
        self, expected: dict[str, object], actual: dict[str, object], active: Active, best: Best | None, depth: int
    ) -> None:
        if best is None:
            self.keys(expected, actual, active, best, depth)
            self.fields(expected, actual, active, best, depth)
            return
        self.each_matcher(expected, actual, active, best, depth, self.object_by)

    def each_matcher(
        self, expected: object, actual: object, active: Active, best: Best, depth: int, compare_by: object
    ) -> None:
        """Apply each matcher of a container's rules: all of them, or until one passes where they are combined by OR."""
        assert callable(compare_by)
        rules, before = best.rules, len(self.found)
        if rules.combine == "AND" or len(rules.matchers) == 1:
            seen_below = False
            for rule in rules.matchers:
                # What lies below is the same for every rule that only looks at the container itself: look there once.
                own_way = rule.match in _BELOW_ITSELF and best.depth == depth
                compare_by(rule, expected, actual, active, best, depth, below=own_way or not seen_below)
                seen_below = seen_below or not own_way
            return
        for rule in rules.matchers:
            start = len(self.found)
            compare_by(rule, expected, actual, active, best, depth, below=True)
            if len(self.found) == start:
                del self.found[before:]
                return

    def object_by(
        self,
        rule: MatchingRule,
        expected: dict[str, object],
        actual: dict[str, object],
        active: Active,
        best: Best,
        depth: int,
        *,
        below: bool,
    ) -> None:
        own = best.depth == depth
        if own and rule.match == "arrayContains":
            return  # an object has no items; the reference accepts any
        if own and rule.match in ("values", "eachValue"):
            self.any_keys(rule, expected, actual, active, best, depth)
            return
        before = len(self.found)
        if rule.match == "equality":
            if below:
                self.fields(expected, actual, active, best, depth)
                self.missing(expected, actual)
            if len(self.found) == before and not same(expected, actual):
                extra = ", ".join(sorted(actual.keys() - expected.keys()))
                self.mismatch(in_words(rule), expected, actual, f"unexpected keys: {extra}" if extra else "", rule)
            return
        attributes = rule.attributes if own or rule.match != "type" else {}
        reason = MATCHERS[rule.match].on_object(attributes, expected, actual)
        if reason is not None:
            self.mismatch(in_words(rule), expected, actual, reason, rule)
            if not reason.startswith("it has"):
                return
        if rule.match == "eachKey" and own:
            self.each_key(rule, actual)
        if below:
            self.keys(expected, actual, active, best, depth)
            self.fields(expected, actual, active, best, depth)

    def keys(
        self, expected: dict[str, object], actual: dict[str, object], active: Active, best: Best | None, depth: int
    ) -> None:
        """Expected keys must be there; others are free in messages. Rules about keys themselves switch both off."""
        here = [node.rules for node, _ in active if node.rules is not None]
        if best is not None and best.depth == depth:
            here.append(best.rules)
        if any(rule.match in _NO_KEY_CHECK for rules in here for rule in rules.matchers):
            return
        self.missing(expected, actual)
        if not self.unexpected_keys:
            for key, value in actual.items():
                if key not in expected:
                    self.mismatch("no other keys", ABSENT, {key: value}, f"the key {key!r} is not in the example")

    def missing(self, expected: dict[str, object], actual: dict[str, object]) -> None:
        """A missing key is reported at the object that lacks it, as in the reference."""
        for key, value in expected.items():
            if key not in actual:
                there = ", ".join(list(actual)[:8]) + (", …" if len(actual) > 8 else "")
                reason = f"the keys are {there}" if actual else "the object is empty"
                self.mismatch(f"the key {key!r}", value, ABSENT, reason)

    def fields(
        self, expected: dict[str, object], actual: dict[str, object], active: Active, best: Best | None, depth: int
    ) -> None:
        path, depth = self.path, depth + 1
        node, weight = active[0] if len(active) == 1 else _NOWHERE
        exact = None if (active and node is _NO_NODE) or node.any is not None or node.item is not None else node.exact
        for key, value in expected.items():
            came = actual.get(key, ABSENT)
            if came is ABSENT:
                continue
            if exact is not None and type(value) is not dict and type(value) is not list:
                # Nearly every value is a scalar that meets one plain rule: find that out without building anything.
                following = exact.get(key)
                rules = None if best is None else best.rules
                if following is not None:
                    own = following if following.__class__ is RuleSet else following.rules  # type: ignore[union-attr]
                    if own is not None and (best is None or weight * 2 * (depth + 1) >= best.score):
                        rules = own
                if rules is None:
                    if type(came) is type(value) and came == value:
                        continue
                elif len(rules.matchers) == 1:
                    rule = rules.matchers[0]
                    plain = PLAIN.get(rule.match)
                    if plain is not None and plain(rule.attributes, value, came) is None:
                        continue
            path.append(key)
            if active:
                below, best_below = _below(active, key, best, depth)
                self.value(value, came, below, best_below, depth)
            else:
                self.value(value, came, active, best, depth)
            path.pop()

    def any_keys(
        self,
        rule: MatchingRule,
        expected: dict[str, object],
        actual: dict[str, object],
        active: Active,
        best: Best,
        depth: int,
    ) -> None:
        """`values` and `eachValue`: each actual value against the example of its key, or the first in key order."""
        if not expected:
            return
        first = expected[min(expected)]
        for key, value in actual.items():
            self.path.append(key)
            example = expected.get(key, first)
            if rule.match == "eachValue":
                self.value(example, value, (), _each(rule, depth + 1), depth + 1)
            else:
                below, best_below = _below(active, key, best, depth + 1)
                self.value(example, value, below, best_below, depth + 1)
            self.path.pop()

    def each_key(self, rule: MatchingRule, actual: Mapping[str, object]) -> None:
        rules = rule.attributes["rules"]
        assert isinstance(rules, tuple)
        for key in actual:
            self.path.append(key)
            for words, reason, which in failures(RuleSet(rules), "", key, text=True):
                self.mismatch(f"a key that is {words}", ABSENT, key, reason, which)
            self.path.pop()

    # -- arrays ----------------------------------------------------------------------------------------------------

    def an_array(
        self, expected: list[object], actual: list[object], active: Active, best: Best | None, depth: int
    ) -> None:
        if best is None:
            if len(expected) != len(actual):
                wanted = "an empty array" if not expected else f"an array of {len(expected)}"
                self.mismatch(wanted, expected, actual, f"it has {len(actual)}")
            self.items(expected, actual, active, best, depth)
        elif expected:
            self.each_matcher(expected, actual, active, best, depth, self.array_by)
        elif best.depth == depth:  # an empty example says nothing of the items, but min and max hold
            for rule in best.rules.matchers:
                reason = MATCHERS["type"].on_array(rule.attributes, expected, actual)
                if rule.match == "type" and reason is not None:
                    self.mismatch(in_words(rule), ABSENT, actual, reason, rule)

    def array_by(
        self,
        rule: MatchingRule,
        expected: list[object],
        actual: list[object],
        active: Active,
        best: Best,
        depth: int,
        *,
        below: bool,
    ) -> None:
        own = best.depth == depth
        if rule.match == "arrayContains":
            self.array_contains(rule, expected, actual)
        elif rule.match == "eachValue":
            if own:
                self.items(_stretched(expected, actual), actual, (), _each(rule, depth + 1), depth, same_rules=True)
        elif rule.match == "equality":
            before = len(self.found)
            if below and len(expected) == len(actual):
                self.items(expected, actual, active, best, depth)
            if len(self.found) == before and not same(expected, actual):
                other = f"it has {len(actual)}, not {len(expected)}" if len(expected) != len(actual) else ""
                self.mismatch(in_words(rule), expected, actual, other, rule)
        else:
            attributes = rule.attributes if own or rule.match != "type" else {}
            reason = MATCHERS[rule.match].on_array(attributes, expected, actual)
            if reason is not None:
                self.mismatch(in_words(rule), expected, actual, reason, rule)
            if below:
                self.items(_stretched(expected, actual), actual, active, best, depth)

    def items(
        self,
        expected: Sequence[object],
        actual: list[object],
        active: Active,
        best: Best | None,
        depth: int,
        *,
        same_rules: bool = False,
    ) -> None:
        path, depth = self.path, depth + 1
        # Where no rule names an index, the rules in force are the same for every item.
        once = same_rules or not any(node.exact for node, _ in active)
        below, best_below = (active, best) if same_rules or not active else _below(active, "0", best, depth)
        for index in range(min(len(expected), len(actual))):
            path.append(index)
            if not once:
                below, best_below = _below(active, str(index), best, depth)
            self.value(expected[index], actual[index], below, best_below, depth)
            path.pop()

    def array_contains(self, rule: MatchingRule, expected: list[object], actual: list[object]) -> None:
        variants = rule.attributes["variants"]
        assert isinstance(variants, tuple)
        for variant in variants or tuple(Variant(index) for index in range(len(expected))):
            if variant.index >= len(expected):
                self.mismatch(f"an example item {variant.index}", ABSENT, ABSENT, "the example has none", rule)
                continue
            example = expected[variant.index]
            rules = tree(variant.rules) if variant.rules is not None else tree({"$": RuleSet((EQUALITY,))})
            if not any(self.fits(example, item, rules) for item in actual):
                self.mismatch(f"an item like variant {variant.index}", example, actual, "no item matches it", rule)

    def fits(self, expected: object, actual: object, rules: Node) -> bool:
        walk = _Walk(unexpected_keys=self.unexpected_keys, path=[*self.path, 0])
        walk.root(expected, actual, rules)
        return not walk.found


def _stretched(expected: list[object], actual: list[object]) -> Sequence[object]:
    """The example for each actual item: its own, or the first where the example is shorter."""
    if len(actual) <= len(expected):
        return expected
    return expected + [expected[0]] * (len(actual) - len(expected))


def _each(rule: MatchingRule, depth: int) -> Best:
    """The rules that eachValue puts in force one level below it, instead of all others."""
    rules = rule.attributes["rules"]
    assert isinstance(rules, tuple)
    return Best(0, depth, RuleSet(rules))


def _below(active: Active, key: str, best: Best | None, depth: int) -> tuple[Active, Best | None]:
    """The nodes that fit *key* below *active*, and the rules that count there: the highest weight × tokens."""
    found: list[tuple[Node, int]] = []
    top, top_rules = -1, None
    for node, weight in active:
        exact = node.exact.get(key)
        for following, product in (
            (Node(exact) if isinstance(exact, RuleSet) else exact, weight * 2),
            (node.any, weight),
            (node.item if node.item is not None and is_index(key) else None, weight),
        ):
            if following is not None:
                found.append((following, product))
                if following.rules is not None and product > top:
                    top, top_rules = product, following.rules
    if top_rules is not None:
        score = top * (depth + 1)
        if best is None or score >= best.score:
            return found, Best(score, depth, top_rules)
    return found, best
