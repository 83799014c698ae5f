"""Avro: a schema, and values read and written by it.

Records and maps are dicts, enums and strings text, bytes and fixed bytes; logical types are Python's own (Decimal, UUID, date,
time, datetime) and those of `msgpact.times`. A value of a union is the value.
"""

import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgpact.annotations import is_plain_dict
from msgpact.errors import DeclarationError, shown
from msgpact.model import Headers, RuleSet
from msgpact.serializers import (
    avro_comparison,
    avro_encoding,
    avro_forms,
    avro_json,
    avro_reading,
    avro_resolution,
    avro_schemas,
)
from msgpact.serializers.avro_schemas import Type
from msgpact.serializers.base import Serializer
from msgpact.serializers.comparing import Example
from msgpact.serializers.framing import Framed, Framing, RegisteredSchema

__all__ = ["Avro", "AvroSchema"]

Given = Mapping[str, Any] | list[Any] | str | os.PathLike[str] | RegisteredSchema
"""A schema: the values of its JSON, its text, a path to an `.avsc` file, or as a registry holds it."""


class AvroSchema:
    """A schema that has been parsed; equal to another that prints the same."""

    def __init__(self, root: Type) -> None:
        self.root = root

    @functools.cached_property
    def text(self) -> str:
        """As Apache Avro for Java prints it."""
        return avro_forms.text_of(self.root)

    @functools.cached_property
    def canonical_form(self) -> str:
        """The parsing canonical form of the specification."""
        return avro_forms.canonical_form(self.root)

    @property
    def name(self) -> str:
        """Of a record, an enum or a fixed its full name; of any other type the type."""
        return self.root.name or self.root.kind

    @property
    def short_name(self) -> str:
        return self.name.rpartition(".")[2]

    @functools.cached_property
    def fingerprint(self) -> str:
        """CRC-64-AVRO of the canonical form: the eight bytes of single-object encoding, in hexadecimal digits."""
        return avro_forms.crc64(self.canonical_form).hex()

    @property
    def md5(self) -> str:
        """Of the canonical form."""
        return avro_forms.md5(self.canonical_form)

    @property
    def sha256(self) -> str:
        """Of the canonical form."""
        return avro_forms.sha256(self.canonical_form)

    def registered(self) -> RegisteredSchema:
        return RegisteredSchema("AVRO", self.text, {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AvroSchema) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"<Avro schema {self.name}>"


class Avro:
    """Contents in Avro's binary encoding.

    Args:
        schema: Ours: what we write, and what we read whatever another writes. A relative path is one from the current folder.
        record: Which type of a schema with several is meant, by its full or its short name.
        references: Schemas that it names without defining them, each after those that it names itself.
        framing: What stands around a datum on the wire; None where nothing does.
        content_type: By default `avro/binary;record=` and the name of the record.

    Raises:
        DeclarationError: it is no schema.
    """

    def __init__(
        self,
        schema: Given,
        *,
        record: str | None = None,
        references: Iterable[Given] = (),
        framing: Framing | None = None,
        content_type: str | None = None,
    ) -> None:
        self.schema = _declared(schema, record, tuple(references))
        self.framing = framing
        self.content_type = content_type or f"avro/binary;record={self.schema.short_name}"


    def dump(self, value: object) -> bytes:
        """The datum of a value: of a dict, a dataclass, a Pydantic model or anything with fields, if it is a record."""
        return avro_encoding.encoded(self.schema.root, value)

    @functools.cached_property
    def load(self) -> Callable[[bytes], object]:
        """The function that reads a datum as native values; made when it is first asked for."""
        return avro_reading.reading(avro_resolution.plan_of(self.schema.root, self.schema.root))

    def build(self, contents: bytes, into: object) -> object:
        """*into* as Pydantic validates it from the native values."""
        return _built(self.load(contents), into)

    def example(self, contents: bytes, rules: Mapping[str, RuleSet]) -> Example:
        """The example in those bytes as it is compared."""
        return avro_comparison.example(self, contents, rules)

    def sent(self, payload: bytes) -> tuple[bytes, Headers]:
        """A payload in its frame, which names our schema."""
        if self.framing is None:
            return payload, ()
        return self.framing.wrap(Framed(payload, self._registered))

    def received(self, contents: bytes, headers: Headers) -> tuple[Serializer, bytes]:
        """The payload, and what reads it as ours by the schema that its frame names."""
        if self.framing is None:
            return self, contents
        framed = self.framing.unwrap(contents, headers)
        if framed.schema is None or framed.schema.text == self._registered.text:
            return self, _payload(framed, self.schema.root)
        serializer = _resolving(self, framed.schema)
        return serializer, _payload(framed, serializer.writer)

    @functools.cached_property
    def _registered(self) -> RegisteredSchema:
        return self.schema.registered()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Avro) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said[::2])

    @property
    def _said(self) -> tuple[object, ...]:
        return self.schema, self.framing, self.content_type

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.schema.text, self.framing, self.content_type)

    def __repr__(self) -> str:
        framing = f", framing={self.framing.name!r}" if self.framing is not None else ""
        return f"Avro({self.schema.name!r}{framing})"


