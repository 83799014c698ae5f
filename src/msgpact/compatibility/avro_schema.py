"""Avro schemas as graphs of types whose names are resolved.

https://avro.apache.org/docs/1.12.0/specification/ — without extras: nothing is read or written with them.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgpact.compatibility.findings import SchemaError
from msgpact.compatibility.references import texts_of
from msgpact.errors import shown
from msgpact.serializers import json
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["ABSENT", "NAMED", "Field", "Logical", "Schema", "named_in", "parse", "read"]

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "enum", "fixed"})
DEEPEST = 100
"""Levels of types within types in a text. Named types can be referred to, so honest schemas have a few."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOGICAL = {
    "date": {"int"},
    "time-millis": {"int"},
    "time-micros": {"long"},
    "timestamp-millis": {"long"},
    "timestamp-micros": {"long"},
    "timestamp-nanos": {"long"},
    "local-timestamp-millis": {"long"},
    "local-timestamp-micros": {"long"},
    "local-timestamp-nanos": {"long"},
    "decimal": {"bytes", "fixed"},
    "big-decimal": {"bytes"},
    "uuid": {"string", "fixed"},
    "duration": {"fixed"},
}


class _Absent:
    def __repr__(self) -> str:
        return "none"


ABSENT = _Absent()
"""The default of a field that has none; None is the default null."""


