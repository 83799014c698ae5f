"""What a consumer writes in a template where an exact value would promise too much: one function per matching rule.

Each gives a `Matcher`: a frozen value that holds an example and the rule. Matchers stand anywhere in a template and may
hold templates themselves; an example may also be a `generate.…` value. Every matcher has an example, given or built in.
"""

import enum
import json
import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgpact.errors import DeclarationError
from msgpact.examples import dated, must_meet, valid_pattern
from msgpact.examples import text as _text
from msgpact.generate import Generated
from msgpact.model import Combine, MatchingRule
from msgpact.rules import dates, patterns
from msgpact.rules.matchers import EQUALITY, in_words, text_of

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

__tracebackhide__ = True  # by pytest: a mistake is shown where the user made it

UUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
UUID_EXAMPLE = "e2490de5-5bd3-43d5-b7c4-526e33f71304"

Below = Literal["same", "items", "entries", "variants"]


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        words = {"AND": " and ", "OR": " or "}[self.combine].join(in_words(rule, self.example) for rule in self.rules)
        return f"<{words}, such as {self.example!r}>"


def _matcher(name: str, example: object, below: Below = "same", /, **attributes: object) -> Matcher:
    return Matcher(example, (MatchingRule(name, attributes),), "AND", below)


def _met(function: str, name: str, example: object, /, **attributes: object) -> Matcher:
    """A matcher whose scalar example must meet the rule: a wrong one is refused where it is written."""
    example = _of_enum(example)
    matcher = _matcher(name, example, **attributes)
    if not isinstance(example, Generated):
        must_meet(matcher.rules[0], example, f"match.{function}")
    return matcher


