"""Java date and time patterns (`yyyy-MM-dd'T'HH:mm:ssXXX`): whether a text fits one, and how an instant is printed by one.

The letters are those of java.time.format.DateTimeFormatter, read as the reference implementation reads them: digits are
taken greedily up to the letter count and never given back, fewer are fine, names are English in any case, the whole text
must be used up. A pattern is compiled to one `re` whose numbers are atomic, so that it neither backtracks nor runs away.
"""

import calendar
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

__all__ = ["DATE", "DATETIME", "DAYS", "MONTHS", "TIME", "DatePatternError", "fits", "matcher", "print_instant"]

DATE = "yyyy-MM-dd"
TIME = "HH:mm:ss"
DATETIME = "yyyy-MM-dd'T'HH:mm:ssXXX"

# English whatever the locale is, unlike calendar's.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class DatePatternError(ValueError):
    """Not a date pattern; the message says which letter."""


# Numbers that take every digit they can, then check the range. Ours where the reference slips: offsets up to 18 hours as
# in java.time (it stops below 12), days of the year up to 366 (it stops at 356).
_1_12 = "(?>1[0-2]|0[1-9]|[1-9](?![0-9]))"
_0_11 = "(?>1[01]|0[0-9]|[0-9](?![0-9]))"
_0_23 = "(?>[01][0-9]|2[0-3]|[0-9](?![0-9]))"
_1_24 = "(?>1[0-9]|2[0-4]|0[1-9]|[1-9](?![0-9]))"
_MINUTE = "(?>[0-5][0-9]|[0-9](?![0-9]))"
_SECOND = "(?>[0-5][0-9]|60|[0-9](?![0-9]))"
_DAY = "(?>[12][0-9]|3[01]|0[1-9]|[1-9](?![0-9]))"
_EARLY_DAY = "(?>1[0-9]|2[0-8]|0[1-9]|[1-9](?![0-9]))"
_DAY_OF_YEAR = "(?>00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6]|(?:0[1-9]|[1-9][0-9]?)(?![0-9]))"
_WEEK = "(?>[1-4][0-9]|5[0-6]|0[1-9]|[1-9](?![0-9]))"
_OFFSET_HOUR = "(?>1[0-8]|0[0-9]|[0-9](?![0-9]))"
# Inside `-0730` the hour is followed by the minutes' digits.
_OFFSET_HOUR_2 = "(?:0[0-9]|1[0-8])"
_OFFSET_MINUTE_2 = "[0-5][0-9]"


def _names(names: Iterable[str]) -> str:
    return "(?i:" + "|".join(names) + ")"


def _month(count: int) -> str:
    if count <= 2:
        return f"(?P<month>{_1_12})"
    return f"(?P<month>{_names([name[:3] for name in MONTHS] if count == 3 else MONTHS)})"


def _day_name(count: int) -> str:
    return _names([name[:3] for name in DAYS] if count <= 3 else DAYS)


def _fraction(count: int) -> str:
    return f"(?>[0-9]{{1,{count}}})"


def _iso_offset(count: int) -> str:
    return "[+-]" + {
        1: f"{_OFFSET_HOUR_2}(?:{_OFFSET_MINUTE_2})?+",
        2: f"{_OFFSET_HOUR_2}{_OFFSET_MINUTE_2}",
        3: f"{_OFFSET_HOUR}:{_MINUTE}",
        4: f"{_OFFSET_HOUR_2}{_OFFSET_MINUTE_2}(?:{_OFFSET_MINUTE_2})?+",
    }.get(count, f"{_OFFSET_HOUR}:{_MINUTE}(?::{_SECOND})?+")


def _zone_offset(count: int) -> str:
    if count <= 3:
        return f"[+-]{_OFFSET_HOUR_2}{_OFFSET_MINUTE_2}"
    if count == 4:
        return f"(?:GMT|UTC)(?:[+-]{_OFFSET_HOUR}:{_MINUTE})?+"
    return f"[+-]{_OFFSET_HOUR}:{_MINUTE}"


def _localized_offset(count: int) -> str:
    minutes = f":{_MINUTE}"
    return f"(?:GMT|UTC)[+-]{_OFFSET_HOUR}" + (f"(?:{minutes})?+" if count <= 3 else minutes)


def _quarter(count: int) -> str:
    if count <= 2:
        return "(?>0[1-4]|[1-4](?![0-9]))"
    return _names(
        ["q1", "q2", "q3", "q4"] if count == 3 else [f"{each} quarter" for each in ("1st", "2nd", "3rd", "4th")]
    )


class _Letter(NamedTuple):
    most: int
    """How often the letter may stand in a row."""
    pattern: Callable[[int], str]


