"""What a Protobuf schema says of its messages, as frozen values: the names, kinds and defaults of their fields.

They are in the terms of documents, which is what rules are applied to: enums by name, extensions as `[full.name]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BYTES", "FIXED", "SIGNED", "EnumShape", "FieldShape", "MessageShape", "shape_of"]

_KINDS = (
    "", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group", "message", "bytes",
    "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64",
)  # fmt: skip
"""Names of the types, by their number in descriptor.proto."""

FIXED = {"double": 8, "fixed64": 8, "sfixed64": 8, "float": 4, "fixed32": 4, "sfixed32": 4}
"""Kinds of a fixed width, in bytes."""
BYTES = frozenset({"string", "bytes", "message"})
"""Kinds that stand behind their length, and so cannot be packed."""
SIGNED = {"int32": 32, "sfixed32": 32, "sint32": 32, "enum": 32, "int64": 64, "sfixed64": 64, "sint64": 64}
UNSIGNED = {"uint32": 32, "fixed32": 32, "uint64": 64, "fixed64": 64}

HELD = {
    "google.protobuf.Struct": "struct",
    "google.protobuf.Value": "value",
    "google.protobuf.ListValue": "list",
    "google.protobuf.BytesValue": "bytes",
}
"""Messages that documents hold as what they stand for, as Pact's Protobuf plugin sees them; all others are plain ones."""

_GENUINE = {
    "google.protobuf.Struct": {"fields": (1, 11, "google.protobuf.Struct.FieldsEntry", True, None)},
    "google.protobuf.Struct.FieldsEntry": {
        "key": (1, 9, None, False, None),
        "value": (2, 11, "google.protobuf.Value", False, None),
    },
    "google.protobuf.Value": {
        "null_value": (1, 14, None, False, "kind"),
        "number_value": (2, 1, None, False, "kind"),
        "string_value": (3, 9, None, False, "kind"),
        "bool_value": (4, 8, None, False, "kind"),
        "struct_value": (5, 11, "google.protobuf.Struct", False, "kind"),
        "list_value": (6, 11, "google.protobuf.ListValue", False, "kind"),
    },
    "google.protobuf.ListValue": {"values": (1, 11, "google.protobuf.Value", True, None)},
    "google.protobuf.BytesValue": {"value": (1, 12, None, False, None)},
}
"""The fields of those messages: number, type, message, whether repeated, oneof. A schema may call others by their names."""


