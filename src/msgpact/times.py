"""Times that Python's own types cannot hold: instants to the nanosecond, and Avro's durations."""

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self, SupportsIndex

if TYPE_CHECKING:
    # 190 ms; only models that hold a Timestamp need it.
    from pydantic_core import CoreSchema

__all__ = ["Duration", "Timestamp"]

_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001  (the local one is made of it too)
_SECOND = 1_000_000_000


class Duration(NamedTuple):
    """Avro's duration: three amounts, each from 0 to 4,294,967,295, that are never turned into one another."""

    months: int
    days: int
    millis: int


class Timestamp(datetime.datetime):
    """A datetime, aware or not, with up to 999 nanoseconds beyond its microseconds.

    One without such nanoseconds is equal to the plain datetime, and has its hash. Adding a timedelta, `replace` and
    `astimezone` keep the nanoseconds; the difference of two is a timedelta, which cannot hold any.
    """

    __slots__ = ("_nanosecond",)
    _nanosecond: int

    def __new__(cls, *args: Any, nanosecond: int = 0, **more: Any) -> Self:
        """As a datetime; *nanosecond* is from 0 to 999."""
        if not 0 <= nanosecond <= 999:
            raise ValueError(f"nanosecond must be in 0..999, not {nanosecond!r}")
        made = super().__new__(cls, *args, **more)
        made._nanosecond = nanosecond
        return made

    @classmethod
    def of(cls, moment: datetime.datetime, nanosecond: int | None = None) -> Self:
        """A datetime with nanoseconds; with None those that it has."""
        if nanosecond is None:
            nanosecond = getattr(moment, "nanosecond", 0)
        day, time = (moment.year, moment.month, moment.day), (moment.hour, moment.minute, moment.second)
        return cls(*day, *time, moment.microsecond, moment.tzinfo, fold=moment.fold, nanosecond=nanosecond)

    @classmethod
    def since_epoch(cls, nanoseconds: int, tz: datetime.tzinfo | None = datetime.UTC) -> Self:
        """The instant so many nanoseconds after 1970 began; with None as a local time.

        Raises:
            OverflowError: it is before the year 1 or after 9999.
        """
        microseconds, nanosecond = divmod(nanoseconds, 1000)
        moment = _EPOCH.replace(tzinfo=tz and datetime.UTC) + datetime.timedelta(microseconds=microseconds)
        return cls.of(moment.astimezone(tz) if tz else moment, nanosecond)

    @property
    def nanosecond(self) -> int:
        """Nanoseconds beyond the microseconds: 0 to 999."""
        return getattr(self, "_nanosecond", 0)

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds since 1970 began; of a local time as it is written."""
        since = self._plain.replace(tzinfo=None) - (self.utcoffset() or datetime.timedelta()) - _EPOCH
        return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds * 1000 + self.nanosecond

    @property
    def _plain(self) -> datetime.datetime:
        return datetime.datetime.combine(self.date(), self.timetz())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, datetime.datetime):
            return NotImplemented
        return super().__eq__(other) and self.nanosecond == getattr(other, "nanosecond", 0)

    def __ne__(self, other: object) -> bool:
        return not self == other  # datetime has one of its own, which would not count nanoseconds

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanosecond)) if self.nanosecond else super().__hash__()

    def __lt__(self, other: datetime.date) -> bool:
        if not isinstance(other, datetime.datetime):
            return NotImplemented
        if super().__eq__(other):
            return self.nanosecond < getattr(other, "nanosecond", 0)
        return super().__lt__(other)

    def __le__(self, other: datetime.date) -> bool:
        return self == other or self < other

    def __gt__(self, other: datetime.date) -> bool:
        return not self <= other

    def __ge__(self, other: datetime.date) -> bool:
        return not self < other

    def __add__(self, other: datetime.timedelta) -> Self:
        moved = self._plain + other
        return type(self).of(moved, self.nanosecond)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, datetime.timedelta):
            return self + -other
        return self._plain - (other._plain if isinstance(other, Timestamp) else other)

    def replace(self, *args: Any, nanosecond: int | None = None, **more: Any) -> Self:
        """As of a datetime; nanoseconds stay unless they are given."""
        return type(self).of(self._plain.replace(*args, **more), self.nanosecond if nanosecond is None else nanosecond)

    def astimezone(self, tz: datetime.tzinfo | None = None) -> Self:
        return type(self).of(self._plain.astimezone(tz), self.nanosecond)

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """With nine digits after the point where there are nanoseconds, unless *timespec* says otherwise."""
        if not self.nanosecond or timespec not in ("auto", "nanoseconds"):
            return self._plain.isoformat(sep, timespec)
        whole = self._plain.replace(tzinfo=None).isoformat(sep, "microseconds")
        offset = self._plain.isoformat(sep, "microseconds")[len(whole) :]
        return f"{whole}{self.nanosecond:03}{offset}"

    def __str__(self) -> str:
        return self.isoformat(" ")

    def __repr__(self) -> str:
        plain = repr(self._plain).removeprefix("datetime.datetime(").removesuffix(")")
        return f"Timestamp({plain}{f', nanosecond={self.nanosecond}' if self.nanosecond else ''})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return type(self).of, (self._plain, self.nanosecond)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> "CoreSchema":
        """A model's field of this type takes any datetime; text in JSON as a datetime takes it, to the microsecond."""
        from pydantic_core import core_schema

        other = core_schema.no_info_after_validator_function(cls.of, core_schema.datetime_schema())
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), other],
            mode="left_to_right",
            serialization=core_schema.plain_serializer_function_ser_schema(_in_json, when_used="json"),
        )


def _in_json(value: Timestamp) -> str:
    """As Pydantic writes datetimes, which is with Z."""
    return value.isoformat().replace("+00:00", "Z")
