"""Documents as Protobuf messages, in the form that Pact's Protobuf plugin writes.

Every field that a document names is written, with zero values too; fields stand by their numbers, entries of maps by
their keys' text; repeated numbers and enums are packed whatever the `.proto` says, but bools never.
"""

import datetime
import enum
import operator
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.protobuf.shapes import BYTES, FIXED, SIGNED, UNSIGNED, EnumShape, FieldShape, MessageShape
from msgpact.serializers.protobuf.wire import DEEPEST, place
from msgpact.serializers.varints import unsigned
from msgpact.times import Timestamp

__all__ = ["encoded"]


def encoded(document: object, shape: MessageShape) -> bytes:
    """The bytes of a document, a dataclass or a model; raises TypeError or ValueError with a clause that names the field."""
    held = _WELL_KNOWN.get(shape.name)
    return _message(document if held is None else held(document, ""), shape, "", 0)


def _message(given: object, shape: MessageShape, path: str, depth: int) -> bytes:
    if depth > DEEPEST:
        raise ValueError(f"it is nested deeper than {DEEPEST} levels, in the field {place(path)}")
    fields = _fields_of(given, shape, path)
    written: list[tuple[int, bytes]] = []
    members: dict[str, str] = {}
    for name, value in fields.items():
        field = shape.fields.get(name) if isinstance(name, str) else None
        if field is None:
            raise ValueError(f"{shape.name} has no field {name!r}{_in(path)}: it has {_listed(shape.fields)}")
        if value is None and (field.message is None or field.message.held != "value" or field.is_list or field.is_map):
            continue
        if field.oneof is not None and members.setdefault(field.oneof, name) != name:
            raise ValueError(f"{members[field.oneof]} and {name} are both given, of the oneof {field.oneof}{_in(path)}")
        written.append((field.number, _field(value, field, f"{path}.{name}" if path else name, depth)))
    return b"".join(each for _, each in sorted(written))


def _field(value: object, field: FieldShape, path: str, depth: int) -> bytes:
    if field.is_map:
        return _map(value, field, path, depth)
    if not field.is_list:
        return _tagged(field, _single(value, field, path, depth))
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | bytearray | Mapping):
        raise TypeError(f"the field {place(path)} is a list, not {shown(value)}")
    items = [_single(each, field, f"{path}[{index}]", depth) for index, each in enumerate(value)]
    if field.kind in BYTES or field.kind in ("group", "bool"):
        return b"".join(_tagged(field, each) for each in items)
    return _varint(field.number << 3 | 2) + _delimited(b"".join(items)) if items else b""


def _tagged(field: FieldShape, contents: bytes) -> bytes:
    if field.kind == "group":
        return _varint(field.number << 3 | 3) + contents + _varint(field.number << 3 | 4)
    if field.kind in BYTES:
        return _varint(field.number << 3 | 2) + _delimited(contents)
    return _varint(field.number << 3 | {8: 1, 4: 5}.get(FIXED.get(field.kind, 0), 0)) + contents


def _map(value: object, field: FieldShape, path: str, depth: int) -> bytes:
    if not isinstance(value, Mapping):
        raise TypeError(f"the field {place(path)} is a map, not {shown(value)}")
    assert field.message is not None
    key, item = field.message.fields["key"], field.message.fields["value"]
    entries: dict[str, bytes] = {}
    for name, each in value.items():
        below = f"{path}[{name!r}]"
        if each is None and (item.message is None or item.message.held != "value"):
            raise TypeError(f"the field {place(below)} is None, which no map holds")
        parsed = _key(name, key, below)
        text = str(parsed).lower() if isinstance(parsed, bool) else str(parsed)
        if text in entries:
            raise ValueError(f"the field {place(path)} has the key {text} twice")
        entry = _tagged(key, _single(parsed, key, below, depth)) + _tagged(item, _single(each, item, below, depth + 1))
        entries[text] = _varint(field.number << 3 | 2) + _delimited(entry)
    return b"".join(entries[text] for text in sorted(entries))


