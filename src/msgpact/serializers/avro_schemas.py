"""Avro schemas, parsed: their types with names resolved, as the specification (1.12) defines them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.avro_logical import Logical, logical_of

__all__ = [
    "CONTAINERS",
    "DEEPEST",
    "MISSING",
    "MOST_WITHOUT_BYTES",
    "PRIMITIVES",
    "Field",
    "NoSchema",
    "Type",
    "all_types",
    "parsed",
    "without_bytes",
]

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
CONTAINERS = frozenset({"record", "array", "map"})
MISSING: Any = object()
"""The default of a field that has none."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_TYPES = frozenset({"doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"})
_OF_FIELDS = frozenset({"default", "doc", "name", "order", "type", "aliases"})


class NoSchema(ValueError):
    """Something is no schema, says a clause."""


@dataclass(eq=False, slots=True)
class Type:
    """One type of a schema; a named one is the same object wherever it is used, so that schemas may be circular."""

    kind: str
    """A primitive's name, or `record`, `enum`, `fixed`, `array`, `map`, `union`."""
    name: str = ""
    """The full name of a named type."""
    aliases: tuple[str, ...] = ()
    """Full names."""
    logical: Logical | None = None
    fields: "tuple[Field, ...]" = ()
    branches: "tuple[Type, ...]" = ()
    """Of a union; the items of an array or the values of a map are the only one."""
    symbols: tuple[str, ...] = ()
    default: str | None = None
    """Of an enum: the symbol for one that is not known."""
    size: int = 0
    doc: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    """What else stands in the schema, the logical type included."""
    is_error: bool = False
    written_as_object: bool = False
    """Of a primitive: whether it stands as `{"type": …}`."""

    @property
    def namespace(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def short_name(self) -> str:
        return self.name.rpartition(".")[2]

    def __str__(self) -> str:
        """As it is called in messages."""
        if self.kind == "union":
            return f"[{', '.join(map(str, self.branches))}]"
        if self.branches:
            return f"{self.kind} of {self.branches[0]}"
        plain = self.name or self.kind
        return f"{plain} ({self.logical})" if self.logical else plain


@dataclass(eq=False, slots=True)
class Field:
    """A field of a record; *default* is JSON, or `MISSING`."""

    name: str
    type: Type
    default: Any = MISSING
    aliases: tuple[str, ...] = ()
    doc: str | None = None
    order: str = "ascending"
    properties: dict[str, Any] = field(default_factory=dict)


def parsed(schema: object, named: dict[str, Type] | None = None) -> Type:
    """A schema given as JSON text or as the values of JSON.

    Args:
        schema: A dict, a list, or text.
        named: Types of other schemas that it may name; those that it defines are added.

    Raises:
        NoSchema: it is no schema, or one that could do harm; a clause that says why.
    """
    if isinstance(schema, str) and schema not in PRIMITIVES and schema.lstrip()[:1] in ("{", "[", '"'):
        try:
            schema = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise NoSchema(f"it is not JSON: {error}") from None
    parser = _Parser({} if named is None else named)
    try:
        found = parser.type(schema, "")
        _weigh(found)
    except RecursionError:
        raise NoSchema("it is nested too deep") from None
    return found


class _Parser:
    def __init__(self, named: dict[str, Type]) -> None:
        self.named = named

    def type(self, schema: object, namespace: str) -> Type:
        if isinstance(schema, str):
            return Type(schema) if schema in PRIMITIVES else self._reference(schema, namespace)
        if isinstance(schema, list):
            return self._union(schema, namespace)
        if not isinstance(schema, dict):
            raise NoSchema(f"{shown(schema)} is no type")
        kind = schema.get("type", MISSING)
        if kind is MISSING:
            raise NoSchema(f"{shown(schema)} has no 'type'")
        if not isinstance(kind, str):
            raise NoSchema(f"the 'type' of {shown(schema)} is not text")
        make = _COMPLEX.get(kind)
        if make is not None:
            return make(self, schema, namespace)
        if kind not in PRIMITIVES:
            return self._reference(kind, namespace)
        return Type(kind, logical=logical_of(kind, schema), properties=_rest(schema, _OF_TYPES), written_as_object=True)

    def _reference(self, name: str, namespace: str) -> Type:
        for full in (_full(name, namespace), name):
            if full in self.named:
                return self.named[full]
        raise NoSchema(f"the type {name!r} is not known: it is no primitive, and nothing before it defines it")

    def _union(self, schema: list[Any], namespace: str) -> Type:
        branches = tuple(self.type(each, namespace) for each in schema)
        known: set[str] = set()
        for each in branches:
            if each.kind == "union":
                raise NoSchema(f"the union {shown(schema)} holds another union")
            if (label := each.name or each.kind) in known:
                raise NoSchema(f"the union {shown(schema)} holds {label!r} twice")
            known.add(label)
        if not branches:
            raise NoSchema("a union has no types")
        return Type("union", branches=branches)

    def array(self, schema: dict[str, Any], namespace: str) -> Type:
        kind, key = ("array", "items") if schema["type"] == "array" else ("map", "values")
        if key not in schema:
            raise NoSchema(f"the {kind} {shown(schema)} has no {key!r}")
        return Type(kind, branches=(self.type(schema[key], namespace),), properties=_rest(schema, _OF_TYPES))

    def record(self, schema: dict[str, Any], namespace: str) -> Type:
        made = self._named("record", schema, namespace)
        made.is_error = schema["type"] == "error"
        fields = schema.get("fields")
        if not isinstance(fields, list):
            raise NoSchema(f"the record {made.name} has no list of fields")
        made.fields = tuple(self._field(each, made) for each in fields)
        names = [each.name for each in made.fields]
        if len({*names}) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise NoSchema(f"the record {made.name} has two fields {twice!r}")
        return made

    def _field(self, schema: object, record: Type) -> Field:
        if not isinstance(schema, dict) or "type" not in schema:
            raise NoSchema(f"{shown(schema)} is no field of {record.name}: it has no 'type'")
        name, aliases = schema.get("name"), schema.get("aliases", [])
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise NoSchema(f"{name!r} is no name of a field of {record.name}: letters, digits and _ are")
        if not isinstance(aliases, list):
            raise NoSchema(f"the aliases of the field {name!r} of {record.name} are no list")
        try:
            kind = self.type(schema["type"], record.namespace)
        except NoSchema as error:
            raise NoSchema(f"{error} (the field {name!r} of {record.name})") from None
        return Field(
            name,
            kind,
            schema.get("default", MISSING),
            tuple(map(str, aliases)),
            _text(schema, "doc"),
            _text(schema, "order") or "ascending",
            _rest(schema, _OF_FIELDS),
        )

    def enum(self, schema: dict[str, Any], namespace: str) -> Type:
        made = self._named("enum", schema, namespace)
        symbols = schema.get("symbols")
        if not isinstance(symbols, list) or not all(isinstance(s, str) and _NAME.fullmatch(s) for s in symbols):
            raise NoSchema(f"the symbols of the enum {made.name} are no list of names: {shown(symbols)}")
        if len({*symbols}) < len(symbols):
            raise NoSchema(f"the enum {made.name} has a symbol twice")
        made.symbols = tuple(symbols)
        made.default = _text(schema, "default")
        made.properties.pop("default", None)
        if made.default is not None and made.default not in symbols:
            raise NoSchema(f"the default of the enum {made.name} is none of its symbols: {made.default!r}")
        return made

    def fixed(self, schema: dict[str, Any], namespace: str) -> Type:
        made = self._named("fixed", schema, namespace)
        size = schema.get("size")
        if type(size) is not int or not 0 <= size < 2**31:
            raise NoSchema(f"the size of the fixed {made.name} is no number of bytes: {shown(size)}")
        made.size = size
        made.logical = logical_of("fixed", schema, size)
        return made

    def _named(self, kind: str, schema: dict[str, Any], namespace: str) -> Type:
        name, space, aliases = schema.get("name"), schema.get("namespace", namespace), schema.get("aliases", [])
        if not isinstance(name, str) or not _NAME.fullmatch(name.rpartition(".")[2]):
            raise NoSchema(f"{name!r} is no name of a {kind}: letters, digits and _ are")
        full = _full(name, space if isinstance(space, str) else namespace)
        if full in self.named or full in PRIMITIVES:
            raise NoSchema(f"the type {full!r} is defined twice")
        if not isinstance(aliases, list):
            raise NoSchema(f"the aliases of {full} are no list")
        made = Type(kind, full, doc=_text(schema, "doc"), properties=_rest(schema, _OF_TYPES))
        made.aliases = tuple(_full(str(alias), made.namespace) for alias in aliases)
        self.named[full] = made
        return made


_COMPLEX: dict[str, Callable[[_Parser, dict[str, Any], str], Type]] = {
    "array": _Parser.array,
    "map": _Parser.array,
    "record": _Parser.record,
    "error": _Parser.record,
    "enum": _Parser.enum,
    "fixed": _Parser.fixed,
}


def _full(name: str, namespace: str) -> str:
    return name.removeprefix(".") if "." in name or not namespace else f"{namespace}.{name}"


def _text(schema: Mapping[str, Any], key: str) -> str | None:
    value = schema.get(key)
    return value if isinstance(value, str) else None


def _rest(schema: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in known}


def all_types(root: Type) -> Iterator[Type]:
    """Every type of a schema once, from the root down."""
    left, seen = [root], {id(root)}
    while left:
        each = left.pop()
        yield each
        for below in reversed((*each.branches, *(one.type for one in each.fields))):
            if id(below) not in seen:
                seen.add(id(below))
                left.append(below)


DEEPEST = 256
"""Records, arrays and maps within one another, in a value; of a schema half as many. fastavro's end is a segmentation fault, at
some thousands."""

MOST_WITHOUT_BYTES = 100_000
"""Values that a record may hold which take no bytes: records within records without fields."""


def _weigh(root: Type) -> None:
    """Refuse records that would not end, or that are large without taking a byte; and schemas that are too deep."""
    known: dict[Type, int | None] = {}
    for each in all_types(root):
        _without_bytes(each, known, set())
    if _depth(root, {}) > DEEPEST // 2:
        raise NoSchema("it is nested too deep")


def _depth(kind: Type, known: dict[Type, int]) -> int:
    """How many records, arrays and maps are within one another, once round each circle."""
    if kind not in known:
        known[kind] = 0
        below = [*kind.branches, *(each.type for each in kind.fields)]
        known[kind] = (kind.kind in CONTAINERS) + max((_depth(each, known) for each in below), default=0)
    return known[kind]


def _without_bytes(kind: Type, known: dict[Type, int | None], within: set[Type]) -> int | None:
    """How many values a value is that takes no bytes; None where it takes some."""
    if kind.kind == "null" or (kind.kind == "fixed" and not kind.size):
        return 1
    if kind.kind != "record" or kind in known:
        return known.get(kind)
    if kind in within:
        raise NoSchema(f"the record {kind.name} always holds another {kind.name}, so it has no value")
    within.add(kind)
    parts = [_without_bytes(each.type, known, within) for each in kind.fields]
    within.remove(kind)
    known[kind] = found = None if None in parts else 1 + sum(part for part in parts if part)
    if found is not None and found > MOST_WITHOUT_BYTES:
        raise NoSchema(f"the record {kind.name} holds more than {MOST_WITHOUT_BYTES} values that take no bytes")
    return found


def without_bytes(kind: Type) -> int | None:
    """How many values a value of a type is if it takes no bytes; None where it takes some."""
    return _without_bytes(kind, {}, set())
