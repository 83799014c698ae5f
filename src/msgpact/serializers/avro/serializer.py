"""Avro: a schema, and values read and written by it.

Records and maps are dicts, enums and strings text, bytes and fixed bytes; logical types are Python's own (Decimal, UUID, date,
time, datetime) and those of `msgpact.times`. A value of a union is the value.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from msgpact.annotations import is_plain_dict
from msgpact.model import Headers, RuleSet
from msgpact.rules.plan import Known
from msgpact.serializers.avro import comparison, json_encoding, resolution
from msgpact.serializers.avro import encoding as avro_encoding
from msgpact.serializers.avro import reading as avro_reading
from msgpact.serializers.avro.container import Container
from msgpact.serializers.avro.examples import as_held
from msgpact.serializers.avro.given import AvroSchema, Given, declared, registered_type
from msgpact.serializers.avro.schema_types import Type
from msgpact.serializers.avro.single_object import SingleObject
from msgpact.serializers.base import Serializer
from msgpact.serializers.building import built_from
from msgpact.serializers.comparing import Actual, Example
from msgpact.serializers.framed import Framed, Framing, RegisteredSchema
from msgpact.serializers.plugin_form import PluginForm
from msgpact.serializers.varints import read_signed

__all__ = ["Avro"]


class Avro:
    """Contents in Avro's binary encoding.

    Args:
        schema: Ours: what we write, and what we read whatever another writes. A relative path is one from the current folder.
        record: Which type of a schema with several is meant, by its full or its short name.
        references: Schemas that it names without defining them, each after those that it names itself.
        framing: What stands around a datum on the wire; None where nothing does.
        content_type: By default `avro/binary;record=` and the name of the record.

    Attributes:
        schema: The schema, parsed.
        framing: As given.
        content_type: As given, or by the schema.

    Raises:
        DeclarationError: it is no schema.
    """

    def __init__(
        self,
        schema: Given | AvroSchema,
        *,
        record: str | None = None,
        references: Iterable[Given] = (),
        framing: Framing | None = None,
        content_type: str | None = None,
    ) -> None:
        self.schema = schema if isinstance(schema, AvroSchema) else declared(schema, record, references)
        self.framing = framing
        self.content_type = content_type or f"avro/binary;record={self.schema.short_name}"

    def dump(self, value: object) -> bytes:
        """The datum of a value: of a dict, a dataclass, a Pydantic model or anything with fields, if it is a record."""
        return avro_encoding.encoded(self.schema.root, value)

    def example_bytes(self, document: object) -> bytes:
        """As `dump`, of a template's example, in which a date or a decimal may be its text."""
        return self.dump(as_held(self.schema.root, document))

    @functools.cached_property
    def load(self) -> Callable[[bytes], object]:
        """The function that reads a datum as native values; made when it is first asked for."""
        return _reading(self.schema.root, self.schema.root)

    def build(self, contents: bytes, into: object) -> object:
        """*into* as Pydantic validates it from the native values."""
        return _built(self.load(contents), into)

    @functools.cached_property
    def known(self) -> Known:
        """What is sure of every document, by the schema."""
        return comparison.known(self.schema.root)

    def example(self, contents: bytes, rules: Mapping[str, RuleSet], *, lenient: bool = False) -> Example:
        """The example in those bytes as it is compared; *lenient*: as Pact's plugin does."""
        return comparison.example(self, contents, rules, lenient=lenient)

    def actual(self, contents: bytes, beside: object, *, lenient: bool = False) -> Actual:  # noqa: ARG002  (a Comparing)
        """A message as it is compared."""
        return Actual(self.load(contents))

    def sent(self, payload: bytes) -> tuple[bytes, Headers]:
        """A payload in its frame, which names our schema."""
        if self.framing is None:
            return payload, ()
        if _is_raw(self.framing, self.schema.root):
            payload = _bytes_in(payload)
        return self.framing.wrap(Framed(payload, self.schema.registered))

    @property
    def bare_reader(self) -> Callable[[bytes], object] | None:
        """`load`, where no frame stands around what is sent."""
        return self.load if self.framing is None else None

    def received(self, contents: bytes, headers: Headers) -> tuple[Serializer, bytes]:
        """The payload, and what reads it as ours by the schema that its frame names."""
        if self.framing is None:
            return self, contents
        framed = self.framing.unwrap(contents, headers)
        if framed.schema is None or self.schema.is_also(framed.schema):
            return self, _payload(framed, self.schema.root, self.framing)
        serializer = _resolving(self.schema, framed.schema)
        return serializer, _payload(framed, serializer.writer, self.framing)

    def reading(self, writer: AvroSchema) -> Serializer:
        """What reads, as ours, data that was written by another schema. Raises ValueError where it cannot be read so."""
        return self if writer == self.schema else _resolving(self.schema, writer.registered)

    @functools.cached_property
    def frames(self) -> Mapping[str, Framing]:
        """The frames that need no registry but this schema, by the names that contracts say."""
        return {each.name: each for each in (SingleObject(self.schema.registered), Container())}

    @functools.cached_property
    def plugin_form(self) -> PluginForm:
        """How a pact says which schema it is."""
        text = self.schema.text
        key = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        interaction = {"record": self.schema.short_name, "schemaKey": key}
        return PluginForm("avro", "0.0.6", key, {"avroSchema": text}, interaction)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Avro) and self._said == other._said

    def __hash__(self) -> int:
        return hash((self.schema, self.content_type))

    @property
    def _said(self) -> tuple[object, ...]:
        return self.schema, self.framing, self.content_type

    def __reduce__(self) -> tuple[object, ...]:
        return _again, self._said

    def __repr__(self) -> str:
        framing = f", framing={self.framing.name!r}" if self.framing is not None else ""
        return f"Avro({self.schema.name!r}{framing})"


