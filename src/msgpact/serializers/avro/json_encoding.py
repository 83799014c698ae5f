"""Values in Avro's JSON, as native ones: the defaults of fields, and bodies in the JSON encoding."""

import math
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.avro.logical import LOGICAL, MOST_DIGITS
from msgpact.serializers.avro.schema_types import MISSING, Type, all_types

__all__ = ["check_defaults", "native", "stated_decimal"]

_RANGES = {"int": 2**31, "long": 2**63}
_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def native(kind: Type, value: Any, *, tagged: bool) -> object:
    """A value of a type.

    Args:
        kind: The type.
        value: As JSON holds it.
        tagged: Whether a value of a union is `{"branch": value}`, as the JSON encoding writes it; of a default it is
            the value alone, and counts for the first branch that takes it.

    Raises:
        ValueError: it is none; a clause that says why.
    """
    if kind.kind == "union":
        return _of_union(kind, value, tagged=tagged)
    raw = _raw(kind, value, tagged=tagged)
    if kind.logical is None:
        return raw
    try:
        return LOGICAL[kind.kind, kind.logical.name].read(raw, stated_decimal(kind))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(value)} is no {kind.logical}: {error}") from None


def stated_decimal(kind: Type) -> dict[str, Any]:
    """What a logical type's reader asks for: of a decimal, its scale and how large its numbers may be."""
    assert kind.logical is not None
    if kind.logical.name != "decimal":
        return {}
    bound = 10 ** min(kind.logical.precision, MOST_DIGITS)
    size = kind.size or max(bound.bit_length() // 8 + 1, 64)  # some writers pad
    return {"precision": kind.logical.precision, "scale": kind.logical.scale, "bound": bound, "bytes": size}


def _of_union(kind: Type, value: Any, *, tagged: bool) -> object:
    if tagged:
        if value is None and any(each.kind == "null" for each in kind.branches):
            return None
        if isinstance(value, dict) and len(value) == 1:
            ((name, inner),) = value.items()
            for each in kind.branches:
                if name in (each.name or each.kind, each.short_name):
                    return native(each, inner, tagged=True)
        raise ValueError(f"{shown(value)} names no branch of the union {kind}")
    for each in kind.branches:
        try:
            return native(each, value, tagged=False)
        except ValueError:
            continue
    raise ValueError(f"{shown(value)} is in no branch of the union {kind}")


def _raw(kind: Type, value: Any, *, tagged: bool) -> Any:
    name = kind.kind
    if name == "record" and isinstance(value, dict):
        return _record(kind, value, tagged=tagged)
    if name == "array" and isinstance(value, list):
        return [native(kind.branches[0], each, tagged=tagged) for each in value]
    if name == "map" and isinstance(value, dict):
        return {key: native(kind.branches[0], each, tagged=tagged) for key, each in value.items()}
    if name in ("bytes", "fixed") and isinstance(value, str):
        return _bytes(kind, value)
    if (
        (name == "null" and value is None)
        or (name == "boolean" and isinstance(value, bool))
        or (name == "string" and isinstance(value, str))
        or (name == "enum" and value in kind.symbols)
        or (name in _RANGES and type(value) is int and -_RANGES[name] <= value < _RANGES[name])
    ):
        return value
    if name in ("float", "double"):
        if isinstance(value, str) and value in _FLOATS:
            return _FLOATS[value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    raise ValueError(f"{shown(value)} is no {kind}")


def _bytes(kind: Type, value: str) -> bytes:
    """A letter is a byte."""
    try:
        found = value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{shown(value)} has letters beyond U+00FF, and each is to be a byte") from None
    if kind.kind == "fixed" and len(found) != kind.size:
        raise ValueError(f"{shown(value)} has {len(found)} bytes, and {kind} has {kind.size}")
    return found


def _record(kind: Type, value: dict[str, Any], *, tagged: bool) -> dict[str, object]:
    made = {}
    for each in kind.fields:
        if each.name in value:
            made[each.name] = native(each.type, value[each.name], tagged=tagged)
        elif each.default is not MISSING and not tagged:
            made[each.name] = native(each.type, each.default, tagged=False)
        else:
            raise ValueError(f"{shown(value)} has no {each.name!r}, a field of {kind}")
    return made


def check_defaults(root: Type) -> None:
    """Refuse a schema whose defaults are not of their fields' types. Raises ValueError, with a clause."""
    for kind in all_types(root):
        for each in kind.fields:
            if each.default is not MISSING:
                try:
                    native(each.type, each.default, tagged=False)
                except ValueError as error:
                    raise ValueError(
                        f"the default of the field {each.name!r} of {kind} does not fit: {error}"
                    ) from None
