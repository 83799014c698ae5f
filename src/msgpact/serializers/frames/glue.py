"""The frame of the AWS Glue schema registry: a version byte, a compression byte, a UUID, the payload.

The payload may be compressed with zlib; a reader sees from the byte whether it is. For Protobuf it begins with one integer of
variable length: the message's rank among the full names of all messages of the file.
"""

import uuid
import zlib
from dataclasses import dataclass, field

from msgpact.model import Headers
from msgpact.serializers.framed import Framed, MadeUpIds, MessageType, Registry
from msgpact.serializers.frames.signs import begins_with, no_frame, sized, to_be_framed
from msgpact.serializers.varints import read_unsigned, unsigned

__all__ = ["Glue"]

LARGEST = 64 * 1024 * 1024
"""How large a payload may get when it is decompressed. Brokers carry a few MB."""

_VERSION, _PLAIN, _ZLIB = 3, 0, 5


@dataclass(frozen=True, slots=True)
class Glue:
    """Glue's frame, compressed or not: either is read.

    Attributes:
        registry: What knows the ids. Without one they are made up: a consumer's contract does not say which.
        subject: The name of the schema; only writing needs it.
        compression: Whether payloads are written compressed.
    """

    registry: Registry = field(default_factory=MadeUpIds)
    subject: str | None = None
    compression: bool = False

    @property
    def name(self) -> str:
        return "glue-zlib" if self.compression else "glue"

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:
        """The payload. Raises as `Framing.unwrap`."""
        if contents[:1] != bytes([_VERSION]):
            raise no_frame("Glue", "", begins_with(contents, "0x03"), contents, headers)
        sized(contents, 18)
        if contents[1] not in (_PLAIN, _ZLIB):
            raise ValueError(f"its frame says compression {contents[1]:#04x}, which is neither 0x00 nor 0x05 (zlib)")
        schema = self.registry.find(uuid.UUID(bytes=contents[2:18]))
        payload = contents[18:] if contents[1] == _PLAIN else _decompressed(contents[18:])
        if schema.format != "PROTOBUF":
            return Framed(payload, schema)
        try:
            rank, at = read_unsigned(payload, 0)
        except ValueError as error:
            raise ValueError(f"its message index is {error}") from None
        return Framed(payload[at:], schema, MessageType(rank=rank))

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The contents that carry a payload. Raises as `Framing.wrap`."""
        schema, subject = to_be_framed(framed, self.subject, "Glue", self.registry)
        payload = framed.payload
        if schema.format == "PROTOBUF":
            if framed.message is None or framed.message.rank is None:
                raise ValueError("nothing says which message of its schema it is")
            payload = unsigned(framed.message.rank) + payload
        guid = self.registry.id_of(schema, subject, uuid.UUID)
        compression = _ZLIB if self.compression else _PLAIN
        return bytes([_VERSION, compression]) + guid.bytes + (
            zlib.compress(payload) if self.compression else payload
        ), ()


def _decompressed(stream: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        payload = decompressor.decompress(stream, LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"its frame says zlib, which its payload is not: {error}") from None
    if len(payload) > LARGEST:
        raise ValueError(f"its payload is larger than {LARGEST // 1024**2} MiB when it is decompressed")
    if not decompressor.eof:
        raise ValueError("its compressed payload is cut off")
    if decompressor.unused_data:
        raise ValueError(f"{len(decompressor.unused_data)} bytes follow its compressed payload")
    return payload