_DIGITS = "(?>[0-9]+)"
_LETTERS: dict[str, _Letter] = {
    "G": _Letter(5, lambda n: _names(["ad", "bc"])),
    "y": _Letter(1000, lambda n: f"(?P<year>(?>[0-9]{{1,{n}}}))"),
    "D": _Letter(1000, lambda n: _DAY_OF_YEAR),
    "d": _Letter(2, lambda n: f"(?P<day>{_DAY})"),
    "M": _Letter(5, _month),
    "L": _Letter(5, lambda n: f"(?P<month>{_1_12})"),
    "Q": _Letter(5, _quarter),
    "q": _Letter(2, _quarter),
    "w": _Letter(2, lambda n: _WEEK),
    "W": _Letter(2, lambda n: "(?>0[1-5]|[1-5](?![0-9]))"),
    "F": _Letter(2, lambda n: "(?>0[0-4]|[0-4](?![0-9]))"),
    "E": _Letter(5, _day_name),
    "e": _Letter(5, lambda n: "[1-7]" if n <= 2 else _day_name(n)),
    "c": _Letter(1, lambda n: "[1-7]"),
    "a": _Letter(1, lambda n: _names(["am", "pm"])),
    "h": _Letter(2, lambda n: _1_12),
    "H": _Letter(2, lambda n: _0_23),
    "k": _Letter(2, lambda n: _1_24),
    "K": _Letter(2, lambda n: _0_11),
    "m": _Letter(2, lambda n: _MINUTE),
    "s": _Letter(2, lambda n: _SECOND),
    "S": _Letter(1000, _fraction),
    "n": _Letter(1000, lambda n: _DIGITS),
    "A": _Letter(1000, lambda n: _DIGITS),
    "N": _Letter(1000, lambda n: _DIGITS),
    "x": _Letter(5, _iso_offset),
    "X": _Letter(5, lambda n: f"(?:Z|{_iso_offset(n)})"),
    "Z": _Letter(5, _zone_offset),
    "O": _Letter(4, _localized_offset),
    "z": _Letter(3, lambda n: "(?P<zone>[A-Z]{3,4})"),
    "V": _Letter(2, lambda n: r"(?P<zone_id>[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*)"),
}
_LETTERS["Y"] = _LETTERS["u"] = _LETTERS["y"]


class _Part(NamedTuple):
    letter: str
    """Empty for literal text."""
    repeated: int
    text: str


_PART = re.compile(r"''|'((?:[^']|'')+)'|([A-Za-z])\2*|([^A-Za-z0-9'{}\[\]]+)")


def _parts(pattern: str) -> list[_Part]:
    parts, at = [], 0
    while at < len(pattern):
        match = _PART.match(pattern, at)
        if match is None:
            raise DatePatternError(f"{pattern[at]!r} at index {at} is not allowed unquoted")
        if letter := match[2]:
            if letter not in _LETTERS:
                raise DatePatternError(f"the letter {letter!r} has no meaning (literal text stands in single quotes)")
            if len(match[0]) > _LETTERS[letter].most:
                raise DatePatternError(f"too many {letter!r} in a row: {len(match[0])}")
            parts.append(_Part(letter, len(match[0]), ""))
        else:
            literal = "'" if match[0] == "''" else match[1].replace("''", "'") if match[1] else match[3]
            parts.append(_Part("", 0, literal))
        at = match.end()
    if not parts:
        raise DatePatternError("it is empty")
    return parts


def _compiled(pattern: str) -> re.Pattern[str]:
    seen: set[str] = set()
    out: list[str] = []
    for part in _parts(pattern):
        text = re.escape(part.text) if not part.letter else _LETTERS[part.letter].pattern(part.repeated)
        # A letter may be used twice: the first one is checked against the calendar.
        for name in re.findall(r"\?P<(\w+)>", text):
            if name in seen:
                text = text.replace(f"?P<{name}>", "?:")
            seen.add(name)
        out.append(text)
    return re.compile("".join(out))


def fits(pattern: str, text: str) -> bool:
    """Whether *text* is a date or time written by the Java *pattern*.

    Raises:
        DatePatternError: the pattern is not one.
    """
    return matcher(pattern)(text)


