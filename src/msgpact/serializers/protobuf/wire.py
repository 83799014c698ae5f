"""Protobuf's wire format, walked to say what is wrong with a message and where: its parser only says that something is."""

from collections.abc import Mapping

from msgpact.serializers.protobuf.shapes import BYTES, FIXED, FieldShape, MessageShape

__all__ = ["DEEPEST", "fault_in", "place"]

DEEPEST = 100
"""Levels of messages and groups that the parser follows."""

_VARINT, _FIXED64, _LENGTH, _GROUP, _END, _FIXED32 = range(6)
_MOST_NUMBER, _MOST_BYTES = 2**29 - 1, 2**31 - 1


class _Fault(Exception):
    """Words that name the field as `{name}` until somebody knows its name: of millions of fields one is named."""

    def __init__(self, words: str, offset: int) -> None:
        super().__init__(words, offset)
        self.words, self.offset = words, offset

    def named(self, name: str) -> "_Fault":
        return _Fault(self.words.replace("{name}", name), self.offset)

    def __str__(self) -> str:
        return f"{self.words}, at byte {self.offset}"


def fault_in(contents: bytes, shape: MessageShape) -> str | None:
    """The first thing that is wrong, as a clause with its field and offset; None where nothing is."""
    try:
        _Walk(contents).message(0, len(contents), shape, "", 0)
    except _Fault as fault:
        return f"{fault} (schema {shape.name})"
    return None


def place(path: str, limit: int = 120) -> str:
    """A field's path as it stands in a sentence, cut in the middle where it is long."""
    return path if len(path) <= limit else f"{path[: limit // 2]}…{path[-limit // 2 :]}"


class _Walk:
    """Reads as the parser does: a field of another wire type than its own is unknown, and skipped."""

    def __init__(self, contents: bytes) -> None:
        self.contents = contents

    def message(self, at: int, end: int, shape: MessageShape | None, path: str, depth: int, group: int = 0) -> int:
        """Walk the fields of a message, or of a group up to its end; where it ends."""
        if depth > DEEPEST:
            raise _Fault(f"it is nested deeper than {DEEPEST} levels{_within(path)}", at)
        counts: dict[int, int] = {}
        while at < end:
            began = at
            number, wire, at = self.tag(at, end, path)
            if wire == _END:
                if number == group:
                    return at
                open_ = f"the group {group} is open" if group else "no group is open"
                raise _Fault(f"it ends a group {number} where {open_}{_within(path)}", began)
            field = shape.by_number.get(number) if shape is not None else None
            if field is not None and (field.is_list or field.is_map):
                counts[number] = counts.get(number, -1) + 1
            try:
                if wire == _VARINT:
                    at = self.varint(at, end)[1]
                elif wire in (_FIXED32, _FIXED64):
                    at = self.ahead(at, 4 if wire == _FIXED32 else 8, end)
                elif wire == _GROUP:
                    known = field.message if field is not None and field.kind == "group" else None
                    at = self.message(at, end, known, _below(path, field, counts), depth + 1, number)
                else:
                    at = self.delimited(at, end, field, _below(path, field, counts), depth)
            except _Fault as fault:
                unknown = f"the unknown field {number}{_within(path)}"
                name = unknown if field is None else f"the field {place(_below(path, field, counts))}"
                raise fault.named(name) from None
        if group:
            raise _Fault(f"it ends within the group {group}{_within(path)}", end)
        return at

    def delimited(self, at: int, end: int, field: FieldShape | None, path: str, depth: int) -> int:
        length, at = self.varint(at, end, "the length of {name}", 5)
        if length > min(end - at, _MOST_BYTES):
            raise _Fault(f"{{name}} says that it has {length} bytes, but only {end - at} follow", at)
        if field is not None:
            self.bytes_of(at, at + length, field, path, depth)
        return at + length

    def bytes_of(self, at: int, end: int, field: FieldShape, path: str, depth: int) -> None:
        if field.kind == "message":
            self.message(at, end, field.message, path, depth + 1)
        elif field.is_text_checked:
            try:
                self.contents[at:end].decode()
            except UnicodeDecodeError as error:
                wrong = at + error.start
                raise _Fault(f"{{name}} is not UTF-8 text: there is {self.contents[wrong]:#04x}", wrong) from None
        elif field.is_list and field.kind not in BYTES and field.kind != "group":
            packed = f"the packed list {place(path.rpartition('[')[0])}"
            width = FIXED.get(field.kind)
            if width is not None and (end - at) % width:
                raise _Fault(f"{packed} ends within an item", end)
            while width is None and at < end:
                at = self.varint(at, end, packed)[1]

    def tag(self, at: int, end: int, path: str) -> tuple[int, int, int]:
        try:
            value, following = self.varint(at, end, longest=5)
        except _Fault as fault:
            raise fault.named(f"the tag of a field{_within(path)}") from None
        number, wire = value >> 3, value & 7
        if not 1 <= number <= _MOST_NUMBER:
            raise _Fault(f"no field has the number {number}{_within(path)}", at)
        if wire > _FIXED32:
            raise _Fault(f"no wire type is {wire}: the tag of field {number}{_within(path)}", at)
        return number, wire, following

    def varint(self, at: int, end: int, name: str = "{name}", longest: int = 10) -> tuple[int, int]:
        if at < end and self.contents[at] < 0x80:  # most are of one byte
            return self.contents[at], at + 1
        value = 0
        for index in range(longest):
            if at + index >= end:
                raise _Fault(f"it ends within {name}", end)
            byte = self.contents[at + index]
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return value, at + index + 1
        raise _Fault(f"{name} is a varint of more than {longest} bytes", at)

    def ahead(self, at: int, width: int, end: int) -> int:
        if end - at < width:
            raise _Fault("it ends within {name}", end)
        return at + width


def _below(path: str, field: FieldShape | None, counts: Mapping[int, int]) -> str:
    """The path of a field; of an unknown one that of the message."""
    if field is None:
        return path
    below = f"{path}.{field.name}" if path else field.name
    return f"{below}[{counts[field.number]}]" if field.number in counts else below


def _within(path: str) -> str:
    return f" in {place(path)}" if path else ""
