"""What is said of matchers and generators, checked where it is written: an example meets its own rule, a pattern is one."""

import datetime

from msgpact.errors import DeclarationError, shown
from msgpact.model import MatchingRule
from msgpact.rules import dates, matchers, patterns

__all__ = ["INSTANT", "dated", "must_meet", "text", "valid_pattern", "whole_number"]

__tracebackhide__ = True  # by pytest: a mistake is shown where the user made it

INSTANT = datetime.datetime(2026, 1, 31, 13, 45, tzinfo=datetime.UTC)
"""What built-in examples of dates show."""


def must_meet(rule: MatchingRule, example: object, function: str) -> None:
    """Refuse an example that does not meet its own rule, where it is written.

    Raises:
        DeclarationError: it does not; the message names *function*.
    """
    try:
        reason = matchers.MATCHERS[rule.match].scalar(rule.attributes, example, example)
    except TypeError:
        reason = "it is no JSON value"
    if reason is not None:
        raise DeclarationError(
            f"Cannot use {example!r} as the example of {function}: it is not {matchers.in_words(rule)}"
            f"{f' ({reason})' if reason else ''}. Give an example that meets the rule."
        )


def whole_number(name: str, value: object, least: int, most: int) -> int:
    """The value, if it is an int from *least* to *most*; else a DeclarationError that names the argument."""
    if type(value) is not int or not least <= value <= most:
        raise DeclarationError(
            f"Cannot use {name}={shown(value)}: it is no whole number from {least} to {most}. Give one, as an int."
        )
    return value


def text(name: str, value: object) -> str:
    """The value, if it is a string; else a DeclarationError that names the argument."""
    if not isinstance(value, str):
        raise DeclarationError(f"Cannot use {name}={value!r}: it is no text. Give a string.")
    return value


def valid_pattern(pattern: object) -> str:
    """The pattern, if it is one.

    Raises:
        DeclarationError: it is not; the message says why.
    """
    try:
        patterns.matcher(text("pattern", pattern))
    except patterns.PatternError as error:
        raise DeclarationError(
            f"Cannot use the pattern {pattern!r}: {error}. Mend it; Pact matches the whole text."
        ) from None
    return text("pattern", pattern)


def dated(format: str, example: object, function: str) -> object:  # noqa: A002  (Pact's name)
    """An example for a date pattern: the given one, a date or time of Python's written by it, or a built-in one.

    Raises:
        DeclarationError: the pattern is not one.
    """
    match example:
        case None:
            instant = INSTANT
        case datetime.datetime():
            instant = example
        case datetime.date():
            instant = datetime.datetime.combine(example, INSTANT.timetz())
        case datetime.time():
            instant = datetime.datetime.combine(INSTANT, example)
        case _:
            return example
    try:
        return dates.print_instant(text("format", format), instant)
    except dates.DatePatternError as error:
        raise DeclarationError(f"Cannot use the format {format!r} in {function}: {error}. Mend it.") from None
