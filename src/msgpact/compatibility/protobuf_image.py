"""A compiled Protobuf schema: its descriptors, and what stands at a place of its files."""

import base64
import binascii
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError

from msgpact.compatibility import buf
from msgpact.compatibility.findings import SchemaError
from msgpact.serializers.framing import RegisteredSchema

__all__ = ["Image", "read"]

MAIN = "schema.proto"
"""What the file of the schema itself is called; versions of it are compared by this name."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A schema as buf compiled it.

    Attributes:
        content: The serialized FileDescriptorSet.
        messages: The descriptors of all messages but those of Google's own files, by full name.
        places: The full name of what stands at a file's line and column, counted from 1.
    """

    content: bytes
    messages: Mapping[str, Any]
    places: Mapping[tuple[str, int, int], str]


@functools.lru_cache(maxsize=64)
def read(schema: RegisteredSchema) -> Image:
    """The schema, compiled with those that it refers to; kept, as a registry asks for the same versions again and again.

    Raises:
        SchemaError: it does not compile; a clause.
        MissingExtra: buf is not installed.
    """
    described = _described(schema)
    content = buf.build(_files(schema)) if described is None else described
    files = descriptor_pb2.FileDescriptorSet.FromString(content).file
    pool = descriptor_pool.DescriptorPool()
    messages: dict[str, Any] = {}
    places: dict[tuple[str, int, int], str] = {}
    try:
        for each in files:
            added = pool.AddSerializedFile(each.SerializeToString())
            if not each.name.startswith("google/protobuf/"):
                messages.update(_messages(added.message_types_by_name.values()))
                places.update(_places(each))
    except TypeError as error:
        raise SchemaError(f"its descriptors do not fit together: {error}") from None
    return Image(content, messages, places)


def _files(schema: RegisteredSchema) -> dict[str, str]:
    files: dict[str, str] = {}
    waiting = list(schema.references.items())
    while waiting:
        name, each = waiting.pop()
        if name not in files:
            files[name] = each.text
            waiting.extend(each.references.items())
    return {**files, MAIN: schema.text}


def _described(schema: RegisteredSchema) -> bytes | None:
    """The set of a schema that is registered as a serialized descriptor in base64, as Confluent's client for Python does."""
    main = _descriptor(schema.text)
    if main is None:
        return None
    main.name = MAIN
    known: dict[str, Any] = {MAIN: main}
    for name, text in _files(schema).items():
        if name != MAIN:
            described = _descriptor(text)
            if described is None:
                raise SchemaError(f"it is a descriptor, but {name!r}, which it imports, is none")
            described.name = name
            known[name] = described
    ordered: dict[str, Any] = {}
    _order(MAIN, known, ordered)
    return bytes(descriptor_pb2.FileDescriptorSet(file=ordered.values()).SerializeToString())


def _descriptor(text: str) -> Any:
    try:
        found: Any = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text.strip(), validate=True))
    except (binascii.Error, ValueError, DecodeError):
        return None
    return found if text.strip() else None


def _order(name: str, known: Mapping[str, Any], ordered: dict[str, Any]) -> None:
    """Imports first, as a set has to be; Google's own files come with the library."""
    waiting = [(name, False)]
    while waiting:
        name, imports_are_done = waiting.pop()
        if name in ordered:
            continue
        file = known.get(name) or _googles(name)
        if imports_are_done:
            ordered[name] = file
        else:
            waiting += [(name, True), *((each, False) for each in file.dependency if each != name)]
        if len(waiting) > 10_000:
            raise SchemaError("its files import one another in a circle")


def _googles(name: str) -> Any:
    found = descriptor_pb2.FileDescriptorProto()
    try:
        descriptor_pool.Default().FindFileByName(name).CopyToProto(found)
    except KeyError:
        raise SchemaError(f"it imports {name!r}, which is not among its references") from None
    return found


def _messages(listed: Any) -> Iterator[tuple[str, Any]]:
    waiting = list(listed)
    while waiting:
        each = waiting.pop()
        yield each.full_name, each
        waiting.extend(each.nested_types)


_CHILDREN = {
    "file": {
        4: ("message", "message_type"),
        5: ("enum", "enum_type"),
        7: ("field", "extension"),
        6: ("service", "service"),
    },
    "message": {
        3: ("message", "nested_type"),
        4: ("enum", "enum_type"),
        2: ("field", "field"),
        6: ("field", "extension"),
    },
    "enum": {2: ("value", "value")},
    "service": {2: ("method", "method")},
}
"""The parts of a descriptor that have names, by the numbers that a source location's path uses."""


def _places(file: Any) -> Iterator[tuple[tuple[str, int, int], str]]:
    for location in file.source_code_info.location:
        line, column = location.span[:2]
        yield (file.name, line + 1, column + 1), _name_at(file, location.path)


def _name_at(file: Any, path: Any) -> str:
    kind, part, name = "file", file, str(file.package)
    for number, index in zip(path[::2], path[1::2], strict=False):
        if number not in _CHILDREN.get(kind, {}):
            break
        kind, attribute = _CHILDREN[kind][number]
        part = getattr(part, attribute)[index]
        name = f"{name}.{part.name}" if name else str(part.name)
    return name
