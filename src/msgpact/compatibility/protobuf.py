"""What a change of a Protobuf schema breaks: what buf finds, in the direction that is asked for, and what it lets pass.

buf compares a new file with an old one and has no direction; its categories are modes of their own. BACKWARD is its WIRE of
the new schema against the old one, FORWARD that of the old one against the new, without the rules about what a schema has to
reserve: they are duties of a successor, which the old schema is not.
"""

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from msgpact.compatibility import buf
from msgpact.compatibility.findings import Direction, Found, Mode
from msgpact.compatibility.protobuf_image import Image

__all__ = ["compare", "misread"]

SUCCESSORS_DUTIES = frozenset(
    {
        "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "RESERVED_ENUM_NO_DELETE",
        "RESERVED_MESSAGE_NO_DELETE",
    }
)


def compare(old: Image, new: Image, mode: Mode) -> Iterator[tuple[Direction, Found]]:
    """What is found in the directions that *mode* asks for, or in buf's category.

    Raises:
        SchemaError: buf refuses; a clause.
    """
    if not mode.directions:
        yield from ((Direction.BOTH, each) for each in _by_buf(new, old, mode.value))
        return
    forth = list(_by_buf(new, old, "WIRE"))
    back = {}
    if Direction.FORWARD in mode.directions:
        # What is found both ways is said in the words of the change, not of its reverse.
        found = [
            each for each in _by_buf(old, new, "WIRE") if each.rule.removeprefix("protobuf/") not in SUCCESSORS_DUTIES
        ]
        same = {(each.rule, each.path): each for each in forth}
        back = {(each.rule, each.path): same.get((each.rule, each.path), each) for each in found}
    if Direction.BACKWARD in mode.directions:
        yield from ((Direction.BOTH if (each.rule, each.path) in back else Direction.BACKWARD, each) for each in forth)
        back = {key: each for key, each in back.items() if each not in forth}
    yield from ((Direction.FORWARD, each) for each in back.values())
    for direction in mode.directions:
        sides = (new, old, "new", "old") if direction is Direction.BACKWARD else (old, new, "old", "new")
        yield from ((direction, each) for each in misread(*sides))
    if Direction.BACKWARD in mode.directions:
        yield from ((Direction.BACKWARD, each) for each in _gone(new, old))


def _by_buf(new: Image, old: Image, category: str) -> Iterator[Found]:
    if new.content == old.content:
        return
    for each in buf.breaking(new.content, old.content, category):
        yield Found(f"protobuf/{each.rule}", _path(each, new), each.words)


_DELETED = re.compile(
    r'Previously present (?:field "[^"]*" with name|message|enum|oneof|service|RPC|extension) "([^"]+)".* deleted'
)


def _path(found: buf.Break, new: Image) -> str:
    """The full name of what it is about; of what was deleted, the name it had within what it was deleted from."""
    name = new.places.get((found.file, found.line, found.column), "") or found.file
    deleted = _DELETED.match(found.words)
    return f"{name}.{deleted[1]}" if deleted else name


# -- what buf lets pass ------------------------------------------------------------------------------------------------

_BITS = {
    FieldDescriptor.TYPE_BOOL: (0, 1),
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_ENUM: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
}
_ZIGZAG = {
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT64: (-(2**63), 2**63 - 1),
}
_FIXED32 = {FieldDescriptor.TYPE_FIXED32: (0, 2**32 - 1), FieldDescriptor.TYPE_SFIXED32: (-(2**31), 2**31 - 1)}
_FIXED64 = {FieldDescriptor.TYPE_FIXED64: (0, 2**64 - 1), FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1)}
ALIKE = (_BITS, _ZIGZAG, _FIXED32, _FIXED64)
"""Types that are the same on the wire, and the least and the greatest number of each."""


def misread(reader: Image, writer: Image, reader_name: str, writer_name: str) -> Iterator[Found]:
    """What a reader takes for something else, though nothing on the wire shows it; the names are theirs in sentences."""
    for name, message in sorted(writer.messages.items()):
        read = reader.messages.get(name)
        for field in message.fields if read is not None else ():
            assert read is not None
            other = read.fields_by_number.get(field.number)
            path = f"{name}.{field.name}"
            if other is None:
                continue
            if not _holds(other.type, field.type):
                was, now = (_type_name(each) for each in (field, other))
                sentence = (
                    f"The {writer_name} schema writes {was}, the {reader_name} one reads {now}: other numbers change."
                )
                yield Found("protobuf/number-misread", path, sentence)
            elif unknown := _unknown(other.enum_type, field.enum_type):
                closed = f"The {reader_name} enum {other.enum_type.full_name} is closed and does not know {unknown}"
                yield Found(
                    "protobuf/closed-enum-value-unknown", path, f"{closed}: the field is read as if it were not set."
                )


def _type_name(field: Any) -> str:
    return str(FieldDescriptorProto.Type.Name(field.type)).removeprefix("TYPE_").lower()


def _holds(reader: int, writer: int) -> bool:
    """Whether each number of the one type is read as itself by the other; of types that differ on the wire buf speaks."""
    for ranges in ALIKE:
        if reader in ranges and writer in ranges:
            return ranges[reader][0] <= ranges[writer][0] and ranges[writer][1] <= ranges[reader][1]
    return True


def _unknown(reader: Any, writer: Any) -> str:
    """The values of an enum that another, which is closed, does not know."""
    if reader is None or writer is None or not reader.is_closed:
        return ""
    names = [each.name for each in writer.values if each.number not in reader.values_by_number]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _gone(new: Image, old: Image) -> Iterator[Found]:
    for name, message in sorted(old.messages.items()):
        if name not in new.messages and not message.GetOptions().map_entry:
            sentence = f"The new schema has no message {name}: frames and contracts that name it find none."
            yield Found("protobuf/message-gone", name, sentence)
