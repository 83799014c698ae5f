"""Avro's logical types: what a native value is on the wire, and back.

A definition that is not valid (on the wrong type, a scale over its precision) is ignored, as the specification asks.
"""

import datetime
import math
import struct
import uuid
from collections.abc import Callable, Mapping
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any, NamedTuple

from msgpact.serializers.varints import read_signed, signed
from msgpact.times import Duration, Timestamp

__all__ = ["LOGICAL", "MOST_DIGITS", "Logical", "LogicalType", "logical_of"]


class Logical(NamedTuple):
    """A logical type as a schema states it; precision and scale only of decimals."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})" if self.name == "decimal" else self.name


class LogicalType(NamedTuple):
    """A row: how a raw value is read and written, both of which raise ValueError, TypeError or OverflowError.

    The signature of *read* is that of fastavro's logical readers; its second argument holds the precision and the scale.
    """

    read: Callable[..., Any]
    write: Callable[[Any, Logical], Any]
    native: type | tuple[type, ...]
    """What is written by it; anything else is written as the plain type."""


def logical_of(kind: str, stated: Mapping[str, Any], size: int = 0) -> Logical | None:
    """The valid logical type that a schema states for a type; None where there is none."""
    name = stated.get("logicalType")
    if not isinstance(name, str) or (kind, name) not in LOGICAL:
        return None
    if kind == "fixed" and size != _SIZES.get(name, size):
        return None
    if name != "decimal":
        return Logical(name)
    precision, scale = stated.get("precision"), stated.get("scale", 0)
    if type(precision) is not int or type(scale) is not int or not 0 <= scale <= precision or precision < 1:
        return None
    if kind == "fixed" and precision > math.floor(math.log10(2) * (8 * size - 1)):
        return None
    return Logical(name, precision, scale)


_SIZES = {"duration": 12, "uuid": 16}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_LOCAL_EPOCH = _EPOCH.replace(tzinfo=None)
_DAY_0 = _LOCAL_EPOCH.toordinal()
_MILLI, _MICRO = datetime.timedelta(milliseconds=1), datetime.timedelta(microseconds=1)
_DAY = 86_400
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

MOST_DIGITS = 10_000
"""Digits of a decimal, and bytes of a big-decimal, that are read: converting them takes time that grows faster than they do."""


def _read_decimal(data: bytes, stated: Mapping[str, Any], _reader: object = None) -> Decimal:
    if not data:
        raise ValueError("there are no bytes, not even those of 0")
    unscaled = int.from_bytes(data, "big", signed=True)
    if len(data) > stated["bytes"] or abs(unscaled) >= stated["bound"]:
        raise ValueError(f"it has more than the {stated['precision']} digits of its type")
    return Decimal(unscaled).scaleb(-stated["scale"], _EXACT)


def _write_decimal(value: Decimal | int, logical: Logical) -> bytes:
    unscaled = _unscaled(Decimal(value), logical.scale)
    if abs(unscaled) >= 10 ** min(logical.precision, MOST_DIGITS):
        raise ValueError(f"it has more than the {logical.precision} digits of its type")
    return _signed(unscaled)


def _unscaled(value: Decimal, scale: int) -> int:
    if not value.is_finite():
        raise ValueError("it is not finite")
    if value.adjusted() > MOST_DIGITS:
        raise ValueError("it has too many digits")
    shifted = value.scaleb(scale, _EXACT)
    if shifted != shifted.to_integral_value(context=_EXACT):
        raise ValueError(f"it has more than the {scale} digits after the point of its type")
    return int(shifted)


def _signed(number: int) -> bytes:
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def _read_big_decimal(data: bytes, _stated: object = None, _reader: object = None) -> Decimal:
    """Two Avro values within the bytes: the unscaled number as bytes, and the scale as an int."""
    size, at = read_signed(data, 0)
    if not 0 < size <= min(len(data) - at, MOST_DIGITS):
        raise ValueError("its digits have no proper length")
    scale, end = read_signed(data, at + size)
    if end != len(data) or not -MOST_DIGITS <= scale <= MOST_DIGITS:
        raise ValueError("it has no proper scale")
    return Decimal(int.from_bytes(data[at : at + size], "big", signed=True)).scaleb(-scale, _EXACT)


def _write_big_decimal(value: Decimal, _logical: Logical) -> bytes:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MOST_DIGITS:
        raise ValueError("it is not finite, or has too many digits")
    digits = _signed(int(value.scaleb(-exponent, _EXACT)))
    return signed(len(digits)) + digits + signed(-exponent)


def _read_uuid(data: str, _stated: object = None, _reader: object = None) -> uuid.UUID:
    found = uuid.UUID(data)
    if len(data) != 36:  # Python reads braces, URNs and no hyphens too
        raise ValueError("it is not in the form of RFC 4122")
    return found


def _read_uuid_bytes(data: bytes, _stated: object = None, _reader: object = None) -> uuid.UUID:
    return uuid.UUID(bytes=data)


def _read_date(data: int, _stated: object = None, _reader: object = None) -> datetime.date:
    return datetime.date.fromordinal(data + _DAY_0)


def _read_time_millis(data: int, _stated: object = None, _reader: object = None) -> datetime.time:
    return _read_time_micros(data * 1000)


def _read_time_micros(data: int, _stated: object = None, _reader: object = None) -> datetime.time:
    seconds, micros = divmod(data, 1_000_000)
    if not 0 <= seconds < _DAY:
        raise ValueError("it is not within a day")
    return datetime.time(seconds // 3600, seconds // 60 % 60, seconds % 60, micros)


def _micros_of(value: datetime.time) -> int:
    if value.tzinfo is not None:
        raise ValueError("it has a time zone")
    return (value.hour * 3600 + value.minute * 60 + value.second) * 1_000_000 + value.microsecond


_NEAR = 2**32
"""Seconds, as far as a float tells every microsecond. Up to there `fromtimestamp` is exact, and takes half the time."""
_FROM, _UTC = datetime.datetime.fromtimestamp, datetime.UTC


def _read_millis(data: int, _stated: object = None, _reader: object = None) -> datetime.datetime:
    if 0 <= data < _NEAR * 1000:
        return _FROM(data / 1000, _UTC)
    return _EPOCH + datetime.timedelta(0, 0, 0, data)


def _read_micros(data: int, _stated: object = None, _reader: object = None) -> datetime.datetime:
    if 0 <= data < _NEAR * 1_000_000:
        return _FROM(data / 1_000_000, _UTC)
    return _EPOCH + datetime.timedelta(0, 0, data)


def _read_nanos(data: int, _stated: object = None, _reader: object = None) -> Timestamp:
    return Timestamp.since_epoch(data)


def _read_local_millis(data: int, _stated: object = None, _reader: object = None) -> datetime.datetime:
    return _LOCAL_EPOCH + datetime.timedelta(0, 0, 0, data)


def _read_local_micros(data: int, _stated: object = None, _reader: object = None) -> datetime.datetime:
    return _LOCAL_EPOCH + datetime.timedelta(0, 0, data)


def _read_local_nanos(data: int, _stated: object = None, _reader: object = None) -> Timestamp:
    return Timestamp.since_epoch(data, None)


def _instant(unit: datetime.timedelta | None) -> Callable[[datetime.datetime, Logical], int]:
    """Rounded down, as every Avro writer does; without a unit in nanoseconds."""

    def write(value: datetime.datetime, _logical: Logical) -> int:
        if value.tzinfo is None:
            raise ValueError("it has no time zone")
        return Timestamp.of(value).nanoseconds if unit is None else (value - _EPOCH) // unit

    return write


def _local(unit: datetime.timedelta | None) -> Callable[[datetime.datetime, Logical], int]:
    def write(value: datetime.datetime, _logical: Logical) -> int:
        if value.tzinfo is not None:
            raise ValueError("it has a time zone")
        return Timestamp.of(value).nanoseconds if unit is None else (value - _LOCAL_EPOCH) // unit

    return write


_DURATION = struct.Struct("<III")


def _read_duration(data: bytes, _stated: object = None, _reader: object = None) -> Duration:
    return Duration(*_DURATION.unpack(data))


def _write_duration(value: Duration, _logical: Logical) -> bytes:
    try:
        return _DURATION.pack(*value)
    except struct.error:
        raise ValueError("its parts must be from 0 to 4294967295") from None


def _write_date(value: datetime.date, _logical: Logical) -> int:
    if isinstance(value, datetime.datetime):
        raise TypeError("it is a datetime")
    return value.toordinal() - _DAY_0


_DECIMAL = LogicalType(_read_decimal, _write_decimal, (Decimal, int))

LOGICAL: dict[tuple[str, str], LogicalType] = {
    ("bytes", "decimal"): _DECIMAL,
    ("fixed", "decimal"): _DECIMAL,
    ("bytes", "big-decimal"): LogicalType(_read_big_decimal, _write_big_decimal, Decimal),
    ("string", "uuid"): LogicalType(_read_uuid, lambda value, _: str(value), uuid.UUID),
    ("fixed", "uuid"): LogicalType(_read_uuid_bytes, lambda value, _: value.bytes, uuid.UUID),
    ("int", "date"): LogicalType(_read_date, _write_date, datetime.date),
    ("int", "time-millis"): LogicalType(_read_time_millis, lambda value, _: _micros_of(value) // 1000, datetime.time),
    ("long", "time-micros"): LogicalType(_read_time_micros, lambda value, _: _micros_of(value), datetime.time),
    ("long", "timestamp-millis"): LogicalType(_read_millis, _instant(_MILLI), datetime.datetime),
    ("long", "timestamp-micros"): LogicalType(_read_micros, _instant(_MICRO), datetime.datetime),
    ("long", "timestamp-nanos"): LogicalType(_read_nanos, _instant(None), datetime.datetime),
    ("long", "local-timestamp-millis"): LogicalType(_read_local_millis, _local(_MILLI), datetime.datetime),
    ("long", "local-timestamp-micros"): LogicalType(_read_local_micros, _local(_MICRO), datetime.datetime),
    ("long", "local-timestamp-nanos"): LogicalType(_read_local_nanos, _local(None), datetime.datetime),
    ("fixed", "duration"): LogicalType(_read_duration, _write_duration, (Duration, tuple)),
}
"""By the plain type and the name."""
