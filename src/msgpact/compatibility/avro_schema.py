"""Avro schemas as they are compared: graphs of types, with what is looked up of them by name."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgpact.compatibility.findings import SchemaError
from msgpact.compatibility.references import texts_of
from msgpact.serializers import json
from msgpact.serializers.avro import schemas
from msgpact.serializers.avro.logical import Logical
from msgpact.serializers.avro.schema_types import Type
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["NAMED", "Field", "Schema", "named_in", "parse", "read"]

NAMED = frozenset({"record", "enum", "fixed"})


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
    named: dict[str, Type] = {}
    waiting = list(references)
    while waiting:
        refused: list[tuple[str, SchemaError]] = []
        for each in waiting:
            known = dict(named)
            try:
                _parsed(each, known)
            except SchemaError as error:
                refused.append((each, error))
            else:
                named = known
        if len(refused) == len(waiting):
            raise SchemaError(f"of a schema that it refers to, {refused[0][1]}")
        waiting = [each for each, _ in refused]
    return _compared(_parsed(text, named), {})


def _parsed(text: str, named: dict[str, Type]) -> Type:
    try:
        return schemas.parsed(json.load(text.encode("utf-8", "surrogatepass")), named, is_read_by=False)
    except ValueError as error:
        raise SchemaError(str(error)) from None


def _compared(kind: Type, known: dict[Type, Schema]) -> Schema:
    """A type, and those within it, as they are compared."""
    if kind in known:
        return known[kind]
    schema = known[kind] = Schema(kind.kind, kind.name, frozenset(kind.aliases), kind.logical)
    schema.size, schema.default = kind.size, kind.default
    schema.symbols = {name: place for place, name in enumerate(kind.symbols)}
    schema.fields = {
        each.name: Field(each.name, _compared(each.type, known), each.aliases, each.default) for each in kind.fields
    }
    within = tuple(_compared(each, known) for each in kind.branches)
    if kind.kind == "union":
        schema.branches, schema.index = within, _index(within)
    elif within:
        (schema.inner,) = within
    return schema


def _index(branches: Iterable[Schema]) -> dict[tuple[str, str], list[Schema]]:
    index: dict[tuple[str, str], list[Schema]] = {}
    for each in branches:
        index.setdefault((each.type, each.short), []).append(each)
        for alias in each.aliases:
            index.setdefault((each.type, f"alias {alias}"), []).append(each)
    return index


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
