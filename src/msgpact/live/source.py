"""What was inferred, as Python: the template of a contract, and the types that a handler annotates."""

import json
import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgpact.live.inference import UUID, Place, is_statable

__all__ = ["Types", "class_name", "identifier", "listed", "literal", "template"]

WIDTH = 88
"""Columns. Lines are broken so that formatters leave them as they are: what is broken ends in a comma."""


def literal(value: object) -> str:
    """A scalar as formatters write it."""
    if not isinstance(value, str):
        return repr(value)
    written = repr(value)
    if '"' in value and not written.startswith('"'):
        return written
    inner = written[1:-1].replace("\\'", "'") if written.startswith("'") else written[1:-1]
    return f'"{inner}"'


def listed(before: str, parts: Iterable[str], after: str, indent: int) -> str:
    """A call, dict or list: in one line if it fits and nothing in it is broken, else a line for each part."""
    parts = list(parts)
    one = before + ", ".join(parts) + after
    if not parts or ("\n" not in one and "#" not in one and indent + len(one) <= WIDTH - 2):
        return one
    pad = " " * (indent + 4)
    lines = "".join(f"{pad}{each}\n" if each.startswith("#") else f"{pad}{each},\n" for each in parts)
    return f"{before}\n{lines}{' ' * indent}{after}"


# -- templates -------------------------------------------------------------------------------------------------------


def template(place: Place, indent: int, *, values: bool, exact: str | None = None) -> str:
    """The template of what was seen at a place.

    Args:
        place: What was seen.
        indent: The column at which the line begins.
        values: Whether examples are values that were seen; else they are made up.
        exact: A key of the object whose value is stated exactly: it tells messages apart.
    """
    parts = [_by_kind(place, kind, indent, values, exact) for kind in _kinds(place)]
    if len(parts) == 1:
        return parts[0]
    return listed("match.any_of(", parts, ")", indent)


def _kinds(place: Place) -> list[str]:
    """The kinds that there are, which are several only of scalars where they are stated."""
    return [each for each in ("object", "array", "string", "boolean", "number", "null") if _has(place, each)]


def _has(place: Place, kind: str) -> bool:
    if kind == "number":
        return bool(place.kinds["integer"] or place.kinds["decimal"])
    return bool(place.kinds[kind])


def _by_kind(place: Place, kind: str, indent: int, values: bool, exact: str | None) -> str:
    match kind:
        case "object":
            return _object(place, indent, values, exact)
        case "array":
            return _array(place, indent, values)
        case "string":
            return _string(place, values)
        case "number":
            return _number(place, values)
        case "boolean":
            return f"match.boolean({_example(place, bool) if values else ''})"
        case _:
            return "match.null()"


def _object(place: Place, indent: int, values: bool, exact: str | None) -> str:
    if place.is_map:
        one = place.under_any_key
        if one.is_open:
            return "match.like({})"
        key = literal(_key(place, values))
        inner = listed("{", [f"{key}: {template(one, indent + 8, values=values)}"], "}", indent + 4)
        return listed("match.values(", [inner], ")", indent)
    parts = [f"{literal(key)}: {_stated(below, key == exact, indent + 4, values)}" for key, below in place.always]
    comments = [f"# {json.dumps(key)}: {_said(place, key, below)}" for key, below in place.sometimes]
    if not parts:
        return "match.like({})"
    inner = listed("{", [*parts, *comments], "}", indent)
    return inner if "\n" in inner else listed("{", [*parts], "}", indent)


def _stated(below: Place, is_exact: bool, indent: int, values: bool) -> str:
    if is_exact:
        return literal(below.values[0])
    return template(below, indent, values=values)


def _said(place: Place, key: str, below: Place) -> str:
    """Why a key is not stated."""
    if below.seen < place.objects:
        return f"in {below.seen} of {place.objects}"
    if not is_statable(key):
        return "no path can name it"
    return "differs" if below.is_free else " or ".join(_kinds(below))


def _key(place: Place, values: bool) -> str:
    first = next(iter(place.keys))
    if values:
        return first
    if all(map(UUID.fullmatch, place.keys)):
        return "e2490de5-5bd3-43d5-b7c4-526e33f71304"
    return "1" if all(map(str.isdecimal, place.keys)) else "key"


