"""A contract's example in JSON, written anew by a new JSON Schema.

No contract names its JSON Schema. It is about one if its example is an object that the old schema allows and has a property
that it lists.
"""

import functools
from typing import Any

from msgpact.compatibility import json_document, json_facts
from msgpact.compatibility.json_document import Document, Node
from msgpact.compatibility.json_facts import Patterns
from msgpact.compatibility.json_nodes import Nodes
from msgpact.compatibility.weighing import Rewritten, Unweighable
from msgpact.model import Contents, Form
from msgpact.serializers import json
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["rewritten"]

DEEPEST = 100
SAMPLES: dict[str, Any] = {
    "string": "", "integer": 0, json_facts.FRACTION: 0.5, "boolean": False, "null": None, "array": [], "object": {},
}  # fmt: skip
"""A value of each type."""


def rewritten(contents: Contents, old: RegisteredSchema, new: RegisteredSchema) -> Rewritten | None:
    """The example as the new schema would send it; None if the old schema is not its own.

    Raises:
        SchemaError: a reference of a schema leads nowhere; a clause.
    """
    if contents.form is not Form.JSON:
        return None
    rewriting = _rewriting(old, new)
    rewriting.patterns = Patterns()
    if not rewriting.is_of_old(contents.value):
        return None
    written = rewriting.written(contents.value, rewriting.old, rewriting.new, 0)
    try:
        return Rewritten(json.dump(written), None, ())
    except (ValueError, TypeError, RecursionError) as error:
        raise Unweighable(f"its example cannot be written: {error}") from None


@functools.lru_cache(maxsize=4)
def _rewriting(old: RegisteredSchema, new: RegisteredSchema) -> "_Rewriting":
    return _Rewriting(json_document.read(old), json_document.read(new))


class _Rewriting:
    def __init__(self, old: Document, new: Document) -> None:
        self.nodes = Nodes()
        self.patterns = Patterns()
        self.old, self.new = self.nodes.of(old, old.root), self.nodes.of(new, new.root)

    def is_of_old(self, example: Any) -> bool:
        if not isinstance(example, dict) or not self._allows(self.old, example, 0):
            return False
        return any(
            name in example for listed in self.old.values("properties") if isinstance(listed, dict) for name in listed
        )

    def _allows(self, node: Node, value: Any, depth: int) -> bool:
        """Whether types, listed values and required properties are as a schema has them, as far as it is looked into."""
        values = json_facts.values_of(node)
        if json_facts.type_of(value) not in json_facts.types_of(node):
            return False
        if values is not None and json_facts.key_of(value) not in map(json_facts.key_of, values):
            return False
        if not isinstance(value, dict) or depth > DEEPEST:
            return True
        listed = [each for each in node.values("required") if isinstance(each, list)]
        required = {name for each in listed for name in each if isinstance(name, str)}
        return required <= value.keys() and all(
            self._allows(below, each, depth + 1)
            for name, each in value.items()
            if (below := self._property(node, name)) is not None
        )

    def _property(self, node: Node, name: str) -> Node | None:
        """What a schema says of a property; None if it says nothing."""
        said = [where for part in node.parts for where in json_facts.property_of(part, name, self.patterns)]
        return self.nodes.all_of(said) if said else None

    def written(self, value: Any, old: Node | None, new: Node | None, depth: int) -> Any:
        """What the new schema would have in a value's place."""
        if new is None or depth > DEEPEST:
            return value
        types, values = json_facts.types_of(new), json_facts.values_of(new)
        if values and json_facts.key_of(value) not in map(json_facts.key_of, values):
            return values[0]
        if json_facts.type_of(value) not in types:
            return _other(value, types)
        if isinstance(value, dict):
            return {
                name: self.written(each, old and self._property(old, name), below, depth + 1)
                for name, each in value.items()
                if not self._is_gone(name, old, below := self._property(new, name))
            }
        if isinstance(value, list):
            return [self.written(each, None, self._items(new), depth + 1) for each in value]
        return value

    def _is_gone(self, name: str, old: Node | None, new: Node | None) -> bool:
        """Whether a property that was listed is so no longer, or may not be there at all."""
        was_listed = old is not None and self._property(old, name) is not None
        return (new is None and was_listed) or (new is not None and not json_facts.types_of(new))

    def _items(self, node: Node) -> Node | None:
        said = [(part, json_facts.items_of(part).rest) for part in node.parts if "items" in part.raw]
        return self.nodes.all_of(said) if said else None


def _other(value: Any, types: frozenset[str]) -> Any:
    """A value of another type, the like of the one before where there is one."""
    if "string" in types and isinstance(value, bool | int | float):
        return json.dump(value).decode()
    if json_facts.FRACTION in types and type(value) is int:
        return value + 0.5
    if "integer" in types and isinstance(value, float):
        return int(value)
    return SAMPLES[min(types)] if types else None
