"""What a JSON Schema says of the values that it allows: types, the values themselves, bounds, properties, items."""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import orjson

from msgpact.compatibility.findings import SchemaError
from msgpact.compatibility.json_document import ANYTHING, Node, Part
from msgpact.rules import patterns

__all__ = [
    "FRACTION",
    "TYPES",
    "Bound",
    "Patterns",
    "Tuple",
    "Where",
    "items_of",
    "key_of",
    "lower",
    "property_of",
    "type_of",
    "types_of",
    "upper",
    "values_of",
]

FRACTION = "fraction"
TYPES = frozenset({"array", "boolean", FRACTION, "integer", "null", "object", "string"})
"""JSON's types; a number is an integer or has a fraction."""

Where = tuple[Part, Any]
"""A schema, and a part of the document that it stands in."""


def key_of(value: Any) -> bytes:
    """Equal for equal JSON: 1 and 1.0 are, true and 1 are not."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def type_of(value: Any) -> str:
    """Which of TYPES it is of."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else FRACTION
    names: dict[type, str] = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def types_of(node: Node) -> frozenset[str]:
    """The types that are allowed."""
    found = TYPES
    for said in node.values("type"):
        listed = [each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str)]
        found &= {*listed, *(("integer", FRACTION) if "number" in listed else ())}
    values = values_of(node)
    return found if values is None else found & {type_of(each) for each in values}


def values_of(node: Node) -> list[Any] | None:
    """All the values that are allowed, where they are listed."""
    if node.listed is ...:
        node.listed = _values_of(node)
    return node.listed


def _values_of(node: Node) -> list[Any] | None:
    listed = [each for each in node.values("enum") if isinstance(each, list)] + [
        [each] for each in node.values("const")
    ]
    if not listed:
        return None
    if len(listed) == 1:
        return listed[0]
    common = set.intersection(*({key_of(each) for each in values} for values in listed))
    return [each for each in listed[0] if key_of(each) in common]


class Bound(NamedTuple):
    """The least or the greatest number; *is_out* if it is itself not allowed."""

    number: Fraction
    is_out: bool


def lower(node: Node, *, integers: bool) -> Bound | None:
    """The least number that is allowed; among *integers* one that is."""
    return _bound(node, "minimum", "exclusiveMinimum", 1, integers)


def upper(node: Node, *, integers: bool) -> Bound | None:
    """The greatest number that is allowed; among *integers* one that is."""
    return _bound(node, "maximum", "exclusiveMaximum", -1, integers)


def _bound(node: Node, inclusive: str, exclusive: str, sign: int, integers: bool) -> Bound | None:
    found = []
    for part in node.parts:
        at, beyond = part.raw.get(inclusive), part.raw.get(exclusive)
        if isinstance(at, int | float) and not isinstance(at, bool):
            found.append(Bound(Fraction(at), beyond is True))  # draft 4 says whether the minimum is exclusive
        if isinstance(beyond, int | float) and not isinstance(beyond, bool):
            found.append(Bound(Fraction(beyond), True))
    if integers:
        found = [_among_integers(each, sign) for each in found]
    values = values_of(node)
    numbers = [Fraction(each) for each in values or () if type(each) in (int, float)]
    if numbers:
        found.append(Bound(min(numbers) if sign > 0 else max(numbers), False))
    return max(found, key=lambda each: (sign * each.number, each.is_out), default=None)


def _among_integers(bound: Bound, sign: int) -> Bound:
    whole = math.ceil(bound.number) if sign > 0 else math.floor(bound.number)
    return Bound(Fraction(whole + sign if bound.is_out and whole == bound.number else whole), False)


class Patterns:
    """Regular expressions that are looked for in texts, in bounded time."""

    def __init__(self) -> None:
        self.slow: set[str] = set()
        self.left = 200_000

    def match(self, pattern: str, text: str, *, unsure: bool = False) -> bool:
        """Whether it is found; *unsure* if it is none or takes too long, after which it is not tried again.

        Raises:
            SchemaError: there was too much to look for; a clause.
        """
        self.left -= 1
        if self.left < 0:
            raise SchemaError("it has more patterns and properties than are tried against one another")
        if pattern in self.slow:
            return unsure
        try:
            return patterns.fullmatch(rf"[\s\S]*?(?:{pattern})[\s\S]*", text)
        except (patterns.PatternError, patterns.TooSlow):
            self.slow.add(pattern)
            return unsure


# -- parts of objects and arrays -----------------------------------------------------------------------------------------


def property_of(part: Part, name: str, known: Patterns, *, unsure: bool = False) -> list[Where]:
    """What a part says of the property *name*; nothing if it is not listed and others may be anything. *unsure* as of `match`."""
    raw = part.raw
    found = [(part, raw["properties"][name])] if name in _object(raw.get("properties")) else []
    for pattern, schema in _object(raw.get("patternProperties")).items():
        if known.match(pattern, name, unsure=unsure):
            found.append((part, schema))
    if not found and "additionalProperties" in raw:
        found.append((part, raw["additionalProperties"]))
    return found


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class Tuple(NamedTuple):
    """What a part says of an array's items: of the first ones each, of the rest together."""

    first: list[Any]
    rest: Any


def items_of(part: Part) -> Tuple:
    """In the words of any draft."""
    items, prefix = part.raw.get("items", ANYTHING), part.raw.get("prefixItems")
    if isinstance(items, list):
        return Tuple(items, part.raw.get("additionalItems", ANYTHING))
    return Tuple(prefix if isinstance(prefix, list) else [], items)