class _Resolving:
    """What reads a writer's bodies as a reader's schema has them, and writes by the writer's."""

    def __init__(self, reader: Avro, writer: Type) -> None:
        self.writer = writer
        self.load: Callable[[bytes], object] = avro_reading.reading(
            avro_resolution.plan_of(writer, reader.schema.root)
        )

    def dump(self, value: object) -> bytes:
        return avro_encoding.encoded(self.writer, value)

    def build(self, contents: bytes, into: object) -> object:
        return _built(self.load(contents), into)


@functools.lru_cache(maxsize=256)
def _resolving(reader: Avro, writer: RegisteredSchema) -> _Resolving:
    """Raises ValueError: the registry's schema is none; a clause."""
    if writer.format != "AVRO":
        raise ValueError(f"its frame names a schema in {writer.format}, not in Avro")
    try:
        return _Resolving(reader, _parsed(writer, {}))
    except ValueError as error:
        raise ValueError(f"the schema that its frame names is none of Avro's: {error}") from None


def _payload(framed: Framed, writer: Type) -> bytes:
    """The bare datum."""
    if framed.encoding != "JSON":
        return framed.payload
    try:
        return avro_encoding.encoded(writer, avro_json.native(writer, json.loads(framed.payload), tagged=True))
    except ValueError as error:
        raise ValueError(f"it is not in Avro's JSON encoding: {error}") from None


def _again(text: str, framing: Framing | None, content_type: str) -> Avro:
    return Avro(text, framing=framing, content_type=content_type)


def _declared(schema: Given, record: str | None, references: tuple[Given, ...]) -> AvroSchema:
    try:
        named: dict[str, Type] = {}
        for each in references:
            _parsed(each, named)
        root = _parsed(schema, named)
        avro_json.check_defaults(root)
        return AvroSchema(root if record is None else _chosen(root, record))
    except OSError as error:
        raise DeclarationError(
            f"Cannot read the Avro schema {schema!r}: {error.strerror or error}. Give the path of an .avsc file, "
            f"absolute or from {Path.cwd()}."
        ) from None
    except ValueError as error:
        raise DeclarationError(
            f"Cannot use {shown(schema)} as an Avro schema: {error}. "
            "Give a schema as a dict, a list or JSON text, or the path of an .avsc file."
        ) from None


def _chosen(root: Type, record: str) -> Type:
    named = {each.name: each for each in avro_schemas.all_types(root) if each.name}
    found = named.get(record) or next((each for each in named.values() if each.short_name == record), None)
    if found is None:
        raise ValueError(f"it has no type {record!r}, but {', '.join(named) or 'none'}")
    return found


def _parsed(schema: Given, named: dict[str, Type]) -> Type:
    if isinstance(schema, RegisteredSchema):
        for name, reference in schema.references.items():
            if name not in named:
                _parsed(reference, named)
        return avro_schemas.parsed(schema.text, named)
    if isinstance(schema, os.PathLike) or (isinstance(schema, str) and schema.endswith(".avsc")):
        return avro_schemas.parsed(Path(schema).read_text(encoding="utf-8"), named)
    return avro_schemas.parsed(schema, named)


def _built(value: object, into: Any) -> object:
    from pydantic import PydanticUserError, ValidationError

    if is_plain_dict(into):
        return value
    try:
        return _adapter(into).validate_python(value)
    except ValidationError as error:
        raise ValueError(str(error)) from None
    except PydanticUserError as error:
        raise TypeError(f"Pydantic cannot make it: {error.message}") from None


@functools.lru_cache(maxsize=512)
def _adapter(into: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(into)
