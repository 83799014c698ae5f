"""A contract's example in Protobuf, written anew by a new schema."""

import re
from typing import Any, cast

from msgpact.compatibility import protobuf, protobuf_image
from msgpact.compatibility.findings import Found
from msgpact.compatibility.weighing import Rewritten, Unweighable, example_of
from msgpact.model import Contents
from msgpact.pactfile.bound import Bound
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import FieldShape, MessageShape, Protobuf

__all__ = ["rewritten"]

_LIMITS = {
    "int32": (-(2**31), 2**31 - 1), "sint32": (-(2**31), 2**31 - 1), "sfixed32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1), "sint64": (-(2**63), 2**63 - 1), "sfixed64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1), "fixed32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1), "fixed64": (0, 2**64 - 1),
}  # fmt: skip


def rewritten(contents: Contents, old: RegisteredSchema, new: RegisteredSchema) -> Rewritten | None:
    """The example as the new schema would send it; None if its message is not one of the old schema's.

    Raises:
        Unweighable: it cannot be read, or the new schema cannot write it; a clause.
        UnreadablePact: the contract's own schema cannot be used.
    """
    bound = contents.serializer
    if not isinstance(bound, Bound) or bound.plugin_form.name != "protobuf":
        return None
    own = cast(Protobuf, bound.serializer)
    name = own.shape.name
    before, after = protobuf_image.read(old), protobuf_image.read(new)
    if name not in before.messages:
        return None
    if name not in after.messages:
        gone = Found("protobuf/message-gone", "$", f"The new schema has no message {name}.")
        return Rewritten(None, None, (gone,))
    stated: set[str] = set()
    example = example_of(contents, own)
    sender = Protobuf(name, proto=after.content)
    try:
        written = sender.dump(_message(example, own.shape, sender.shape, stated))
    except (ValueError, TypeError) as error:
        raise Unweighable(f"its example cannot be written by the new schema: {error}") from None
    misread = protobuf.misread(protobuf_image.image_of(own.descriptor_set), after, "contract's", "new")
    return Rewritten(written, sender, tuple(each for each in misread if each.path in stated))


_EMPTY: dict[str | None, Any] = {"value": None, "list": [], "bytes": b""}
"""What documents hold of an empty message; of most {}."""


def _message(document: Any, old: MessageShape, new: MessageShape, stated: set[str]) -> Any:
    """A document of the old message as one of the new; which fields are stated is noted."""
    if old.held != new.held:
        return _EMPTY.get(new.held, {})
    if old.held is not None or not isinstance(document, dict):
        return document
    written: dict[str, Any] = {}
    for name, value in document.items():
        field = old.fields[name]
        stated.add(f"{old.name}.{name}")
        successor = new.fields.get(name) or new.by_number.get(field.number)
        if successor is not None:
            written[successor.name] = _value(value, field, successor, stated)
    for required in new.fields.values():
        if required.is_required and required.name not in written:
            written[required.name] = {} if required.message is not None else required.default
    return written


def _value(value: Any, old: FieldShape, new: FieldShape, stated: set[str]) -> Any:
    if new.is_map:
        entry, was = cast(MessageShape, new.message), old.message if old.is_map else None
        given = value.items() if was is not None and isinstance(value, dict) else ()
        if was is not None and given:
            stated.add(f"{was.name}.value")
        return {
            name: _single(each, cast(MessageShape, was).fields["value"], entry.fields["value"], stated)
            for name, each in given
            if _is_key(name, entry.fields["key"].kind)
        }
    if old.is_map:
        return [] if new.is_list else None
    listed = value if old.is_list and isinstance(value, list) else [value]
    written = [_single(each, old, new, stated) for each in listed]
    return written if new.is_list else written[-1] if written else new.default


def _is_key(name: str, kind: str) -> bool:
    """Whether the text of a key is one of another kind of keys too."""
    if kind in _LIMITS:
        low, high = _LIMITS[kind]
        return re.fullmatch(r"-?[0-9]{1,20}", name) is not None and low <= int(name) <= high
    return kind == "string" or name in ("true", "false")


def _single(value: Any, old: FieldShape, new: FieldShape, stated: set[str]) -> Any:
    if new.message is not None:
        return _message(value, old.message, new.message, stated) if old.message is not None else {}
    if old.message is not None:
        return _scalar(None, new.kind) if new.enum is None else next(iter(new.enum.numbers))
    if new.enum is not None:
        return _symbol(value, old, new)
    if old.enum is not None and isinstance(value, str):
        value = old.enum.numbers.get(value, 0)
    return _scalar(value, new.kind)


def _symbol(value: Any, old: FieldShape, new: FieldShape) -> Any:
    """The name in the new enum, by that or by the number; of a value that it lacks another one, which is what would be sent."""
    assert new.enum is not None
    number = old.enum.numbers.get(value) if old.enum is not None and isinstance(value, str) else value
    if isinstance(value, str) and value in new.enum.numbers:
        return value
    if type(number) is int and number in new.enum.names:
        return new.enum.names[number]
    was_unknown = type(value) is int and not new.enum.is_closed
    return value if was_unknown else next(iter(new.enum.numbers))


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("string", "bytes") and value is None:
        return "" if kind == "string" else b""
    if kind == "string":
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    if kind == "bytes":
        return value if isinstance(value, bytes) else str(value).encode()
    if not isinstance(value, int | float):
        return {"bool": False}.get(kind, 0)
    if kind in ("float", "double"):
        return float(value)
    if kind == "bool":
        return bool(value)
    low, high = _LIMITS[kind]
    return max(low, min(high, int(value))) if value == value and abs(value) != float("inf") else 0  # noqa: PLR0124  (not NaN)
