"""Avro schemas as text: as Apache Avro for Java prints them, their parsing canonical form, and its fingerprints.

`text_of` is what `Schema.toString` of Avro 1.12 gives, byte for byte: the plugin for Avro writes it into pacts.
"""

import functools
import hashlib
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from msgpact.serializers.avro.schema_types import MISSING, PRIMITIVES, Field, Type

__all__ = ["Dialect", "canonical_form", "crc64", "fingerprints", "md5", "sha256", "text_of"]


def text_of(root: Type) -> str:
    """The schema as Java prints it: no blanks, each named type defined where it comes first."""
    return _json(_Printer().type(root, ""))


class _Printer:
    def __init__(self) -> None:
        self.defined: set[Type] = set()

    def type(self, each: Type, namespace: str) -> object:
        if each.kind == "union":
            return [self.type(branch, namespace) for branch in each.branches]
        if each.kind in PRIMITIVES:
            return {"type": each.kind, **each.properties} if each.properties else each.kind
        if each.branches:
            key = "items" if each.kind == "array" else "values"
            return {"type": each.kind, key: self.type(each.branches[0], namespace), **each.properties}
        if each in self.defined:
            return _qualified(each.name, namespace)
        self.defined.add(each)
        printed: dict[str, Any] = {"type": "error" if each.is_error else each.kind, "name": each.short_name}
        if each.namespace != namespace:
            printed["namespace"] = each.namespace
        if each.doc is not None:
            printed["doc"] = each.doc
        printed |= self._body(each)
        printed |= each.properties
        if each.aliases:
            printed["aliases"] = [_qualified(alias, each.namespace) for alias in each.aliases]
        return printed

    def _body(self, each: Type) -> dict[str, Any]:
        if each.kind == "record":
            return {"fields": [self.field(one, each.namespace) for one in each.fields]}
        if each.kind == "fixed":
            return {"size": each.size}
        return {"symbols": list(each.symbols), **({} if each.default is None else {"default": each.default})}

    def field(self, each: Field, namespace: str) -> dict[str, Any]:
        printed: dict[str, Any] = {"name": each.name, "type": self.type(each.type, namespace)}
        if each.doc is not None:
            printed["doc"] = each.doc
        if each.default is not MISSING:
            is_text_of_number = each.type.kind in ("float", "double") and isinstance(each.default, str)
            printed["default"] = float(each.default) if is_text_of_number else each.default
        if each.order != "ascending":
            printed["order"] = each.order
        if each.aliases:
            printed["aliases"] = list(each.aliases)
        return printed | each.properties


def _qualified(name: str, namespace: str) -> str:
    space, _, short = name.rpartition(".")
    return short if space == namespace and not (space and short in PRIMITIVES) else name


_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def _json(value: object) -> str:
    """As Jackson writes it: other letters as they are, escapes in capitals, numbers as Java shows them."""
    return "".join(_written(value))


def _written(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for number, (key, each) in enumerate(value.items()):
            yield f"{',' if number else '{'}{_json(str(key))}:"
            yield from _written(each)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield "," if number else "["
            yield from _written(each)
        yield "]" if value else "[]"
    elif isinstance(value, float):
        yield _java_double(value)
    else:
        text = json.dumps(value, ensure_ascii=False)
        yield _ESCAPED.sub(lambda found: f"\\u{found[1].upper()}", text) if "\\u" in text else text


def _java_double(value: float) -> str:
    """`Double.toString`: an exponent from 10^7 on and below 10^-3."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    number = Decimal(repr(value))
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{number.adjusted()}"


Dialect = Literal["specification", "objects", "logical"]
"""Whose canonical form: the specification's (Java's, fastavro's); with a primitive that stood as an object left as one (Apache
Avro for Python, goavro); with logical types kept (hamba)."""


def canonical_form(root: Type, dialect: Dialect = "specification") -> str:
    """The parsing canonical form."""
    return json.dumps(_canonical(root, dialect, set()), ensure_ascii=False, separators=(",", ":"))


def _canonical(each: Type, dialect: Dialect, defined: set[Type]) -> object:
    if each.kind == "union":
        return [_canonical(branch, dialect, defined) for branch in each.branches]
    if each.kind in PRIMITIVES:
        if dialect == "logical" and each.logical is not None:
            return {"type": each.kind, **_logical(each)}
        return {"type": each.kind} if dialect == "objects" and each.written_as_object else each.kind
    if each.branches:
        key = "items" if each.kind == "array" else "values"
        return {"type": each.kind, key: _canonical(each.branches[0], dialect, defined)}
    if each in defined:
        return each.name
    defined.add(each)
    if each.kind == "fixed":
        size = {"name": each.name, "type": "fixed", "size": each.size}
        return {**size, **_logical(each)} if dialect == "logical" and each.logical is not None else size
    if each.kind == "enum":
        return {"name": each.name, "type": "enum", "symbols": list(each.symbols)}
    fields = [{"name": one.name, "type": _canonical(one.type, dialect, defined)} for one in each.fields]
    return {"name": each.name, "type": "record", "fields": fields}


def _logical(each: Type) -> dict[str, Any]:
    assert each.logical is not None
    name, precision, scale = each.logical
    found: dict[str, Any] = {"logicalType": name}
    if name == "decimal":
        found["precision"] = precision
        if scale:
            found["scale"] = scale
    return found


_EMPTY = 0xC15D213AA4D7A795


@functools.cache
def _table() -> tuple[int, ...]:
    found = []
    for number in range(256):
        for _ in range(8):
            number = (number >> 1) ^ (_EMPTY & -(number & 1))
        found.append(number)
    return tuple(found)


def crc64(canonical: str) -> bytes:
    """CRC-64-AVRO, as single-object encoding carries it: little-endian."""
    table, crc = _table(), _EMPTY
    for byte in canonical.encode():
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc.to_bytes(8, "little")


def md5(text: str) -> str:
    """In hexadecimal digits, as a pact of the plugin names a schema's text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprints(root: Type) -> frozenset[bytes]:
    """All that writers in the field put before a body of this schema: the specification's, and two others."""
    dialects: tuple[Dialect, ...] = ("specification", "objects", "logical")
    return frozenset(crc64(canonical_form(root, dialect)) for dialect in dialects)
