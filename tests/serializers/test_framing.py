"""Frames: their bytes, worked out by hand from what each registry documents, and the words for what is no such frame."""

import contextlib
import re
import uuid
import zlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msgpact.errors import UsageError
from msgpact.model import Headers
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.frames.confluent import read_indexes, write_indexes
from msgpact.serializers.frames.glue import LARGEST
from msgpact.serializers.framing import (
    FRAMES,
    Apicurio,
    Azure,
    Bare,
    Confluent,
    Framed,
    Framing,
    GlobalId,
    Glue,
    MessageType,
    RegisteredSchema,
    framing_of,
)
from msgpact.serializers.varints import read_signed, read_unsigned, signed, unsigned

GUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
G = GUID.bytes
AVRO = RegisteredSchema("AVRO", '"long"', {})
JSON = RegisteredSchema("JSON", "{}", {})
PROTOBUF = RegisteredSchema("PROTOBUF", 'syntax = "proto3"; message Order {} message Line { message Tax {} }', {})
ORDER = MessageType(name="Order", indexes=(0,), rank=2)
LINE = MessageType(name="shop.Line", indexes=(1,), rank=0)
TAX = MessageType(name="Line.Tax", indexes=(1, 0), rank=1)


def registry(schema: RegisteredSchema) -> MemoryRegistry:
    found = MemoryRegistry()
    found.register("s", schema, 77, GlobalId(78), GUID)
    return found


def confluent(schema: RegisteredSchema = AVRO, *, header: bool = False, key: bool = False) -> Confluent:
    return Confluent(registry(schema), "s", header=header, key=key)


def glue(schema: RegisteredSchema = AVRO, *, compression: bool = False) -> Glue:
    return Glue(registry(schema), "s", compression=compression)


def apicurio(
    schema: RegisteredSchema = AVRO,
    *,
    version: Literal[2, 3] = 3,
    headers: bool | None = None,
    indexes: bool = False,
    key: bool = False,
) -> Apicurio:
    return Apicurio(registry(schema), "s", version=version, headers=headers, indexes=indexes, key=key)


def azure(schema: RegisteredSchema = AVRO) -> Azure:
    return Azure(registry(schema), "s")


AVRO_77 = ("apicurio.value.contentId", b"\0\0\0\0\0\0\0\x4d")
AVRO_78 = ("apicurio.value.globalId", b"\0\0\0\0\0\0\0\x4e")
BINARY = ("apicurio.value.encoding", b"BINARY")
DYNAMIC = ("apicurio.value.msgType", b"com.google.protobuf.DynamicMessage")