def _key(name: object, key: FieldShape, path: str) -> object:
    """A key of a map, which documents hold as text."""
    if key.kind == "string" or not isinstance(name, str):
        return name
    if key.kind == "bool" and name in ("true", "false"):
        return name == "true"
    if key.kind != "bool" and name.removeprefix("-").isdecimal() and name.isascii():
        return int(name)
    raise ValueError(f"the key of {place(path)} is no {key.kind}")


def _single(value: object, field: FieldShape, path: str, depth: int) -> bytes:
    if field.message is not None:
        if hasattr(value, "DESCRIPTOR"):
            return _generated(value, field.message, path)
        held = _WELL_KNOWN.get(field.message.name)
        return _message(value if held is None else held(value, path), field.message, path, depth + 1)
    if field.enum is not None:
        return _varint(_number_of(value, field.enum, path))
    try:
        return _SCALARS[field.kind](value, field)
    except (TypeError, ValueError, OverflowError, struct.error) as error:
        clause = _REFUSED.get(field.kind) or f"must be an integer that {field.kind} holds"
        kind = ValueError if isinstance(error, OverflowError) else type(error)
        raise (kind if kind in (TypeError, ValueError) else ValueError)(
            f"the field {place(path)} {clause}, not {shown(value)}"
        ) from None


_REFUSED = {
    "double": "must be a number",
    "float": "must be a number that 32 bits hold",
    "bool": "must be True or False",
    "string": "must be text that UTF-8 holds",
    "bytes": "must be bytes",
}


# -- scalars ---------------------------------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    return unsigned(value & 0xFFFF_FFFF_FFFF_FFFF)


def _delimited(contents: bytes) -> bytes:
    return _varint(len(contents)) + contents


def _integer(value: Any, kind: str) -> int:
    if isinstance(value, bool):
        raise TypeError(kind)
    number = operator.index(value)
    bits = SIGNED.get(kind)
    least, most = (0, 2 ** UNSIGNED[kind] - 1) if bits is None else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if not least <= number <= most:
        raise ValueError(kind)
    return number


def _plain(value: Any, field: FieldShape) -> bytes:
    return _varint(_integer(value, field.kind))


def _zigzag(value: Any, field: FieldShape) -> bytes:
    number = _integer(value, field.kind)
    return _varint(number << 1 ^ number >> 63)


def _fixed(value: Any, field: FieldShape) -> bytes:
    return _integer(value, field.kind).to_bytes(FIXED[field.kind], "little", signed=field.kind in SIGNED)


def _float(value: Any, field: FieldShape) -> bytes:
    if isinstance(value, bool | str | bytes):
        raise TypeError(field.kind)
    return struct.pack("<d" if field.kind == "double" else "<f", float(value))


def _bool(value: Any, field: FieldShape) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(field.kind)
    return b"\1" if value else b"\0"


def _text(value: Any, field: FieldShape) -> bytes:
    """Text; other values as Pydantic writes them in JSON. Bytes where the schema does not demand UTF-8."""
    if isinstance(value, bytes | bytearray):
        if field.is_text_checked:
            raise TypeError(field.kind)
        return bytes(value)
    if not isinstance(value, str):
        from pydantic_core import PydanticSerializationError, to_jsonable_python

        try:
            value = to_jsonable_python(value)
        except PydanticSerializationError as error:
            raise TypeError(str(error)) from None
    if not isinstance(value, str):
        raise TypeError(field.kind)
    return str(value.value if isinstance(value, enum.Enum) else value).encode()


def _bytes(value: Any, field: FieldShape) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(field.kind)
    return bytes(value)


_SCALARS: Mapping[str, Callable[[Any, FieldShape], bytes]] = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64"), _plain),
    **dict.fromkeys(("sint32", "sint64"), _zigzag),
    **dict.fromkeys(("fixed32", "fixed64", "sfixed32", "sfixed64"), _fixed),
    **dict.fromkeys(("double", "float"), _float),
    "bool": _bool,
    "string": _text,
    "bytes": _bytes,
}