@functools.lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a text is a date or time written by the Java *pattern*.

    Raises:
        DatePatternError: the pattern is not one.
    """
    compiled = _compiled(pattern)
    groups, fullmatch = compiled.groupindex, compiled.fullmatch
    has_zone = "zone" in groups or "zone_id" in groups
    day = groups.get("day") if "month" in groups else None

    def matches(text: str) -> bool:
        match = fullmatch(text)
        if match is None or (has_zone and not _is_in_a_zone(match.groupdict())):
            return False
        return day is None or match[day] in _IN_EVERY_MONTH or _is_in_its_month(match.groupdict())

    if day is None or has_zone:
        return matches
    # Nearly all are of days that every month has; to see that by the expression alone takes half the time.
    early = re.compile(compiled.pattern.replace(f"(?P<day>{_DAY})", _EARLY_DAY)).fullmatch
    return lambda text: early(text) is not None or matches(text)


_IN_EVERY_MONTH = frozenset(written for day in range(1, 29) for written in (f"{day}", f"{day:02d}"))


def _is_in_a_zone(found: Mapping[str, str | None]) -> bool:
    if (zone := found.get("zone")) and zone not in _abbreviations():
        return False
    return not (zone := found.get("zone_id")) or zone in _zones()


def _is_in_its_month(found: Mapping[str, str | None]) -> bool:
    day, month, year = found["day"], found["month"], int(found.get("year") or 2001)
    assert day is not None
    assert month is not None
    return int(day) <= calendar.monthrange(year if 1 <= year <= 9999 else 2000 + year % 400, _month_number(month))[1]


def _month_number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    return 1 + next(i for i, name in enumerate(MONTHS) if name.lower().startswith(text.lower()))


@functools.cache
def _zones() -> frozenset[str]:
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


@functools.cache
def _abbreviations() -> frozenset[str]:
    """Every abbreviation in use in the time zone database in the last decades, and Java's for the zones that have none."""
    import zoneinfo

    found = {"UTC", "GMT", "AEST", "AEDT"}
    moments = [datetime(year, month, 1) for year in (1985, 2001, 2024) for month in (1, 7)]  # noqa: DTZ001  (a zone names local time)
    for name in _zones():
        zone = zoneinfo.ZoneInfo(name)
        found.update(each for moment in moments if (each := zone.tzname(moment)) and each.isalpha())
    return frozenset(found)


def print_instant(pattern: str, instant: datetime) -> str:
    """*instant* written by the Java *pattern*; one without offset counts as UTC.

    Raises:
        DatePatternError: the pattern is not one, or holds a letter that is only ever read.
    """
    return "".join(part.text if not part.letter else _printed(part, instant) for part in _parts(pattern))


def _printed(part: _Part, t: datetime) -> str:
    letter, count = part.letter, part.repeated
    if letter in "yuY":
        year = t.isocalendar()[0] if letter == "Y" else t.year
        return f"{year % 100:02d}" if count == 2 else str(year).zfill(count)
    if letter in "ML" and count > 2:
        return MONTHS[t.month - 1] if count > 3 else MONTHS[t.month - 1][:3]
    if letter == "E" or (letter == "e" and count > 2):
        return DAYS[t.weekday()] if count > 3 else DAYS[t.weekday()][:3]
    if letter in "Qq":
        quarter = (t.month + 2) // 3
        if count <= 2:
            return str(quarter).zfill(count)
        return f"Q{quarter}" if count == 3 else f"{('1st', '2nd', '3rd', '4th')[quarter - 1]} quarter"
    if letter == "S":
        return f"{t.microsecond:06d}".ljust(count, "0")[:count]
    if letter in "xXZOzV":
        return _printed_zone(part, t)
    if letter in "Ga":
        return "AD" if letter == "G" else "AM" if t.hour < 12 else "PM"
    return str(_NUMBERS[letter](t)).zfill(count)


def _since_midnight(t: datetime) -> int:
    """In microseconds."""
    return ((t.hour * 60 + t.minute) * 60 + t.second) * 1_000_000 + t.microsecond


_NUMBERS: dict[str, Callable[[datetime], int]] = {
    "M": lambda t: t.month,
    "L": lambda t: t.month,
    "D": lambda t: t.timetuple().tm_yday,
    "d": lambda t: t.day,
    "w": lambda t: t.isocalendar()[1],
    "W": lambda t: (t.day + 6) // 7,
    "F": lambda t: (t.day - 1) // 7,
    "e": lambda t: t.isoweekday(),
    "c": lambda t: t.isoweekday(),
    "h": lambda t: t.hour % 12 or 12,
    "K": lambda t: t.hour % 12,
    "k": lambda t: t.hour or 24,
    "H": lambda t: t.hour,
    "m": lambda t: t.minute,
    "s": lambda t: t.second,
    "n": lambda t: t.microsecond * 1000,
    "A": lambda t: _since_midnight(t) // 1000,
    "N": lambda t: _since_midnight(t) * 1000,
}


def _printed_zone(part: _Part, t: datetime) -> str:
    offset = t.utcoffset()
    seconds = int(offset.total_seconds()) if offset else 0
    sign, (minutes, rest) = "-" if seconds < 0 else "+", divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    letter, count = part.letter, part.repeated
    if letter == "V":
        return getattr(t.tzinfo, "key", None) or "UTC"
    if letter == "z":
        return t.tzname() or "UTC"
    if letter == "X" and seconds == 0:
        return "Z"
    if letter == "O" or (letter == "Z" and count == 4):
        if seconds == 0 and letter == "Z":
            return "GMT"
        return (
            f"GMT{sign}{hour}" + (f":{minute:02d}" if minute else "")
            if count < 4
            else f"GMT{sign}{hour:02d}:{minute:02d}"
        )
    colon = ":" if (count in (3, 5) and letter != "Z") or count == 5 else ""
    text = f"{sign}{hour:02d}"
    if letter == "Z" or count > 1 or minute:
        text += f"{colon}{minute:02d}"
    return text + (f"{colon}{rest:02d}" if rest and count > 3 and letter != "Z" else "")