@dataclass(frozen=True, slots=True)
class Logical:
    """A logical type whose definition is valid; others are ignored, as the specification says."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision}, {self.scale})" if self.name == "decimal" else self.name


@dataclass(slots=True, eq=False)
class Field:
    """A field of a record."""

    name: str
    schema: "Schema"
    aliases: tuple[str, ...]
    default: object


@dataclass(slots=True, eq=False)
class Schema:
    """A type. Equal only to itself, since types may hold themselves; of the attributes those of its `type` are set."""

    type: str
    name: str = ""
    """The full name of a named type."""
    aliases: frozenset[str] = frozenset()
    """Full names."""
    logical: Logical | None = None
    fields: dict[str, Field] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)
    """By their place."""
    default: str | None = None
    size: int = 0
    inner: "Schema | None" = None
    """The items of an array, the values of a map."""
    branches: tuple["Schema", ...] = ()
    index: dict[tuple[str, str], list["Schema"]] = field(default_factory=dict)
    """The branches of a union by type and, if they are named, by short name and by each alias."""

    @property
    def short(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(".")[2]

    def __str__(self) -> str:
        if self.type == "union":
            return f"[{', '.join(map(str, self.branches[:8]))}{', …' if len(self.branches) > 8 else ''}]"
        what = f"{self.type} {self.name}" if self.name else self.type
        return f"{what} ({self.logical})" if self.logical else what


@functools.lru_cache(maxsize=32)
def read(schema: RegisteredSchema) -> Schema:
    """The schema as a registry holds it, with those that it refers to. Raises as `parse`."""
    return parse(schema.text, texts_of(schema).values())


def parse(text: str, references: Iterable[str] = ()) -> Schema:
    """The schema in a text; *references* are the texts whose named types it refers to, in any order.

    Raises:
        SchemaError: it is no Avro schema; a clause.
    """
    reader = _Reader()
    waiting = list(references)
    while waiting:
        refused: list[tuple[str, SchemaError]] = []
        for each in waiting:
            known = dict(reader.names)
            try:
                reader.read(_document(each), "", 0)
            except SchemaError as error:
                reader.names = known
                refused.append((each, error))
        if len(refused) == len(waiting):
            raise SchemaError(f"of a schema that it refers to, {refused[0][1]}")
        waiting = [each for each, _ in refused]
    return reader.read(_document(text), "", 0)


def _document(text: str) -> object:
    try:
        return json.load(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise SchemaError(str(error)) from None


class _Reader:
    """Reads types, knowing the named ones that came before."""

    def __init__(self) -> None:
        self.names: dict[str, Schema] = {}

    def read(self, raw: object, namespace: str, depth: int) -> Schema:
        if depth > DEEPEST:
            raise SchemaError(f"it nests types more than {DEEPEST} levels deep")
        if isinstance(raw, str):
            return self.named(raw, namespace)
        if isinstance(raw, list):
            return self.union(raw, namespace, depth)
        if not isinstance(raw, dict) or "type" not in raw:
            raise SchemaError(f"it has {shown(raw, 80)} where a type stands")
        kind = raw["type"]
        if not isinstance(kind, str):
            return self.read(kind, namespace, depth + 1)
        if kind in ("array", "map"):
            key = "items" if kind == "array" else "values"
            if key not in raw:
                raise SchemaError(
                    f"an {kind} in it has no {key!r}" if kind == "array" else f"a map in it has no {key!r}"
                )
            return Schema(kind, inner=self.read(raw[key], namespace, depth + 1))
        if kind in ("record", "error", "enum", "fixed"):
            return self.define(raw, namespace, depth)
        if kind in PRIMITIVES:
            return Schema(kind, logical=_logical(raw, kind, 0))
        return self.named(kind, namespace)

    def named(self, name: str, namespace: str) -> Schema:
        if name in PRIMITIVES:
            return Schema(name)
        found = self.names.get(_full(name, namespace)) or self.names.get(name)
        if found is None:
            raise SchemaError(f"it refers to the type {shown(name, 80)}, which it does not define before")
        return found

    def union(self, raw: list[object], namespace: str, depth: int) -> Schema:
        branches = tuple(self.read(each, namespace, depth + 1) for each in raw)
        seen: set[str] = set()
        for each in branches:
            key = each.name or each.type
            if each.type == "union":
                raise SchemaError("a union in it stands directly in a union")
            if key in seen:
                raise SchemaError(f"a union in it holds {key!r} twice")
            seen.add(key)
        return Schema("union", branches=branches, index=_index(branches))

    def define(self, raw: Mapping[str, object], namespace: str, depth: int) -> Schema:
        kind = "record" if raw["type"] == "error" else str(raw["type"])
        full = _defined_name(raw, namespace, kind)
        if full in self.names:
            raise SchemaError(f"it defines {full!r} twice")
        inside = full.rpartition(".")[0]
        schema = Schema(kind, full, frozenset(_full(each, inside) for each in _texts(raw, "aliases", full)))
        self.names[full] = schema
        if kind == "record":
            self.read_fields(schema, raw, inside, depth)
        elif kind == "enum":
            _read_symbols(schema, raw)
        else:
            size = raw.get("size")
            if not isinstance(size, int) or isinstance(size, bool) or size < 0:
                raise SchemaError(f"the fixed {full!r} has the size {shown(size, 80)}")
            schema.size, schema.logical = size, _logical(raw, "fixed", size)
        return schema

    def read_fields(self, schema: Schema, raw: Mapping[str, object], namespace: str, depth: int) -> None:
        listed = raw.get("fields")
        if not isinstance(listed, list):
            raise SchemaError(f"the record {schema.name!r} has no list 'fields'")
        for each in listed:
            name = each.get("name") if isinstance(each, dict) else None
            if (
                not isinstance(each, dict)
                or not isinstance(name, str)
                or not _NAME.fullmatch(name)
                or "type" not in each
            ):
                raise SchemaError(f"the record {schema.name!r} has a field without name or type: {shown(each, 80)}")
            if name in schema.fields:
                raise SchemaError(f"the record {schema.name!r} has the field {name!r} twice")
            kind = each["type"]
            # {"name": "at", "type": "long", "logicalType": …}: the logical type belongs to the type; here it says nothing.
            inner = self.read(kind, namespace, depth + 1)
            aliases = _texts(each, "aliases", f"{schema.name}.{name}")
            schema.fields[name] = Field(name, inner, aliases, each.get("default", ABSENT))


def _index(branches: Iterable[Schema]) -> dict[tuple[str, str], list[Schema]]:
    index: dict[tuple[str, str], list[Schema]] = {}
    for each in branches:
        index.setdefault((each.type, each.short), []).append(each)
        for alias in each.aliases:
            index.setdefault((each.type, f"alias {alias}"), []).append(each)
    return index


def _read_symbols(schema: Schema, raw: Mapping[str, object]) -> None:
    if "symbols" not in raw:
        raise SchemaError(f"the enum {schema.name!r} has no 'symbols'")
    listed = _texts(raw, "symbols", schema.name)
    schema.symbols = {name: place for place, name in enumerate(listed)}
    if len(schema.symbols) < len(listed):
        raise SchemaError(f"the enum {schema.name!r} has a symbol twice")
    default = raw.get("default")
    if default is not None:
        if not isinstance(default, str) or default not in schema.symbols:
            raise SchemaError(
                f"the enum {schema.name!r} has the default {shown(default, 80)}, which is none of its symbols"
            )
        schema.default = default


def _texts(raw: Mapping[str, object], key: str, owner: str) -> tuple[str, ...]:
    listed = raw.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise SchemaError(f"{owner!r} has {key!r} that are no list of names: {shown(listed, 80)}")
    return tuple(listed)


def _defined_name(raw: Mapping[str, object], namespace: str, kind: str) -> str:
    name, own = raw.get("name"), raw.get("namespace", namespace)
    if not isinstance(name, str) or not (own is None or isinstance(own, str)):
        raise SchemaError(f"it has a {kind} without a name")
    full = _full(name, own or "")
    if not all(_NAME.fullmatch(part) for part in full.split(".")):
        raise SchemaError(f"it has a {kind} whose name {shown(full, 80)} is none")
    if full in PRIMITIVES:
        raise SchemaError(f"it has a {kind} that is called {full!r}, as a primitive type is")
    return full


def _full(name: str, namespace: str) -> str:
    if "." in name:
        return name.removeprefix(".")
    return f"{namespace}.{name}" if namespace else name


def _logical(raw: Mapping[str, object], kind: str, size: int) -> Logical | None:
    name = raw.get("logicalType")
    if not isinstance(name, str) or kind not in _LOGICAL.get(name, ()):
        return None
    if kind == "fixed" and ((name == "duration" and size != 12) or (name == "uuid" and size != 16)):
        return None
    if name != "decimal":
        return Logical(name)
    precision, scale = raw.get("precision"), raw.get("scale", 0)
    if type(precision) is not int or type(scale) is not int or not 0 <= scale <= precision or precision < 1:
        return None
    if kind == "fixed" and precision > _digits(size):
        return None
    return Logical(name, precision, scale)


def _digits(size: int) -> int:
    """The decimal digits that a two's complement number of so many bytes always holds."""
    return int((8 * min(size, 1_000_000) - 1) * 0.30102999566398120) if size else 0


def named_in(root: Schema) -> dict[str, Schema]:
    """The records, enums and fixed types in a schema, by full name."""
    found: dict[str, Schema] = {}
    waiting, seen = [root], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if each.name:
            found[each.name] = each
        waiting += [
            *each.branches,
            *([each.inner] if each.inner else []),
            *(field.schema for field in each.fields.values()),
        ]
    return found
