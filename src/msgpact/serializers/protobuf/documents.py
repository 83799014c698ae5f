"""Protobuf messages as documents: dicts of the fields that are present, by the `.proto`'s names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgpact.serializers.protobuf.pools import google
from msgpact.serializers.protobuf.shapes import FieldShape, MessageShape

__all__ = ["Unknown", "reader_of", "unknown_in"]

Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field that the schema does not know, or of which it knows another wire type or enum.

    Attributes:
        path: Of the message that it is in, as mismatches name it: `$`, `$.lines[1]`.
        wire: How it is written: `varint`, `fixed64`, `len`, `group` or `fixed32`.
    """

    path: str
    number: int
    wire: str


# -- documents -------------------------------------------------------------------------------------------------------


def reader_of(shape: MessageShape, known: Mapping[str, MessageShape]) -> Read:
    """What makes the document of a message of that shape.

    `ListFields` gives what is present in one call; a table says what is to be done with each field. Code generated of
    attributes was 1.6 times as fast with all of 20 fields set, but asks for each field, and schemas have more than are set.
    """
    tables: dict[str, dict[Any, tuple[str, Read | None]]] = {name: {} for name in known}
    reads = {name: _HELD.get(each.held or "") or _fields(tables[name]) for name, each in known.items()}
    for name, each in known.items():
        descriptor = each.descriptor
        given = [*descriptor.fields, *descriptor.file.pool.FindAllExtensions(descriptor)]
        tables[name].update(
            (one, (each.by_number[one.number].name, _value(each.by_number[one.number], reads))) for one in given
        )
    return reads[shape.name]


def _fields(table: Mapping[Any, tuple[str, Read | None]]) -> Read:
    def read(message: Any) -> dict[str, object]:
        document = {}
        for field, value in message.ListFields():
            name, convert = table[field]
            document[name] = value if convert is None else convert(value)
        return document

    return read


def _value(field: FieldShape, reads: Mapping[str, Read]) -> Read | None:
    """What is done with the value of a field; None where it is one already."""
    if field.is_map:
        return _entries(field, reads)
    single = _single(field, reads)
    if not field.is_list:
        return single
    return list if single is None else lambda values: [single(each) for each in values]


def _single(field: FieldShape, reads: Mapping[str, Read]) -> Read | None:
    if field.message_name is not None:
        return reads[field.message_name]
    if field.enum is not None:
        names = field.enum.names
        return lambda number: names.get(number, number)
    return None


def _entries(field: FieldShape, reads: Mapping[str, Read]) -> Read:
    """Entries stand in no order; here in that of their keys' text, so that equal messages make equal text."""
    assert field.message is not None
    key, convert = field.message.fields["key"].kind, _single(field.message.fields["value"], reads) or _itself
    if key == "string":
        return lambda entries: {each: convert(entries[each]) for each in sorted(entries)}
    text: Callable[[Any], str] = _TRUTH.__getitem__ if key == "bool" else str
    return lambda entries: {text(each): convert(entries[each]) for each in sorted(entries, key=text)}


_TRUTH = {False: "false", True: "true"}


def _itself(value: Any) -> Any:
    return value


def _struct(message: Any) -> dict[str, object]:
    fields = message.fields
    return {name: _json(fields[name]) for name in sorted(fields)}


def _list(message: Any) -> list[object]:
    return [_json(value) for value in message.values]


def _json(message: Any) -> object:
    """What a google.protobuf.Value holds; one of no kind is null too, as in google.protobuf's own JSON."""
    kind = message.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    value = getattr(message, kind)
    return _struct(value) if kind == "struct_value" else _list(value) if kind == "list_value" else value


_HELD: Mapping[str, Read] = {"struct": _struct, "value": _json, "list": _list, "bytes": lambda message: message.value}


# -- unknown fields --------------------------------------------------------------------------------------------------


def unknown_in(message: Any, shape: MessageShape, path: str = "$") -> Iterator[Unknown]:
    """The unknown fields of a message and of all below it."""
    fields = google("unknown_fields")
    for each in fields.UnknownFieldSet(message):
        yield Unknown(path, each.field_number, _WIRES[each.wire_type])
    for given, value in message.ListFields():
        field = shape.by_number[given.number]
        if field.message is None:
            continue
        below = f"{path}.{field.name}"
        if field.is_map:
            inner = field.message.fields["value"].message
            if inner is not None:
                for key, item in value.items():
                    text = _TRUTH[key] if isinstance(key, bool) else str(key)
                    yield from unknown_in(item, inner, f"{below}[{text!r}]")
        elif field.is_list:
            for index, item in enumerate(value):
                yield from unknown_in(item, field.message, f"{below}[{index}]")
        else:
            yield from unknown_in(value, field.message, below)


_WIRES = {0: "varint", 1: "fixed64", 2: "len", 3: "group", 5: "fixed32"}
