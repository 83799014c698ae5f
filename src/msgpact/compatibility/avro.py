"""Whether one Avro schema reads what another wrote, by the rules of schema resolution, and what it would read wrongly.

https://avro.apache.org/docs/1.12.0/specification/#schema-resolution

Apache Avro's own checkers answer the same, but name no place within unions, take aliases of named types for unknown (Python) and
see no logical types; the tests hold this one against Apache's for Python.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgpact.compatibility import pairs
from msgpact.compatibility.avro_schema import NAMED, Field, Schema
from msgpact.compatibility.findings import Direction, Found, Mode
from msgpact.compatibility.pairs import Need, Pair, Remark
from msgpact.errors import shown
from msgpact.serializers.avro.logical import Logical
from msgpact.serializers.avro.schema_types import MISSING

__all__ = ["compare", "resolve"]

_READERS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
"""Which other types read a primitive one."""


def compare(old: Schema, new: Schema, mode: Mode) -> Iterator[tuple[Direction, Found]]:
    """What is found in the directions that *mode* asks for.

    Raises:
        SchemaError: the schemas are too large to be compared; a clause.
    """
    for direction in mode.directions:
        reader, writer = (new, old) if direction is Direction.BACKWARD else (old, new)
        words = _Words("new", "old") if direction is Direction.BACKWARD else _Words("old", "new")
        for each in resolve(reader, writer, *words):
            # What a reader fills in has changed with the reader, not with the writer.
            if direction is Direction.BACKWARD or each.rule != "avro/default-changed":
                yield direction, each


def resolve(reader: Schema, writer: Schema, reader_name: str, writer_name: str) -> Iterator[Found]:
    """What is found where *reader* reads what *writer* wrote; the names are theirs in sentences. Raises as `compare`."""
    words = _Words(reader_name, writer_name)
    return pairs.resolve(
        (reader, writer),
        lambda reader, writer: _needs(reader, writer, words),
        lambda reader, writer: _remarks(reader, writer, words),
    )


class _Words(NamedTuple):
    """The names of the two sides in sentences: the new schema reads what the old one wrote, or the other way round."""

    reader: str
    writer: str


# -- what a pair needs -------------------------------------------------------------------------------------------------


def _needs(reader: Schema, writer: Schema, words: _Words) -> Iterator[Need[Schema]]:
    if writer.type == "union":
        for branch in writer.branches:
            yield Need((), [(reader, branch)])
    elif reader.type == "union":
        listed = [(branch, writer) for branch in _candidates(reader, writer)]
        if len(listed) == 1 and listed[0][0].type == writer.type:
            yield Need((), listed)  # where it can be but one branch, that says why it is not
        else:
            why = f"The {words.writer} schema may write {writer}, which is in no branch of the {words.reader} union {reader}."
            yield Need((), listed, "avro/union-branch-not-in-reader", why)
    elif reader.type != writer.type:
        if reader.type not in _READERS.get(writer.type, ()):
            why = f"The {words.writer} schema writes {writer}, which {reader} in the {words.reader} one does not read."
            yield Need((), (), "avro/type-mismatch", why)
    elif reader.type in ("array", "map"):
        assert reader.inner is not None
        assert writer.inner is not None
        yield Need(("[*]" if reader.type == "array" else ".*",), [(reader.inner, writer.inner)])
    elif reader.type in NAMED:
        yield from _needs_of_named(reader, writer, words)


def _needs_of_named(reader: Schema, writer: Schema, words: _Words) -> Iterator[Need[Schema]]:
    if not _same_name(reader, writer):
        why = (
            f"The {words.writer} schema calls it {writer.name}, the {words.reader} one {reader.name}, without an alias."
        )
        yield Need((), (), "avro/name-mismatch", why)
        return
    if reader.type == "fixed" and reader.size != writer.size:
        why = f"It has {writer.size} bytes in the {words.writer} schema and {reader.size} in the {words.reader} one."
        yield Need((), (), "avro/fixed-size-mismatch", why)
    elif reader.type == "enum" and reader.default is None:
        if unknown := _unknown(reader, writer):
            why = f"The {words.reader} enum {reader.name} has no {_listed(unknown)}, and no default for it."
            yield Need((), (), "avro/enum-symbol-unknown", why)
    elif reader.type == "record":
        for field in reader.fields.values():
            yield _need_of_field(field, writer, words)


def _need_of_field(field: Field, writer: Schema, words: _Words) -> Need[Schema]:
    path = (f".{field.name}",)
    written = _written(field, writer)
    if written is not None:
        return Need(path, [(field.schema, written.schema)])
    if field.default is MISSING:
        why = f"The {words.reader} schema asks for {field.name}, which {words.writer} messages lack, and has no default for it."
        return Need(path, (), "avro/reader-field-without-default", why)
    if not _fits(field.schema, field.default, {}, 0):
        filled = f"{words.writer.capitalize()} messages lack {field.name}, and {shown(field.default, 80)} is no {field.schema}"
        why = f"{filled}: the {words.reader} schema's default cannot be used."
        return Need(path, (), "avro/reader-field-default-invalid", why)
    return Need(path, [_EMPTY])


_EMPTY: Pair[Schema] = (Schema("null"), Schema("null"))
"""A pair that is compatible: the need of a field that is filled by its default."""


def _written(field: Field, writer: Schema) -> Field | None:
    """The writer's field that a reader's one is read from."""
    return next((writer.fields[name] for name in (field.name, *field.aliases) if name in writer.fields), None)


def _same_name(reader: Schema, writer: Schema) -> bool:
    # Unqualified, as the specification says, except for aliases, which are full names.
    return reader.short == writer.short or writer.name in reader.aliases


def _candidates(union: Schema, writer: Schema) -> list[Schema]:
    """The branches that may read what *writer* wrote, the best first: its own type, then what it is promoted to."""
    if writer.type in NAMED:
        keys = [(writer.type, writer.short), (writer.type, f"alias {writer.name}")]
        return sorted(
            (each for key in keys for each in union.index.get(key, ())), key=lambda each: each.name != writer.name
        )
    readers = (writer.type, *_READERS.get(writer.type, ()))
    return [each for reader in readers for each in union.index.get((reader, ""), ())]


def _unknown(reader: Schema, writer: Schema) -> list[str]:
    return [each for each in writer.symbols if each not in reader.symbols]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


_RANGES = {"int": 2**31, "long": 2**63}


def _fits(schema: Schema, value: object, seen: dict[tuple[int, int], bool], depth: int) -> bool:
    """Whether a default is one of its type; what is deeper than any default that people write counts as one."""
    if depth > 60:
        return True
    key = (id(schema), id(value))
    if key not in seen:
        seen[key] = True
        seen[key] = _is_of_type(schema, value, seen, depth)
    return seen[key]


def _is_of_type(schema: Schema, value: object, seen: dict[tuple[int, int], bool], depth: int) -> bool:
    match schema.type:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "int" | "long":
            limit = _RANGES[schema.type]
            return type(value) is int and -limit <= value < limit
        case "float" | "double":
            return type(value) in (int, float) or value in ("NaN", "Infinity", "-Infinity")
        case "string":
            return isinstance(value, str)
        case "bytes" | "fixed":
            is_bytes = isinstance(value, str) and all(ord(each) < 256 for each in value)
            return is_bytes and (schema.type == "bytes" or len(str(value)) == schema.size)
        case "enum":
            return isinstance(value, str) and value in schema.symbols
        case "union":
            return any(_fits(each, value, seen, depth + 1) for each in schema.branches)
        case "record":
            return isinstance(value, dict) and all(
                _fits(each.schema, value[name], seen, depth + 1) if name in value else each.default is not MISSING
                for name, each in schema.fields.items()
            )
        case _:
            assert schema.inner is not None
            inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
            is_one = isinstance(value, list if schema.type == "array" else dict)
            return is_one and all(_fits(schema.inner, each, seen, depth + 1) for each in inner)


# -- what is said ------------------------------------------------------------------------------------------------------


def _remarks(reader: Schema, writer: Schema, words: _Words) -> Iterator[Remark]:
    """What is read, but not as it was written, and what is worth knowing."""
    if "union" in (reader.type, writer.type):
        return
    if reader.logical != writer.logical and (rule := _rule_of_logical(reader.logical, writer.logical)):
        was, now = writer.logical or f"plain {writer.type}", reader.logical or f"plain {reader.type}"
        yield rule, f"The {words.writer} schema writes {was}, the {words.reader} one reads it as {now}.", ()
    if (writer.type, reader.type) in _LOSSY:
        yield "avro/promotion-inexact", f"A large {writer.type} is rounded where it is read as {reader.type}.", ()
    if reader.type == writer.type == "enum" and reader.default is not None and (unknown := _unknown(reader, writer)):
        why = f"{_listed(unknown)} of the {words.writer} enum {writer.name} is read as the default {reader.default}."
        yield "avro/enum-default-used", why, ()
    if reader.type == writer.type == "record":
        for field in reader.fields.values():
            yield from _remarks_on_field(field, _written(field, writer), words)


_LOSSY = {("int", "float"), ("long", "float"), ("long", "double")}


def _remarks_on_field(field: Field, written: Field | None, words: _Words) -> Iterator[Remark]:
    path = (f".{field.name}",)
    if written is None:
        if field.default is not MISSING and _fits(field.schema, field.default, {}, 0):
            why = f"{words.writer.capitalize()} messages lack {field.name}: it is read as the default {shown(field.default, 80)}."
            yield "avro/field-default-used", why, path
    elif type(field.default) is not type(written.default) or field.default != written.default:
        was, now = (shown(each, 60) for each in (written.default, field.default))
        why = f"The {words.writer} schema has {was} as default, the {words.reader} one {now}."
        yield "avro/default-changed", why, path


_UNITS = ("-millis", "-micros", "-nanos")


def _rule_of_logical(reader: Logical | None, writer: Logical | None) -> str | None:
    names = {each.name if each else "" for each in (reader, writer)}
    if names == {"decimal"}:
        assert reader is not None
        assert writer is not None
        if reader.scale != writer.scale:
            return "avro/decimal-scale-changed"
        return "avro/decimal-precision-reduced" if reader.precision < writer.precision else None
    if names == {"uuid", ""}:
        return "avro/uuid-changed"
    families = {each.rpartition("-")[0] for each in names if each.endswith(_UNITS)}
    if len(families) == 1 and all(each.endswith(_UNITS) for each in names):
        return "avro/time-unit-changed" if families == {"time"} else "avro/timestamp-unit-changed"
    return "avro/logical-type-changed"
