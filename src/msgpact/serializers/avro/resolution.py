"""How a writer's schema is read as a reader's: a plan in the form of a schema that fastavro reads by.

fastavro reads each plan as the schema of a writer, and nothing else: what it does not do itself, or not right, stands in the
plan. The branches of a union and the symbols of an enum are dicts by their number, so that a number that is none of them is
an error and not the last one; types are held, not named; what is to become of a value (a logical type, the fields of the
reader's record) is a *hook*, which fastavro calls as a logical reader. `exact` reads by the same plan.
"""

from dataclasses import dataclass
from typing import Any

from msgpact.serializers.avro.hooks import Finish
from msgpact.serializers.avro.json_encoding import stated_decimal
from msgpact.serializers.avro.schema_types import CONTAINERS, Field, NoSchema, Type, all_types, without_bytes

__all__ = ["Node", "Plan", "plan_of"]

Node = Any
"""The name of a primitive, or a dict: what fastavro takes for a parsed schema."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read.

    Attributes:
        root: What fastavro reads by.
        name: What the schema is called in messages.
        depth: How many records, arrays and maps may be within one another for each byte of a body; 0 where values do not
            hold values of their own type, so that the schema says how deep they are.
        is_bomb: Whether a few bytes may announce any number of items, because an item has no bytes.
        has_booleans: Whether it reads any.
    """

    root: Node
    name: str
    depth: int
    is_bomb: bool
    has_booleans: bool


def plan_of(writer: Type, reader: Type) -> Plan:
    """The plan for bodies of a writer; what cannot be read as the reader's becomes an error once it is met.

    Raises:
        NoSchema: a schema is nested too deep.
    """
    planner = _Planner()
    try:
        root = planner.lone(planner.node(writer, reader))
    except RecursionError:
        raise NoSchema(f"the schema {writer} is nested too deep") from None
    has_booleans = any(each.kind == "boolean" for each in all_types(writer))
    return Plan(root, str(writer), len(planner.known) if planner.is_deep else 0, planner.is_bomb, has_booleans)


class _Planner:
    def __init__(self) -> None:
        self.known: dict[tuple[Type, Type | None], Node] = {}
        self.unfinished: set[tuple[Type, Type | None]] = set()
        self.is_deep = False
        self.is_bomb = False

    def node(self, writer: Type, reader: Type | None) -> Node:
        """A reader of None: the value is passed over."""
        if writer.kind == "union":
            return self._union(writer, reader)
        if reader is not None and reader.kind == "union":
            branch = _branch_for(writer, reader)
            if branch is None:
                return _never(f"the writer's {writer} is none of the reader's {reader}")
            return self.node(writer, branch)
        if reader is not None and reader is not writer and (why := _mismatch(writer, reader)):
            return _never(why)
        if writer.kind in CONTAINERS:
            return self._container(writer, reader)
        if writer.kind == "enum":
            return _enum(writer, reader)
        return _scalar(writer, reader)

    def _union(self, writer: Type, reader: Type | None) -> Node:
        if reader is writer:
            nodes = [self.lone(self.node(each, each)) for each in writer.branches]
        else:
            nodes = [self.lone(self.node(each, reader)) for each in writer.branches]
        return {"type": "union", **dict(enumerate(nodes))}

    def lone(self, node: Node) -> Node:
        """An int that no record or array looks after looks after itself."""
        return {"type": "int", "logicalType": "msgpact.int"} if node == "int" else node

    def _container(self, writer: Type, reader: Type | None) -> Node:
        key = (writer, reader)
        if key in self.known:
            if key in self.unfinished:
                self.is_deep = True
            return self.known[key]
        node: dict[Any, Any] = {"type": writer.kind}
        self.known[key] = node
        self.unfinished.add(key)
        if writer.kind == "record":
            self._record(node, writer, reader)
        elif writer.kind == "array":
            items = self.node(writer.branches[0], reader and reader.branches[0])
            if (weight := without_bytes(writer.branches[0])) is not None:
                self.is_bomb = True
                node["weight"] = weight
            node["items"] = items
            if items == "int":
                node["logicalType"] = "msgpact.ints"
        else:
            node["values"] = self.lone(self.node(writer.branches[0], reader and reader.branches[0]))
        self.unfinished.remove(key)
        return node

    def _record(self, node: dict[Any, Any], writer: Type, reader: Type | None) -> None:
        node["name"] = writer.name
        wanted: dict[str, Field] = {} if reader is None else _matched(writer, reader)
        node["fields"] = fields = [
            {"name": each.name, "type": self.node(each.type, wanted[each.name].type if each.name in wanted else None)}
            for each in writer.fields
        ]
        finish = Finish(tuple(each["name"] for each in fields if each["type"] == "int"))
        if reader is not None and reader is not writer:
            try:
                finish = finish.projecting(writer, reader, {field.name: name for name, field in wanted.items()})
            except ValueError as error:
                fields.insert(0, {"name": "", "type": _never(str(error))})
        if finish.steps:
            node |= {"logicalType": "msgpact.record", "finish": finish.steps[0] if len(finish.steps) == 1 else finish}
            node["ints"] = None if finish.projects else finish.ints


