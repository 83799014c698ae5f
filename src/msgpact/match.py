"""What a consumer writes in a template where an exact value would promise too much: one function per matching rule.

Each gives a `Matcher`: a frozen value that holds an example and the rule. Matchers stand anywhere in a template and may
hold templates themselves; an example may also be a `generate.…` value. Every matcher has an example, given or built in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgpact.errors import DeclarationError
from msgpact.generate import Generated
from msgpact.model import Combine, MatchingRule
from msgpact.rules import dates, matchers, patterns

__all__ = [
    "Matcher",
    "all_of",
    "any_of",
    "array_contains",
    "boolean",
    "content_type",
    "date",
    "datetime",
    "decimal",
    "each_key",
    "each_like",
    "each_value",
    "equal_to",
    "include",
    "integer",
    "like",
    "not_empty",
    "null",
    "number",
    "one_of",
    "regex",
    "semver",
    "string",
    "time",
    "uuid",
    "values",
]

UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
UUID_EXAMPLE = "e2490de5-5bd3-43d5-b7c4-526e33f71304"

Below = Literal["same", "items", "entries", "variants"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A rule (or several) with its example.

    Attributes:
        example: A template. For an array of like items the items, for `array_contains` the variants.
        rules: The matchers that stand at this place.
        below: How rules inside the example are placed: `same` at their own keys, `items` under `[*]`, `entries` under
            `.*`, `variants` each in its own variant.
    """

    example: object
    rules: tuple[MatchingRule, ...]
    combine: Combine = "AND"
    below: Below = field(default="same")


def _matcher(name: str, example: object, below: Below = "same", /, **attributes: object) -> Matcher:
    return Matcher(example, (MatchingRule(name, attributes),), "AND", below)


def _met(name: str, example: object, /, **attributes: object) -> Matcher:
    """A matcher whose scalar example must meet the rule: a wrong one is refused where it is written."""
    matcher = _matcher(name, example, **attributes)
    if isinstance(example, Generated):
        return matcher
    reason = matchers.MATCHERS[name].scalar(attributes, example, example)
    if reason is not None:
        words = matchers.in_words(matcher.rules[0])
        raise DeclarationError(
            f"Cannot use {example!r} as the example of match.{_FUNCTIONS.get(name, name)}: it is not {words}"
            f"{f' ({reason})' if reason else ''}. Give an example that meets the rule."
        )
    return matcher


_FUNCTIONS = {"type": "like", "equality": "equal_to", "notEmpty": "not_empty", "contentType": "content_type"}


def _sizes(function: str, minimum: int | None, maximum: int | None) -> dict[str, object]:
    for name, size in (("min", minimum), ("max", maximum)):
        if size is not None and (type(size) is not int or size < 0):
            raise DeclarationError(
                f"Cannot use {name}={size!r} in match.{function}: it is no count. Give a whole number, 0 or more."
            )
    if minimum is not None and maximum is not None and minimum > maximum:
        raise DeclarationError(
            f"Cannot use min={minimum} with max={maximum} in match.{function}: nothing is so long. Swap them."
        )
    return {name: size for name, size in (("min", minimum), ("max", maximum)) if size is not None}


def like(value: object, min: int | None = None, max: int | None = None) -> Matcher:  # noqa: A002  (Pact's names)
    """A value of the same JSON type, all the way down; *min* and *max* bound the length of an array or object."""
    return _matcher("type", value, **_sizes("like", min, max))


def equal_to(value: object) -> Matcher:
    """Exactly this value, also below a looser rule. An object then allows no further keys."""
    return _matcher("equality", value)


def regex(pattern: str, example: object) -> Matcher:
    """Text that matches the *pattern* as a whole. A number, boolean or null is matched as its JSON text."""
    try:
        patterns.matcher(pattern)
    except patterns.PatternError as error:
        raise DeclarationError(
            f"Cannot use the pattern {pattern!r}: {error}. Mend it; Pact matches the whole text."
        ) from None
    return _met("regex", example, regex=pattern)


def integer(example: object = 1) -> Matcher:
    """A number written without fraction and exponent."""
    return _met("integer", example)


def decimal(example: object = 1.5) -> Matcher:
    """A number written with a fraction or an exponent: `10.0`, not `10`."""
    return _met("decimal", example)


def number(example: object = 1) -> Matcher:
    """Any number."""
    return _met("number", example)


def boolean(example: object = True) -> Matcher:
    """true or false (Pact also takes the strings "true" and "false")."""
    return _met("boolean", example)


def null() -> Matcher:
    """null; the key must be there."""
    return _met("null", None)


def string(example: object = "text") -> Matcher:
    """Any string."""
    if not isinstance(example, str | Generated):
        raise DeclarationError(f"Cannot use {example!r} as the example of match.string: it is no string. Give one.")
    return _matcher("type", example)


def uuid(example: object = UUID_EXAMPLE) -> Matcher:
    """A UUID with hyphens, in either case."""
    return _met("regex", str(example) if not isinstance(example, Generated) else example, regex=UUID_PATTERN)


def include(text: str, example: object = None) -> Matcher:
    """Text that contains *text*, which is also the example if none is given."""
    return _met("include", text if example is None else example, value=text)


def date(example: object = "2026-01-31", format: str = dates.DATE) -> Matcher:  # noqa: A002  (Pact's name)
    """A date written by a Java pattern."""
    return _dated("date", example, format)


def time(example: object = "13:45:00", format: str = dates.TIME) -> Matcher:  # noqa: A002  (Pact's name)
    """A time of day written by a Java pattern."""
    return _dated("time", example, format)


def datetime(example: object = "2026-01-31T13:45:00+00:00", format: str = dates.DATETIME) -> Matcher:  # noqa: A002
    """A date with time written by a Java pattern; the built-in one wants an offset and no fraction of a second."""
    return _dated("datetime", example, format)


