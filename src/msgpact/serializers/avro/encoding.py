"""Native values to Avro's binary encoding, exactly: what does not fit the schema is an error that names the field."""

import dataclasses
import enum
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.avro.json_encoding import native
from msgpact.serializers.avro.logical import LOGICAL
from msgpact.serializers.avro.schema_types import MISSING, Type
from msgpact.serializers.varints import signed

__all__ = ["encoded"]

_RANGES = {"int": 2**31, "long": 2**63}


def encoded(root: Type, value: object) -> bytes:
    """The datum of a value: a dict, a dataclass, a Pydantic model or anything with fields for a record.

    Raises:
        ValueError: it does not fit; a clause that names the field and the schema.
    """
    try:
        return _encoded(root, value)
    except _Unfit as error:
        where = "".join(reversed(error.path)).removeprefix(".")
        place = f"the {'item' if where.startswith('[') else 'field'} {where}: " if where else ""
        raise ValueError(f"{place}{error} (schema {root})") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


class _Unfit(ValueError):
    """A value that does not fit; *path* grows from its end."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.path: list[str] = []


def _encoded(kind: Type, value: Any) -> bytes:
    if kind.logical is not None:
        value = _plain(kind, value)
    return _ENCODERS[kind.kind](kind, value)


def _plain(kind: Type, value: Any) -> Any:
    """What a logical type writes; what is of the plain type already is left as it is."""
    assert kind.logical is not None
    row = LOGICAL[kind.kind, kind.logical.name]
    if not isinstance(value, row.native) or (isinstance(value, bool) and kind.logical.name == "decimal"):
        return value
    try:
        plain = row.write(value, kind.logical)
        if kind.kind == "fixed" and kind.logical.name == "decimal":
            plain = int.from_bytes(plain, "big", signed=True).to_bytes(kind.size, "big", signed=True)
    except (ValueError, TypeError, OverflowError) as error:
        raise _Unfit(f"{shown(value)} is no {kind.logical}: {error}") from None
    return plain


def _unfit(kind: Type, value: object) -> _Unfit:
    if kind.logical is None:
        return _Unfit(f"{shown(value)} is no {kind}")
    native = LOGICAL[kind.kind, kind.logical.name].native
    natural = native[0] if isinstance(native, tuple) else native
    return _Unfit(f"{shown(value)} is no {natural.__name__} and no {kind}")


def _null(kind: Type, value: object) -> bytes:
    if value is not None:
        raise _unfit(kind, value)
    return b""


def _boolean(kind: Type, value: object) -> bytes:
    if not isinstance(value, bool):
        raise _unfit(kind, value)
    return b"\1" if value else b"\0"


def _integer(kind: Type, value: Any) -> bytes:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unfit(kind, value)
    if not -_RANGES[kind.kind] <= value < _RANGES[kind.kind]:
        raise _Unfit(f"{shown(value)} is out of the range of {kind}")
    return signed(int(value))


def _float(kind: Type, value: Any) -> bytes:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unfit(kind, value)
    try:
        return struct.pack("<f" if kind.kind == "float" else "<d", value)
    except OverflowError:
        raise _Unfit(f"{shown(value)} is out of the range of {kind}") from None


def _bytes(kind: Type, value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _unfit(kind, value)
    written = bytes(value)
    return signed(len(written)) + written


def _string(kind: Type, value: Any) -> bytes:
    if isinstance(value, enum.Enum) and not isinstance(value, str):
        value = value.value
    if not isinstance(value, str):
        raise _unfit(kind, value)
    try:
        written = str.encode(value)
    except UnicodeEncodeError as error:
        raise _Unfit(f"{shown(value)} cannot be written in UTF-8: {error.reason}") from None
    return signed(len(written)) + written


def _fixed(kind: Type, value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _unfit(kind, value)
    written = bytes(value)
    if len(written) != kind.size:
        raise _Unfit(f"{shown(value)} has {len(written)} bytes, and {kind} has {kind.size}")
    return written


def _enum(kind: Type, value: Any) -> bytes:
    for each in (value.value, value.name) if isinstance(value, enum.Enum) else (value,):
        if isinstance(each, str) and each in kind.symbols:
            return signed(kind.symbols.index(each))
    raise _Unfit(f"{shown(value)} is no symbol of {kind}, which are {', '.join(kind.symbols)}")


def _array(kind: Type, value: Any) -> bytes:
    if not isinstance(value, Sequence | set | frozenset) or isinstance(value, str | bytes | bytearray | memoryview):
        raise _unfit(kind, value)
    if not value:
        return b"\0"
    parts = [signed(len(value))]
    for number, each in enumerate(value):
        parts.append(_below(kind.branches[0], each, f"[{number}]"))
    return b"".join((*parts, b"\0"))


def _map(kind: Type, value: Any) -> bytes:
    if not isinstance(value, Mapping):
        raise _unfit(kind, value)
    if not value:
        return b"\0"
    parts, text = [signed(len(value))], Type("string")
    for key, each in value.items():
        parts.append(_below(text, key, f"[{shown(key, 80)}]"))
        parts.append(_below(kind.branches[0], each, f"[{shown(key, 80)}]"))
    return b"".join((*parts, b"\0"))


def _below(kind: Type, value: object, step: str) -> bytes:
    try:
        return _encoded(kind, value)
    except _Unfit as error:
        error.path.append(step)
        raise


def _record(kind: Type, value: Any) -> bytes:
    fields = _fields_of(value)
    if fields is None:
        raise _Unfit(f"{shown(value)} has no fields, and {kind} is a record")
    known = {each.name for each in kind.fields}
    for name in fields:
        if name not in known:
            has = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise _Unfit(f"{kind} has no field {name!r}: {has}")
    parts = []
    for each in kind.fields:
        given = fields.get(each.name, MISSING)
        if given is MISSING:
            if each.default is MISSING:
                raise _Unfit(f"{kind} has the field {each.name!r}, without a default, and no value is given")
            given = native(each.type, each.default, tagged=False)
        parts.append(_below(each.type, given, f".{each.name}"))
    return b"".join(parts)


def _fields_of(value: Any) -> Mapping[str, object] | None:
    """By name; of a Pydantic model by the alias it is written by."""
    if isinstance(value, Mapping):
        return value
    of_model = getattr(type(value), "model_fields", None)
    if isinstance(of_model, Mapping):
        by_alias = getattr(type(value), "model_config", {}).get("serialize_by_alias")
        fields = {
            (each.serialization_alias if by_alias and each.serialization_alias else name): getattr(value, name)
            for name, each in of_model.items()
        }
        return fields | dict(getattr(value, "__pydantic_extra__", None) or {})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    of_attrs = getattr(type(value), "__attrs_attrs__", None)
    if of_attrs is not None:
        return {each.name: getattr(value, each.name) for each in of_attrs}
    given = getattr(value, "__dict__", None)
    return given if given is not None and not isinstance(value, type | enum.Enum) and not callable(value) else None


def _union(kind: Type, value: Any) -> bytes:
    """The branch that takes the value as it is; else the first that takes it at all.

    A tuple of a branch's name and a value names the branch, as with fastavro; the name of a class does so too.
    """
    if type(value) is tuple and len(value) == 2 and isinstance(value[0], str):
        for number, each in enumerate(kind.branches):
            if value[0] in (each.name or each.kind, each.short_name):
                return signed(number) + _encoded(each, value[1])
    problems = []
    for number in _likely(kind, value):
        try:
            return signed(number) + _encoded(kind.branches[number], value)
        except _Unfit as error:
            problems.append(error)
    if len(problems) == 1 or (len(problems) == 2 and any(each.kind == "null" for each in kind.branches)):
        raise problems[0] if value is not None else _unfit(kind, value)
    raise _unfit(kind, value)


def _likely(kind: Type, value: object) -> list[int]:
    """The branches in the order in which they are tried."""
    branches = kind.branches
    return sorted(range(len(branches)), key=lambda number: -_likeness(branches[number], value))


def _likeness(kind: Type, value: Any) -> int:
    if kind.logical is not None and isinstance(value, LOGICAL[kind.kind, kind.logical.name].native):
        return 1 if type(value) in (int, tuple) else 3
    if kind.kind == "record" and type(value).__name__ == kind.short_name:
        return 3
    if kind.kind == "null":
        return 3 if value is None else -2
    if kind.logical is None and type(value) in _NATURAL.get(kind.kind, ()):
        return 2
    return -1 if kind.kind == "float" else 1 if kind.logical is None else 0


_NATURAL: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "double": (float,),
    "string": (str,),
    "bytes": (bytes,),
    "enum": (str,),
    "map": (dict,),
    "record": (dict,),
    "array": (list, tuple),
}

_ENCODERS: dict[str, Callable[[Type, Any], bytes]] = {
    "null": _null,
    "boolean": _boolean,
    "int": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "bytes": _bytes,
    "string": _string,
    "fixed": _fixed,
    "enum": _enum,
    "array": _array,
    "map": _map,
    "record": _record,
    "union": _union,
}