def _matched(writer: Type, reader: Type) -> dict[str, Field]:
    """The reader's field for each of the writer's that has one: by its name, else by the first alias that names one."""
    names = {each.name for each in writer.fields}
    found = {each.name: each for each in reader.fields if each.name in names}
    for each in reader.fields:
        if each.name not in names:
            alias = next((alias for alias in each.aliases if alias in names and alias not in found), None)
            if alias is not None:
                found[alias] = each
    return found


def _branch_for(writer: Type, reader: Type) -> Type | None:
    """The branch of a reader's union: the same type, else one that matches, else one that it can be promoted to."""
    for is_match in (_is_same, _is_alike, lambda w, r: not _mismatch(w, r)):
        for each in reader.branches:
            if is_match(writer, each):
                return each
    return None


def _is_same(writer: Type, reader: Type) -> bool:
    return writer.kind == reader.kind and writer.name == reader.name and not _mismatch(writer, reader)


def _is_alike(writer: Type, reader: Type) -> bool:
    return writer.kind == reader.kind and not _mismatch(writer, reader)


_PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


def _mismatch(writer: Type, reader: Type) -> str:
    """Why one can never be read as the other; "" where it can, or where it depends on what is in them."""
    if writer.kind == "union" or reader.kind == "union":
        one, other = (reader, writer) if writer.kind != "union" else (writer, reader)
        pairs = [(each, other) if one is writer else (other, each) for each in one.branches]
        return "" if any(not _mismatch(*pair) for pair in pairs) else f"the writer's {writer} is no {reader}"
    if writer.kind != reader.kind and reader.kind not in _PROMOTED.get(writer.kind, ()):
        return f"the writer's {writer} is no {reader}"
    if writer.name and writer.short_name != reader.short_name and writer.name not in reader.aliases:
        return f"the writer's {writer} is neither called {reader} nor an alias of it"
    if writer.kind == "fixed" and writer.size != reader.size:
        return f"the writer's {writer} has {writer.size} bytes, the reader's {reader.size}"
    if writer.kind in ("array", "map"):
        return _mismatch(writer.branches[0], reader.branches[0])
    is_other = (
        writer.logical
        and reader.logical
        and writer.logical._replace(precision=0) != reader.logical._replace(precision=0)
    )
    return f"the writer's {writer.logical} is not the reader's {reader.logical}" if is_other else ""


def _never(why: str) -> Node:
    return {"type": "null", "logicalType": "msgpact.never", "why": why}


def _enum(writer: Type, reader: Type | None) -> Node:
    symbols = dict(enumerate(writer.symbols))
    if reader is None or reader is writer:
        return {"type": "enum", "name": writer.name, "symbols": symbols}
    known = {each: each if each in reader.symbols else reader.default for each in writer.symbols}
    return {
        "type": "enum",
        "name": writer.name,
        "symbols": {number: known[each] for number, each in symbols.items() if known[each] is not None},
        "unknown": {
            number: f"the writer's symbol {each!r} is none of the reader's {reader}, which has no default"
            for number, each in symbols.items()
            if known[each] is None
        },
    }


def _scalar(writer: Type, reader: Type | None) -> Node:
    kind = writer.kind
    into = reader.kind if reader is not None else kind
    if kind == "boolean":
        # fastavro takes any byte for a boolean. The byte 1 is the number -1 of an enum, whose other numbers are errors; what
        # begins with 128 or 129 and ends with 0 is a number too, and for the guard.
        return {"type": "enum", "name": kind, "symbols": {0: False, -1: True}, "boolean": True}
    if into in ("float", "double"):
        return kind if kind in ("float", "double") else {"type": kind, "logicalType": f"msgpact.{into}"}
    if kind != into and reader is not None and (kind != "int" or reader.logical is not None):
        kind = into  # the bytes are the same: of string and bytes, of int and long
    node: dict[str, Any] = {"type": kind}
    if kind == "fixed":
        node |= {"name": writer.name, "size": writer.size}
    if reader is not None and reader.logical is not None:
        return node | {"logicalType": f"msgpact.{reader.logical.name}", **stated_decimal(reader)}
    return node if kind == "fixed" else kind
