"""The types that an Avro schema is made of, and bounds on what they may hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from msgpact.serializers.avro.logical import Logical

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
    "refuse_deep",
    "refuse_harm",
    "without_bytes",
]

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
CONTAINERS = frozenset({"record", "array", "map"})
MISSING: Any = object()
"""The default of a field that has none."""


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


def refuse_harm(root: Type) -> None:
    """Refuse unions that no value is of, and records that would not end, or that are large without taking a byte."""
    known: dict[Type, int | None] = {}
    for each in all_types(root):
        if each.kind == "union" and not each.branches:
            raise NoSchema("a union has no types")
        _without_bytes(each, known, set())


def refuse_deep(root: Type) -> None:
    """Refuse schemas that are nested too deep."""
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
