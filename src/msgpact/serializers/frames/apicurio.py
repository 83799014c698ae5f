"""The frames of the Apicurio registry: an id of 4 or 8 bytes in front of the payload, or an id in headers.

Version 3 writes a contentId: in front, in 4 bytes after a zero byte, or in the header `apicurio.value.contentId`. Version 2
writes a globalId: in the header `apicurio.value.globalId`, or in front in 8 bytes. Headers always hold 8 bytes. For Avro another
header says whether the payload is BINARY or JSON.

For Protobuf a length-delimited message `Ref {1: name}` stands between frame and payload, its name the last part of the
message's; version 2 leaves it out where headers are used, and says the name in one. Configured otherwise, Confluent's message
indexes stand there.
"""

from dataclasses import dataclass, field
from typing import Literal

from msgpact.model import Headers
from msgpact.serializers.framed import (
    Encoding,
    Framed,
    GlobalId,
    MadeUpIds,
    MessageType,
    RegisteredSchema,
    Registry,
)
from msgpact.serializers.frames.confluent import four_bytes, read_indexes, written_indexes
from msgpact.serializers.frames.signs import begins_with, header_of, no_frame, sized, to_be_framed
from msgpact.serializers.varints import read_unsigned, unsigned

__all__ = ["Apicurio"]

_FORMS = {"apicurio-4": "with an id of 4 bytes in front", "apicurio-8": "with an id of 8 bytes in front"}
_TYPE_HEADER = "apicurio.protobuf.type"