WRITTEN: list[tuple[str, Framing, MessageType | None, bytes, Headers]] = [
    ("none", Bare(), None, b"P", ()),
    ("confluent", confluent(), None, b"\0\0\0\0\x4dP", ()),
    ("confluent-json", confluent(JSON), None, b"\0\0\0\0\x4dP", ()),
    ("confluent-first-message", confluent(PROTOBUF), ORDER, b"\0\0\0\0\x4d\0P", ()),
    ("confluent-second-message", confluent(PROTOBUF), LINE, b"\0\0\0\0\x4d\x02\x02P", ()),
    ("confluent-nested-message", confluent(PROTOBUF), TAX, b"\0\0\0\0\x4d\x04\x02\0P", ()),
    ("header", confluent(header=True), None, b"P", (("__value_schema_id", b"\x01" + G),)),
    ("header-of-key", confluent(header=True, key=True), None, b"P", (("__key_schema_id", b"\x01" + G),)),
    ("header-message", confluent(PROTOBUF, header=True), TAX, b"P", (("__value_schema_id", b"\x01" + G + b"\x04\x02\0"),)),
    ("glue", glue(), None, b"\x03\0" + G + b"P", ()),
    ("glue-zlib", glue(compression=True), None, b"\x03\x05" + G + zlib.compress(b"P"), ()),
    ("glue-message", glue(PROTOBUF), ORDER, b"\x03\0" + G + b"\x02P", ()),
    ("glue-zlib-message", glue(PROTOBUF, compression=True), ORDER, b"\x03\x05" + G + zlib.compress(b"\x02P"), ()),
    ("apicurio-4", apicurio(), None, b"\0\0\0\0\x4dP", ()),
    ("apicurio-8", apicurio(version=2, headers=False), None, b"\0\0\0\0\0\0\0\0\x4eP", ()),
    ("apicurio-headers", apicurio(headers=True), None, b"P", (AVRO_77, BINARY)),
    ("apicurio-2-headers", apicurio(version=2), None, b"P", (AVRO_78, BINARY)),
    ("apicurio-key", apicurio(version=2, key=True), None, b"P",
     (("apicurio.key.globalId", AVRO_78[1]), ("apicurio.key.encoding", b"BINARY"))),
    ("apicurio-4-message", apicurio(PROTOBUF), LINE, b"\0\0\0\0\x4d\x06\x0a\x04LineP", ()),
    ("apicurio-8-message", apicurio(PROTOBUF, version=2, headers=False), LINE, b"\0\0\0\0\0\0\0\0\x4e\x06\x0a\x04LineP", ()),
    ("apicurio-4-indexes", apicurio(PROTOBUF, indexes=True), TAX, b"\0\0\0\0\x4d\x04\x02\0P", ()),
    ("apicurio-headers-message", apicurio(PROTOBUF, headers=True), LINE, b"\x06\x0a\x04LineP",
     (AVRO_77, DYNAMIC, ("apicurio.protobuf.type", b"Line"))),
    ("apicurio-2-headers-message", apicurio(PROTOBUF, version=2), LINE, b"P",
     (AVRO_78, DYNAMIC, ("apicurio.protobuf.type", b"Line"))),
    ("azure", azure(), None, b"P", (("content-type", b"avro/binary+00112233445566778899aabbccddeeff"),)),
    ("azure-json", azure(JSON), None, b"P",
     (("content-type", b"application/json;serialization=Json+00112233445566778899aabbccddeeff"),)),
]  # fmt: skip
FRAMED = pytest.mark.parametrize(
    ("framing", "message", "contents", "headers"), [pytest.param(*row[1:], id=row[0]) for row in WRITTEN]
)


def schema_in(framing: Framing) -> RegisteredSchema | None:
    found: MemoryRegistry | None = getattr(framing, "registry", None)
    return None if found is None else found.find(77)


@FRAMED
def test_writing(framing: Framing, message: MessageType | None, contents: bytes, headers: Headers) -> None:
    assert framing.wrap(Framed(b"P", schema_in(framing), message)) == (contents, headers)


@FRAMED
def test_reading(framing: Framing, message: MessageType | None, contents: bytes, headers: Headers) -> None:
    found = framing.unwrap(contents, (("other", b"x"), *headers))

    assert (found.payload, found.schema, found.encoding) == (b"P", schema_in(framing), "BINARY")
    if message is None:
        assert found.message is None
    else:
        said = found.message
        assert said is not None
        known = [
            (said.indexes, message.indexes),
            (said.rank, message.rank),
            (said.name, (message.name or "").rpartition(".")[2]),
        ]
        assert [ours for ours, _ in known if ours is not None] == [theirs for ours, theirs in known if ours is not None]
        assert any(ours is not None for ours, _ in known)


@pytest.mark.parametrize(("contents", "indexes"), [(b"\0P", (0,)), (b"\x04\x02\0P", (1, 0))], ids=["first", "nested"])
def test_message_indexes_without_a_name_in_headers(contents: bytes, indexes: tuple[int, ...]) -> None:
    found = apicurio(PROTOBUF, headers=True).unwrap(contents, (AVRO_77,))

    assert found == Framed(b"P", PROTOBUF, MessageType(indexes=indexes))


