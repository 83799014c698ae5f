"""Where in a contract's contents which rules count: what a row of the known differences is about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgpact.model import RuleSet, Variant
from msgpact.results import ABSENT
from msgpact.rules.matchers import EQUALITY
from msgpact.rules.paths import Wildcard, is_index, parse


class Site(NamedTuple):
    """A place in an example and a message, and the rules that count there.

    Attributes:
        example: What stands in the example.
        actual: What stands in the message, or ABSENT.
        rules: Those of the heaviest path; of equally heavy ones the deepest.
        sits: Whether they sit here, or are inherited.
        tied: Whether other rules are as heavy.
        sitting: All rules that sit here, whatever their weight.
    """

    example: Any
    actual: Any
    rules: RuleSet | None
    sits: bool
    tied: bool
    sitting: tuple[RuleSet, ...] = ()


Scope = Mapping[str, RuleSet]


def sites(example: Any, actual: Any, rules: Scope) -> Iterator[Site]:
    """Every place, those under the rules that other rules hold too."""
    return _walk(example, actual, rules, ())


def _walk(example: Any, actual: Any, scope: Scope, at: tuple[str, ...]) -> Iterator[Site]:
    here = _site(example, actual, scope, at)
    yield here
    for below, came, name in _children(example, actual):
        yield from _walk(below, came, scope, (*at, name))
    for rule in here.rules.matchers if here.rules is not None else ():
        if rule.match == "eachValue" and isinstance(example, dict | list):
            each = rule.attributes["rules"]
            assert isinstance(each, tuple)
            for below, came, name in _children(example, actual):
                yield from _walk(below, came, {"$.*": RuleSet(each)}, (name,))
        elif rule.match == "arrayContains" and isinstance(example, list):
            yield from _variants(rule.attributes["variants"], example, actual)


def _variants(variants: Any, example: list[Any], actual: Any) -> Iterator[Site]:
    for variant in variants or [Variant(index) for index in range(len(example))]:
        if variant.index < len(example):
            rules = {"$": RuleSet((EQUALITY,))} if variant.rules is None else variant.rules
            for item in actual if isinstance(actual, list) else (ABSENT,):
                yield from _walk(example[variant.index], item, rules, ())


def _children(example: Any, actual: Any) -> list[tuple[Any, Any, str]]:
    """What is compared below: example and message by name, for keys and items beyond the example with its first."""
    if isinstance(example, dict) and example:
        came = actual if isinstance(actual, dict) else {}
        first = example[min(example)]
        return [(example.get(key, first), came.get(key, ABSENT), key) for key in {**example, **came}]
    if isinstance(example, list) and example:
        items = actual if isinstance(actual, list) else []
        return [
            (
                example[index] if index < len(example) else example[0],
                items[index] if index < len(items) else ABSENT,
                str(index),
            )
            for index in range(max(len(example), len(items)))
        ]
    return []


def _site(example: Any, actual: Any, scope: Scope, at: Sequence[str]) -> Site:
    candidates = []
    for path, rules in scope.items():
        tokens = parse(path)
        weight = _weight(tokens, at)
        if weight and rules.matchers:
            candidates.append((weight, len(tokens), rules))
    if not candidates:
        return Site(example, actual, None, sits=False, tied=False)
    heaviest = max(weight for weight, _, _ in candidates)
    best = [(depth, rules) for weight, depth, rules in candidates if weight == heaviest]
    depth, rules = max(best, key=lambda each: each[0])
    sitting = tuple(rules for _, depth, rules in candidates if depth == len(at))
    tied = any(other != (depth, rules) for other in best)
    return Site(example, actual, rules, depth == len(at), tied, sitting)


def _weight(tokens: Sequence[Any], at: Sequence[str]) -> int:
    """The product of the weights times the number of tokens, `$` included; 0 where the path does not lead here."""
    if len(tokens) > len(at):
        return 0
    product = 2
    for token, fragment in zip(tokens, at, strict=False):
        if token == fragment:
            product *= 2
        elif not (token is Wildcard.ANY or (token is Wildcard.ITEM and is_index(fragment))):
            return 0
    return product * (len(tokens) + 1)
