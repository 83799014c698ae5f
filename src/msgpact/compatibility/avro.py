"""Whether one Avro schema reads what another wrote, by the rules of schema resolution, and what it would read wrongly.

https://avro.apache.org/docs/1.12.0/specification/#schema-resolution

Pairs of a reader's and a writer's type are compared, each once. A pair fails if one of its needs does; types may hold
themselves, so failures are propagated backwards until nothing changes, and what then has not failed is compatible.
Apache Avro's own checkers answer the same, but name no place within unions, take aliases of named types for unknown (Python) and
see no logical types; the tests hold this one against Apache's for Python.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgpact.compatibility.avro_schema import ABSENT, NAMED, Field, Logical, Schema
from msgpact.compatibility.findings import Direction, Found, Mode, SchemaError
from msgpact.errors import shown

__all__ = ["compare", "resolve"]

MOST_NEEDS = 300_000
"""A schema of a thousand types gives a few thousand; one made to multiply types of one name gives millions."""

_READERS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
"""Which other types read a primitive one."""

Path = tuple[str, ...]
Pair = tuple[Schema, Schema]


class _Need(NamedTuple):
    """What a pair needs: that one of the pairs *of* is compatible. Else *rule* is broken, or what the only one breaks."""

    path: Path
    of: Sequence[Pair]
    rule: str = ""
    why: str = ""


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
    needs = _explored((reader, writer), words)
    yield from _reported((reader, writer), needs, _failures(needs), words)


class _Words(NamedTuple):
    """The names of the two sides in sentences: the new schema reads what the old one wrote, or the other way round."""

    reader: str
    writer: str


def _explored(root: Pair, words: _Words) -> dict[Pair, list[_Need]]:
    needs: dict[Pair, list[_Need]] = {}
    waiting = [root]
    budget = MOST_NEEDS
    while waiting:
        pair = waiting.pop()
        if pair in needs:
            continue
        needs[pair] = []
        for need in _needs(*pair, words):
            needs[pair].append(need)
            waiting.extend(need.of)
            budget -= 1 + len(need.of)
            if budget < 0:
                raise SchemaError(f"it has more than {MOST_NEEDS:,} pairs of fields and types to compare")
    return needs


def _failures(needs: dict[Pair, list[_Need]]) -> set[Pair]:
    """The pairs that are incompatible: those with a need all of whose alternatives are."""
    users: dict[Pair, list[tuple[Pair, int]]] = {}
    left: dict[tuple[Pair, int], int] = {}
    failing: list[Pair] = []
    for pair, listed in needs.items():
        for index, need in enumerate(listed):
            left[pair, index] = len(need.of)
            if not need.of:
                failing.append(pair)
            for each in need.of:
                users.setdefault(each, []).append((pair, index))
    failed: set[Pair] = set()
    while failing:
        pair = failing.pop()
        if pair in failed:
            continue
        failed.add(pair)
        for user, index in users.get(pair, ()):
            left[user, index] -= 1
            if not left[user, index]:
                failing.append(user)
    return failed


# -- what a pair needs -------------------------------------------------------------------------------------------------


def _needs(reader: Schema, writer: Schema, words: _Words) -> Iterator[_Need]:
    if writer.type == "union":
        for branch in writer.branches:
            yield _Need((), [(reader, branch)])
    elif reader.type == "union":
        listed = [(branch, writer) for branch in _candidates(reader, writer)]
        why = f"The {words.writer} schema may write {writer} here, which is in no branch of the {words.reader} union {reader}."
        yield _Need((), listed, "avro/union-branch-not-in-reader", why)
    elif reader.type != writer.type:
        if reader.type not in _READERS.get(writer.type, ()):
            why = f"The {words.writer} schema writes {writer}, which {reader} in the {words.reader} one does not read."
            yield _Need((), (), "avro/type-mismatch", why)
    elif reader.type in ("array", "map"):
        assert reader.inner is not None
        assert writer.inner is not None
        yield _Need(("[*]" if reader.type == "array" else ".*",), [(reader.inner, writer.inner)])
    elif reader.type in NAMED:
        yield from _needs_of_named(reader, writer, words)


def _needs_of_named(reader: Schema, writer: Schema, words: _Words) -> Iterator[_Need]:
    if not _same_name(reader, writer):
        why = (
            f"The {words.writer} schema calls it {writer.name}, the {words.reader} one {reader.name}, without an alias."
        )
        yield _Need((), (), "avro/name-mismatch", why)
        return
    if reader.type == "fixed" and reader.size != writer.size:
        why = f"It has {writer.size} bytes in the {words.writer} schema and {reader.size} in the {words.reader} one."
        yield _Need((), (), "avro/fixed-size-mismatch", why)
    elif reader.type == "enum" and reader.default is None:
        if unknown := _unknown(reader, writer):
            why = f"The {words.reader} enum {reader.name} has no {_listed(unknown)}, and no default for it."
            yield _Need((), (), "avro/enum-symbol-unknown", why)
    elif reader.type == "record":
        for field in reader.fields.values():
            yield _need_of_field(field, writer, words)


def _need_of_field(field: Field, writer: Schema, words: _Words) -> _Need:
    path = (f".{field.name}",)
    written = _written(field, writer)
    if written is not None:
        return _Need(path, [(field.schema, written.schema)])
    if field.default is ABSENT:
        why = f"The {words.reader} schema asks for {field.name}, which {words.writer} messages lack, and has no default for it."
        return _Need(path, (), "avro/reader-field-without-default", why)
    if not _fits(field.schema, field.default, {}, 0):
        filled = f"{words.writer.capitalize()} messages lack {field.name}, and {shown(field.default, 80)} is no {field.schema}"
        why = f"{filled}: the {words.reader} schema's default cannot be used."
        return _Need(path, (), "avro/reader-field-default-invalid", why)
    return _Need(path, [_EMPTY])


_EMPTY: Pair = (Schema("null"), Schema("null"))
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
                _fits(each.schema, value[name], seen, depth + 1) if name in value else each.default is not ABSENT
                for name, each in schema.fields.items()
            )
        case _:
            assert schema.inner is not None
            inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
            is_one = isinstance(value, list if schema.type == "array" else dict)
            return is_one and all(_fits(schema.inner, each, seen, depth + 1) for each in inner)


# -- what is said ------------------------------------------------------------------------------------------------------


def _reported(root: Pair, needs: dict[Pair, list[_Need]], failed: set[Pair], words: _Words) -> Iterator[Found]:
    """Each pair at the first place where it stands, in the order of the fields."""
    waiting: list[tuple[Pair, Path]] = [(root, ())]
    seen: set[Pair] = set()
    while waiting:
        pair, path = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        if pair is _EMPTY:
            continue
        for rule, sentence, below in _remarks(*pair, words):
            yield Found(rule, _text((*path, *below)), sentence)
        following: list[tuple[Pair, Path]] = []
        for need in needs[pair]:
            there = (*path, *need.path)
            chosen = next((each for each in need.of if each not in failed), None)
            if chosen is None and (len(need.of) != 1 or (need.rule and need.of[0][0].type != need.of[0][1].type)):
                yield Found(need.rule, _text(there), need.why)
            else:
                following.append((need.of[0] if chosen is None else chosen, there))
        waiting.extend(reversed(following))


def _text(path: Iterable[str]) -> str:
    return "$" + "".join(path)


def _remarks(reader: Schema, writer: Schema, words: _Words) -> Iterator[tuple[str, str, Path]]:
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


def _remarks_on_field(field: Field, written: Field | None, words: _Words) -> Iterator[tuple[str, str, Path]]:
    path = (f".{field.name}",)
    if written is None:
        if field.default is not ABSENT and _fits(field.schema, field.default, {}, 0):
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
