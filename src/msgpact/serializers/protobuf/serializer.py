"""Protobuf: messages of a schema, as generated classes, documents and models."""

import base64
import functools
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgpact.errors import DeclarationError, MissingExtra, shown
from msgpact.model import Headers, RuleSet
from msgpact.serializers.base import UnusableSchema
from msgpact.serializers.comparing import Actual, Example
from msgpact.serializers.framed import Framed, Framing, MessageType, RegisteredSchema
from msgpact.serializers.plugin_form import PluginForm
from msgpact.serializers.protobuf import comparison, documents, encoding, models, pools, sources, text, wire
from msgpact.serializers.protobuf.documents import Unknown
from msgpact.serializers.protobuf.shapes import MessageShape, shape_of

__all__ = ["Protobuf"]


class Protobuf:
    """One kind of message, written and read by its schema.

    `dump` takes instances of the class, dicts as `load` gives them, dataclasses and models; also datetimes for Timestamp,
    timedeltas for Duration, plain values for wrappers. `load` gives a dict of the fields that are present, by the
    `.proto`'s names: enums by name, keys of maps as text, Struct, Value, ListValue and BytesValue as what they hold. `build`
    makes any generated class of that full name, a dict, or what Pydantic makes of it.

    Args:
        message: A generated class, or with *proto* the full name of a message.
        proto: Where the message is described: a `.proto` file (which needs the extra `protoc`), a serialized
            FileDescriptorSet or its file, or a schema of a registry. It is read on first use.
        includes: Folders that a `.proto` file imports from, beside its own.
        framing: What stands around messages on the wire; nothing if None.
        content_type: `application/protobuf;message=.pkg.Message` if None.
    """

    def __init__(
        self,
        message: type | str,
        *,
        proto: str | os.PathLike[str] | bytes | RegisteredSchema | None = None,
        includes: Iterable[str | os.PathLike[str]] = (),
        framing: Framing | None = None,
        content_type: str | None = None,
    ) -> None:
        if isinstance(message, str) is (proto is None) or not (isinstance(message, str) or _is_generated(message)):
            raise DeclarationError(
                f"Cannot use {shown(message)} as a Protobuf message: it is {_what(message)}. Give a generated class, or a "
                "message's full name and proto=, which is a .proto file, a FileDescriptorSet or a registered schema."
            )
        self._message = message
        self._proto = proto
        self._includes = tuple(Path(each) for each in includes)
        self._content_type = content_type
        self.framing = framing

    # -- the schema --------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _source(self) -> sources.Source:
        if not isinstance(self._message, str):
            return sources.of_class(self._message)
        proto = self._proto
        try:
            if isinstance(proto, bytes):
                return sources.of_set(proto)
            if isinstance(proto, RegisteredSchema):
                return sources.of_registered(proto)
            assert proto is not None
            path = Path(proto)
            if path.suffix == ".proto":
                return sources.of_file(path, self._includes)
            return sources.of_set(path.read_bytes())
        except MissingExtra:
            raise
        except (ValueError, OSError) as error:
            raise self._unusable(error) from None

    def _unusable(self, why: Exception) -> UnusableSchema:
        schema = "the schema" if isinstance(self._proto, bytes | RegisteredSchema | None) else repr(str(self._proto))
        return UnusableSchema(
            f"Cannot read {schema} of the Protobuf message {self._named!r}: {why}. Mend or name another.", str(why)
        )

    @property
    def _named(self) -> str:
        message: Any = self._message
        return message.removeprefix(".") if isinstance(message, str) else message.DESCRIPTOR.full_name

    @property
    def descriptor_set(self) -> bytes:
        """The FileDescriptorSet, serialized as `protoc --include_imports` writes it."""
        return self._source.descriptor_set

    @functools.cached_property
    def proto_text(self) -> str:
        """The `.proto` that describes the message; written from its descriptor, where the schema did not come as text."""
        if self._source.text is not None:
            return self._source.text
        # Not by the descriptor's CopyToProto: of a stranger's schema it may end the process.
        return text.proto_text(pools.files_in(self.descriptor_set)[self.descriptor.file.name])

    @functools.cached_property
    def plugin_form(self) -> PluginForm:
        """How a pact says which schema it is."""
        written = self.descriptor_set
        key = hashlib.md5(written, usedforsecurity=False).hexdigest()
        schema = {"protoDescriptors": base64.b64encode(written).decode("ascii"), "protoFile": self.proto_text}
        interaction = {"descriptorKey": key, "message": f".{self.shape.name}"}
        return PluginForm("protobuf", "0.7.1", key, schema, interaction)

    @functools.cached_property
    def descriptor(self) -> Any:
        """The message's descriptor, in a pool of its own."""
        try:
            return pools.message_in(self.descriptor_set, self._named)
        except (DeclarationError, MissingExtra):
            raise
        except ValueError as error:
            raise self._unusable(error) from None

    @functools.cached_property
    def _shapes(self) -> tuple[MessageShape, Mapping[str, MessageShape]]:
        descriptor = self.descriptor
        try:
            return shape_of(descriptor)
        except ValueError as error:
            raise self._unusable(error) from None

    @property
    def shape(self) -> MessageShape:
        """What the schema says of the message's fields: names, kinds, defaults, presence."""
        return self._shapes[0]

    @property
    def content_type(self) -> str:
        """The content type that its messages are sent with."""
        return self._content_type or f"application/protobuf;message=.{self.shape.name}"

    # -- a serializer ------------------------------------------------------------------------------------------------

    def dump(self, value: object) -> bytes:
        """The bytes, always the same ones of a value; raises TypeError or ValueError with a clause."""
        given: Any = value
        if not _is_generated(type(value)):
            given = self._class.FromString(encoding.encoded(value, self.shape))
        elif given.DESCRIPTOR.full_name != self.shape.name:
            raise TypeError(f"it must be a {self.shape.name}, not a {given.DESCRIPTOR.full_name}")
        if not given.IsInitialized():
            raise ValueError(self._lacking(given))
        return bytes(given.SerializeToString(deterministic=True))

    def load(self, contents: bytes) -> Any:
        """The document: a dict, but for the few messages that stand for something else."""
        return self._document(contents, self._parsed(contents))

    def load_partial(self, contents: bytes) -> Any:
        """As `load`, but required fields may be lacking."""
        return self._document(contents, self._parsed(contents, is_partial=True))

    def build(self, contents: bytes, into: object) -> object:
        """An instance of *into*; whatever it is, the contents are first checked against this schema."""
        message = self._parsed(contents)
        generated = models.generated_in(into)
        if generated is None:
            return models.built(self._document(contents, message), self.shape, into)
        if generated.DESCRIPTOR.full_name != self.shape.name:
            raise TypeError(f"it is a {self.shape.name}, which no {generated.DESCRIPTOR.full_name} is made of")
        try:
            return generated.FromString(contents)
        except (self._decode_error, UnicodeDecodeError) as error:
            raise ValueError(
                f"the class {generated.__qualname__}, which has another schema, cannot read it: {error}"
            ) from None

    def example_bytes(self, document: object) -> bytes:
        """The bytes as Pact's Protobuf plugin writes them: whatever a document names is there, zeros too."""
        written = encoding.encoded(document, self.shape)
        self._parsed(written)
        return written

    def example(self, contents: bytes, rules: Mapping[str, RuleSet], *, lenient: bool = False) -> Example:
        """The example in those bytes as it is compared: zeros that stand there are named; *lenient*: as Pact's plugin does."""
        return comparison.example(self, contents, rules, lenient=lenient)

    def actual(self, contents: bytes, beside: object, *, lenient: bool = False) -> Actual:
        """A message as it is compared: fields without presence that it lacks have their defaults; *lenient* as of `example`."""
        return comparison.actual(self, contents, beside, lenient=lenient)

    def unknown(self, contents: bytes) -> list[Unknown]:
        """The fields that the schema does not know; they are kept where a message is read and written again."""
        return list(documents.unknown_in(self._parsed(contents), self.shape))

    @functools.cached_property
    def _class(self) -> Any:
        return pools.class_of(self.descriptor)

    @functools.cached_property
    def _read(self) -> documents.Read:
        return documents.reader_of(*self._shapes)

    @functools.cached_property
    def _has_required(self) -> bool:
        return any(field.is_required for each in self._shapes[1].values() for field in each.fields.values())

    @functools.cached_property
    def _decode_error(self) -> Any:
        return pools.decode_error()

    def _parsed(self, contents: bytes, *, is_partial: bool = False) -> Any:
        try:
            message = self._class.FromString(contents)
        except (self._decode_error, UnicodeDecodeError) as error:  # the latter where google.protobuf is Python alone
            raise self._unreadable(contents, error) from None
        # Of messages without fields the parser takes anything for unknown fields, numbers that none has too.
        if not self.shape.fields and contents and wire.fault_in(contents, self.shape):
            raise self._unreadable(contents)
        if self._has_required and not is_partial and not message.IsInitialized():
            raise ValueError(self._lacking(message))
        return message

    def _document(self, contents: bytes, message: Any) -> Any:
        try:
            return self._read(message)
        except (UnicodeDecodeError, TypeError) as error:  # keys of maps in proto2, which the parser does not look at
            raise self._unreadable(contents, error) from None

    def _unreadable(self, contents: bytes, error: object = None) -> ValueError:
        clause = wire.fault_in(contents, self.shape)
        return ValueError(clause or f"it cannot be read: {error} (schema {self.shape.name})")

    def _lacking(self, message: Any) -> str:
        names = message.FindInitializationErrors()
        fields = "the required field" if len(names) == 1 else "the required fields"
        return f"it lacks {fields} {wire.place(', '.join(names))} (schema {self.shape.name})"

    # -- an envelope -------------------------------------------------------------------------------------------------

    def sent(self, payload: bytes) -> tuple[bytes, Headers]:
        """The contents and headers that carry a payload."""
        if self.framing is None:
            return payload, ()
        return self.framing.wrap(Framed(payload, self._registered, self._message_type))

    @property
    def bare_reader(self) -> Callable[[bytes], object] | None:
        """`load`, where no frame stands around what is sent."""
        return self.load if self.framing is None else None

    def received(self, contents: bytes, headers: Headers) -> tuple["Protobuf", bytes]:
        """The payload, and this: messages are read by their own schema, whichever version the frame names."""
        if self.framing is None:
            return self, contents
        framed = self.framing.unwrap(contents, headers)
        if framed.schema is not None and framed.schema.format != "PROTOBUF":
            raise ValueError(f"its frame names a schema of {framed.schema.format}, not of PROTOBUF")
        if framed.message is not None:
            said = self._said(framed.message, framed.schema)
            is_short = framed.message.name is not None  # Apicurio says the last part alone
            if said != self.shape.name and not (is_short and self.shape.name.endswith(f".{said}")):
                raise ValueError(f"its frame says that it is a {said}, not a {self.shape.name}")
        return self, framed.payload

    def _said(self, message: MessageType, schema: RegisteredSchema | None) -> str:
        """The name of the message that a frame says it is."""
        if schema is None or schema == self._registered:
            return pools.message_named(message, self.descriptor.file)
        source = sources.of_registered(schema)
        assert source.main is not None
        file = pools.pool_of(source.descriptor_set).FindFileByName(source.main)
        return pools.message_named(message, file)

    @functools.cached_property
    def _message_type(self) -> MessageType:
        return pools.message_type(self.descriptor)

    @functools.cached_property
    def _registered(self) -> RegisteredSchema:
        return self._source.registered or sources.registered(self._source, self.descriptor.file.name)

    # -- a value -----------------------------------------------------------------------------------------------------

    def _key(self) -> tuple[object, ...]:
        return self.descriptor_set, self.shape.name, self.content_type, self.framing and self.framing.name

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Protobuf) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._named.rpartition(".")[2])

    def __repr__(self) -> str:
        return f"<Protobuf {self._named}>"

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.shape.name, self._source, self.framing, self._content_type)


def _restored(name: str, source: sources.Source, framing: Framing | None, content_type: str | None) -> Protobuf:
    made = Protobuf(name, proto=source.descriptor_set, framing=framing, content_type=content_type)
    made.__dict__["_source"] = source
    return made


def _is_generated(message: object) -> bool:
    return isinstance(message, type) and hasattr(message, "DESCRIPTOR") and hasattr(message, "FromString")


def _what(message: object) -> str:
    if isinstance(message, str):
        return "a name alone"
    return "a class that needs no proto=" if _is_generated(message) else f"a {type(message).__qualname__}"
