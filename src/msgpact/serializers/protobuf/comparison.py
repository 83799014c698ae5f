"""What is compared of two Protobuf messages: what an absent field means, and what Pact's plugin leaves out.

A field without presence is its default where it is absent; the example names what stands in its bytes, zero or not. In
a pact of ours all of that is compared. In a plugin's the plugin's laxness is kept, so that what passed there passes here.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from msgpact.model import RuleSet
from msgpact.results import ABSENT, Mismatch
from msgpact.rules import paths
from msgpact.rules.matchers import TYPED
from msgpact.serializers.comparing import Actual, Example
from msgpact.serializers.protobuf.laxness import Document, rules_as_taken, without_lists
from msgpact.serializers.protobuf.pools import google
from msgpact.serializers.protobuf.shapes import BYTES, FIXED, SIGNED, FieldShape, MessageShape

if TYPE_CHECKING:
    # It imports this.
    from msgpact.serializers.protobuf.serializer import Protobuf

__all__ = ["actual", "example"]


def example(serializer: "Protobuf", contents: bytes, rules: Mapping[str, RuleSet], *, lenient: bool = False) -> Example:
    """The example of a contract; *lenient*: as a plugin's file is judged. Raises as `load`."""
    document, shape = serializer.load(contents), serializer.shape
    _name_zeros(document, contents, shape)
    if not lenient:
        in_any_order = any(rule.match == "arrayContains" for each in rules.values() for rule in each.matchers)
        beside = _with_keys_of_all(document, paths.root(rules)) if in_any_order else None
        return Example(document, rules, TYPED, beside=beside)
    eased, notes = rules_as_taken(rules, shape)
    left = without_lists(document, shape, paths.root(eased), "$", notes)
    return Example(left, eased, TYPED, tuple(notes))


def actual(serializer: "Protobuf", contents: bytes, beside: object, *, lenient: bool = False) -> Actual:
    """A message beside an example's document. Raises as `load`."""
    filling = _Filling(lenient=lenient)
    try:
        document = serializer.load(contents)
    except ValueError as error:
        if not lenient:
            raise
        document = serializer.load_partial(contents)
        filling.notes.append(f"$: whether required fields are there, but {error}")
    document = filling.message(beside, document, serializer.shape, "$", is_top=contents != b"")
    # A field on the wire as another type is unknown to a reader, and so can only be one that is absent.
    wrong = tuple(_mistyped(contents, serializer.shape, "$", beside)) if filling.lacks_any else ()
    return Actual(document, wrong, tuple(filling.notes))


# -- the wire --------------------------------------------------------------------------------------------------------


class _Raw(NamedTuple):
    """A field as it stands in the bytes."""

    field: FieldShape
    wire: int
    data: Any


def _raw(contents: bytes, shape: MessageShape) -> Iterator[_Raw]:
    """The known fields in the bytes of a message, which are known to be one: to a message of no fields all are unknown."""
    for each in google("unknown_fields").UnknownFieldSet(google("empty_pb2").Empty.FromString(contents)):
        field = shape.by_number.get(each.field_number)
        if field is not None:
            yield _Raw(field, each.wire_type, each.data)


_VARINT, _FIXED64, _LENGTH, _GROUP, _FIXED32 = 0, 1, 2, 3, 5
_WIRES = {
    _VARINT: "a varint",
    _FIXED64: "64 bits",
    _LENGTH: "bytes with a length",
    _GROUP: "a group",
    _FIXED32: "32 bits",
}


def _wire_of(field: FieldShape) -> int:
    if field.kind in BYTES:
        return _LENGTH
    return _GROUP if field.kind == "group" else {8: _FIXED64, 4: _FIXED32}.get(FIXED.get(field.kind, 0), _VARINT)


def _is_readable(each: _Raw) -> bool:
    packed = each.wire == _LENGTH and each.field.is_list and each.field.kind not in BYTES
    return each.wire == _wire_of(each.field) or packed


def _mistyped(contents: bytes, shape: MessageShape, path: str, beside: Any) -> Iterator[Mismatch]:
    """Fields of an example that stand there as another wire type than theirs."""
    if shape.held is not None or not isinstance(beside, dict):
        return
    seen: dict[str, int] = {}
    for each in _raw(contents, shape):
        field, here = each.field, path + paths.field(each.field.name)
        if field.name not in beside:
            continue
        if not _is_readable(each):
            reason = f"it came as {_WIRES[each.wire]}, which is no {field.kind}"
            yield Mismatch(here, f"a field of type {field.kind}", ABSENT, ABSENT, reason=reason)
        elif field.kind == "message" and field.message is not None:
            example = beside[field.name]
            if field.is_map:
                yield from _mistyped_in_entry(each.data, field.message, here, example)
            elif field.is_list:
                index = seen[field.name] = seen.get(field.name, -1) + 1
                like = example[index] if index < len(example) else example[0] if example else None
                yield from _mistyped(each.data, field.message, f"{here}[{index}]", like)
            else:
                yield from _mistyped(each.data, field.message, here, example)


def _mistyped_in_entry(contents: bytes, entry: MessageShape, path: str, example: Document) -> Iterator[Mismatch]:
    """As `_mistyped`, in the value of a map's entry."""
    if example:
        key = _key_of(contents, entry)
        beside = {"value": example.get(key, example[min(example)])}
        for each in _mistyped(contents, entry, "", beside):
            yield dataclasses.replace(each, path=path + paths.field(key) + each.path.removeprefix(".value"))


# -- the example -----------------------------------------------------------------------------------------------------


