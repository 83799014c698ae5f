"""The rules that follow from a type: alternatives, and patterns of the text that Pydantic writes for it."""

import datetime
import enum
import re
from collections.abc import Sequence

from msgpact import match
from msgpact.annotations import Constraints, Member
from msgpact.match import Matcher
from msgpact.model import MatchingRule
from msgpact.rules import patterns
from msgpact.serializers import json as json_serializer

__all__ = [
    "alternatives_of",
    "holds",
    "is_decimal",
    "or_null",
    "pattern_of_constraints",
    "pattern_of_value",
    "rules_without_example",
    "takes_numbers",
    "text_rules",
]


def or_null(template: Matcher, *, by_kind: bool = False) -> Matcher:
    """What the template says, or null in its place.

    Pact holds one level of AND or OR a place, so of several rules one stays: the sharpest, or *by_kind* the one that says
    of which kind the value is.
    """
    kind = next((each for each in template.rules if each.match in _KINDS), template.rules[0])
    sharpest = next((each for each in template.rules if each.match not in _KINDS), kind)
    return Matcher(template.example, (kind if by_kind else sharpest, MatchingRule("null")), "OR")


def takes_numbers(template: Matcher) -> bool:
    """Whether one of several rules is a pattern that also the text of a number or a boolean fits."""
    found = [str(each.attributes["regex"]) for each in template.rules if each.match == "regex"]
    return len(template.rules) > 1 and any(holds(pattern, text) for pattern in found for text in _NO_STRINGS)


_NO_STRINGS = (
    "0",
    "1",
    "7",
    "10",
    "42",
    "-1",
    "123",
    "1000",
    "12345",
    "123456789",
    "0.5",
    "1.5",
    "1e30",
    "true",
    "false",
)

_KINDS = frozenset({"type", "integer", "number", "decimal", "boolean"})

_BY_TYPE: dict[object, MatchingRule] = {
    int: MatchingRule("integer"),
    float: MatchingRule("number"),
    bool: MatchingRule("boolean"),
}


def rules_without_example(member: Member) -> tuple[MatchingRule, ...]:
    """The rules of a type that need no example to say what they mean; none for any other type."""
    if rule := _BY_TYPE.get(member.kind):
        return (rule,)
    if alternatives := alternatives_of(member, None):
        return match.one_of(*alternatives).rules
    pattern = _PATTERNS.get(_name(member.kind))
    return () if pattern is None else (MatchingRule("regex", {"regex": pattern}),)


def alternatives_of(member: Member, value: object) -> list[object]:
    """What an Enum or a Literal allows, as JSON; nothing for any other type, and where it is no scalar."""
    allowed: Sequence[object] = member.values
    kind = member.kind if isinstance(member.kind, type) and issubclass(member.kind, enum.Enum) else type(value)
    if not allowed and issubclass(kind, enum.Enum) and not issubclass(kind, enum.Flag):
        allowed = list(kind)
    written = [json_serializer.load(json_serializer.dump(each)) for each in allowed]
    return [] if any(isinstance(each, dict | list) for each in written) else written


def text_rules(pattern: str, *, is_number: bool) -> tuple[MatchingRule, ...]:
    """A pattern sees the text of a number too: where it could fit one, the value must also be a string."""
    rule = MatchingRule("regex", {"regex": pattern})
    return (rule, MatchingRule("type")) if is_number else (rule,)


# -- patterns --------------------------------------------------------------------------------------------------------

_OFFSET = "(Z|[+-][0-9]{2}:[0-9]{2})"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DURATION = "-?P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?"
_DECIMAL = "[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?"
_ANY_TEXT = "[\\s\\S]"

_PATTERNS: dict[str, str] = {
    "uuid.UUID": match.UUID_PATTERN,
    "datetime.datetime": f"{_DAY}T{_CLOCK}{_OFFSET}?",
    "datetime.date": _DAY,
    "datetime.time": f"{_CLOCK}{_OFFSET}?",
    "datetime.timedelta": _DURATION,
    "decimal.Decimal": _DECIMAL,
}
"""Of the text that Pydantic writes, by the type's name: importing decimal would cost production code 3 ms."""


def _name(kind: object) -> str:
    return f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', '')}"


def is_decimal(value: object) -> bool:
    """Whether it is a `decimal.Decimal`."""
    return any(_name(kind) == "decimal.Decimal" for kind in type(value).__mro__)


def pattern_of_value(value: object) -> str | None:
    """The pattern of all texts that Pydantic writes for values of this one's type; None where any text may be."""
    if isinstance(value, datetime.datetime | datetime.time):
        clock = _CLOCK if value.tzinfo is None else _CLOCK + _OFFSET
        return f"{_DAY}T{clock}" if isinstance(value, datetime.datetime) else clock
    return next((_PATTERNS[name] for name in map(_name, type(value).__mro__) if name in _PATTERNS), None)


def pattern_of_constraints(constraints: Constraints) -> str | None:
    """The pattern of the texts that `Field`, `constr` and the like allow; None without such constraints."""
    if constraints.pattern is not None:
        return _whole(constraints.pattern)
    least, most = constraints.min_length, constraints.max_length
    if not least and most is None:
        return None
    return f"{_ANY_TEXT}{{{least or 0},{'' if most is None else most}}}"


def _whole(said: str | re.Pattern[str]) -> str:
    """A pattern for the whole text, as Pact matches it, from one that Pydantic searches for."""
    pattern, flags = (said, 0) if isinstance(said, str) else (said.pattern, said.flags & ~re.UNICODE)
    if flags:
        letters = "".join(name for name, flag in (("i", re.I), ("m", re.M), ("s", re.S), ("x", re.X)) if flags & flag)
        pattern = f"(?{letters}:{pattern})"
    if "|" in pattern:  # an anchor may hold for one alternative only
        return f"{_ANY_TEXT}*(?:{pattern}){_ANY_TEXT}*"
    start = "" if pattern.startswith(("^", "\\A")) else f"{_ANY_TEXT}*"
    end = "" if pattern.endswith(("$", "\\z", "\\Z")) and not pattern.endswith("\\$") else f"{_ANY_TEXT}*"
    return f"{start}{pattern}{end}"


def holds(pattern: str, text: str) -> bool:
    """Whether Pact's engine matches the pattern; False where it is none in Pact's dialect."""
    try:
        return patterns.fullmatch(pattern, text)
    except (patterns.PatternError, patterns.TooSlow):
        return False
