"""An Avro schema as users give it: values of JSON, its text, a path, or as a registry holds it."""

import functools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgpact.errors import shown
from msgpact.serializers.avro import forms, json_encoding, schemas
from msgpact.serializers.avro.schema_types import NoSchema, Type, all_types
from msgpact.serializers.base import UnusableSchema
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["AvroSchema", "Given", "declared", "registered_type"]

Given = Mapping[str, Any] | list[Any] | str | os.PathLike[str] | RegisteredSchema
"""A schema: the values of its JSON, its text, a path to an `.avsc` file, or as a registry holds it."""


class AvroSchema:
    """A schema that has been parsed; equal to another that prints the same."""

    def __init__(self, root: Type, registered: RegisteredSchema | None = None) -> None:
        self.root = root
        if registered is not None:
            self.registered = registered

    @functools.cached_property
    def text(self) -> str:
        """As Apache Avro for Java prints it."""
        return forms.text_of(self.root)

    @functools.cached_property
    def registered(self) -> RegisteredSchema:
        """As a registry holds it: as it was given by one, else the text."""
        return RegisteredSchema("AVRO", self.text, {})

    def is_also(self, other: RegisteredSchema) -> bool:
        """Whether a registry's schema is the same, to the letter."""
        return other == self.registered or (not other.references and other.text == self.text)

    @functools.cached_property
    def canonical_form(self) -> str:
        """The parsing canonical form of the specification."""
        return forms.canonical_form(self.root)

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
        return forms.crc64(self.canonical_form).hex()

    @property
    def md5(self) -> str:
        """Of the canonical form."""
        return forms.md5(self.canonical_form)

    @property
    def sha256(self) -> str:
        """Of the canonical form."""
        return forms.sha256(self.canonical_form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AvroSchema) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[object, ...]:
        return declared, (self.registered,)

    def __repr__(self) -> str:
        return f"<Avro schema {self.name}>"


def declared(schema: Given, record: str | None = None, references: Iterable[Given] = ()) -> AvroSchema:
    """What a user gives, with the type *record* of a schema with several.

    Raises:
        DeclarationError: it is no schema, or its defaults are none.
    """
    try:
        named: dict[str, Type] = {}
        for each in references:
            _parsed(each, named)
        root = _parsed(schema, named)
        json_encoding.check_defaults(root)
        if record is not None:
            return AvroSchema(_chosen(root, record))
        return AvroSchema(root, schema if isinstance(schema, RegisteredSchema) else None)
    except OSError as error:
        why = error.strerror or str(error)
        raise UnusableSchema(
            f"Cannot read the Avro schema {schema!r}: {why}. Give the path of an .avsc file, absolute or from {Path.cwd()}.",
            why,
        ) from None
    except (ValueError, RecursionError) as error:
        raise UnusableSchema(
            f"Cannot use {shown(schema)} as an Avro schema: {error}. "
            "Give a schema as a dict, a list or JSON text, or the path of an .avsc file.",
            str(error),
        ) from None


def registered_type(schema: RegisteredSchema) -> Type:
    """The type of a writer's schema. Raises NoSchema: it is none; a clause."""
    if schema.format != "AVRO":
        raise NoSchema(f"its frame names a schema in {schema.format}, not in Avro")
    try:
        return _parsed(schema, {})
    except NoSchema as error:
        raise NoSchema(f"the schema that its frame names is none of Avro's: {error}") from None


def _chosen(root: Type, record: str) -> Type:
    named = {each.name: each for each in all_types(root) if each.name}
    found = named.get(record) or next((each for each in named.values() if each.short_name == record), None)
    if found is None:
        raise NoSchema(f"it has no type {record!r}, but {', '.join(named) or 'none'}")
    return found


def _in_order(schema: RegisteredSchema) -> Iterator[RegisteredSchema]:
    """A schema behind those that it refers to."""
    for each in schema.references.values():
        yield from _in_order(each)
    yield schema


def _parsed(schema: Given, named: dict[str, Type]) -> Type:
    if isinstance(schema, RegisteredSchema):
        *references, _ = _in_order(schema)
        for text in dict.fromkeys(each.text for each in references):
            schemas.parsed(text, named)
        return schemas.parsed(schema.text, named)
    if isinstance(schema, os.PathLike) or (isinstance(schema, str) and schema.endswith(".avsc")):
        return schemas.parsed(Path(schema).read_text(encoding="utf-8"), named)
    return schemas.parsed(schema, named)
