"""Avro's object container files: a header with the schema, then blocks of values, compressed or not.

They are read and written as a frame whose payload is an Avro array: a block of a file is a block of an array. So the schema of
what such a message holds is that of an array, its document a list.
"""

import bz2
import hashlib
import json
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from msgpact import extras
from msgpact.errors import MissingExtra, shown
from msgpact.model import Headers
from msgpact.serializers.framed import Framed, RegisteredSchema
from msgpact.serializers.frames.signs import begins_with, no_frame
from msgpact.serializers.varints import read_signed, signed

__all__ = ["LARGEST_BLOCK", "Container"]

_MAGIC = b"Obj\x01"
_MARKER = 16

LARGEST_BLOCK = 64 * 2**20
"""Bytes of a block when it is not compressed, at most."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container file.

    Attributes:
        codec: How what is sent is compressed: null or deflate. What is received says so itself.
    """

    codec: str = "null"

    @property
    def name(self) -> str:
        return "container"

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:
        """The values of all blocks as one array. Raises as `Framing.unwrap`."""
        if not contents.startswith(_MAGIC):
            wanted = begins_with(contents, "0x4f") if contents[:1] != b"O" else "it does not begin with 'Obj' and 0x01"
            raise no_frame("Avro container", "", wanted, contents, headers)
        file = _File(contents, len(_MAGIC))
        described = file.header()
        schema = _schema_in(described)
        codec = described.get("avro.codec", b"null").decode("latin-1")
        if codec not in _CODECS:
            raise ValueError(f"it is compressed by {codec!r}, which is not known: {', '.join(_CODECS)} are")
        marker = file.take(_MARKER, "its header")
        payload = b"".join(file.block(codec, marker) for _ in iter(file.has_more, False))
        return Framed(payload + b"\0", RegisteredSchema("AVRO", f'{{"type":"array","items":{schema}}}', {}))

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """A file with the items of an array in one block. Raises as `Framing.wrap`."""
        if framed.schema is None:
            raise ValueError("nothing says which schema it is written with")
        schema = json.loads(framed.schema.text)
        if not isinstance(schema, dict) or schema.get("type") != "array":
            raise ValueError("an Avro container holds the items of an array, and its schema is of something else")
        if self.codec not in ("null", "deflate"):
            raise ValueError(f"it cannot be compressed by {self.codec!r}: null and deflate are written")
        items = json.dumps(schema["items"], ensure_ascii=False, separators=(",", ":")).encode()
        marker = hashlib.md5(items + framed.payload, usedforsecurity=False).digest()
        head = _MAGIC + _map({"avro.schema": items, "avro.codec": self.codec.encode()}) + marker
        count, at = read_signed(framed.payload, 0)
        if count == 0:
            return head, ()
        if count < 0:
            raise ValueError("an array whose blocks say their sizes is not written into an Avro container")
        data = framed.payload[at:-1]
        if self.codec == "deflate":
            packer = zlib.compressobj(wbits=-15)
            data = packer.compress(data) + packer.flush()
        return head + signed(count) + signed(len(data)) + data + marker, ()