def _number_of(value: Any, shape: EnumShape, path: str) -> int:
    """By name or number; of a member of an Enum its value counts, or else its name."""
    wanted = value.value if isinstance(value, enum.Enum) else value
    for name in (wanted, value.name if isinstance(value, enum.Enum) else None):
        if isinstance(name, str) and name in shape.numbers:
            return shape.numbers[name]
    is_number = isinstance(wanted, int) and not isinstance(wanted, bool) and -(2**31) <= wanted < 2**31
    if is_number and (wanted in shape.names or not shape.is_closed):
        return int(wanted)
    raise ValueError(f"the field {place(path)} is {shown(value)}, but {shape.name} has {_listed(shape.numbers)}")


# -- messages --------------------------------------------------------------------------------------------------------


def _fields_of(given: object, shape: MessageShape, path: str) -> Mapping[Any, object]:
    if isinstance(given, Mapping):
        return given
    if (model := _dumped(given)) is not None:
        return model
    what = f"the field {place(path)}" if path else "it"
    raise TypeError(f"{what} must be a {shape.name}, a dict of its fields or a model, not {shown(given)}")


def _dumped(given: object) -> Mapping[str, object] | None:
    """A model or dataclass as the dict of its fields, by its own aliases; None of anything else."""
    serializer = getattr(type(given), "__pydantic_serializer__", None)
    if serializer is not None:
        found = serializer.to_python(given, mode="python", by_alias=True)
        return found if isinstance(found, Mapping) else None
    names = getattr(type(given), "__dataclass_fields__", None)
    return None if names is None else {name: getattr(given, name) for name in names}


def _listed(names: Iterable[str], most: int = 12) -> str:
    found = list(names)
    return ", ".join(found[:most]) + (", …" if len(found) > most else "") if found else "none"


def _in(path: str) -> str:
    return f" in {place(path)}" if path else ""


def _generated(value: Any, shape: MessageShape, path: str) -> bytes:
    """An instance of a generated class; in an Any stands any message."""
    name = value.DESCRIPTOR.full_name
    if name == shape.name:
        return bytes(value.SerializePartialToString(deterministic=True))
    if shape.name != "google.protobuf.Any":
        raise TypeError(f"the field {place(path)} must be a {shape.name}, not a {name}")
    packed = value.SerializePartialToString(deterministic=True)
    return _message({"type_url": f"type.googleapis.com/{name}", "value": packed}, shape, path, 0)


# -- well-known types ------------------------------------------------------------------------------------------------


def _timestamp(value: Any, path: str) -> Any:
    if not isinstance(value, datetime.datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"the field {place(path)} is a time without a zone: {value!r}")
    seconds, nanos = divmod(Timestamp.of(value).nanoseconds, 1_000_000_000)
    return {"seconds": seconds, "nanos": nanos}


def _duration(value: Any) -> Any:
    """Seconds and nanoseconds have the same sign."""
    if not isinstance(value, datetime.timedelta):
        return value
    micros = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    sign = -1 if micros < 0 else 1
    return {"seconds": sign * (abs(micros) // 1_000_000), "nanos": sign * (abs(micros) % 1_000_000) * 1000}


def _struct(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        model = _dumped(value)
        if model is None:
            raise TypeError(f"the field {place(path)} must be a dict, not {shown(value)}")
        value = model
    return {"fields": value}


def _list(value: Any, path: str) -> Any:
    if not isinstance(value, list | tuple):
        raise TypeError(f"the field {place(path)} must be a list, not {shown(value)}")
    return {"values": value}


def _json(value: Any, path: str) -> Any:
    if value is None:
        return {"null_value": 0}
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, str):
        return {"string_value": value}
    if isinstance(value, Mapping):
        return {"struct_value": value}
    if isinstance(value, list | tuple):
        return {"list_value": value}
    if isinstance(value, int) and int(float(value)) != value:
        raise ValueError(f"the field {place(path)} is {value}, which a double does not hold")
    return {"number_value": value}


_WELL_KNOWN: Mapping[str, Callable[[Any, str], Any]] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": lambda value, path: _duration(value),
    "google.protobuf.FieldMask": lambda value, path: {"paths": value} if isinstance(value, list | tuple) else value,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _json,
    **{
        f"google.protobuf.{kind}Value": lambda value, path: value if isinstance(value, Mapping) else {"value": value}
        for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
    },
}
"""What turns a value that stands for a message into its fields."""
