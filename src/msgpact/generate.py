"""What a consumer writes in a template where each run should see another value: one function per Pact generator.

Each gives a `Generated`: a frozen value that holds the generator, an example and the rule that its values follow. It
stands in a template by itself, or as the example of a matcher: `match.integer(generate.random_int(1, 99))`. The pact
holds the example; the value that a handler sees is drawn from the run's seed.
"""

import datetime as clock
from collections.abc import Callable
from dataclasses import dataclass

from msgpact.errors import DeclarationError
from msgpact.examples import INSTANT, dated, must_meet, text, valid_pattern, whole_number
from msgpact.model import Generator, MatchingRule
from msgpact.rules import dates, expressions

__all__ = [
    "Generated",
    "date",
    "datetime",
    "mock_server_url",
    "provider_state",
    "random_boolean",
    "random_decimal",
    "random_hexadecimal",
    "random_int",
    "random_string",
    "regex",
    "time",
    "uuid",
]

__tracebackhide__ = True  # by pytest: a mistake is shown where the user made it


@dataclass(frozen=True, slots=True)
class Generated:
    """A generator, the example that the pact holds, and the rule that every generated value meets."""

    generator: Generator
    example: object
    rule: MatchingRule


def _generated(kind: str, example: object, rule: MatchingRule, /, **attributes: object) -> Generated:
    must_meet(rule, example, f"generate.{_FUNCTIONS[kind]}")
    said = {name: value for name, value in attributes.items() if value is not None}
    return Generated(Generator(kind, said), example, rule)


_FUNCTIONS = {
    "RandomInt": "random_int",
    "RandomDecimal": "random_decimal",
    "RandomHexadecimal": "random_hexadecimal",
    "RandomString": "random_string",
    "Regex": "regex",
    "Uuid": "uuid",
    "Date": "date",
    "Time": "time",
    "DateTime": "datetime",
    "RandomBoolean": "random_boolean",
    "ProviderState": "provider_state",
    "MockServerURL": "mock_server_url",
}


def random_int(min: int = 0, max: int = 10, *, example: int | None = None) -> Generated:  # noqa: A002  (Pact's names)
    """An integer from *min* to *max*, both included."""
    least, most = (whole_number(name, value, -(2**63), 2**63 - 1) for name, value in (("min", min), ("max", max)))
    if least > most:
        raise DeclarationError(f"Cannot generate an integer from {min!r} to {max!r}: there is none. Swap them.")
    return _generated("RandomInt", least if example is None else example, MatchingRule("integer"), min=min, max=max)


def random_decimal(digits: int = 10, *, example: float = 12.5) -> Generated:
    """A decimal number of that many digits."""
    return _generated(
        "RandomDecimal", example, MatchingRule("decimal"), digits=whole_number("digits", digits, 1, 10_000)
    )


def random_hexadecimal(digits: int = 10, *, example: str | None = None) -> Generated:
    """A string of that many upper-case hexadecimal digits."""
    count = whole_number("digits", digits, 1, 10_000)
    shown = ("0123456789ABCDEF" * (count // 16 + 1))[:count] if example is None else text("example", example)
    return _generated("RandomHexadecimal", shown, MatchingRule("regex", {"regex": "[0-9a-fA-F]+"}), digits=count)


def random_string(size: int = 10, *, example: str | None = None) -> Generated:
    """A string of that many letters and digits."""
    count = whole_number("size", size, 1, 10_000)
    shown = ("abcdefghijklmnopqrstuvwxyz" * (count // 26 + 1))[:count] if example is None else text("example", example)
    return _generated("RandomString", shown, MatchingRule("type"), size=count)


def regex(pattern: str, *, example: str) -> Generated:
    """A string that matches the *pattern*."""
    rule = MatchingRule("regex", {"regex": valid_pattern(pattern)})
    return _generated("Regex", text("example", example), rule, regex=pattern)


_UUIDS = {
    "simple": ("[0-9a-f]{32}", "936da01f9abd4d9d80c702af85c822a8"),
    "lower-case-hyphenated": ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "936da01f-9abd-4d9d-80c7-02af85c822a8"),
    "upper-case-hyphenated": ("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "936DA01F-9ABD-4D9D-80C7-02AF85C822A8"),
    "URN": ("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "urn:uuid:936da01f-9abd-4d9d-80c7-02af85c822a8"),
}


def uuid(format: str = "lower-case-hyphenated", *, example: str | None = None) -> Generated:  # noqa: A002  (Pact's name)
    """A random UUID written as `simple`, `lower-case-hyphenated`, `upper-case-hyphenated` or `URN`."""
    if text("format", format) not in _UUIDS:
        raise DeclarationError(f"Cannot write a UUID as {format!r}: the forms are {', '.join(_UUIDS)}. Choose one.")
    pattern, shown = _UUIDS[format]
    rule = MatchingRule("regex", {"regex": pattern})
    return _generated("Uuid", shown if example is None else text("example", example), rule, format=format)


def date(expression: str | None = None, format: str = dates.DATE, *, example: object = None) -> Generated:  # noqa: A002
    """A date counted from the current one: `today + 1 week`, `next monday`; without an expression the current one."""
    return _dated("Date", "date", expressions.date, expression, format, example)


def time(expression: str | None = None, format: str = dates.TIME, *, example: object = None) -> Generated:  # noqa: A002
    """A time counted from the current one: `now + 1 hour`, `noon`."""
    return _dated("Time", "time", expressions.time, expression, format, example)


def datetime(
    expression: str | None = None,
    format: str = dates.DATETIME,  # noqa: A002  (Pact's name)
    *,
    example: object = None,
) -> Generated:
    """A date with time counted from the current one: `tomorrow @ noon - 1 hour`."""
    return _dated("DateTime", "datetime", expressions.date_and_time, expression, format, example)


def _dated(
    kind: str,
    rule: str,
    moved: Callable[[clock.datetime, str], clock.datetime],
    expression: str | None,
    pattern: str,
    example: object,
) -> Generated:
    function = f"generate.{_FUNCTIONS[kind]}"
    try:
        moved(INSTANT, "" if expression is None else text("expression", expression))
    except expressions.ExpressionError as error:
        raise DeclarationError(f"Cannot use {expression!r} in {function}: {error}. Mend it.") from None
    shown = dated(pattern, example, function)
    return _generated(kind, shown, MatchingRule(rule, {"format": pattern}), format=pattern, expression=expression)


def random_boolean(*, example: bool = True) -> Generated:
    """True or False."""
    return _generated("RandomBoolean", example, MatchingRule("boolean"))


def provider_state(expression: str, *, example: object, data_type: str | None = None) -> Generated:
    """What the provider's state put there: `${id}`, or text with several of them. Applied at the provider only."""
    said = text("expression", expression)
    return _generated("ProviderState", example, MatchingRule("type"), expression=said, dataType=data_type)


def mock_server_url(pattern: str, *, example: str) -> Generated:
    """The URL of a mock server with the part of *example* that group 1 of *pattern* finds."""
    rule = MatchingRule("regex", {"regex": valid_pattern(pattern)})
    return _generated("MockServerURL", text("example", example), rule, regex=pattern, example=example)
