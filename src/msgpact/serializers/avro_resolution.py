"""How a writer's schema is read as a reader's: a plan in the form of a schema that fastavro reads by.

fastavro reads each plan as the schema of a writer, and nothing else: what it does not do itself, or not right, stands in the
plan. The branches of a union and the symbols of an enum are dicts by their number, so that a number that is none of them is
an error and not the last one; types are held, not named; what is to become of a value (a logical type, the fields of the
reader's record) is a *hook*, which fastavro calls as a logical reader. `avro_exact` reads by the same plan.
"""

import array
import copy
import operator
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgpact.serializers.avro_json import native, stated_decimal
from msgpact.serializers.avro_logical import LOGICAL
from msgpact.serializers.avro_schemas import CONTAINERS, MISSING, Field, NoSchema, Type, without_bytes

__all__ = ["HOOKS", "Node", "Plan", "plan_of"]

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
    """

    root: Node
    name: str
    depth: int
    is_bomb: bool


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
    return Plan(root, str(writer), len(planner.known) if planner.is_deep else 0, planner.is_bomb)


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
        finish = _Finish(tuple(each["name"] for each in fields if each["type"] == "int"))
        if reader is not None and reader is not writer:
            try:
                finish = finish.projecting(writer, reader, {field.name: name for name, field in wanted.items()})
            except ValueError as error:
                fields.insert(0, {"name": "", "type": _never(str(error))})
        if finish.steps:
            node |= {"logicalType": "msgpact.record", "finish": finish.steps[0] if len(finish.steps) == 1 else finish}
            node["looks_only"] = not finish.projects


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


class _Finish:
    """What is done with a record that has been read: its ints looked at, its fields made the reader's."""

    def __init__(self, ints: tuple[str, ...]) -> None:
        self.steps: list[Callable[[dict[Any, Any]], dict[Any, Any]]] = [_look_at(ints)] if ints else []
        self.projects = False

    def projecting(self, writer: Type, reader: Type, sources: Mapping[str, str]) -> "_Finish":
        """Raises ValueError for a field of the reader's that has no value."""
        if [each.name for each in writer.fields] == [each.name for each in reader.fields] == list(sources.values()):
            return self
        defaults: dict[Any, object] = {}
        for each in reader.fields:
            if each.name not in sources:
                if each.default is MISSING:
                    raise ValueError(f"the writer has no field {each.name!r}, for which the reader has no default")
                defaults[None, each.name] = native(each.type, each.default, tagged=False)
        keys = [each.name for each in reader.fields]
        self.projects = True
        self.steps.append(_project(keys, [sources.get(key, (None, key)) for key in keys], defaults))
        return self

    def __call__(self, record: dict[Any, Any]) -> dict[Any, Any]:
        for step in self.steps:
            record = step(record)
        return record


def _look_at(names: tuple[str, ...]) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    """struct refuses what has more than 32 bits, faster than comparisons do."""
    pack = struct.Struct(f"{len(names)}i").pack
    if len(names) == 1:
        (name,) = names

        def look_at_one(record: dict[Any, Any]) -> dict[Any, Any]:
            pack(record[name])
            return record

        return look_at_one
    values = operator.itemgetter(*names)

    def look(record: dict[Any, Any]) -> dict[Any, Any]:
        pack(*values(record))
        return record

    return look


def _project(
    keys: list[str], sources: list[Any], defaults: dict[Any, object]
) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    """The fields *keys* from what stands under *sources*; a default that can be changed is a new one each time."""
    fresh = {name: value for name, value in defaults.items() if isinstance(value, dict | list)}
    fixed = {name: value for name, value in defaults.items() if name not in fresh}
    if not keys:
        return lambda record: {}
    values: Callable[[Any], Any] = operator.itemgetter(*sources)
    if len(keys) == 1:
        (key,), (source,) = keys, sources
        values, one = operator.itemgetter(source), key
        return lambda record: {one: values({**record, **fixed, **copy.deepcopy(fresh)})}

    def project(record: dict[Any, Any]) -> dict[Any, Any]:
        record.update(fixed)
        if fresh:
            record.update(copy.deepcopy(fresh))
        return dict(zip(keys, values(record), strict=True))

    return project


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
        # The byte 1 is the number -1 of an enum, whose other numbers are errors. fastavro takes any byte for a boolean.
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


def _int(data: int, _stated: object = None, _reader: object = None) -> int:
    if not -(2**31) <= data < 2**31:
        raise ValueError(f"{data} is out of the range of int")
    return data


def _ints(data: list[int], _stated: object = None, _reader: object = None) -> list[int]:
    array.array("i", data)
    return data


def _never_read(_data: object, stated: Mapping[str, Any], _reader: object = None) -> object:
    raise ValueError(stated["why"])


def _finished(data: dict[Any, Any], stated: Mapping[str, Any], _reader: object = None) -> Any:
    return stated["finish"](data)


def _to_double(data: int, _stated: object = None, _reader: object = None) -> float:
    return float(data)


def _to_float(data: int, _stated: object = None, _reader: object = None) -> float:
    """As a float of 32 bits holds it."""
    return float(struct.unpack("<f", struct.pack("<f", data))[0])


HOOKS: dict[str, Callable[..., Any]] = {
    **{f"{kind}-msgpact.{name}": row.read for (kind, name), row in LOGICAL.items()},
    "array-msgpact.ints": _ints,
    "int-msgpact.int": _int,
    "int-msgpact.double": _to_double,
    "int-msgpact.float": _to_float,
    "long-msgpact.double": _to_double,
    "long-msgpact.float": _to_float,
    "null-msgpact.never": _never_read,
    "record-msgpact.record": _finished,
}
"""By the kind and the name of a hook; each is given the value and the node."""