def _array(place: Place, indent: int, values: bool) -> str:
    items = place.items
    if items is None or not items.seen or items.is_open:
        return "match.like([])"
    inner = template(items, indent + 4, values=values)
    least = ["min=0"] if place.empty else []
    return listed("match.each_like(", [inner, *least], ")", indent)


def _string(place: Place, values: bool) -> str:
    if alternatives := place.alternatives:
        if len(alternatives) > 1:
            return f"match.one_of({', '.join(map(literal, alternatives))})"
        return f"match.equal_to({literal(alternatives[0])})" if len(_kinds(place)) > 1 else literal(alternatives[0])
    example = _example(place, str) if values else ""
    if (found := place.looks) is None:
        return f"match.string({example})"
    function, attributes = found
    pattern = attributes.get("format") if function == "datetime" else None
    said = [example] if example else []
    if pattern is not None and pattern != "yyyy-MM-dd'T'HH:mm:ssXXX":
        said.append(f"format={literal(pattern)}")
    return f"match.{function}({', '.join(said)})"


def _number(place: Place, values: bool) -> str:
    integers, decimals = place.kinds["integer"], place.kinds["decimal"]
    function = "integer" if not decimals else "decimal" if not integers else "number"
    return f"match.{function}({_example(place, int, float) if values else ''})"


def _example(place: Place, *kinds: type) -> str:
    return literal(next(each for each in place.values if type(each) in kinds))


# -- types -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Types:
    """The TypedDicts of a module.

    Attributes:
        written: Their source, in the order in which they are needed.
        names: The names that are taken.
        needs: What is to be imported.
    """

    written: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)

    def of(self, place: Place, name: str) -> str:
        """The annotation of what was seen at a place; its objects are called by *name*."""
        return " | ".join(dict.fromkeys(self._of_kind(place, kind, name) for kind in _kinds(place)))

    def _of_kind(self, place: Place, kind: str, name: str) -> str:
        match kind:
            case "object":
                return self._object(place, name)
            case "array":
                items = place.items
                if items is None or not items.seen or items.is_free:
                    return f"list[{self._any()}]"
                return f"list[{self.of(items, f'{name}Item')}]"
            case "number":
                return "float" if place.kinds["decimal"] else "int"
            case "string":
                return "str"
            case "boolean":
                return "bool"
            case _:
                return "None"

    def _any(self) -> str:
        self.needs.add("Any")
        return "Any"

    def _object(self, place: Place, name: str) -> str:
        if place.is_map:
            one = place.under_any_key
            return f"dict[str, {self._any() if one.is_free else self.of(one, f'{name}Value')}]"
        if not place.keys:
            return f"dict[str, {self._any()}]"
        own = self._unique(name)
        always = {key for key, _ in place.always}
        fields = {}
        for key, below in place.keys.items():
            inner = self._any() if below.is_free else self.of(below, own + _camel(key))
            fields[key] = inner if key in always else f"NotRequired[{inner}]"
        self.needs |= {"TypedDict"} | (
            {"NotRequired"} if any(each.startswith("Not") for each in fields.values()) else set()
        )
        self.written.append(_typed_dict(own, fields))
        return own

    def _unique(self, name: str) -> str:
        found, number = name, 2
        while found in self.names:
            found, number = f"{name}{number}", number + 1
        self.names.add(found)
        return found


def _typed_dict(name: str, fields: Mapping[str, str]) -> str:
    if all(key.isidentifier() and not keyword.iskeyword(key) and not key.startswith("__") for key in fields):
        return f"class {name}(TypedDict):\n" + "".join(f"    {key}: {each}\n" for key, each in fields.items())
    parts = [f"{literal(key)}: {each}" for key, each in fields.items()]
    inner = listed("{", parts, "}", 4)
    return f"{listed(f'{name} = TypedDict(', [literal(name), inner], ')', 0)}\n"


def _camel(text: str) -> str:
    return "".join(each[:1].upper() + each[1:] for each in re.split(r"[^A-Za-z0-9]+", text)) or "Field"


def identifier(text: str) -> str:
    """A text as the end of a function's name: lower case, words apart."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "message"


def class_name(text: str) -> str:
    """A text as the name of a class."""
    found = _camel(text)
    return found if found[:1].isalpha() else f"Message{found}"
