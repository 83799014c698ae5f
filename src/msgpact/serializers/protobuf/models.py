"""Protobuf documents as what a handler annotates: generated classes, dicts, dataclasses, TypedDicts and models.

Where a model has another type for a field than the document has, it gets what stands for the same: a datetime for a
Timestamp, a timedelta for a Duration, the value in a wrapper, the number of an enum; and where it demands a field that
is absent because it holds its default, the default.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from msgpact.annotations import is_plain_dict, members_of
from msgpact.serializers.building import adapter_of, in_words
from msgpact.serializers.protobuf.shapes import FieldShape, MessageShape
from msgpact.times import Timestamp

__all__ = ["built", "generated_in"]


def generated_in(into: object) -> Any:
    """The generated class that an annotation is, or is a union with; None where there is none."""
    return next((each.kind for each in members_of(into) if hasattr(each.kind, "FromString")), None)


def built(document: Any, shape: MessageShape, into: object) -> object:
    """What Pydantic makes of a document; raises as `built_from`."""
    if into in (Any, object, dict) or is_plain_dict(into):
        return document
    return in_words(lambda: _validated(document, shape, into))


def _validated(document: Any, shape: MessageShape, into: object) -> object:
    """What Pydantic makes of it, with what stands for the same where it complains; raises what Pydantic raises."""
    from pydantic import ValidationError

    adapter = adapter_of(into)
    while True:
        try:
            return adapter.validate_python(document)
        except ValidationError as error:
            if sum(_replaced(document, shape, each["loc"], each["type"]) for each in error.errors()) == 0:
                raise


def _replaced(document: Any, shape: MessageShape, where: tuple[int | str, ...], what: str) -> bool:
    """Put in a document, where Pydantic complained, what else stands for the same; whether there was anything."""
    at, inside = document, _plain(shape)
    around: FieldShape | None = None
    found: tuple[Any, Any, object] | None = None
    for key in where:
        holder = at
        if inside is not None:
            field = inside.fields.get(str(key))
            if field is None:
                break
            if field.name not in holder:
                return what == "missing" and _filled(holder, field)
            around = field if field.is_list or field.is_map else None
        elif around is not None:
            field = around.message.fields["value"] if around.is_map and around.message is not None else around
            around = None
        else:
            break
        try:
            at = holder[key]
        except (LookupError, TypeError):  # a name of Pydantic's for a member of a union
            break
        inside = _plain(field.message) if around is None else None
        if around is None and (other := _other(at, field)) is not None:
            found = holder, key, other[0]
    if found is None:
        return False
    holder, key, value = found
    holder[key] = value
    return True


def _plain(shape: MessageShape | None) -> MessageShape | None:
    """The shape, where documents hold the message as a dict of its fields."""
    return None if shape is None or shape.held is not None else shape


def _filled(holder: dict[str, Any], field: FieldShape) -> bool:
    if field.tracks_presence:
        return False
    holder[field.name] = type(field.default)(field.default)
    return True


def _other(value: Any, field: FieldShape) -> tuple[object] | None:
    """What else stands for a value; None where nothing does."""
    if field.enum is not None:
        return (field.enum.numbers[value],) if isinstance(value, str) else None
    made = _STANDS_FOR.get(field.message_name or "")
    if made is None or not isinstance(value, dict):
        return None
    try:
        return (made(value, field),)
    except OverflowError:  # years that Python does not have
        return None


def _moment(value: Mapping[str, Any]) -> datetime.datetime:
    """Of its own kind only where it has more than microseconds."""
    found = Timestamp.since_epoch(int(value.get("seconds", 0)) * 1_000_000_000 + int(value.get("nanos", 0)))
    return found if found.nanosecond else datetime.datetime.combine(found.date(), found.timetz())


def _length(value: Mapping[str, Any]) -> datetime.timedelta:
    return datetime.timedelta(seconds=value.get("seconds", 0), microseconds=int(value.get("nanos", 0) / 1000))


def _unwrapped(value: Mapping[str, Any], field: FieldShape) -> object:
    assert field.message is not None
    return value.get("value", field.message.fields["value"].default)


_STANDS_FOR: Mapping[str, Callable[[Mapping[str, Any], FieldShape], object]] = {
    "google.protobuf.Timestamp": lambda value, field: _moment(value),
    "google.protobuf.Duration": lambda value, field: _length(value),
    "google.protobuf.FieldMask": lambda value, field: value.get("paths", []),
    **{
        f"google.protobuf.{kind}Value": _unwrapped
        for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String")
    },
}
