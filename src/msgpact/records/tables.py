"""The values in AMQP's header tables as JSON, and back: what JSON has not is text that begins with its kind.

| of AMQP | as JSON |
|---|---|
| text, whole numbers, doubles, booleans, void | the same |
| tables, arrays | objects, arrays |
| byte arrays | `base64:…` |
| timestamps | `timestamp:2026-01-31T12:00:00Z` |
| decimals | `decimal:1.50` |
| doubles that are no number | `double:nan`, `double:inf`, `double:-inf` |
| text that reads like one of these four, or like this | `text:…` |
"""

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from msgpact.errors import DeclarationError, UsageError
from msgpact.errors import shown as in_words

__all__ = ["as_bytes", "native", "shown", "utc"]

_TEXT = "text:"


# -- to JSON ---------------------------------------------------------------------------------------------------------


def shown(value: object) -> object:
    """A value of a table as JSON.

    Raises:
        UsageError: AMQP has no such value.
    """
    match value:
        case None | bool():
            return value
        case int():
            return int(value)  # pika has a class of its own for long ones
        case float():
            return value if math.isfinite(value) else f"double:{value}"
        case str():
            return value if native(value) == value else _TEXT + value
        case bytes() | bytearray() | memoryview():
            return "base64:" + base64.b64encode(value).decode("ascii")
        case datetime.datetime():
            return f"timestamp:{utc(value).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        case decimal.Decimal():
            return f"decimal:{value}"
        case Mapping():
            return {name: shown(each) for name, each in value.items()}
        case list() | tuple():
            return [shown(each) for each in value]
    raise UsageError(
        f"Cannot read the header {in_words(value)}: it is a {type(value).__name__}, which AMQP's tables do not hold. "
        "Give text, a number, bytes, a datetime, a list or a dict."
    )


def utc(moment: datetime.datetime) -> datetime.datetime:
    """A moment in UTC; one without a zone is so already, as the clients take it."""
    return moment.astimezone(datetime.UTC) if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def as_bytes(value: object) -> bytes | None:
    """What the headers of a message hold of a value of a table: its own bytes, or how it is written."""
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    as_json = shown(value)
    return (as_json.partition(":")[2] if isinstance(as_json, str) else json.dumps(as_json, ensure_ascii=False)).encode()


# -- from JSON -------------------------------------------------------------------------------------------------------


def native(value: object, of_bytes: Callable[[bytes], object] = bytes) -> Any:
    """The value of a table that JSON shows; *of_bytes* makes what a client takes for a byte array.

    Raises:
        DeclarationError: AMQP has no such value.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _of_text(value, of_bytes)
        case Mapping():
            return {name: native(each, of_bytes) for name, each in value.items()}
        case list() | tuple():
            return [native(each, of_bytes) for each in value]
    raise DeclarationError(
        f"Cannot make an AMQP header of {in_words(value)}: it is a {type(value).__name__}. "
        "State text, a number, a boolean, None, a list or a dict."
    )


def _of_text(text: str, of_bytes: Callable[[bytes], object]) -> object:
    kind, colon, rest = text.partition(":")
    if colon and kind in _KINDS:
        try:
            value = _KINDS[kind](rest)
        except (ValueError, ArithmeticError):
            return text
        return of_bytes(value) if isinstance(value, bytes) else value
    return text


def _timestamp(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(datetime.UTC)


def _decimal(text: str) -> decimal.Decimal:
    value = decimal.Decimal(text)
    if not value.is_finite():
        raise ValueError
    return value


def _double(text: str) -> float:
    if text not in ("nan", "inf", "-inf"):
        raise ValueError
    return float(text)


_KINDS: Mapping[str, Callable[[str], object]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "timestamp": _timestamp,
    "decimal": _decimal,
    "double": _double,
    "text": str,
}
