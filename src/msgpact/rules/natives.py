"""The values that only documents with a schema hold, beside JSON's: bytes, decimals, UUIDs, dates, times, durations."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgpact.times import Duration, Timestamp

__all__ = ["INSTANTS", "KINDS", "same_instant", "text_of"]

KINDS: dict[type, str] = {
    bytes: "bytes",
    Decimal: "a number",
    uuid.UUID: "a UUID",
    datetime.date: "a date",
    datetime.time: "a time of day",
    datetime.datetime: "a timestamp",
    Timestamp: "a timestamp",
    Duration: "a duration",
}
"""Each with its article. A decimal is a number as integers and floats are; an enum is text, a record an object."""

INSTANTS: tuple[type, ...] = (datetime.datetime, Timestamp)
"""How timestamps are held: by their precision, one or the other."""

_TEXTS: dict[type, Callable[[Any], str]] = {
    bytes: bytes.decode,
    Decimal: lambda value: format(value, "f"),
    uuid.UUID: str,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.datetime: datetime.datetime.isoformat,
    Timestamp: Timestamp.isoformat,
    Duration: lambda value: f"P{value.months}M{value.days}DT{value.millis // 1000}.{value.millis % 1000:03}S",
}


def text_of(value: object) -> str:
    """What rules about text see: digits without an exponent, ISO 8601.

    Raises:
        TypeError: it is none of these values.
        ValueError: bytes that are no UTF-8 text.
    """
    if type(value) not in _TEXTS:
        raise TypeError(f"a {type(value).__qualname__} has no text")
    return _TEXTS[type(value)](value)


def same_instant(expected: object, actual: object) -> bool:
    """Whether two values of different types are one and the same timestamp."""
    return type(expected) in INSTANTS and type(actual) in INSTANTS and expected == actual