@dataclass(frozen=True, slots=True)
class Apicurio:
    """Apicurio's frames.

    Attributes:
        registry: What knows the ids. Without one they are made up: a consumer's contract does not say which.
        subject: The id of the artifact; only writing needs it.
        version: Whose defaults count: those of Apicurio 3 or 2.
        headers: Whether the id stands in headers; None as the version does without being told: 2 does, 3 doesn't.
        encoding: What an Avro payload is written as; where headers say it, only for writing.
        indexes: Whether message indexes stand before a Protobuf payload that is written, as nested messages need it.
        key: Whether it is about a record's key: its headers have other names.
    """

    registry: Registry = field(default_factory=MadeUpIds)
    subject: str | None = None
    version: Literal[2, 3] = 3
    headers: bool | None = None
    encoding: Encoding = "BINARY"
    indexes: bool = False
    key: bool = False

    @property
    def name(self) -> str:
        if self._in_headers:
            return "apicurio-key-headers" if self.key else "apicurio-headers"
        return "apicurio-4" if self.version == 3 else "apicurio-8"

    @property
    def _in_headers(self) -> bool:
        return self.version == 2 if self.headers is None else self.headers

    def _header(self, name: str) -> str:
        return f"apicurio.{'key' if self.key else 'value'}.{name}"

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:
        """The payload. Raises as `Framing.unwrap`."""
        return self._from_headers(contents, headers) if self._in_headers else self._from_front(contents, headers)

    def _from_front(self, contents: bytes, headers: Headers) -> Framed:
        if contents[:1] != b"\0":
            raise no_frame("Apicurio", _FORMS[self.name], begins_with(contents, "0x00"), contents, headers)
        size = 5 if self.version == 3 else 9
        sized(contents, size)
        schema_id = int.from_bytes(contents[1:size], "big")
        if schema_id == 0 and size == 5 and len(contents) > 8:
            raise no_frame("Apicurio", _FORMS[self.name], "its id is 0", contents, headers)
        schema = self.registry.find(schema_id if self.version == 3 else GlobalId(schema_id))
        if schema.format != "PROTOBUF":
            return Framed(contents[size:], schema, encoding=self.encoding)
        message, at = _read_prefix(contents, size)
        return Framed(contents[at:], schema, message)

    def _from_headers(self, contents: bytes, headers: Headers) -> Framed:
        schema = self.registry.find(self._id(contents, headers))
        if schema.format != "PROTOBUF":
            return Framed(contents, schema, encoding=self._said_encoding(headers))
        said = header_of(headers, [_TYPE_HEADER])
        name = (said[1] or b"").decode("utf-8", "replace") if said else None
        ref = _read_ref(contents, 0)
        if ref is None and name is None:
            message, at = _read_prefix(contents, 0)
            return Framed(contents[at:], schema, message)
        before, at = ref or (name, 0)
        if name is not None and before != name:
            raise ValueError(f"its header {_TYPE_HEADER} says {name!r}, but {before!r} stands before its payload")
        return Framed(contents[at:], schema, MessageType(name=before))

    def _id(self, contents: bytes, headers: Headers) -> int:
        found = header_of(headers, [self._header("globalId"), self._header("contentId")])
        if found is None:
            missing = f"it has no header {self._header('globalId')} or {self._header('contentId')}"
            others = tuple(header for header in headers if not header[0].startswith("apicurio."))
            raise no_frame("Apicurio", "in headers", missing, contents, others)
        name, value = found
        if value is None or len(value) != 8:
            size = "no" if value is None else len(value)
            raise ValueError(f"its header {name} holds {size} bytes, not the 8 of an id")
        number = int.from_bytes(value, "big")
        return GlobalId(number) if name.endswith("globalId") else number

    def _said_encoding(self, headers: Headers) -> Encoding:
        found = header_of(headers, [self._header("encoding")])
        match found and found[1]:
            case None:
                return self.encoding
            case b"JSON":
                return "JSON"
            case b"BINARY":
                return "BINARY"
            case other:
                raise ValueError(f"its header {self._header('encoding')} holds {other!r}, neither BINARY nor JSON")

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The contents and headers that carry a payload. Raises as `Framing.wrap`."""
        schema, subject = to_be_framed(framed, self.subject, "Apicurio", self.registry)
        prefix = self._prefix(framed)
        if self._in_headers:
            return prefix + framed.payload, self._written_headers(framed, schema, subject)
        if self.version == 3:
            schema_id = four_bytes(self.registry, schema, subject)
        else:
            schema_id = self.registry.id_of(schema, subject, GlobalId).to_bytes(8, "big")
        return b"\0" + schema_id + prefix + framed.payload, ()

    def _prefix(self, framed: Framed) -> bytes:
        if framed.schema is None or framed.schema.format != "PROTOBUF":
            return b""
        if self.indexes:
            return written_indexes(framed)
        if self._in_headers and self.version == 2:
            return b""
        name = _short_name(framed).encode()
        ref = b"\x0a" + unsigned(len(name)) + name
        return unsigned(len(ref)) + ref

    def _written_headers(self, framed: Framed, schema: RegisteredSchema, subject: str) -> Headers:
        kind, name = (GlobalId, "globalId") if self.version == 2 else (int, "contentId")
        headers = [(self._header(name), self.registry.id_of(schema, subject, kind).to_bytes(8, "big"))]
        if schema.format == "AVRO":
            headers.append((self._header("encoding"), framed.encoding.encode()))
        if schema.format == "PROTOBUF":
            # What its Java serializers say of a message without a generated class.
            headers.append((self._header("msgType"), b"com.google.protobuf.DynamicMessage"))
            headers.append((_TYPE_HEADER, _short_name(framed).encode()))
        return tuple(headers)


def _short_name(framed: Framed) -> str:
    message = framed.message
    if message is None or message.name is None:
        raise ValueError("nothing says which message of its schema it is")
    if message.indexes is not None and len(message.indexes) > 1:
        raise ValueError(f"Apicurio cannot name the nested message {message.name}: write Apicurio(…, indexes=True)")
    return message.name.rpartition(".")[2]


def _read_prefix(data: bytes, at: int) -> tuple[MessageType, int]:
    """What stands before a Protobuf payload: a Ref, else message indexes."""
    ref = _read_ref(data, at)
    if ref is not None:
        return MessageType(name=ref[0]), ref[1]
    indexes, at = read_indexes(data, at)
    return MessageType(indexes=indexes), at


def _read_ref(data: bytes, at: int) -> tuple[str, int] | None:
    """The name in a length-delimited `Ref {1: name}` and the place after it; None where there is no such thing."""
    try:
        size, at = read_unsigned(data, at)
        end = at + size
        if data[at : at + 1] != b"\x0a" or end > len(data):
            return None
        length, at = read_unsigned(data, at + 1)
        name = data[at:end].decode("ascii")
    except ValueError:
        return None
    return (name, end) if at + length == end and name.replace(".", "_").isidentifier() else None
