"""The matching rules, one function each, in one table.

A function is given the rule's attributes, the example value and the actual value, and answers None where the rule is
met, or else what came, in words ("" where the value itself says enough). Values are decoded JSON: dict, list, str, int,
float, bool, None; in documents that have a schema also `rules.natives`. What a rule does on an object or an array *itself*
stands in the table; how it reaches the values below is `rules.compare`'s.
"""

import base64
import contextlib
import datetime
import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from msgpact.model import MatchingRule
from msgpact.rules import content_types, dates, natives, patterns

__all__ = [
    "BYTES",
    "ENTRY",
    "EQUALITY",
    "JSON",
    "KINDS",
    "LONGEST",
    "MATCHERS",
    "ON_TEXT",
    "SCALARS",
    "TEXT",
    "TYPED",
    "Attributes",
    "Check",
    "Matcher",
    "Prepared",
    "a_kind",
    "anything",
    "equality",
    "in_doubt",
    "in_words",
    "kind_of",
    "on_text",
    "prepared",
    "regex",
    "same",
    "size",
    "text_of",
]

Attributes = Mapping[str, object]
Check = Callable[[Attributes, object, object], str | None]

EQUALITY = MatchingRule("equality")

LONGEST = 300
"""Characters that a rule takes in a sentence: patterns and nested rules of strangers can be of any length."""


# -- values in words -------------------------------------------------------------------------------------------------

_KINDS: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
    dict: "an object",
    list: "an array",
    **natives.KINDS,
}


def a_kind(value: object) -> str:
    """The kind with its article: `a string`, `an object`, `null`, `bytes`; integers and decimals are numbers."""
    return kind_of(type(value))


def kind_of(value_type: type) -> str:
    """As `a_kind`, of the values of a type."""
    return _KINDS.get(value_type, value_type.__name__)


def text_of(value: object) -> str:
    """A value as text, which is what text rules see: a string as it is, anything else as compact JSON."""
    if type(value) is str:
        return value
    if type(value) in natives.KINDS:
        return natives.text_of(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=natives.text_of)


def same(expected: object, actual: object) -> bool:
    """Equal and of the same kind all the way down: 1, 1.0 and true are three values. NaN, which has no other, is itself."""
    kind = type(expected)
    if kind is not type(actual):
        return natives.same_instant(expected, actual)
    if kind is dict:
        assert isinstance(expected, dict)
        assert isinstance(actual, dict)
        return expected.keys() == actual.keys() and all(same(value, actual[key]) for key, value in expected.items())
    if kind is list:
        assert isinstance(expected, list)
        assert isinstance(actual, list)
        return len(expected) == len(actual) and all(map(same, expected, actual))
    return expected == actual or (kind is float and str(expected) == str(actual) == "nan")


# -- values ----------------------------------------------------------------------------------------------------------


def equality(_: Attributes, expected: object, actual: object) -> str | None:
    return None if same(expected, actual) else ""


def type_(_: Attributes, expected: object, actual: object) -> str | None:
    if type(expected) is type(actual) or a_kind(expected) == a_kind(actual):
        return None
    return ""


def _pattern(attributes: Attributes) -> Callable[[str], object]:
    """What says whether a text is one that the rule means; `anywhere`: whether it holds one. Raises PatternError."""
    pattern = str(attributes["regex"])
    return patterns.matcher(rf"[\s\S]*(?:{pattern})[\s\S]*" if attributes.get("anywhere") else pattern)


_NO_TEXT = "the bytes are no UTF-8 text"


def regex(attributes: Attributes, _: object, actual: object) -> str | None:
    try:
        met = _pattern(attributes)(actual if type(actual) is str else text_of(actual))
    except patterns.PatternError as error:
        return f"the pattern itself is invalid: {error}"
    except patterns.TooSlow:
        return "the pattern was given up: it backtracks without end on this text"
    except UnicodeDecodeError:
        return _NO_TEXT
    return "" if met is None else None


