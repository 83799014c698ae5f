"""A contract's example in Avro, written anew by a new schema."""

import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Any, cast

from msgpact.compatibility import avro, avro_schema
from msgpact.compatibility.avro_schema import Schema
from msgpact.compatibility.findings import Found, Severity
from msgpact.compatibility.rules import severity_of
from msgpact.compatibility.stated import states
from msgpact.compatibility.weighing import Rewritten, Unweighable, example_of
from msgpact.errors import UsageError
from msgpact.model import Contents
from msgpact.pactfile.bound import Bound
from msgpact.serializers.avro import Avro, json_encoding
from msgpact.serializers.avro.schema_types import MISSING, Field, Type
from msgpact.serializers.framed import RegisteredSchema
from msgpact.times import Duration, Timestamp

__all__ = ["rewritten"]

DEEPEST = 64
MOST_DIGITS = 1000


def rewritten(contents: Contents, old: RegisteredSchema, new: RegisteredSchema) -> Rewritten | None:
    """The example as the new schema would send it; None if its record is not one of the old schema's.

    Raises:
        Unweighable: it cannot be read, or the new schema cannot write it; a clause.
        UnreadablePact: the contract's own schema cannot be used.
    """
    bound = contents.serializer
    if not isinstance(bound, Bound) or bound.plugin_form.name != "avro":
        return None
    own = cast(Avro, bound.serializer)
    before, after = avro_schema.read(old), avro_schema.read(new)
    name = own.schema.name
    was = avro_schema.named_in(before).get(name)
    if was is None:
        return None
    successor = _successor(was, before, after)
    if successor is None:
        gone = Found("avro/name-mismatch", "$", f"The new schema has no {name}, and nothing with it as an alias.")
        return Rewritten(None, None, (gone,))
    example = example_of(contents, own)
    try:
        sender = Avro(new, record=successor.name) if successor is not after else Avro(new)
    except UsageError as error:
        raise Unweighable(str(error)) from None
    stated = avro_schema.parse(own.schema.text)
    own_type = avro_schema.named_in(stated)[name]
    resolved = avro.resolve(own_type, successor, "contract's", "new")
    grave = [each for each in resolved if severity_of(each.rule) is not Severity.NOTE]
    found = tuple(each for each in grave if states(example, each.path))
    try:
        written = sender.dump(_written(example, sender.schema.root, 0))
    except (ValueError, TypeError) as error:
        raise Unweighable(f"its example cannot be written by the new schema: {error}") from None
    return Rewritten(written, sender, found, is_unreadable=bool(grave))


def _successor(was: Schema, before: Schema, after: Schema) -> Schema | None:
    """What a type of the old schema is in the new one: of its name, with that as an alias, or in its place."""
    named = avro_schema.named_in(after)
    if was.name in named:
        return named[was.name]
    alias = next((each for each in named.values() if was.name in each.aliases), None)
    short = next((each for each in named.values() if each.short == was.short), None)
    return alias or short or (after if was is before and after.type == was.type else None)


# -- a value as a type of the new schema has it --------------------------------------------------------------------------


def _written(value: Any, kind: Type, depth: int) -> Any:
    """A value of the type that is as much the given one as can be."""
    if depth > DEEPEST:
        raise ValueError(f"it is more than {DEEPEST} levels deep")
    if kind.kind == "union":
        fits = [each for each in kind.branches if _is_like(value, each)]
        return _written(value, (fits or _not_null(kind))[0], depth + 1)
    if kind.kind == "record":
        given = value if isinstance(value, dict) else {}
        return {each.name: _of_field(given, each, depth) for each in kind.fields}
    if kind.kind == "array":
        return [_written(each, kind.branches[0], depth + 1) for each in (value if isinstance(value, list) else [])]
    if kind.kind == "map":
        given = value if isinstance(value, dict) else {}
        return {name: _written(each, kind.branches[0], depth + 1) for name, each in given.items()}
    if kind.kind == "enum":
        return value if value in kind.symbols else kind.default or kind.symbols[0]
    if kind.logical is not None:
        return _LOGICAL[kind.logical.name](value, kind)
    return _PLAIN[kind.kind](value, kind)


def _not_null(kind: Type) -> list[Type]:
    return sorted(kind.branches, key=lambda each: each.kind == "null")


def _of_field(given: dict[str, Any], field: Field, depth: int) -> Any:
    name = next((each for each in (field.name, *field.aliases) if each in given), None)
    if name is not None:
        return _written(given[name], field.type, depth + 1)
    if field.default is not MISSING:
        return json_encoding.native(field.type, field.default, tagged=False)
    return _written(None, field.type, depth + 1)


