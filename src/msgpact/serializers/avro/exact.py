"""Avro's binary encoding read in Python: slowly, with every rule looked at and the place of every fault.

It reads by the same plan as fastavro, and gives the same values. It decides about bodies that fastavro refuses, or that
could do harm to it.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.avro.hooks import HOOKS
from msgpact.serializers.avro.resolution import Node, Plan
from msgpact.serializers.avro.schema_types import CONTAINERS, DEEPEST, MOST_WITHOUT_BYTES

__all__ = ["read"]


def read(plan: Plan, contents: bytes) -> object:
    """The value.

    Raises:
        ValueError: a clause that says what is wrong, in which field and at which byte.
    """
    reader = _Reader(contents)
    try:
        value = reader.value(plan.root)
        if (left := len(contents) - reader.at) > 0:
            reader.path.clear()
            raise _Wrong(f"it goes on for {left} byte{'s' if left > 1 else ''} after its end", reader.at)
    except _Wrong as error:
        raise ValueError(_sentence(error, reader.path, plan.name)) from None
    except RecursionError:
        raise ValueError(_sentence(_Wrong("it is nested too deep", reader.at), [], plan.name)) from None
    return value


class _Wrong(Exception):
    def __init__(self, why: str, at: int, *, ends: bool = False) -> None:
        super().__init__(why)
        self.at, self.ends = at, ends


def _sentence(error: _Wrong, path: list[str], name: str) -> str:
    place = "".join(path).removeprefix(".")
    where = f"the {'item' if place.startswith('[') else 'field'} {place}" if place else ""
    whole = f"it ends within {where or 'its value'}" if error.ends else f"{where}: {error}" if where else str(error)
    return f"{whole}, at byte {error.at} (schema {name})"


class _Reader:
    """A body and how far it has been read; *path* leads to what is being read, and stays there after a fault."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0
        self.path: list[str] = []
        self.depth = 0
        self.without_bytes = 0

    def value(self, node: Node) -> Any:
        """One frame for each record, array or map within another: Python allows some hundreds."""
        while True:
            kind = node if type(node) is str else node["type"]
            if kind != "union":
                break
            at = self.at
            number = self.long()
            if number not in node:
                raise _Wrong(f"there is no branch {number} of the union", at)
            node = node[number]
        at = self.at
        if kind in CONTAINERS:
            self.depth += 1
            if self.depth > DEEPEST:
                raise _Wrong(f"it has more than {DEEPEST} records, arrays and maps within one another", at)
            value: Any = (
                self._record(node) if kind == "record" else self._array(node) if kind == "array" else self._map(node)
            )
            self.depth -= 1
        elif kind == "enum":
            value = self._enum(node)
        else:
            value = self._scalar(kind, node)
        if type(node) is str or "logicalType" not in node:
            return value
        try:
            return HOOKS[f"{kind}-{node['logicalType']}"](value, node)
        except (ValueError, ArithmeticError, struct.error) as error:
            raise _Wrong(_because(node, value, error), at) from None

    def _record(self, node: Node) -> dict[str, Any]:
        made = {}
        for each in node["fields"]:
            name = each["name"]
            self.path.append(name and f".{name}")
            at = self.at
            made[name] = self.value(each["type"])
            if each["type"] == "int" and not -(2**31) <= made[name] < 2**31:
                raise _Wrong(f"{made[name]} is out of the range of int", at)
            self.path.pop()
        return made

    def _array(self, node: Node) -> list[Any]:
        made: list[Any] = []
        items = node["items"]
        self.path.append("")
        for count in self._blocks():
            for _ in range(count):
                self.path[-1] = f"[{len(made)}]"
                at = self.at
                made.append(self.value(items))
                if self.at == at:
                    self._count_without_bytes(node["weight"])
                elif items == "int" and not -(2**31) <= made[-1] < 2**31:
                    raise _Wrong(f"{made[-1]} is out of the range of int", at)
            self.path[-1] = ""
        self.path.pop()
        return made

    def _map(self, node: Node) -> dict[str, Any]:
        made = {}
        self.path.append("")
        for count in self._blocks():
            for _ in range(count):
                self.path[-1] = "[a key]"
                key = self._string()
                self.path[-1] = f"[{shown(key, 80)}]"
                made[key] = self.value(node["values"])
            self.path[-1] = ""
        self.path.pop()
        return made

    def _blocks(self) -> Iterator[int]:
        while True:
            at = self.at
            count = self.long()
            if count == 0:
                return
            if count < 0:
                count = -count
                if count >= 2**63:
                    raise _Wrong(f"a block says that it has {-count} items", at)
                self.long()  # how many bytes it has, which fastavro does not look at either
            yield count

    def _count_without_bytes(self, values: int) -> None:
        self.without_bytes += values
        if self.without_bytes > MOST_WITHOUT_BYTES:
            raise _Wrong(f"it has more than {MOST_WITHOUT_BYTES} values that take no bytes", self.at)

    def _enum(self, node: Node) -> Any:
        at = self.at
        if "boolean" in node:
            byte = self._take(1)[0]
            if byte > 1:
                raise _Wrong(f"a boolean is 0 or 1, not {byte}", at)
            return byte == 1
        number = self.long()
        if number in node["symbols"]:
            return node["symbols"][number]
        if number in node.get("unknown", ()):
            raise _Wrong(node["unknown"][number], at)
        raise _Wrong(f"there is no symbol {number} of {node['name']}", at)

    def _scalar(self, kind: str, node: Node) -> Any:
        if kind in ("int", "long"):
            return self.long()
        if kind == "string":
            return self._string()
        if kind == "bytes":
            return self._bytes()
        if kind == "null":
            return None
        if kind == "fixed":
            return self._take(node["size"])
        return struct.unpack("<d", self._take(8))[0] if kind == "double" else struct.unpack("<f", self._take(4))[0]

    def long(self) -> int:
        """At most ten bytes, at most 64 bits."""
        body, at = self.body, self.at
        number = shift = 0
        while shift < 70:
            if at >= len(body):
                raise _Wrong("", len(body), ends=True)
            byte = body[at]
            at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                if number >= 2**64:
                    raise _Wrong("a number has more than 64 bits", self.at)
                self.at = at
                return (number >> 1) ^ -(number & 1)
            shift += 7
        raise _Wrong("a number does not end within ten bytes", self.at)

    def _take(self, size: int) -> bytes:
        taken = self.body[self.at : self.at + size]
        if len(taken) < size:
            raise _Wrong("", len(self.body), ends=True)
        self.at += size
        return taken

    def _bytes(self) -> bytes:
        at = self.at
        if (size := self.long()) < 0:
            raise _Wrong(f"a length of {size} is announced", at)
        return self._take(size)

    def _string(self) -> str:
        taken = self._bytes()
        try:
            return taken.decode()
        except UnicodeDecodeError as error:
            at = self.at - len(taken) + error.start
            raise _Wrong(f"{taken[error.start]:#04x} is not UTF-8", at) from None


def _because(node: Node, value: object, error: Exception) -> str:
    name = node["logicalType"].removeprefix("msgpact.")
    if name in ("never", "int", "record", "ints"):
        return str(error)
    why = "it is not between the years 1 and 9999" if _IN_YEARS.match(name) else str(error)
    return f"{shown(value, 80)} is no {name}: {why}"


_IN_YEARS = re.compile(r"date|(local-)?timestamp-")
