"""Avro schemas, parsed: their names resolved as the specification (1.12) asks."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.avro.logical import logical_of
from msgpact.serializers.avro.schema_types import MISSING, PRIMITIVES, Field, NoSchema, Type, refuse_deep, refuse_harm

__all__ = ["parsed"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BY_FASTAVRO = frozenset({"__fastavro_parsed", "__named_schemas"})  # what it adds to a schema that it has parsed
_OF_TYPES = _BY_FASTAVRO | frozenset(
    {"doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"}
)
_OF_FIELDS = frozenset({"default", "doc", "name", "order", "type", "aliases"})


def parsed(schema: object, named: dict[str, Type] | None = None, *, is_read_by: bool = True) -> Type:
    """A schema given as JSON text or as the values of JSON.

    Args:
        schema: A dict, a list, or text.
        named: Types of other schemas that it may name; those that it defines are added.
        is_read_by: Whether values are read by it: then those that it allows must have an end.

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
        refuse_deep(found)
        if is_read_by:
            refuse_harm(found)
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
        if not isinstance(schema, Mapping):
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
        return Type("union", branches=branches)

    def array(self, schema: Mapping[str, Any], namespace: str) -> Type:
        kind, key = ("array", "items") if schema["type"] == "array" else ("map", "values")
        if key not in schema:
            raise NoSchema(f"the {kind} {shown(schema)} has no {key!r}")
        return Type(kind, branches=(self.type(schema[key], namespace),), properties=_rest(schema, _OF_TYPES))

    def record(self, schema: Mapping[str, Any], namespace: str) -> Type:
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
        if not isinstance(schema, Mapping) or "type" not in schema:
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

    def enum(self, schema: Mapping[str, Any], namespace: str) -> Type:
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

    def fixed(self, schema: Mapping[str, Any], namespace: str) -> Type:
        made = self._named("fixed", schema, namespace)
        size = schema.get("size")
        if type(size) is not int or not 0 <= size < 2**31:
            raise NoSchema(f"the size of the fixed {made.name} is no number of bytes: {shown(size)}")
        made.size = size
        made.logical = logical_of("fixed", schema, size)
        return made

    def _named(self, kind: str, schema: Mapping[str, Any], namespace: str) -> Type:
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


_COMPLEX: dict[str, Callable[[_Parser, Mapping[str, Any], str], Type]] = {
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