def include(attributes: Attributes, _: object, actual: object) -> str | None:
    try:
        return None if str(attributes["value"]) in text_of(actual) else ""
    except UnicodeDecodeError:
        return _NO_TEXT


_NUMBERS = frozenset({int, float, Decimal})


def integer(_: Attributes, __: object, actual: object) -> str | None:
    return None if type(actual) is int else ""


def decimal(_: Attributes, __: object, actual: object) -> str | None:
    return None if type(actual) is float or type(actual) is Decimal else ""


def number(_: Attributes, __: object, actual: object) -> str | None:
    return None if type(actual) in _NUMBERS else ""


def boolean(_: Attributes, __: object, actual: object) -> str | None:
    return None if type(actual) is bool or actual == "true" or actual == "false" else ""


def null(_: Attributes, __: object, actual: object) -> str | None:
    return None if actual is None else ""


_EMPTY: tuple[object, ...] = ("", [], {}, b"")


def not_empty(_: Attributes, __: object, actual: object) -> str | None:
    return "it is empty" if actual is None or actual in _EMPTY else None


# https://semver.org, "Is there a suggested regular expression"
_SEMVER = re.compile(
    r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"
    r"(?:-(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)


def semver(_: Attributes, __: object, actual: object) -> str | None:
    return None if type(actual) is str and _SEMVER.fullmatch(actual) else ""


def _dated(default: str, native: tuple[type, ...]) -> Check:
    """The rule about dates in text; a value that a schema makes a date needs no form."""

    def check(attributes: Attributes, _: object, actual: object) -> str | None:
        if type(actual) in natives.KINDS:
            return None if type(actual) in native else ""
        pattern = str(attributes.get("format") or default)
        try:
            return None if dates.fits(pattern, text_of(actual)) else ""
        except dates.DatePatternError as error:
            return f"the format itself is invalid: {error}"

    return check


def content_type(attributes: Attributes, _: object, actual: object) -> str | None:
    wanted = str(attributes["value"])
    found = None
    for contents in _as_bytes(actual):
        found = content_types.looks_like(contents, wanted)
        if found is None:
            return None
    return f"its bytes look like {found}"


def _as_bytes(value: object) -> Iterator[bytes]:
    """The bytes that a value may stand for: a string in JSON may be base64."""
    if isinstance(value, bytes):
        yield value
        return
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(value, validate=True)
    yield text_of(value).encode()


_STATUS: dict[str, tuple[int, int]] = {
    "info": (100, 199),
    "success": (200, 299),
    "redirect": (300, 399),
    "clientError": (400, 499),
    "serverError": (500, 599),
    "nonError": (0, 399),
    "error": (400, 65535),
}


def status_code(attributes: Attributes, _: object, actual: object) -> str | None:
    wanted = attributes.get("status", "success")
    if not (str(actual).isdecimal() and str(actual).isascii()):
        return "it is no status code"
    if isinstance(wanted, list | tuple):
        return None if int(str(actual)) in wanted else ""
    least, most = _STATUS.get(str(wanted), (1, 0))
    return None if least <= int(str(actual)) <= most else ""


def anything(_: Attributes, __: object, ___: object) -> str | None:
    return None


# -- objects and arrays themselves -----------------------------------------------------------------------------------


def equal_object(_: Attributes, expected: object, actual: object) -> str | None:
    if same(expected, actual):
        return None
    assert isinstance(expected, dict)
    assert isinstance(actual, dict)
    unexpected = ", ".join(sorted(actual.keys() - expected.keys()))
    return f"unexpected keys: {unexpected}" if unexpected else ""


def equal_array(_: Attributes, expected: object, actual: object) -> str | None:
    if same(expected, actual):
        return None
    assert isinstance(expected, list)
    assert isinstance(actual, list)
    return "" if len(expected) == len(actual) else f"it has {len(actual)}, not {len(expected)}"


def size(attributes: Attributes, _: object, actual: object) -> str | None:
    """The length of an array, or the number of an object's keys, within `min` and `max`."""
    assert isinstance(actual, dict | list)
    if not attributes:
        return None
    least, most, count = attributes.get("min"), attributes.get("max"), len(actual)
    if (isinstance(least, int) and count < least) or (isinstance(most, int) and count > most):
        return f"it has {count}"
    return None


class Matcher(NamedTuple):
    """A row: what the rule does on a scalar, on an object itself, on an array itself, and how it reads in a sentence.

    None stands where the rule cannot be met at all.
    """

    scalar: Check
    on_object: Check | None
    on_array: Check | None
    words: Callable[[Attributes], str]


def _scalar_only(check: Check, words: Callable[[Attributes], str]) -> Matcher:
    return Matcher(check, None, anything, words)


def _size_words(attributes: Attributes) -> str:
    """For what holds several: for a scalar `in_words` names the example's kind instead."""
    least, most = attributes.get("min"), attributes.get("max")
    if least is not None and most is not None:
        return f"{least} to {most} like the example"
    if least is not None:
        return f"at least {least} like the example"
    return "the type of the example" if most is None else f"at most {most} like the example"


def _format_words(what: str, default: str) -> Callable[[Attributes], str]:
    return lambda a: f"a {what} written as {a.get('format') or default}"


def _each_words(what: str) -> Callable[[Attributes], str]:
    def words(attributes: Attributes) -> str:
        rules = attributes.get("rules")
        assert isinstance(rules, tuple)
        return f"{what}: " + " and ".join(in_words(rule) for rule in rules)

    return words


MATCHERS: dict[str, Matcher] = {
    "equality": Matcher(equality, equal_object, equal_array, lambda a: "exactly the example"),
    "type": Matcher(type_, size, size, _size_words),
    "regex": Matcher(regex, anything, anything, lambda a: f"text matching the pattern {a['regex']}"),
    "include": _scalar_only(include, lambda a: f"text that contains {json.dumps(a['value'], ensure_ascii=False)}"),
    "integer": _scalar_only(integer, lambda a: "an integer"),
    "decimal": _scalar_only(decimal, lambda a: "a decimal number (written with a fraction or an exponent)"),
    "number": _scalar_only(number, lambda a: "a number"),
    "boolean": _scalar_only(boolean, lambda a: "a boolean"),
    "null": Matcher(null, None, None, lambda a: "null"),
    "notEmpty": Matcher(not_empty, not_empty, not_empty, lambda a: "something that is not empty"),
    "semver": _scalar_only(semver, lambda a: "a semantic version"),
    "date": _scalar_only(_dated(dates.DATE, (datetime.date,)), _format_words("date", dates.DATE)),
    "time": _scalar_only(_dated(dates.TIME, (datetime.time,)), _format_words("time", dates.TIME)),
    "datetime": _scalar_only(_dated(dates.DATETIME, natives.INSTANTS), _format_words("date and time", dates.DATETIME)),
    "contentType": _scalar_only(content_type, lambda a: f"bytes of the content type {a['value']}"),
    "statusCode": _scalar_only(status_code, lambda a: f"a status code: {a.get('status', 'success')}"),
    "values": Matcher(
        equality,
        anything,
        anything,
        lambda a: "values like the example's, under any keys",
    ),
    "eachKey": Matcher(anything, anything, anything, _each_words("keys that are each")),
    "eachValue": Matcher(anything, anything, anything, _each_words("values that are each")),
    "arrayContains": Matcher(anything, None, anything, lambda a: "an array containing each variant"),
}


def in_words(rule: MatchingRule, example: object = None) -> str:
    """The rule as it reads after "expected"; *example* is the value at its place, if it is a scalar."""
    if rule.match == "type" and isinstance(example, str | int | float):
        return a_kind(example)
    words = MATCHERS[rule.match].words(rule.attributes)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


# -- what has no containers ------------------------------------------------------------------------------------------

JSON: dict[str, Check] = {
    name: row.scalar for name, row in MATCHERS.items() if name not in ("eachKey", "eachValue", "arrayContains")
}
"""What rules do on a JSON scalar. Those that are about containers cannot be met by one."""

SCALARS: frozenset[type] = frozenset({str, int, float, bool, type(None), *natives.KINDS})

KINDS: dict[str, frozenset[type]] = {
    "type": SCALARS,
    "integer": frozenset({int}),
    "decimal": frozenset({float, Decimal}),
    "number": _NUMBERS,
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}
"""The types of scalars that meet a rule whatever the value is, if the example is of the same type."""

Prepared = Callable[[object, object], object]
"""A check with its attributes, of the example and the actual value: None where they certainly meet the rule."""


def prepared(rule: MatchingRule) -> Prepared:
    """What the rule does on JSON scalars, with all that can be looked up beforehand looked up."""
    met = on_text(rule)
    if met is None:
        return functools.partial(JSON.get(rule.match, in_doubt), rule.attributes)

    def check(_: object, actual: object) -> object:
        try:
            return None if met(actual if type(actual) is str else text_of(actual)) else ""
        except (patterns.TooSlow, UnicodeDecodeError):
            return ""

    return check


def on_text(rule: MatchingRule) -> Callable[[str], object] | None:
    """What a rule about the text of a value does: something true if it is met. None if it is no such rule, or invalid.

    The function may raise `patterns.TooSlow`.
    """
    try:
        if rule.match == "regex":
            return _pattern(rule.attributes)
        if rule.match in _DATED:
            return dates.matcher(str(rule.attributes.get("format") or _DATED[rule.match]))
    except (patterns.PatternError, dates.DatePatternError):
        pass
    return None


_DATED = {"date": dates.DATE, "time": dates.TIME, "datetime": dates.DATETIME}


def in_doubt(*_: object) -> str:
    """Never None."""
    return "it must be looked at"


# As the reference reads text: an unsigned integer, a number of its language.
_DIGITS = re.compile(r"\+?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)", re.IGNORECASE)


def _text_integer(_: Attributes, __: object, actual: object) -> str | None:
    text = str(actual)
    if _DIGITS.fullmatch(text):
        return None
    return "in text an integer is digits alone" if _DIGITS.fullmatch(text.removeprefix("-")) else ""


def _text_number(_: Attributes, __: object, actual: object) -> str | None:
    return None if _NUMBER.fullmatch(str(actual)) else ""


TEXT: dict[str, Check] = {
    **JSON,
    "type": anything,
    "integer": _text_integer,
    "decimal": _text_number,
    "number": _text_number,
}
"""What rules do where values are characters: plain text, keys, headers, query, path, XML text."""

ON_TEXT: frozenset[str] = frozenset(TEXT) - {"null", "values", "statusCode", "contentType"}
"""The rules that text can meet, as far as it makes sense to state them of it."""


def _entry_type(attributes: Attributes, expected: object, actual: object) -> str | None:
    reason = type_(attributes, expected, actual)
    return reason if reason is not None or not isinstance(actual, list) else size(attributes, expected, actual)


ENTRY: dict[str, Check] = {**JSON, "type": _entry_type}
"""What rules do where they sit on an entry of the metadata, which is seen as a whole: of a list the length counts too."""


BYTES: dict[str, Check] = {name: JSON[name] for name in ("equality", "notEmpty", "contentType", "regex", "include")} | {
    "type": anything
}
"""What rules do on contents of a binary type. Others cannot be met by bytes."""


def _or_text(check: Check, on_text: Check) -> Check:
    def on_scalar(attributes: Attributes, expected: object, actual: object) -> str | None:
        return (on_text if type(actual) is type(expected) is str else check)(attributes, expected, actual)

    return on_scalar


TYPED: dict[str, Check] = {
    **JSON,
    "integer": _or_text(integer, _text_integer),
    "decimal": _or_text(decimal, _text_number),
    "number": _or_text(number, _text_number),
}
"""What rules do on the scalars of documents that have a schema: all that they do in JSON, and numbers may be text where the
example is: a field is text then, and not a union or JSON in which a text came instead of a number."""
