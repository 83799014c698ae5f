"""Protobuf's wire format, walked to say what is wrong with a message and where: its parser only says that something is."""

from msgpact.serializers.protobuf_shapes import BYTES, FIXED, FieldShape, MessageShape

__all__ = ["DEEPEST", "fault_in", "place"]

DEEPEST = 100
"""Levels of messages and groups that the parser follows."""

_VARINT, _FIXED64, _LENGTH, _GROUP, _END, _FIXED32 = range(6)
_MOST_NUMBER, _MOST_BYTES = 2**29 - 1, 2**31 - 1


class _Fault(Exception):
    def __init__(self, words: str, offset: int) -> None:
        super().__init__(f"{words}, at byte {offset}")


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
            name = f"the unknown field {number}{_within(path)}"
            below = path
            if field is not None:
                index = counts[number] = counts.get(number, -1) + 1
                below = f"{path}.{field.name}" if path else field.name
                below += f"[{index}]" if field.is_list or field.is_map else ""
                name = f"the field {place(below)}"
            at = self.value(at, end, (number, wire), field, name, below, depth)
        if group:
            raise _Fault(f"it ends within the group {group}{_within(path)}", end)
        return at

    def value(
        self, at: int, end: int, tag: tuple[int, int], field: FieldShape | None, name: str, path: str, depth: int
    ) -> int:
        number, wire = tag
        if wire == _VARINT:
            return self.varint(at, end, name)[1]
        if wire in (_FIXED32, _FIXED64):
            return self.ahead(at, 4 if wire == _FIXED32 else 8, end, name)
        if wire == _GROUP:
            known = field.message if field is not None and field.kind == "group" else None
            return self.message(at, end, known, path, depth + 1, number)
        length, at = self.varint(at, end, f"the length of {name}", 5)
        if length > min(end - at, _MOST_BYTES):
            raise _Fault(f"{name} says that it has {length} bytes, but only {end - at} follow", at)
        if field is not None:
            self.bytes_of(at, at + length, field, name, path, depth)
        return at + length

    def bytes_of(self, at: int, end: int, field: FieldShape, name: str, path: str, depth: int) -> None:
        if field.kind == "message":
            self.message(at, end, field.message, path, depth + 1)
        elif field.is_text_checked:
            try:
                self.contents[at:end].decode()
            except UnicodeDecodeError as error:
                wrong = at + error.start
                raise _Fault(f"{name} is not UTF-8 text: there is {self.contents[wrong]:#04x}", wrong) from None
        elif field.is_list and field.kind not in BYTES and field.kind != "group":
            packed = f"the packed list {place(path.rpartition('[')[0])}"
            width = FIXED.get(field.kind)
            if width is not None and (end - at) % width:
                raise _Fault(f"{packed} ends within an item", end)
            while width is None and at < end:
                at = self.varint(at, end, packed)[1]

    def tag(self, at: int, end: int, path: str) -> tuple[int, int, int]:
        value, following = self.varint(at, end, f"the tag of a field{_within(path)}", 5)
        number, wire = value >> 3, value & 7
        if not 1 <= number <= _MOST_NUMBER:
            raise _Fault(f"no field has the number {number}{_within(path)}", at)
        if wire > _FIXED32:
            raise _Fault(f"no wire type is {wire}: the tag of field {number}{_within(path)}", at)
        return number, wire, following

    def varint(self, at: int, end: int, name: str, longest: int = 10) -> tuple[int, int]:
        value = 0
        for index in range(longest):
            if at + index >= end:
                raise _Fault(f"it ends within {name}", end)
            byte = self.contents[at + index]
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return value, at + index + 1
        raise _Fault(f"{name} is a varint of more than {longest} bytes", at)

    def ahead(self, at: int, width: int, end: int, name: str) -> int:
        if end - at < width:
            raise _Fault(f"it ends within {name}", end)
        return at + width


def _within(path: str) -> str:
    return f" in {place(path)}" if path else ""
