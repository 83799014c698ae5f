"""Nodes of JSON Schemas, each made once: what says the same objects is the same node, and compared once."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgpact.compatibility.findings import SchemaError
from msgpact.compatibility.json_document import Document, Node, Part, Raw
from msgpact.compatibility.json_facts import Where

__all__ = ["Nodes"]

MOST_PARTS = 3_000_000


class Nodes:
    """The nodes of one comparison, by the numbers of the objects that they are made from, which they keep alive.

    All raise SchemaError, with a clause, where a schema is none or makes too many.
    """

    def __init__(self) -> None:
        self._nodes: dict[tuple[tuple[int, int], ...], Node] = {}
        self._of: dict[tuple[int, int], Node] = {}
        self._kept: dict[tuple[object, ...], Raw] = {}
        self._left = MOST_PARTS

    def _node(self, parts: Iterable[Part]) -> Node:
        said = {(id(each.raw), id(each.home)): each for each in parts if each.raw}
        key = tuple(said)
        self._left -= 1 + len(key)
        if self._left < 0:
            raise SchemaError(f"it combines its parts in more than {MOST_PARTS:,} ways")
        return self._nodes.setdefault(key, Node(tuple(said.values())))

    def of(self, home: Document, raw: Any) -> Node:
        """What a schema in a document says."""
        key = (id(raw), id(home))
        if key not in self._of:
            self._of[key] = self._node(home.parts(raw))
        return self._of[key]

    def all_of(self, listed: Sequence[Where]) -> Node:
        """What several schemas say together; anything if they are none."""
        if len(listed) == 1:
            return self.of(listed[0][0].home, listed[0][1])
        return self._node(each for part, raw in listed for each in self.of(part.home, raw).parts)

    def also(self, node: Node, part: Part, name: str, value: object) -> Node:
        """A node that says something more: that its type or its only value is this."""
        raw = self._kept.setdefault(("also", id(node), name, str(value)), {name: value})
        return self._node((*node.parts, Part(raw, part.home)))

    def only(self, part: Part, *keywords: str) -> Part:
        """A part that says nothing but these keywords of another."""
        key = (id(part.raw), *keywords)
        if key not in self._kept:
            self._kept[key] = {name: part.raw[name] for name in keywords if name in part.raw}
        return Part(self._kept[key], part.home)

    def restricted(self, part: Part, keyword: str) -> Node:
        """The node of a single keyword of a part."""
        return self._node([self.only(part, keyword)])

    def alternatives(self, node: Node) -> list[Node] | None:
        """The node once with each branch of its first `anyOf` or `oneOf`; None if it has none."""
        for index, part in enumerate(node.parts):
            for keyword in ("anyOf", "oneOf"):
                if isinstance(part.raw.get(keyword), list):
                    rest = self.only(part, *(name for name in part.raw if name != keyword))
                    others = (*node.parts[:index], rest, *node.parts[index + 1 :])
                    return [self._node((*others, *self.of(part.home, each).parts)) for each in part.raw[keyword]]
        return None