@dataclass(frozen=True, slots=True)
class EnumShape:
    """An enum; of several names of a number the first counts."""

    name: str
    names: Mapping[int, str]
    numbers: Mapping[str, int]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field of a message.

    Attributes:
        name: As in documents: the `.proto`'s name, `[full.name]` of an extension.
        kind: As the `.proto` calls it: `int32`, `string`, `message`, `enum`, …; of a map `message`.
        is_list: Repeated, and no map.
        tracks_presence: Whether absent and default are two things.
        default: What a reader is told where the field is absent, as a document holds it.
        oneof: The name of the oneof that it is a member of.
        is_text_checked: Whether a string that is not UTF-8 is an error.
    """

    number: int
    name: str
    kind: str
    is_list: bool
    is_map: bool
    is_required: bool
    tracks_presence: bool
    default: Any
    oneof: str | None
    enum: EnumShape | None
    is_text_checked: bool
    message_name: str | None
    known: Mapping[str, "MessageShape"] = field(repr=False, compare=False)

    @property
    def message(self) -> "MessageShape | None":
        """The message it holds, of a map its entry; None of a scalar."""
        return None if self.message_name is None else self.known[self.message_name]


@dataclass(frozen=True, slots=True)
class MessageShape:
    """A message.

    Attributes:
        fields: By name, in the order of their numbers; extensions that the schema knows among them.
        held: What documents hold it as, where it is no dict of its fields: `struct`, `value`, `list` or `bytes`.
        descriptor: As google.protobuf has it.
    """

    name: str
    fields: Mapping[str, FieldShape]
    by_number: Mapping[int, FieldShape]
    held: str | None
    descriptor: Any = field(repr=False, compare=False)


def shape_of(descriptor: Any) -> tuple[MessageShape, Mapping[str, MessageShape]]:
    """The shape of a message, and of all that it can hold, by full name; raises ValueError with a clause."""
    known: dict[str, MessageShape] = {}
    enums: dict[str, EnumShape] = {}
    waiting = [descriptor]
    while waiting:
        message = waiting.pop()
        if message.full_name in known:
            continue
        given = [*message.fields, *message.file.pool.FindAllExtensions(message)]
        each = [_field(one, known, enums) for one in sorted(given, key=lambda one: one.number)]
        known[message.full_name] = MessageShape(
            message.full_name,
            {one.name: one for one in each},
            {one.number: one for one in each},
            _held(message),
            message,
        )
        waiting += [one.message_type for one in given if one.message_type is not None]
    return known[descriptor.full_name], known


def _held(message: Any) -> str | None:
    held = HELD.get(message.full_name)
    if held is None or held == "bytes":
        return held if held is None or _is_genuine(message) else None
    names = [name for name in _GENUINE if name != "google.protobuf.BytesValue"]
    try:  # they hold one another
        found = [message.file.pool.FindMessageTypeByName(name) for name in names]
    except KeyError:
        return None
    return held if all(map(_is_genuine, found)) else None


def _is_genuine(message: Any) -> bool:
    found = {
        each.name: (
            each.number,
            each.type,
            each.message_type and each.message_type.full_name,
            _labels(each)[0],
            each.containing_oneof and each.containing_oneof.name,
        )
        for each in message.fields
    }
    return found == _GENUINE[message.full_name]


def _field(given: Any, known: Mapping[str, MessageShape], enums: dict[str, EnumShape]) -> FieldShape:
    message, enum = given.message_type, given.enum_type
    shape = None
    if enum is not None:
        shape = enums.get(enum.full_name) or enums.setdefault(enum.full_name, _enum(enum))
    repeated, required = _labels(given)
    if repeated and required:  # the parser takes it, and ends the process when it looks for what is lacking
        raise ValueError(f"its field {given.full_name} is both repeated and required")
    is_map = repeated and message is not None and message.GetOptions().map_entry
    if is_map and [(each.name, each.number) for each in message.fields] != [("key", 1), ("value", 2)]:
        raise ValueError(f"its map {given.full_name} has no keys and values")
    oneof = given.containing_oneof
    is_member = oneof is not None and not (len(oneof.fields) == 1 and oneof.name == f"_{given.name}")
    return FieldShape(
        number=given.number,
        name=f"[{given.full_name}]" if given.is_extension else given.name,
        kind=_KINDS[given.type],
        is_list=repeated and not is_map,
        is_map=is_map,
        is_required=required,
        tracks_presence=given.has_presence,
        default=_default(given, repeated=repeated, is_map=is_map, enum=shape),
        oneof=oneof.name if is_member else None,
        enum=shape,
        is_text_checked=_KINDS[given.type] == "string" and _is_text_checked(given),
        message_name=None if message is None else message.full_name,
        known=known,
    )


def _labels(given: Any) -> tuple[bool, bool]:
    """Whether it is repeated, and whether required; `label` is what older releases have, and newer ones warn of."""
    if hasattr(type(given), "is_repeated"):
        return given.is_repeated, given.is_required
    return given.label == given.LABEL_REPEATED, given.label == given.LABEL_REQUIRED


def _enum(given: Any) -> EnumShape:
    names: dict[int, str] = {}
    for value in given.values:
        names.setdefault(value.number, value.name)
    return EnumShape(given.full_name, names, {value.name: value.number for value in given.values}, given.is_closed)


def _default(given: Any, *, repeated: bool, is_map: bool, enum: EnumShape | None) -> object:
    if repeated:
        return {} if is_map else []
    if given.message_type is not None:
        return {"value": None, "list": [], "bytes": b""}.get(_held(given.message_type) or "", {})
    if enum is not None:
        return enum.names.get(given.default_value, given.default_value)
    return given.default_value


def _is_text_checked(given: Any) -> bool:
    """By the syntax of its file, or by the features of editions; keys of maps always, as Python cannot hold them otherwise."""
    if given.number == 1 and given.containing_type.GetOptions().map_entry:
        return True
    features = getattr(given, "_GetFeatures", None)  # resolved from the field, its file and the edition
    return features is None or features().utf8_validation == _VERIFY


_VERIFY = 2
