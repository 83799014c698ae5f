"""What a consumer writes in a template where each run should see another value: one function per Pact generator.

Each gives a `Generated`: a frozen value that holds the generator, an example and the rule that its values follow. It
stands in a template by itself, or as the example of a matcher: `match.integer(generate.random_int(1, 99))`. The pact
holds the example; the value that a handler sees is drawn from the run's seed.
"""

from dataclasses import dataclass

from msgpact.errors import DeclarationError
from msgpact.model import Generator, MatchingRule
from msgpact.rules import dates, patterns

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


@dataclass(frozen=True, slots=True)
class Generated:
    """A generator, the example that the pact holds, and the rule that every generated value meets."""

    generator: Generator
    example: object
    rule: MatchingRule


def _generated(kind: str, example: object, rule: MatchingRule, /, **attributes: object) -> Generated:
    said = {name: value for name, value in attributes.items() if value is not None}
    return Generated(Generator(kind, said), example, rule)


def random_int(min: int = 0, max: int = 10, *, example: int | None = None) -> Generated:  # noqa: A002  (Pact's names)
    """An integer from *min* to *max*, both included."""
    if min > max:
        raise DeclarationError(f"Cannot generate an integer from {min!r} to {max!r}: there is none. Swap them.")
    return _generated("RandomInt", min if example is None else example, MatchingRule("integer"), min=min, max=max)


def random_decimal(digits: int = 10, *, example: float = 12.5) -> Generated:
    """A decimal number of that many digits."""
    return _generated("RandomDecimal", example, MatchingRule("decimal"), digits=_count("digits", digits))


def random_hexadecimal(digits: int = 10, *, example: str | None = None) -> Generated:
    """A string of that many upper-case hexadecimal digits."""
    count = _count("digits", digits)
    shown = example if example is not None else ("0123456789ABCDEF" * (count // 16 + 1))[:count]
    return _generated("RandomHexadecimal", shown, MatchingRule("regex", {"regex": "[0-9a-fA-F]+"}), digits=count)


def random_string(size: int = 10, *, example: str | None = None) -> Generated:
    """A string of that many letters and digits."""
    count = _count("size", size)
    shown = example if example is not None else ("abcdefghijklmnopqrstuvwxyz" * (count // 26 + 1))[:count]
    return _generated("RandomString", shown, MatchingRule("type"), size=count)


def _count(name: str, value: int) -> int:
    if type(value) is not int or not 1 <= value <= 10_000:
        raise DeclarationError(f"Cannot use {name}={value!r}: it is no count from 1 to 10000. Give a whole number.")
    return value


def regex(pattern: str, *, example: str) -> Generated:
    """A string that matches the *pattern*."""
    try:
        met = patterns.fullmatch(pattern, example)
    except patterns.PatternError as error:
        raise DeclarationError(f"Cannot use the pattern {pattern!r}: {error}. Mend it.") from None
    if not met:
        raise DeclarationError(
            f"Cannot use {example!r} as an example of the pattern {pattern!r}: it does not match. Give one that does."
        )
    return _generated("Regex", example, MatchingRule("regex", {"regex": pattern}), regex=pattern)


_UUIDS = {
    "simple": ("[0-9a-f]{32}", "936da01f9abd4d9d80c702af85c822a8"),
    "lower-case-hyphenated": ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "936da01f-9abd-4d9d-80c7-02af85c822a8"),
    "upper-case-hyphenated": ("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "936DA01F-9ABD-4D9D-80C7-02AF85C822A8"),
    "URN": ("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "urn:uuid:936da01f-9abd-4d9d-80c7-02af85c822a8"),
}


def uuid(format: str = "lower-case-hyphenated", *, example: str | None = None) -> Generated:  # noqa: A002  (Pact's name)
    """A random UUID written as `simple`, `lower-case-hyphenated`, `upper-case-hyphenated` or `URN`."""
    if format not in _UUIDS:
        raise DeclarationError(f"Cannot write a UUID as {format!r}: the forms are {', '.join(_UUIDS)}. Choose one.")
    pattern, shown = _UUIDS[format]
    return _generated("Uuid", example or shown, MatchingRule("regex", {"regex": pattern}), format=format)


def date(expression: str | None = None, format: str = dates.DATE, *, example: str = "2026-01-31") -> Generated:  # noqa: A002
    """A date counted from the current one: `today + 1 week`, `next monday`; without an expression the current one."""
    return _generated("Date", example, MatchingRule("date", {"format": format}), format=format, expression=expression)


def time(expression: str | None = None, format: str = dates.TIME, *, example: str = "13:45:00") -> Generated:  # noqa: A002
    """A time counted from the current one: `now + 1 hour`, `noon`."""
    return _generated("Time", example, MatchingRule("time", {"format": format}), format=format, expression=expression)


def datetime(
    expression: str | None = None,
    format: str = dates.DATETIME,  # noqa: A002  (Pact's name)
    *,
    example: str = "2026-01-31T13:45:00+00:00",
) -> Generated:
    """A date with time counted from the current one: `tomorrow @ noon - 1 hour`."""
    rule = MatchingRule("datetime", {"format": format})
    return _generated("DateTime", example, rule, format=format, expression=expression)


def random_boolean(*, example: bool = True) -> Generated:
    """True or False."""
    return _generated("RandomBoolean", example, MatchingRule("boolean"))


def provider_state(expression: str, *, example: object, data_type: str | None = None) -> Generated:
    """What the provider's state put there: `${id}`, or text with several of them. Applied at the provider only."""
    return _generated("ProviderState", example, MatchingRule("type"), expression=expression, dataType=data_type)


def mock_server_url(pattern: str, *, example: str) -> Generated:
    """The URL of a mock server with the part of *example* that group 1 of *pattern* finds."""
    rule = MatchingRule("regex", {"regex": pattern})
    return _generated("MockServerURL", example, rule, regex=pattern, example=example)
