"""An example as a schema holds it: matchers and generators give text and numbers for what is a date or a decimal."""

import datetime
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from msgpact.serializers.avro.schema_types import Type
from msgpact.times import Timestamp

__all__ = ["as_held"]


def as_held(kind: Type, value: Any) -> Any:
    """*value* with the native values of logical types in the place of their text; what is no such text stays as it is."""
    match kind.kind:
        case "record" if isinstance(value, dict):
            types = {field.name: field.type for field in kind.fields}
            return {name: as_held(types[name], each) if name in types else each for name, each in value.items()}
        case "array" if isinstance(value, list | tuple):
            return [as_held(kind.branches[0], each) for each in value]
        case "map" if isinstance(value, dict):
            return {name: as_held(kind.branches[0], each) for name, each in value.items()}
        case "union" if value is not None:
            others = [each for each in kind.branches if each.kind != "null"]
            return as_held(others[0], value) if len(others) == 1 else value
    read = None if kind.logical is None else _READ.get(kind.logical.name)
    if read is None or type(value) not in (str, int, float):
        return value
    try:
        return read(value)
    except (ValueError, TypeError, InvalidOperation):
        return value


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment


def _nanoseconds(read: Callable[[str], datetime.datetime]) -> Callable[[str], Timestamp]:
    def exactly(text: str) -> Timestamp:
        fraction = text.partition(".")[2]
        digits = fraction[: len(fraction) - len(fraction.lstrip("0123456789"))]
        return Timestamp.of(read(text), int(digits.ljust(9, "0")[6:9]))

    return exactly


def _decimal(value: str | float) -> Decimal:
    return Decimal(str(value))


_LOCAL = datetime.datetime.fromisoformat
_READ: dict[str, Callable[[Any], object]] = {
    "decimal": _decimal,
    "big-decimal": _decimal,
    "date": datetime.date.fromisoformat,
    "time-millis": datetime.time.fromisoformat,
    "time-micros": datetime.time.fromisoformat,
    "timestamp-millis": _moment,
    "timestamp-micros": _moment,
    "timestamp-nanos": _nanoseconds(_moment),
    "local-timestamp-millis": _LOCAL,
    "local-timestamp-micros": _LOCAL,
    "local-timestamp-nanos": _nanoseconds(_LOCAL),
}
"""From text, or of a decimal from a number, by the name of the logical type."""
