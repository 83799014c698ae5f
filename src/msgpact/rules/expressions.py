"""Date and time expressions of generators: `today + 1 week`, `next monday`, `tomorrow @ noon - 1 hour`.

The grammar is the reference implementation's: an optional base, or one `next …` / `last …`, then any number of
`+ 2 weeks` / `- 4 minutes`. Where a day does not exist in the month that is reached, the last day of it is taken, as in
java.time. A date and a time part are joined by `@`; the time part may move the date.
"""

import calendar
import functools
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from msgpact.rules.dates import DAYS, MONTHS

__all__ = ["ExpressionError", "date", "date_and_time", "time"]


class ExpressionError(ValueError):
    """Not an expression; the message says which word."""


_WEEKDAYS = {name[:length].lower(): index for index, name in enumerate(DAYS) for length in (3, len(name))}
_WEEKDAYS |= {"tues": 1, "thurs": 3}
_MONTHS = {name[:length].lower(): index for index, name in enumerate(MONTHS, 1) for length in (3, len(name))}
_MONTHS["sept"] = 9

Step = Callable[[datetime], datetime]


def _days(count: int) -> Step:
    return lambda t: t + timedelta(days=count)


def _months(count: int) -> Step:
    def step(t: datetime) -> datetime:
        year, month = divmod(t.year * 12 + t.month - 1 + count, 12)
        return t.replace(year=year, month=month + 1, day=min(t.day, calendar.monthrange(year, month + 1)[1]))

    return step


def _weekday(index: int, sign: int) -> Step:
    def step(t: datetime) -> datetime:
        away = (index - t.weekday()) * sign % 7 or 7  # never today
        return t + timedelta(days=sign * away)

    return step


def _named_month(month: int, sign: int) -> Step:
    def step(t: datetime) -> datetime:
        away = (month - t.month) * sign % 12 or 12  # never the current month
        return _months(sign * away)(t.replace(day=1))

    return step


_DATE_UNITS: dict[str, Callable[[int], Step]] = {
    "day": _days,
    "week": lambda n: _days(7 * n),
    "month": _months,
    "year": lambda n: _months(12 * n),
}
_TIME_UNITS: dict[str, Callable[[int], Step]] = {
    "hour": lambda n: lambda t: t + timedelta(hours=n),
    "minute": lambda n: lambda t: t + timedelta(minutes=n),
    "second": lambda n: lambda t: t + timedelta(seconds=n),
    "millisecond": lambda n: lambda t: t + timedelta(milliseconds=n),
}
_DATE_BASES: dict[str, Step] = {"now": _days(0), "today": _days(0), "yesterday": _days(-1), "tomorrow": _days(1)}


def _at(hour: int) -> Step:
    return lambda t: t.replace(hour=hour, minute=0, second=0, microsecond=0)


def _clock(hour: int, half: str | None) -> Step:
    if not 1 <= hour <= 12:
        raise ExpressionError(f"{hour} o'clock: an hour is 1 to 12")
    if half == "am":
        return _at(hour)
    if half == "pm":
        return _at((hour + 12) % 24)
    # Without am or pm: the other half of the day than the base's.
    return lambda t: _at((hour + 12) % 24 if t.hour < 12 else hour)(t)


_TIME_BASES: dict[str, Step] = {"now": _days(0), "midnight": _at(0), "noon": _at(12)}
_TOKEN = re.compile(r"\s*([0-9]+|[a-z]+'?[a-z]*|[+-])")


def _tokens(expression: str) -> list[str]:
    text, found, at = expression.strip().lower(), [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"{text[at:].strip()!r} means nothing here")
        found.append(match[1])
        at = match.end()
    return found


def _offset(word: str, sign: int, units: dict[str, Callable[[int], Step]]) -> Step:
    """What `next` and `last` take."""
    if word in units:
        return units[word](sign)
    if units is _DATE_UNITS:
        if word == "fortnight":
            return _days(14 * sign)
        if word in _WEEKDAYS:
            return _weekday(_WEEKDAYS[word], sign)
        if word in _MONTHS:
            return _named_month(_MONTHS[word], sign)
    raise ExpressionError(f"{word!r} is nothing to be next or last")


@functools.lru_cache(maxsize=256)
def _date_steps(expression: str) -> tuple[Step, ...]:
    return tuple(_steps(_tokens(expression), _DATE_UNITS, _DATE_BASES))


@functools.lru_cache(maxsize=256)
def _time_steps(expression: str) -> tuple[Step, ...]:
    tokens = _tokens(expression)
    steps: list[Step] = []
    if len(tokens) > 1 and tokens[0].isdecimal() and tokens[1] == "o'clock":
        half = tokens[2] if tokens[2:] and tokens[2] in ("am", "pm") else None
        steps.append(_clock(int(tokens[0]), half))
        tokens = tokens[3 if half else 2 :]
    return tuple(steps + _steps(tokens, _TIME_UNITS, {} if steps else _TIME_BASES))


def _steps(tokens: list[str], units: dict[str, Callable[[int], Step]], bases: dict[str, Step]) -> list[Step]:
    steps: list[Step] = []
    if tokens and tokens[0] in bases:
        steps.append(bases[tokens.pop(0)])
    elif tokens and tokens[0] in ("next", "last"):
        sign = 1 if tokens.pop(0) == "next" else -1
        if not tokens:
            raise ExpressionError("it ends after 'next' or 'last'")
        steps.append(_offset(tokens.pop(0), sign, units))
    while tokens:
        operator = tokens.pop(0)
        if operator not in ("+", "-"):
            raise ExpressionError(f"{operator!r} where '+' or '-' should follow")
        if len(tokens) < 2 or not tokens[0].isdecimal() or len(tokens[0]) > 9:
            raise ExpressionError(f"no number and unit after {operator!r}")
        count, unit = int(tokens.pop(0)), tokens.pop(0)
        unit = unit.removesuffix("s")
        if unit not in units:
            raise ExpressionError(f"{unit!r} is no unit; known are {', '.join(units)}")
        steps.append(units[unit](count if operator == "+" else -count))
    return steps


def _moved(base: datetime, steps: tuple[Step, ...]) -> datetime:
    try:
        for step in steps:
            base = step(base)
    except (OverflowError, ValueError):
        raise ExpressionError("it leaves the years 1 to 9999") from None
    return base


def date(base: datetime, expression: str) -> datetime:
    """*base* moved by a date expression."""
    return _moved(base, _date_steps(expression))


def time(base: datetime, expression: str) -> datetime:
    """*base* moved by a time expression."""
    return _moved(base, _time_steps(expression))


def date_and_time(base: datetime, expression: str) -> datetime:
    """*base* moved by `DATE @ TIME`, either part of which may be missing."""
    day, at, clock = expression.partition("@")
    moved = date(base, day)
    return time(moved, clock) if at else moved