def _is_like(value: Any, kind: Type) -> bool:
    if kind.logical is not None:
        return isinstance(value, _CLASSES[kind.logical.name])
    if kind.kind == "enum":
        return isinstance(value, str) and value in kind.symbols
    if kind.kind in ("int", "long"):
        return _plain_whole(value, kind) == value and type(value) is int
    return type(value) in _KINDS[kind.kind]


_KINDS: dict[str, tuple[type, ...]] = {
    "null": (type(None),), "boolean": (bool,), "float": (float, int), "double": (float, int), "bytes": (bytes,),
    "fixed": (bytes,), "string": (str,), "array": (list,), "map": (dict,), "record": (dict,),
}  # fmt: skip


def _plain_whole(value: Any, kind: Type) -> int:
    limit = 2**31 if kind.kind == "int" else 2**63
    number = int(value) if isinstance(value, int | float | decimal.Decimal) and value == value else 0  # noqa: PLR0124  (not NaN)
    return max(-limit, min(limit - 1, number))


def _plain_float(value: Any, kind: Type) -> float:  # noqa: ARG001  (one signature for the table)
    return float(value) if isinstance(value, int | float | decimal.Decimal) else 0.0


def _plain_text(value: Any, kind: Type) -> str:  # noqa: ARG001  (as above)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _plain_bytes(value: Any, kind: Type) -> bytes:
    given = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else b""
    return given[: kind.size].ljust(kind.size, b"\0") if kind.kind == "fixed" else given


_PLAIN: dict[str, Callable[[Any, Type], Any]] = {
    "null": lambda value, kind: None,
    "boolean": lambda value, kind: value if isinstance(value, bool) else False,
    "int": _plain_whole,
    "long": _plain_whole,
    "float": _plain_float,
    "double": _plain_float,
    "string": _plain_text,
    "bytes": _plain_bytes,
    "fixed": _plain_bytes,
}


def _decimal(value: Any, kind: Type) -> decimal.Decimal:
    assert kind.logical is not None
    given = decimal.Decimal(value) if isinstance(value, int | decimal.Decimal) else decimal.Decimal(0)
    if kind.logical.name == "big-decimal":
        return given
    context = decimal.Context(prec=min(kind.logical.precision, MOST_DIGITS), traps=[])
    rounded = given.quantize(decimal.Decimal(1).scaleb(-kind.logical.scale, context), context=context)
    return rounded if rounded.is_finite() else decimal.Decimal(0)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def _moment(value: Any, kind: Type) -> datetime.datetime:
    """An instant or a local time, cut to what the type holds."""
    assert kind.logical is not None
    is_local = kind.logical.name.startswith("local-")
    given = value if isinstance(value, datetime.datetime) else _EPOCH
    if (given.tzinfo is None) != is_local:
        given = given.replace(tzinfo=None if is_local else datetime.UTC)
    if kind.logical.name.endswith("-nanos"):
        return given
    plain = Timestamp.of(given, 0)
    return (
        plain.replace(microsecond=given.microsecond // 1000 * 1000) if kind.logical.name.endswith("-millis") else plain
    )


def _time(value: Any, kind: Type) -> datetime.time:
    assert kind.logical is not None
    given = value if isinstance(value, datetime.time) else datetime.time()
    return given.replace(microsecond=given.microsecond // 1000 * 1000) if kind.logical.name == "time-millis" else given


_MOMENTS = [f"{local}timestamp-{unit}" for local in ("", "local-") for unit in ("millis", "micros", "nanos")]
_CLASSES: dict[str, type] = {
    **dict.fromkeys(_MOMENTS, datetime.datetime),
    "date": datetime.date,
    "time-millis": datetime.time,
    "time-micros": datetime.time,
    "decimal": decimal.Decimal,
    "big-decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "duration": Duration,
}
_LOGICAL: dict[str, Callable[[Any, Type], Any]] = {
    **dict.fromkeys(_MOMENTS, _moment),
    "date": lambda value, kind: (
        value.date()
        if isinstance(value, datetime.datetime)
        else value
        if isinstance(value, datetime.date)
        else _EPOCH.date()
    ),
    "time-millis": _time,
    "time-micros": _time,
    "decimal": _decimal,
    "big-decimal": _decimal,
    "uuid": lambda value, kind: value if isinstance(value, uuid.UUID) else uuid.UUID(int=0),
    "duration": lambda value, kind: value if isinstance(value, Duration) else Duration(0, 0, 0),
}
"""By logical type; a value of another type becomes the first one there is."""
