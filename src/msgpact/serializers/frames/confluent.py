"""Confluent's frame: the schema's id in front of the payload, or its GUID in a header.

In front stand a zero byte and the id in four bytes, big-endian. The header `__value_schema_id` (of a key: `__key_schema_id`)
holds a one and the sixteen bytes of the GUID. For Protobuf the message indexes follow: how many, then each, as zigzag
integers of variable length; a lone zero is short for the file's first message.

Confluent's own readers also take a GUID in front and an id in the header, which nobody writes; so does `unwrap`.
"""

import uuid
from dataclasses import dataclass, field

from msgpact.model import Headers
from msgpact.serializers.framed import Framed, MadeUpIds, MessageType, RegisteredSchema, Registry, SchemaId
from msgpact.serializers.frames.signs import begins_with, header_of, no_frame, sized, to_be_framed
from msgpact.serializers.varints import read_signed, signed

__all__ = ["Confluent", "read_indexes", "write_indexes"]

_IN_FRONT, _IN_HEADER = "with the id in front", "with the id in a header"
_SIZES = {0: 5, 1: 17}


@dataclass(frozen=True, slots=True)
class Confluent:
    """Confluent's frame.

    Attributes:
        registry: What knows the ids. Without one they are made up: a consumer's contract does not say which.
        subject: Under which its schema is registered; only writing needs it.
        header: Whether a GUID in a header names the schema, not an id in front of the payload.
        key: Whether it is about a record's key: its header has another name.
    """

    registry: Registry = field(default_factory=MadeUpIds)
    subject: str | None = None
    header: bool = False
    key: bool = False

    @property
    def name(self) -> str:
        if not self.header:
            return "confluent"
        return "confluent-key-header" if self.key else "confluent-header"

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:
        """The payload. Raises as `Framing.unwrap`."""
        return self._from_header(contents, headers) if self.header else self._from_front(contents, headers)

    def _from_front(self, contents: bytes, headers: Headers) -> Framed:
        if contents[:1] not in (b"\0", b"\1"):
            raise no_frame("Confluent", _IN_FRONT, begins_with(contents, "0x00"), contents, headers)
        sized(contents, _SIZES[contents[0]])
        if contents[:5] == bytes(5) and len(contents) > 8:  # ids begin at 1
            raise no_frame("Confluent", _IN_FRONT, "its id is 0", contents, headers)
        schema, message, at = self._said(contents)
        return Framed(contents[at:], schema, message)

    def _from_header(self, contents: bytes, headers: Headers) -> Framed:
        found = header_of(headers, [self._header])
        if found is None:
            others = tuple(header for header in headers if header[0] not in ("__value_schema_id", "__key_schema_id"))
            raise no_frame("Confluent", _IN_HEADER, self._missing(headers), contents, others)
        value = found[1] or b""
        if value[:1] not in (b"\0", b"\1") or len(value) < _SIZES[value[0]]:
            raise ValueError(
                f"its header {self._header} holds {_hex(value)}, not the byte 0x01 and the 16 bytes of a GUID"
            )
        schema, message, at = self._said(value)
        if at < len(value):
            more = len(value) - at
            raise ValueError(f"its header {self._header} holds {more} more byte{'s'[more == 1 :]} than its id takes")
        return Framed(contents, schema, message)

    def _said(self, frame: bytes) -> tuple[RegisteredSchema, MessageType | None, int]:
        """The schema that a frame names, which message of it, and the place after the frame."""
        schema_id, at = _read_id(frame)
        schema = self.registry.find(schema_id)
        if schema.format != "PROTOBUF":
            return schema, None, at
        indexes, at = read_indexes(frame, at)
        return schema, MessageType(indexes=indexes), at

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The contents and headers that carry a payload. Raises as `Framing.wrap`."""
        schema, subject = to_be_framed(framed, self.subject, "Confluent", self.registry)
        indexes = written_indexes(framed)
        if self.header:
            guid = self.registry.id_of(schema, subject, uuid.UUID)
            return framed.payload, ((self._header, b"\1" + guid.bytes + indexes),)
        return b"\0" + four_bytes(self.registry, schema, subject) + indexes + framed.payload, ()

    @property
    def _header(self) -> str:
        return "__key_schema_id" if self.key else "__value_schema_id"

    def _missing(self, headers: Headers) -> str:
        other = "__value_schema_id" if self.key else "__key_schema_id"
        of_the_other = f", but it has {other}" if header_of(headers, [other]) else ""
        return f"it has no header {self._header}{of_the_other}"


def _read_id(frame: bytes) -> tuple[SchemaId, int]:
    size = _SIZES[frame[0]]
    if frame[0] == 0:
        return int.from_bytes(frame[1:size], "big"), size
    return uuid.UUID(bytes=frame[1:size]), size


def four_bytes(registry: Registry, schema: RegisteredSchema, subject: str) -> bytes:
    """The id of a schema as a frame holds it."""
    schema_id = registry.id_of(schema, subject, int)
    if not 0 <= schema_id < 1 << 32:
        raise ValueError(f"its schema id {schema_id} does not fit into the 4 bytes of its frame")
    return schema_id.to_bytes(4, "big")


def _hex(value: bytes) -> str:
    if not value:
        return "nothing"
    return f"0x{value[:20].hex()}{'…' if len(value) > 20 else ''}"


def read_indexes(data: bytes, at: int) -> tuple[tuple[int, ...], int]:
    """The message indexes at a place of *data*, and the place after them.

    Raises:
        ValueError: they are cut off or negative.
    """
    count, at = _index(data, at)
    if count == 0:
        return (0,), at
    if count > len(data) - at:
        raise ValueError(f"its message indexes are cut off: {count} should follow, in {len(data) - at} bytes")
    indexes = []
    for _ in range(count):
        index, at = _index(data, at)
        indexes.append(index)
    return tuple(indexes), at


def _index(data: bytes, at: int) -> tuple[int, int]:
    try:
        value, at = read_signed(data, at)
    except ValueError as error:
        raise ValueError(f"its message indexes are {error}") from None
    if value < 0:
        raise ValueError(
            f"its message indexes hold {value}, which is no index: they are left out, or written without zigzag as "
            "clients before 2022 did"
        )
    return value, at


def write_indexes(indexes: tuple[int, ...]) -> bytes:
    """Message indexes as they stand in a frame."""
    if indexes == (0,):
        return b"\0"
    return signed(len(indexes)) + b"".join(signed(index) for index in indexes)


def written_indexes(framed: Framed) -> bytes:
    """The message indexes of a payload on its way into a frame: none but for Protobuf."""
    if framed.schema is None or framed.schema.format != "PROTOBUF":
        return b""
    if framed.message is None or not framed.message.indexes:
        raise ValueError("nothing says which message of its schema it is")
    return write_indexes(framed.message.indexes)