class _File:
    """A file and how far it has been read."""

    def __init__(self, contents: bytes, at: int) -> None:
        self.contents = contents
        self.at = at

    def has_more(self) -> bool:
        return self.at < len(self.contents)

    def number(self, what: str) -> int:
        try:
            number, self.at = read_signed(self.contents, self.at)
        except ValueError as error:
            raise ValueError(f"{what} is {error}, at byte {self.at}") from None
        return number

    def take(self, size: int, what: str) -> bytes:
        taken = self.contents[self.at : self.at + size] if size >= 0 else b""
        if size < 0:
            raise ValueError(f"{what} says that it has {size} bytes, at byte {self.at}")
        if len(taken) < size:
            raise ValueError(f"{what} is cut off, at byte {len(self.contents)}")
        self.at += size
        return taken

    def header(self) -> dict[str, bytes]:
        """A map of bytes."""
        found: dict[str, bytes] = {}
        what = "its header"
        while (count := self.number(what)) != 0:
            if count < 0:
                count = -count
                self.number(what)
            for _ in range(count):
                key = self.take(self.number(what), what)
                found[key.decode("utf-8", "replace")] = self.take(self.number(what), what)
        return found

    def block(self, codec: str, marker: bytes) -> bytes:
        """A block of an array."""
        begins = self.at
        what = f"the block at byte {begins}"
        count = self.number(what)
        data = self.take(self.number(what), what)
        if self.take(_MARKER, what) != marker:
            raise ValueError(f"{what} does not end with the marker of its header, at byte {self.at - _MARKER}")
        if count < 0:
            raise ValueError(f"{what} says that it has {count} values")
        try:
            return signed(count) + _CODECS[codec](data) if count else b""
        except MissingExtra:
            raise
        except (ValueError, OSError, zlib.error, lzma.LZMAError, EOFError) as error:
            raise ValueError(f"{what} cannot be decompressed by {codec}: {error}") from None


def _schema_in(described: dict[str, bytes]) -> str:
    try:
        text = described["avro.schema"].decode()
        json.loads(text)
    except KeyError:
        raise ValueError("its header has no 'avro.schema'") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the schema in its header is not JSON: {error}") from None
    return text


def _map(entries: dict[str, bytes]) -> bytes:
    pairs = (signed(len(part)) + part for key, value in entries.items() for part in (key.encode(), value))
    return signed(len(entries)) + b"".join(pairs) + b"\0"


def _within(data: bytes, unfinished: bool) -> bytes:
    if len(data) > LARGEST_BLOCK:
        raise ValueError(f"it has more than {LARGEST_BLOCK} bytes")
    if unfinished:
        raise ValueError("it is cut off")
    return data


def _null(data: bytes) -> bytes:
    return data


def _deflate(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(-15)
    return _within(unpacker.decompress(data, LARGEST_BLOCK + 1), not unpacker.eof and not unpacker.unconsumed_tail)


def _bzip2(data: bytes) -> bytes:
    unpacker = bz2.BZ2Decompressor()
    return _within(unpacker.decompress(data, LARGEST_BLOCK + 1), not unpacker.eof)


def _xz(data: bytes) -> bytes:
    unpacker = lzma.LZMADecompressor()
    return _within(unpacker.decompress(data, LARGEST_BLOCK + 1), not unpacker.eof)


def _snappy(data: bytes) -> bytes:
    """With the CRC-32 of what comes out behind it."""
    cramjam = extras.require("cramjam", extra="avro-files", feature="Avro files compressed by Snappy")
    packed, checksum = data[:-4], data[-4:]
    try:
        if cramjam.snappy.decompress_raw_len(packed) > LARGEST_BLOCK:
            raise ValueError(f"it has more than {LARGEST_BLOCK} bytes")
        found = bytes(cramjam.snappy.decompress_raw(packed))
    except cramjam.DecompressionError as error:
        raise ValueError(str(error)) from None
    if zlib.crc32(found).to_bytes(4, "big") != checksum:
        raise ValueError("its checksum is wrong")
    return found


def _zstandard(data: bytes) -> bytes:
    cramjam = extras.require("cramjam", extra="avro-files", feature="Avro files compressed by Zstandard")
    room = bytearray(min(LARGEST_BLOCK, max(2**16, 1024 * len(data))))
    try:
        return bytes(room[: cramjam.zstd.decompress_into(data, room)])
    except cramjam.DecompressionError as error:
        raise ValueError(f"{shown(str(error))}, or it has more than {len(room)} bytes") from None


_CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": _null,
    "deflate": _deflate,
    "bzip2": _bzip2,
    "xz": _xz,
    "snappy": _snappy,
    "zstandard": _zstandard,
}