def _name_zeros(document: Any, contents: bytes, shape: MessageShape) -> None:
    """Put in what stands in the bytes and is no different from what is absent: the example names it."""
    if shape.held is not None:
        return
    seen: dict[str, int] = {}
    for each in _raw(contents, shape):
        field = each.field
        if not _is_readable(each):  # to the reader it would be no field at all, and nothing would be expected of it
            raise ValueError(f"the field {field.name} came as {_WIRES[each.wire]}, which is no {field.kind}")
        index = seen[field.name] = seen.get(field.name, -1) + 1
        if field.kind == "message" and field.message is not None:
            if field.is_map:
                _name_zeros_in_entry(document[field.name], each.data, field.message)
                continue
            below = document[field.name][index] if field.is_list else document.get(field.name)
            if below is not None:  # else another member of its oneof came later
                _name_zeros(below, each.data, field.message)
        elif not field.is_list and not field.tracks_presence:
            document.setdefault(field.name, field.default)


def _name_zeros_in_entry(entries: Document, contents: bytes, entry: MessageShape) -> None:
    """As `_name_zeros`, in the value of a map's entry."""
    item = entry.fields["value"].message
    if item is None:
        return
    halves = {each.field.name: each.data for each in _raw(contents, entry)}
    key = _key_of(contents, entry)
    if "value" in halves and key in entries:
        _name_zeros(entries[key], halves["value"], item)


def _key_of(contents: bytes, entry: MessageShape) -> str:
    """The key of an entry in its bytes."""
    halves = {each.field.name: each.data for each in _raw(contents, entry) if _is_readable(each)}
    return _key(entry.fields["key"], halves.get("key"))


def _key(field: FieldShape, data: Any) -> str:
    """The key of an entry, as documents have it."""
    if field.kind == "string":
        return (data or b"").decode()
    if field.kind == "bool":
        return "true" if data else "false"
    number = data or 0
    if field.kind in ("sint32", "sint64"):
        number = number >> 1 ^ -(number & 1)
    elif field.kind in SIGNED:
        bits = 32 if field.kind == "sfixed32" else 64
        number -= (number >> bits - 1) << bits
    return str(number)


def _with_keys_of_all(document: Any, here: paths.Position) -> Any:
    """A document in which each item of a list under arrayContains has the fields of all: which it will be is not known."""
    match document:
        case dict():
            return {name: _with_keys_of_all(value, here.below(name)) for name, value in document.items()}
        case list():
            items = [_with_keys_of_all(value, here.below(str(index))) for index, value in enumerate(document)]
            rules = () if here.rules is None else here.rules.matchers
            if any(rule.match == "arrayContains" for rule in rules) and all(isinstance(each, dict) for each in items):
                merged = {name: value for each in reversed(items) for name, value in each.items()}
                return [merged] * len(items)
            return items
    return document


# -- what came -------------------------------------------------------------------------------------------------------


class _Filling:
    """Documents filled up with the defaults of the fields that an example has and they lack.

    Attributes:
        lacks_any: Whether a field was lacking.
        notes: The fields whose presence is not compared, though they track it.
    """

    def __init__(self, *, lenient: bool) -> None:
        self.lenient = lenient
        self.lacks_any = False
        self.notes: list[str] = []

    def message(self, beside: Any, document: Any, shape: MessageShape, path: str, *, is_top: bool = False) -> Any:
        if shape.held is not None or not isinstance(beside, dict):
            return document
        filled = document
        fields = shape.fields
        for name, example in beside.items():
            field = fields[name]
            if name in document:
                if field.message_name is None and not (self.lenient and field.enum is not None):
                    continue  # most are such, and have nothing in them to be filled
                value, at = document[name], path + paths.field(name)
            else:
                at = path + paths.field(name)
                self.lacks_any = True
                if not self.takes_default(field, at, is_top=is_top):
                    continue
                value = field.default
            value = self.value(example, value, field, at)
            if name not in document or value is not document[name]:
                filled = dict(filled) if filled is document else filled
                filled[name] = value
        return filled

    def takes_default(self, field: FieldShape, path: str, *, is_top: bool) -> bool:
        """Whether a field that is absent counts as its default."""
        if self.lenient and is_top and field.kind == "fixed64" and not field.is_list:
            return False  # as given: in a message that has any fields, the plugin expects this one to come
        if not field.tracks_presence:
            return True
        if self.lenient:
            self.notes.append(f"{path}: whether it is there; it is not, and its default was compared")
        return self.lenient

    def value(self, example: Any, value: Any, field: FieldShape, path: str) -> Any:
        if field.is_map:
            return self.entries(example, value, field, path)
        if field.is_list:
            if not example or (field.message is None and field.enum is None):
                return value
            like = [*example, *([example[0]] * (len(value) - len(example)))]
            return [
                self.single(*pair, field, f"{path}[{at}]") for at, pair in enumerate(zip(like, value, strict=False))
            ]
        return self.single(example, value, field, path)

    def entries(self, example: Document, entries: Document, field: FieldShape, path: str) -> Document:
        assert field.message is not None
        item = field.message.fields["value"]
        if not example or (item.message is None and item.enum is None):
            return entries
        first = example[min(example)]
        return {
            key: self.single(example.get(key, first), value, item, path + paths.field(key))
            for key, value in entries.items()
        }

    def single(self, example: Any, value: Any, field: FieldShape, path: str) -> Any:
        if field.message is not None:
            return self.message(example, value, field.message, path)
        if self.lenient and field.enum is not None and isinstance(value, int):
            return f"Unknown enum {value}"  # as the plugin calls it, so that it is text as all others are
        return value