def _of_enum(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else value


def _sizes(function: str, minimum: int | None, maximum: int | None) -> dict[str, int]:
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
    sizes = _sizes("like", min, max)
    if not sizes:
        return _matcher("type", value)
    if not isinstance(value, Mapping | list | tuple):
        raise DeclarationError(
            f"Cannot use min and max in match.like with {value!r}: they bound the length of an array or object. "
            "Leave them out, or give a list or dict."
        )
    if not sizes.get("min", 0) <= len(value) <= sizes.get("max", len(value)):
        said = ", ".join(f"{name}={size}" for name, size in sizes.items())
        raise DeclarationError(
            f"Cannot use {value!r} as the example of match.like with {said}: it has {len(value)}. "
            "Give an example of that length."
        )
    return _matcher("type", value, **sizes)


def equal_to(value: object) -> Matcher:
    """Exactly this value, also below a looser rule. An object then allows no further keys."""
    if value == [] and isinstance(value, list):
        raise DeclarationError(
            "Cannot use [] in match.equal_to: where the example is an empty list, Pact lets any list meet the rule. "
            "Write [] alone, or match.like([], max=0)."
        )
    return _matcher("equality", value)


def regex(pattern: str, example: object) -> Matcher:
    """Text that matches the *pattern* as a whole. A number, boolean or null is matched as its JSON text."""
    return _met("regex", "regex", example, regex=valid_pattern(pattern))


def integer(example: object = 1) -> Matcher:
    """A number written without fraction and exponent."""
    return _met("integer", "integer", example)


def decimal(example: object = 1.5) -> Matcher:
    """A number written with a fraction or an exponent: `10.0`, not `10`."""
    return _met("decimal", "decimal", example)


def number(example: object = 1) -> Matcher:
    """Any number."""
    return _met("number", "number", example)


def boolean(example: object = True) -> Matcher:
    """true or false (Pact also takes the strings "true" and "false")."""
    return _met("boolean", "boolean", example)


def null() -> Matcher:
    """null; the key must be there."""
    return _matcher("null", None)


def string(example: object = "text") -> Matcher:
    """Any string."""
    if not isinstance(example, str | Generated):
        raise DeclarationError(f"Cannot use {example!r} as the example of match.string: it is no string. Give one.")
    return _matcher("type", example)


def uuid(example: object = UUID_EXAMPLE) -> Matcher:
    """A UUID with hyphens, in either case."""
    return _met("uuid", "regex", str(example) if isinstance(example, uuids.UUID) else example, regex=UUID_PATTERN)


def include(text: str, example: object = None) -> Matcher:
    """Text that contains *text*, which is also the example if none is given."""
    return _met("include", "include", text if example is None else example, value=_text("text", text))


def date(example: object = None, format: str = dates.DATE) -> Matcher:  # noqa: A002  (Pact's name)
    """A date written by a Java pattern; the example is text so written, or a date of Python's."""
    return _met("date", "date", dated(format, example, "match.date"), format=format)


def time(example: object = None, format: str = dates.TIME) -> Matcher:  # noqa: A002  (Pact's name)
    """A time of day written by a Java pattern; the example is text so written, or a time of Python's."""
    return _met("time", "time", dated(format, example, "match.time"), format=format)


def datetime(example: object = None, format: str = dates.DATETIME) -> Matcher:  # noqa: A002  (Pact's name)
    """A date with time written by a Java pattern; the built-in one wants an offset and no fraction of a second."""
    return _met("datetime", "datetime", dated(format, example, "match.datetime"), format=format)


def semver(example: object = "1.2.3") -> Matcher:
    """A semantic version 2.0.0."""
    return _met("semver", "semver", example)


def not_empty(example: object = "text") -> Matcher:
    """Neither null nor an empty string, array or object; whatever lies below is held to the same."""
    return _met("not_empty", "notEmpty", example)


def each_like(item: object, min: int = 1, max: int | None = None) -> Matcher:  # noqa: A002  (Pact's names)
    """An array of any length within *min* and *max* whose items are all like *item*."""
    sizes = _sizes("each_like", min, max)
    if max == 0:
        raise DeclarationError(
            "Cannot use max=0 in match.each_like: its example shows an item. For an array that is always empty write []."
        )
    return _matcher("type", [item] * (min or 1), "items", **sizes)


def each_key(matcher: Matcher, example: Mapping[str, object]) -> Matcher:
    """An object whose keys all meet *matcher*; which keys there are is free. Say `each_value` too for the values."""
    rules = _flat("each_key", matcher)
    for key in _object("each_key", example):
        _must_meet_all(rules, key, "each_key")
    return _matcher("eachKey", example, rules=rules)


def each_value(matcher: Matcher, example: object) -> Matcher:
    """An object, or an array, whose values all meet *matcher*, under any keys. Other rules below are not looked at."""
    if not isinstance(example, Mapping | list):
        raise DeclarationError(
            f"Cannot use {example!r} as the example of match.each_value: it is no dict or list. Give one."
        )
    rules = _flat("each_value", matcher)
    for value in example.values() if isinstance(example, Mapping) else example:
        if not isinstance(value, Mapping | list | tuple | Matcher | Generated):
            _must_meet_all(rules, value, "each_value")
    return _matcher("eachValue", example, rules=rules)


def _must_meet_all(rules: tuple[MatchingRule, ...], example: object, function: str) -> None:
    for rule in rules:
        must_meet(rule, example, f"match.{function}")


def values(example: Mapping[str, object]) -> Matcher:
    """An object whose values are all like the example's, under any keys; the example's values may hold matchers."""
    return _matcher("values", _object("values", example), "entries")


def _object(function: str, example: object) -> Mapping[str, object]:
    if not isinstance(example, Mapping) or not example:
        raise DeclarationError(
            f"Cannot use {example!r} as the example of match.{function}: it shows no key and value. "
            "Give a dict with at least one entry."
        )
    return example


def _flat(function: str, matcher: object) -> tuple[MatchingRule, ...]:
    matcher = _given(function, matcher)
    if matcher.combine == "OR" or matcher.below in ("entries", "variants") or _holds_matchers(matcher.example):
        raise DeclarationError(
            f"Cannot use {matcher!r} in match.{function}: Pact applies one level of rules there. "
            "Use match.values with matchers inside its example."
        )
    return matcher.rules


def _given(function: str, matcher: object) -> Matcher:
    if not isinstance(matcher, Matcher):
        raise DeclarationError(
            f"Cannot use {matcher!r} in match.{function}: it is no matcher. Write match.like(...) or another one."
        )
    return matcher


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
    return _met("content_type", "contentType", example, value=_text("mime", mime))


def one_of(*alternatives: object) -> Matcher:
    """One of these strings, numbers, booleans or None; the first is the example. (Pact has no enum: it is a pattern.)"""
    if not alternatives:
        raise DeclarationError(
            "Cannot use match.one_of without an alternative: nothing would match. Name at least one."
        )
    alternatives = tuple(map(_of_enum, alternatives))
    for each in alternatives:
        if each is not None and not isinstance(each, str | int | float):
            raise DeclarationError(
                f"Cannot use {each!r} in match.one_of: it is no scalar. Give strings, numbers, booleans or None."
            )
    # Anchored: the reference tries the alternatives in order and would stop at one that is another's beginning.
    texts = dict.fromkeys(text for each in alternatives for text in _texts(each))
    rule = MatchingRule("regex", {"regex": f"^(?:{'|'.join(map(patterns.quote, texts))})$"})
    kinds = {type(each) for each in alternatives}
    # "1" and 1 have the same text: where a text could be of another kind, the kind is demanded too.
    if len(kinds) > 1 or not any(_is_json(each) for each in texts):
        return Matcher(alternatives[0], (rule,))
    return Matcher(alternatives[0], (rule, _KIND_RULES.get(kinds.pop(), MatchingRule("type"))))


_KIND_RULES = {int: MatchingRule("integer"), float: MatchingRule("number")}


def _texts(value: object) -> tuple[str, ...]:
    """The texts that a pattern sees of a value; a number without a fraction may be written either way."""
    if isinstance(value, float) and value.is_integer():
        return text_of(value), text_of(int(value))
    return (text_of(value),)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def all_of(*matchers: Matcher) -> Matcher:
    """All of these rules at once; the example is the first one's, or that of the one with matchers below it."""
    return _combined("all_of", "AND", matchers)


def any_of(*matchers: Matcher) -> Matcher:
    """At least one of these rules; the example is the first one's, or that of the one with matchers below it."""
    return _combined("any_of", "OR", matchers)


def _combined(function: str, combine: Combine, parts: tuple[Matcher, ...]) -> Matcher:
    if not parts:
        raise DeclarationError(
            f"Cannot use match.{function} without a matcher: it would say nothing. Name at least one."
        )
    for each in parts:
        if len(_given(function, each).rules) > 1 and each.combine != combine:
            raise DeclarationError(
                f"Cannot use {each!r} in match.{function}: Pact cannot mix AND and OR at one place. Use one of them."
            )
    deep = [each for each in parts if each.below != "same" or _holds_matchers(each.example)]
    if len(deep) > 1:
        raise DeclarationError(
            f"Cannot use {deep[1]!r} in match.{function} beside {deep[0]!r}: both say what lies below, and the example "
            "shows one of them. Leave one out."
        )
    shown = deep[0] if deep else parts[0]
    for each in parts:
        is_like_it = each.rules == (MatchingRule("type"),) and isinstance(each.example, Mapping)
        if is_like_it and isinstance(shown.example, Mapping) and each.example != shown.example:
            raise DeclarationError(
                f"Cannot use {each!r} in match.{function} beside {shown!r}: Pact compares an object with one example only. "
                "Give both the same one."
            )
        if EQUALITY in each.rules and (type(each.example), each.example) != (type(shown.example), shown.example):
            raise DeclarationError(
                f"Cannot use match.equal_to({each.example!r}) in match.{function} where the example is {shown.example!r}: "
                "in a pact equality is with the example, and there is one. Put it first, or use match.one_of."
            )
    return Matcher(shown.example, tuple(rule for each in parts for rule in each.rules), combine, shown.below)
