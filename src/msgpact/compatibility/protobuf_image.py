"""A compiled Protobuf schema: its descriptors, and what stands at a place of its files."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool

from msgpact.compatibility import buf
from msgpact.compatibility.findings import SchemaError
from msgpact.compatibility.references import texts_of
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import sources

__all__ = ["Image", "image_of", "read"]

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
    return image_of(buf.build(_files(schema)) if described is None else described)


def image_of(content: bytes) -> Image:
    """The image of a serialized FileDescriptorSet, imports first. Raises SchemaError."""
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
    referred = texts_of(schema)
    return {**referred, MAIN if MAIN not in referred else f"main/{MAIN}": schema.text}


def _described(schema: RegisteredSchema) -> bytes | None:
    """The set of a schema that is registered as a serialized descriptor in base64, as Confluent's client for Python does.

    It holds no places; its main file gets the name that texts get.
    """
    if all("{" in text or "=" in text.rstrip("=") for text in _files(schema).values()):  # so .proto text, not base64
        return None
    try:
        source = sources.of_registered(schema)
    except ValueError as error:
        raise SchemaError(str(error)) from None
    files = descriptor_pb2.FileDescriptorSet.FromString(source.descriptor_set)
    for each in files.file:
        if each.name == source.main:
            each.name = MAIN
    return bytes(files.SerializeToString())


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