def _again(schema: AvroSchema, framing: Framing | None, content_type: str) -> Avro:
    return Avro(schema, framing=framing, content_type=content_type)


class _Resolving:
    """What reads a writer's bodies as a reader's schema has them, and writes by the writer's."""

    def __init__(self, reader: Type, writer: Type) -> None:
        self.writer = writer
        self.load = _reading(writer, reader)

    def dump(self, value: object) -> bytes:
        return avro_encoding.encoded(self.writer, value)

    def build(self, contents: bytes, into: object) -> object:
        return _built(self.load(contents), into)


@functools.lru_cache(maxsize=256)
def _resolving(reader: AvroSchema, writer: RegisteredSchema) -> _Resolving:
    """Raises ValueError: the writer's schema is none; a clause."""
    return _Resolving(reader.root, registered_type(writer))


def _reading(writer: Type, reader: Type) -> Callable[[bytes], object]:
    return avro_reading.reading(resolution.plan_of(writer, reader))


# -- payloads --------------------------------------------------------------------------------------------------------


def _payload(framed: Framed, writer: Type, framing: Framing) -> bytes:
    """The bare datum."""
    if framed.encoding == "JSON":
        try:
            value = json_encoding.native(writer, json.loads(framed.payload), tagged=True)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"it is not in Avro's JSON encoding: {error}") from None
        return avro_encoding.encoded(writer, value)
    if _is_raw(framing, writer) and not _is_bytes(framed.payload):
        return avro_encoding.encoded(Type("bytes"), framed.payload)
    return framed.payload


def _is_raw(framing: Framing, kind: Type) -> bool:
    """Whether Confluent's own clients write the bytes as they are: only where they are all there is.

    kafkajs and Confluent's client for Go write them as Avro does; both are read.
    """
    return kind.kind == "bytes" and framing.name.startswith("confluent")


def _is_bytes(payload: bytes) -> bool:
    try:
        size, at = read_signed(payload, 0)
    except ValueError:
        return False
    return size == len(payload) - at


def _bytes_in(payload: bytes) -> bytes:
    return payload[read_signed(payload, 0)[1] :]


def _built(value: object, into: object) -> object:
    return value if is_plain_dict(into) and isinstance(value, dict) else built_from(value, into)