def _dated(name: str, example: object, pattern: str) -> Matcher:
    return _met(name, example, format=pattern)


def semver(example: object = "1.2.3") -> Matcher:
    """A semantic version 2.0.0."""
    return _met("semver", example)


def not_empty(example: object = "text") -> Matcher:
    """Neither null nor an empty string, array or object; whatever lies below is held to the same."""
    return _met("notEmpty", example)


def each_like(item: object, min: int = 1, max: int | None = None) -> Matcher:  # noqa: A002  (Pact's names)
    """An array of any length within *min* and *max* whose items are all like *item*."""
    sizes = _sizes("each_like", min, max)
    return _matcher("type", [item] * (min or 1), "items", **sizes)


def each_key(matcher: Matcher, example: Mapping[str, object]) -> Matcher:
    """An object whose keys all meet *matcher*; which keys there are is free. Say `each_value` too for the values."""
    return _matcher("eachKey", _object("each_key", example), rules=_flat("each_key", matcher))


def each_value(matcher: Matcher, example: object) -> Matcher:
    """An object, or an array, whose values all meet *matcher*, under any keys. Other rules below are not looked at."""
    if not isinstance(example, Mapping | list):
        raise DeclarationError(
            f"Cannot use {example!r} as the example of match.each_value: it is no dict or list. Give one."
        )
    return _matcher("eachValue", example, rules=_flat("each_value", matcher))


def values(example: Mapping[str, object]) -> Matcher:
    """An object whose values are all like the example's, under any keys; the example's values may hold matchers."""
    return _matcher("values", _object("values", example), "entries")


def _object(function: str, example: object) -> object:
    if not isinstance(example, Mapping) or not example:
        raise DeclarationError(
            f"Cannot use {example!r} as the example of match.{function}: it shows no key and value. "
            "Give a dict with at least one entry."
        )
    return example


def _flat(function: str, matcher: object) -> tuple[MatchingRule, ...]:
    if not isinstance(matcher, Matcher):
        raise DeclarationError(
            f"Cannot use {matcher!r} in match.{function}: it is no matcher. Write match.like(...) or another one."
        )
    if matcher.combine == "OR" or matcher.below in ("entries", "variants") or _holds_matchers(matcher.example):
        raise DeclarationError(
            f"Cannot use {matcher!r} in match.{function}: Pact applies one level of rules there. "
            "Use match.values with matchers inside its example."
        )
    return matcher.rules


def _holds_matchers(template: object) -> bool:
    if isinstance(template, Matcher | Generated):
        return True
    if isinstance(template, Mapping):
        return any(map(_holds_matchers, template.values()))
    return isinstance(template, list | tuple) and any(map(_holds_matchers, template))


def array_contains(*variants: object) -> Matcher:
    """An array that holds, in any order and among others, an item for each variant; each is a template of its own."""
    if not variants:
        raise DeclarationError(
            "Cannot use match.array_contains without a variant: it would hold for any array. Name one."
        )
    return _matcher("arrayContains", list(variants), "variants")


def content_type(mime: str, example: bytes) -> Matcher:
    """Bytes that look like the content type *mime*: for the contents as a whole."""
    return _met("contentType", example, value=mime)


def one_of(*alternatives: object) -> Matcher:
    """One of these strings, numbers, booleans or None; the first is the example. (Pact has no enum: it is a pattern.)"""
    if not alternatives:
        raise DeclarationError(
            "Cannot use match.one_of without an alternative: nothing would match. Name at least one."
        )
    for each in alternatives:
        if each is not None and not isinstance(each, str | int | float):
            raise DeclarationError(
                f"Cannot use {each!r} in match.one_of: it is no scalar. Give strings, numbers, booleans or None."
            )
    # Anchored: the reference tries the alternatives in order and would stop at one that is another's beginning.
    texts = "|".join(patterns.quote(matchers.text_of(each)) for each in alternatives)
    rule = MatchingRule("regex", {"regex": f"^(?:{texts})$"})
    kinds = {type(each) for each in alternatives}
    # "1" and 1 have the same text: where a text could be of another kind, the kind is demanded too.
    looks_alike = kinds == {str} and all(isinstance(each, str) and not _is_json(each) for each in alternatives)
    if looks_alike or len(kinds) > 1:
        return Matcher(alternatives[0], (rule,))
    return Matcher(alternatives[0], (rule, _KIND_RULES.get(next(iter(kinds)), MatchingRule("type"))))


_KIND_RULES = {int: MatchingRule("integer"), float: MatchingRule("number")}


def _is_json(text: str) -> bool:
    import json

    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def all_of(*matchers: Matcher) -> Matcher:
    """All of these rules at once; the example is the first one's."""
    return _combined("all_of", "AND", matchers)


def any_of(*matchers: Matcher) -> Matcher:
    """At least one of these rules; the example is the first one's."""
    return _combined("any_of", "OR", matchers)


def _combined(function: str, combine: Combine, parts: tuple[Matcher, ...]) -> Matcher:
    if not parts:
        raise DeclarationError(f"Cannot use match.{function} without a matcher. Name at least one.")
    for each in parts:
        if not isinstance(each, Matcher):
            raise DeclarationError(
                f"Cannot use {each!r} in match.{function}: it is no matcher. Write match.like(...) or another one."
            )
        if len(each.rules) > 1 and each.combine != combine:
            raise DeclarationError(
                f"Cannot use {each!r} in match.{function}: Pact cannot mix AND and OR at one place. Use one of them."
            )
    rules = tuple(rule for each in parts for rule in each.rules)
    below: Below = next((each.below for each in parts if each.below != "same"), "same")
    return Matcher(parts[0].example, rules, combine, below)