@FRAMED
def test_a_frame_is_made_again_from_its_name(
    framing: Framing, message: MessageType | None, contents: bytes, headers: Headers
) -> None:
    again = framing_of(framing.name, getattr(framing, "registry", MemoryRegistry()), "s")

    assert again.name == framing.name
    assert again.unwrap(contents, headers) == framing.unwrap(contents, headers)


def test_every_name_makes_a_frame_of_that_name() -> None:
    assert [framing_of(name, MemoryRegistry()).name for name in FRAMES] == list(FRAMES)


def test_a_name_that_no_frame_has() -> None:
    with pytest.raises(UsageError, match=r"^Cannot read messages framed as 'kafka': .* There are none, confluent, "):
        framing_of("kafka", MemoryRegistry())


READ = [
    ("guid-in-front", confluent(), b"\x01" + G + b"P", (), "BINARY"),
    ("id-in-header", confluent(header=True), b"P", (("__value_schema_id", b"\0\0\0\0\x4d"),), "BINARY"),
    ("the-last-header-counts", confluent(header=True), b"P",
     (("__value_schema_id", b"no"), ("__value_schema_id", b"\x01" + G)), "BINARY"),
    ("zlib-where-none-is-written", glue(), b"\x03\x05" + G + zlib.compress(b"P"), (), "BINARY"),
    ("none-where-zlib-is-written", glue(compression=True), b"\x03\0" + G + b"P", (), "BINARY"),
    ("global-id-for-version-3", apicurio(headers=True), b"P", (AVRO_78,), "BINARY"),
    ("content-id-for-version-2", apicurio(version=2), b"P", (AVRO_77,), "BINARY"),
    ("json", apicurio(version=2), b"P", (AVRO_78, ("apicurio.value.encoding", b"JSON")), "JSON"),
    ("json-that-no-header-says", Apicurio(registry(AVRO), encoding="JSON"), b"\0\0\0\0\x4dP", (), "JSON"),
    ("azure-with-dashes", azure(), b"P", (("contentType", f"avro/binary+{str(GUID).upper()}".encode()),), "BINARY"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("framing", "contents", "headers", "encoding"), [pytest.param(*row[1:], id=row[0]) for row in READ]
)
def test_what_is_read_but_not_written(framing: Framing, contents: bytes, headers: Headers, encoding: str) -> None:
    assert framing.unwrap(contents, headers) == Framed(b"P", AVRO, encoding="JSON" if encoding == "JSON" else "BINARY")


CONFLUENT_HEADER = (("__value_schema_id", b"\x01" + G),)
REFUSED: list[tuple[str, Framing, bytes, Headers, str]] = [
    # -- no frame
    ("json", confluent(), b'{"a":1}', (), "it has no Confluent frame: it begins with 0x7b, not 0x00; it looks like JSON"),
    ("list", confluent(), b"[1]", (), "it has no Confluent frame: it begins with 0x5b, not 0x00; it looks like JSON"),
    ("xml", glue(), b"<a/>", (), "it has no Glue frame: it begins with 0x3c, not 0x03; it looks like XML"),
    ("empty", confluent(), b"", (), "it has no Confluent frame: it is empty"),
    ("bytes", apicurio(), b"\x06ABC", (), "it has no Apicurio frame: it begins with 0x06, not 0x00"),
    ("single-object", confluent(), b"\xc3\x01ABCDEFGH",  (),
     "it has no Confluent frame: it begins with 0xc3, not 0x00; it looks like Avro's single-object encoding"),
    ("container", glue(), b"Obj\x01ABCDEFGH",  (),
     "it has no Glue frame: it begins with 0x4f, not 0x03; it looks like an Avro container file"),
    ("no-header", confluent(header=True), b"P", (), "it has no Confluent frame: it has no header __value_schema_id"),
    ("header-of-key", confluent(header=True), b"P", (("__key_schema_id", b"\x01" + G),),
     "it has no Confluent frame: it has no header __value_schema_id, but it has __key_schema_id"),
    ("no-apicurio-header", apicurio(headers=True), b"P", (),
     "it has no Apicurio frame: it has no header apicurio.value.globalId or apicurio.value.contentId"),
    ("no-content-type", azure(), b"P", (), "it has no Azure frame: it has no header content-type"),
    ("plain-content-type", azure(), b"P", (("content-type", b"avro/binary"),),
     "it has no Azure frame: its content type 'avro/binary' does not end with + and the 32 digits of a schema id"),
    # -- another frame
    ("glue-for-confluent", confluent(), b"\x03\0" + G + b"P", (), "it is framed as Glue's, not Confluent's"),
    ("glue-for-header", confluent(header=True), b"\x03\0" + G + b"P", (), "it is framed as Glue's, not Confluent's"),
    ("confluent-for-glue", glue(), b"\0\0\0\0\x4dP", (), "it is framed as Confluent's with the id in front, not Glue's"),
    ("confluent-for-azure", azure(), b"\0\0\0\0\x4dP", (), "it is framed as Confluent's with the id in front, not Azure's"),
    ("front-for-header", confluent(header=True), b"\0\0\0\0\x4dP", (),
     "it is framed as Confluent's with the id in front, not with the id in a header"),
    ("header-for-front", confluent(), b"P", CONFLUENT_HEADER,
     "it is framed as Confluent's with the id in a header, not with the id in front"),
    ("header-for-apicurio", apicurio(headers=True), b"P", CONFLUENT_HEADER,
     "it is framed as Confluent's with the id in a header, not Apicurio's"),
    ("apicurio-8-for-confluent", confluent(), b"\0\0\0\0\0\0\0\0\x4eP", (),
     "it is framed as Apicurio's with an id of 8 bytes in front, not Confluent's"),
    ("apicurio-8-for-apicurio-4", apicurio(), b"\0\0\0\0\0\0\0\0\x4eP", (),
     "it is framed as Apicurio's with an id of 8 bytes in front, not with an id of 4 bytes in front"),
    ("apicurio-headers-for-confluent", confluent(), b"P", (AVRO_77,), "it is framed as Apicurio's in headers, not Confluent's"),
    ("apicurio-headers-for-apicurio-4", apicurio(), b"P", (AVRO_77,),
     "it is framed as Apicurio's in headers, not with an id of 4 bytes in front"),
    # -- a broken frame
    ("cut", confluent(), b"\0\0\0", (), "its frame is cut off after 3 of 5 bytes"),
    ("cut-guid", confluent(), b"\x01" + G[:3], (), "its frame is cut off after 4 of 17 bytes"),
    ("cut-glue", glue(), b"\x03\0" + G[:4], (), "its frame is cut off after 6 of 18 bytes"),
    ("cut-apicurio", apicurio(version=2, headers=False), bytes(7), (), "its frame is cut off after 7 of 9 bytes"),
    ("compression", glue(), b"\x03\x07" + G + b"P", (),
     "its frame says compression 0x07, which is neither 0x00 nor 0x05 (zlib)"),
    ("not-zlib", glue(), b"\x03\x05" + G + b"PQR", (), "its frame says zlib, which its payload is not: "),
    ("cut-zlib", glue(), b"\x03\x05" + G + zlib.compress(b"P")[:-2], (), "its compressed payload is cut off"),
    ("after-zlib", glue(), b"\x03\x05" + G + zlib.compress(b"P") + b"xy", (), "2 bytes follow its compressed payload"),
    ("bomb", glue(), b"\x03\x05" + G + zlib.compress(bytes(LARGEST + 1)), (),
     "its payload is larger than 64 MiB when it is decompressed"),
    ("header-empty", confluent(header=True), b"P", (("__value_schema_id", None),),
     "its header __value_schema_id holds nothing, not the byte 0x01 and the 16 bytes of a GUID"),
    ("header-cut", confluent(header=True), b"P", (("__value_schema_id", b"\x01\x02"),),
     "its header __value_schema_id holds 0x0102, not the byte 0x01 and the 16 bytes of a GUID"),
    ("header-text", confluent(header=True), b"P", (("__value_schema_id", str(GUID).encode()),),
     "its header __value_schema_id holds 0x30303131323233332d343435352d363637372d38…, not the byte 0x01"),
    ("header-long", confluent(header=True), b"P", (("__value_schema_id", b"\x01" + G + b"\0\0"),),
     "its header __value_schema_id holds 2 more bytes than its id takes"),
    ("header-of-7-bytes", apicurio(headers=True), b"P", ((AVRO_77[0], bytes(7)),),
     "its header apicurio.value.contentId holds 7 bytes, not the 8 of an id"),
    ("header-of-none", apicurio(headers=True), b"P", ((AVRO_77[0], None),),
     "its header apicurio.value.contentId holds no bytes, not the 8 of an id"),
    ("encoding", apicurio(headers=True), b"P", (AVRO_77, ("apicurio.value.encoding", b"XML")),
     "its header apicurio.value.encoding holds b'XML', neither BINARY nor JSON"),
    ("another-type", azure(), b"P", (("content-type", b"text/plain+" + GUID.hex.encode()),),
     f"its content type 'text/plain+{GUID.hex}' does not begin with 'avro/binary', as its schema asks"),
    # -- an id that means nothing
    ("unknown-id", confluent(), b"\0\0\0\0\x4eP", (), "its schema id 78 is not known to the registry in memory"),
    ("unknown-guid", glue(), b"\x03\0" + bytes(16) + b"P", (),
     "its schema id 00000000-0000-0000-0000-000000000000 is not known to the registry in memory"),
    ("unknown-global-id", apicurio(version=2), b"P", ((AVRO_78[0], AVRO_77[1]),),
     "its global id 77 is not known to the registry in memory"),
    # -- Protobuf
    ("indexes-cut", confluent(PROTOBUF), b"\0\0\0\0\x4d\x04\x02", (),
     "its message indexes are cut off: 2 should follow, in 1 bytes"),
    ("indexes-missing", confluent(PROTOBUF), b"\0\0\0\0\x4d", (), "its message indexes are cut off"),
    ("indexes-endless", confluent(PROTOBUF), b"\0\0\0\0\x4d" + b"\x80" * 11, (), "its message indexes are longer than 64 bits"),
    ("indexes-left-out", confluent(PROTOBUF), b"\0\0\0\0\x4d\x0a\x01P1234", (), "its message indexes hold -1, which is no index"),
    ("indexes-of-old", confluent(PROTOBUF), b"\0\0\0\0\x4d\x01\x01P", (),
     "its message indexes hold -1, which is no index: they are left out, or written without zigzag"),
    ("indexes-in-header-long", confluent(PROTOBUF, header=True), b"P", (("__value_schema_id", b"\x01" + G + b"\0\0"),),
     "its header __value_schema_id holds 1 more byte than its id takes"),
    ("rank-missing", glue(PROTOBUF), b"\x03\0" + G, (), "its message index is cut off"),
    ("two-names", apicurio(PROTOBUF, headers=True), b"\x06\x0a\x04LineP", (AVRO_77, ("apicurio.protobuf.type", b"Order")),
     "its header apicurio.protobuf.type says 'Order', but 'Line' stands before its payload"),
    ("no-name", apicurio(PROTOBUF), b"\0\0\0\0\x4d\x0bP", (), "its message indexes hold -6, which is no index"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("framing", "contents", "headers", "words"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_what_is_there_instead(framing: Framing, contents: bytes, headers: Headers, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        framing.unwrap(contents, headers)


def with_large_id() -> MemoryRegistry:
    found = MemoryRegistry()
    found.register("s", AVRO, 1 << 32)
    return found


UNWRITABLE: list[tuple[str, Framing, RegisteredSchema | None, MessageType | None, str]] = [
    ("no-subject", Confluent(registry(AVRO)), AVRO, None,
     r"nothing says under which subject its schema is registered: write Confluent\(registry, subject=…\)"),
    ("no-subject-glue", Glue(registry(AVRO)), AVRO, None, r"write Glue\(registry, subject=…\)"),
    ("no-subject-apicurio", Apicurio(registry(AVRO)), AVRO, None, r"write Apicurio\(registry, subject=…\)"),
    ("no-subject-azure", Azure(registry(AVRO)), AVRO, None, r"write Azure\(registry, subject=…\)"),
    ("no-schema", confluent(), None, None, "nothing says which schema it is written with"),
    ("no-message", confluent(PROTOBUF), PROTOBUF, None, "nothing says which message of its schema it is"),
    ("no-message-glue", glue(PROTOBUF), PROTOBUF, MessageType(name="A"), "nothing says which message"),
    ("no-message-apicurio", apicurio(PROTOBUF), PROTOBUF, MessageType(rank=1), "nothing says which message"),
    ("nested-apicurio", apicurio(PROTOBUF), PROTOBUF, TAX,
     r"Apicurio cannot name the nested message Line\.Tax: write Apicurio\(…, indexes=True\)"),
    ("protobuf-azure", azure(PROTOBUF), PROTOBUF, ORDER, "Azure has no content type for a schema in PROTOBUF"),
    ("large-id", Confluent(with_large_id(), "s"), AVRO, None, "its schema id 4294967296 does not fit into the 4 bytes of its frame"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("framing", "schema", "message", "words"), [pytest.param(*row[1:], id=row[0]) for row in UNWRITABLE]
)
def test_what_cannot_be_framed(
    framing: Framing, schema: RegisteredSchema | None, message: MessageType | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        framing.wrap(Framed(b"P", schema, message))


INTEGERS = [
    (0, b"\0"),
    (1, b"\x01"),
    (127, b"\x7f"),
    (128, b"\x80\x01"),
    (300, b"\xac\x02"),
    (2**64 - 1, b"\xff" * 9 + b"\x01"),
]
ZIGZAG = [(0, b"\0"), (-1, b"\x01"), (1, b"\x02"), (-2, b"\x03"), (64, b"\x80\x01"), (-(2**63), b"\xff" * 9 + b"\x01")]


@pytest.mark.parametrize(("value", "written"), INTEGERS)
def test_integers(value: int, written: bytes) -> None:
    assert unsigned(value) == written
    assert read_unsigned(b"x" + written, 1) == (value, len(written) + 1)


@pytest.mark.parametrize(("value", "written"), ZIGZAG)
def test_zigzag(value: int, written: bytes) -> None:
    assert signed(value) == written
    assert read_signed(written, 0) == (value, len(written))


@pytest.mark.parametrize(
    ("written", "words"),
    [(b"", "cut off"), (b"\x80", "cut off"), (b"\x80" * 10, "longer than"), (b"\xff" * 9 + b"\x02", "longer than")],
)
def test_integers_that_do_not_end(written: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_unsigned(written, 0)


@given(st.lists(st.integers(0, 10_000), min_size=1).map(tuple), st.binary())
def test_message_indexes_come_back(indexes: tuple[int, ...], rest: bytes) -> None:
    written = write_indexes(indexes)

    assert read_indexes(written + rest, 0) == (indexes, len(written))


@given(st.binary(max_size=40), st.sampled_from([row[1] for row in WRITTEN]))
def test_any_bytes_are_a_payload_or_refused_in_words(contents: bytes, framing: Framing) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(framing.unwrap(contents, ()).payload, bytes)
