"""What fastavro must not be given: bodies that are too deep, that announce items without end, or hold a number without end.

A guard walks over a body without making values of it. It is written as Python source from the plan, as `rules.plan` is, and
for the same reason; the source is made of words of this file and of numbers.
"""

from collections.abc import Callable, Iterator
from typing import cast

from msgpact.serializers.avro.resolution import Node, Plan
from msgpact.serializers.avro.schema_types import DEEPEST, MOST_WITHOUT_BYTES

__all__ = ["guard_of"]


def guard_of(plan: Plan) -> Callable[[bytes], bool]:
    """The function that says that a body is certainly safe, and that fastavro comes to its end and no further.

    Of another body it says that it does not know: `exact` knows.
    """
    writer = _Writer(is_deep=plan.depth > 0)
    walk = [*writer.walking(plan.root), "pass"]
    source = [
        *writer.functions,
        "def guard(b):",
        f" i = 0; left = [{DEEPEST}, {MOST_WITHOUT_BYTES}]",
        " try:",
        *(f"  {line}" for line in walk),
        " except GIVEN_UP:",
        "  return False",
        " return i == len(b)",
    ]
    names = {
        "number": _number,
        "GIVEN_UP": (IndexError, ValueError, RecursionError),
        "__builtins__": {"IndexError": IndexError, "ValueError": ValueError, "len": len, "range": range},
    }
    exec(compile("\n".join(source), "<a guard of msgpact>", "exec"), names)  # noqa: S102  (of what, is said above)
    return cast(Callable[[bytes], bool], names["guard"])


def _number(b: bytes, i: int) -> tuple[int, int]:
    """A number of at most 64 bits and where it ends."""
    found = shift = 0
    while True:
        byte = b[i]
        i += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    if found >= 1 << 64 or shift > 63:
        raise ValueError
    return (found >> 1) ^ -(found & 1), i


_FIXED = {"double": 8, "float": 4, "null": 0}
_NUMBER = ("if b[i] < 128: i += 1", "else: i = number(b, i)[1]")
_BOOLEAN = ("if b[i] > 1: raise ValueError", "i += 1")
_BYTES = (
    "n = b[i]; i += 1",
    "if n > 127: n, i = number(b, i - 1); n += n",
    "if n & 1 or n < 0: raise ValueError",
    "i += n >> 1",
)


class _Writer:
    """The functions for the records, arrays and maps of a plan, one for each."""

    def __init__(self, *, is_deep: bool) -> None:
        self.is_deep = is_deep
        self.functions: list[str] = []
        self.names: dict[int, str] = {}
        self.sizes: dict[int, int | None] = {}

    def walking(self, node: Node) -> Iterator[str]:
        """The lines that move *i* from the beginning of a value to its end."""
        size = self._size(node)
        if size is not None:
            if size:
                yield f"i += {size}"
            return
        kind = _kind(node)
        if kind == "union":
            yield from self._union(node)
        elif kind in ("string", "bytes"):
            yield from _BYTES
        elif kind == "enum" and "boolean" in node:
            yield from _BOOLEAN
        elif kind in ("int", "long", "enum"):
            yield from _NUMBER
        else:
            yield f"i = {self._function(kind, node)}(b, i, left)"

    def _size(self, node: Node) -> int | None:
        """How many bytes every value takes; None where that differs."""
        kind = _kind(node)
        if kind == "fixed":
            return cast(int, node["size"])
        if kind != "record":
            return _FIXED.get(kind)
        if id(node) not in self.sizes:
            self.sizes[id(node)] = None  # while it is looked at: it may hold itself
            sizes = [self._size(each["type"]) for each in node["fields"]]
            self.sizes[id(node)] = None if None in sizes else sum(size for size in sizes if size)
        return self.sizes[id(node)]

    def _union(self, node: Node) -> Iterator[str]:
        yield "n = b[i]; i += 1"
        word = "if"
        for number, branch in node.items():
            if isinstance(number, int) and number < 64:  # further ones take two bytes, and are left to others
                yield f"{word} n == {number * 2}:"
                yield from (f" {line}" for line in [*self.walking(branch)] or ["pass"])
                word = "elif"
        yield "else: raise ValueError"

    def _function(self, kind: str, node: Node) -> str:
        if id(node) in self.names:
            return self.names[id(node)]
        name = self.names[id(node)] = f"f{len(self.names)}"
        body = [*(self._record(node) if kind == "record" else self._items(node))]
        if self.is_deep:
            body = ["left[0] -= 1", "if left[0] < 0: raise ValueError", *body, "left[0] += 1"]
        self.functions += [f"def {name}(b, i, left):", *(f" {line}" for line in body), " return i"]
        return name

    def _record(self, node: Node) -> Iterator[str]:
        for each in node["fields"]:
            yield from self.walking(each["type"])

    def _items(self, node: Node) -> Iterator[str]:
        is_map = _kind(node) == "map"
        items = node["values"] if is_map else node["items"]
        size = None if is_map else self._size(items)
        yield "while True:"
        yield " c, i = number(b, i)"
        yield " if not c: break"
        yield " if c < 0:"
        yield "  c = -c; i = number(b, i)[1]"
        yield "  if c >> 63: raise ValueError"
        if size is not None:
            yield f" i += c * {size}"
        if "weight" in node:
            yield f" left[1] -= c * {node['weight']}"
            yield " if left[1] < 0: raise ValueError"
        if size is None:
            yield " for _ in range(c):"
            if is_map:
                yield from (f"  {line}" for line in _BYTES)
            yield from (f"  {line}" for line in self.walking(items))


def _kind(node: Node) -> str:
    return node if isinstance(node, str) else cast(str, node["type"])
