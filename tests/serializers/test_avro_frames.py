"""Avro's own envelopes: container files and single objects."""

import bz2
import io
import lzma
import sys
import zlib
from typing import Any

import cramjam
import fastavro
import pytest

from msgpact.errors import MissingExtra
from msgpact.serializers.avro import Avro, Container, SingleObject
from msgpact.serializers.avro import container as avro_container
from msgpact.serializers.framing import Framed, RegisteredSchema

ORDER = {"type": "record", "name": "Order", "namespace": "shop", "fields": [{"name": "id", "type": "int"}]}
ORDERS = {"type": "array", "items": ORDER}
WIDER = {**ORDER, "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": "string", "default": "none"}]}
RECORDS = [{"id": number} for number in range(50)]
MARKER = b"0123456789abcdef"


def written(codec: str = "null", records: list[Any] = RECORDS, *, block: int = 16) -> bytes:
    """By fastavro, in blocks of a few records."""
    file = io.BytesIO()
    fastavro.writer(file, ORDER, records, codec=codec, sync_interval=block, sync_marker=MARKER)
    return file.getvalue()


def read(contents: bytes, schema: Any = ORDER) -> object:
    serializer, payload = Avro({"type": "array", "items": schema}, framing=Container()).received(contents, ())
    return serializer.load(payload)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz", "snappy", "zstandard"])
def test_a_file_is_a_list(codec: str) -> None:
    if codec == "zstandard":  # fastavro writes it with another library
        contents = by_hand(codec, 50, bytes(cramjam.zstd.compress(bytes(2 * number for number in range(50)))))
    else:
        contents = written(codec)

    assert read(contents) == RECORDS


def test_a_file_without_records_is_an_empty_list() -> None:
    assert read(written(records=[])) == []


def test_records_are_resolved() -> None:
    assert read(written(records=[{"id": 1}]), WIDER) == [{"id": 1, "note": "none"}]


@pytest.mark.parametrize("codec", ["null", "deflate"])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_fastavro_reads_what_is_sent(codec: str, count: int) -> None:
    serializer = Avro(ORDERS, framing=Container(codec))

    contents, headers = serializer.sent(serializer.dump(RECORDS[:count]))

    assert headers == ()
    assert list(fastavro.reader(io.BytesIO(contents))) == RECORDS[:count]
    assert read(contents) == RECORDS[:count]
    assert serializer.sent(serializer.dump(RECORDS[:count]))[0] == contents


def by_hand(codec: str, count: int, data: bytes, *, marker: bytes = MARKER, schema: bytes = b'"int"') -> bytes:
    """A file whose items are ints, or with the fields of an Order, which is the same."""
    schema = (
        schema if schema != b'"int"' else b'{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}'
    )
    head = (
        b"Obj\1\4"
        + b"".join(zigzag(len(part)) + part for part in (b"avro.codec", codec.encode(), b"avro.schema", schema))
        + b"\0"
    )
    return head + MARKER + zigzag(count) + zigzag(len(data)) + data + marker


def zigzag(number: int) -> bytes:
    left, found = (number << 1) ^ (number >> 63), bytearray()
    while left > 127:
        found.append(left & 127 | 128)
        left >>= 7
    return bytes((*found, left))


@pytest.mark.parametrize(
    ("contents", "clause"),
    [
        (b"", "it has no Avro container frame: it is empty"),
        (b"{}", "it has no Avro container frame: it begins with 0x7b, not 0x4f; it looks like JSON"),
        (b"Obj\2", "it has no Avro container frame: it does not begin with 'Obj' and 0x01"),
        (b"Obj\1", "its header is cut off, at byte 4"),
        (b"Obj\1\2\x01", "its header says that it has -1 bytes, at byte 6"),
        (b"Obj\1\2\x06ab", "its header is cut off, at byte 8"),
        (b"Obj\1\0" + MARKER, "its header has no 'avro.schema'"),
        (by_hand("null", 1, b"\2", schema=b"{"), "the schema in its header is not JSON"),
        (by_hand("null", 1, b"\2", schema=b'"strng"'), "the schema that its frame names is none of Avro's: the type 'strng' is not known"),
        (by_hand("lz4", 1, b"\2"), "it is compressed by 'lz4', which is not known: null, deflate, bzip2, xz, snappy, zstandard are"),
        (by_hand("null", 1, b"\2", marker=b"x" * 16), "the block at byte 127 does not end with the marker of its header, at byte 130"),
        (by_hand("null", -1, b"\2"), "the block at byte 127 says that it has -1 values"),
        (by_hand("null", 1, b"\2")[:-1], "the block at byte 127 is cut off, at byte 145"),
        (by_hand("null", 2, b"\2"), r"it ends within its value, at byte 3 \(schema array of shop\.Order\)"),
        (by_hand("null", 1, b"\2\2"), r"it ends within its value, at byte 4 \(schema array of shop\.Order\)"),
        (by_hand("deflate", 1, b"\xff"), "the block at byte 130 cannot be decompressed by deflate: "),
        (by_hand("deflate", 1, zlib.compress(b"\2")[2:-6]), "cannot be decompressed by deflate: it is cut off"),
        (by_hand("bzip2", 1, bz2.compress(b"\2")[:-1]), "cannot be decompressed by bzip2: it is cut off"),
        (by_hand("xz", 1, b"no xz"), "cannot be decompressed by xz: "),
        (by_hand("snappy", 1, bytes(cramjam.snappy.compress_raw(b"\2")) + b"\0\0\0\0"), "cannot be decompressed by snappy: its checksum is wrong"),
        (by_hand("snappy", 1, b"\xff\xff\xff\xff\x0f\0\0\0\0"), "cannot be decompressed by snappy: "),
        (by_hand("zstandard", 1, b"no zstandard"), "cannot be decompressed by zstandard: "),
    ],
    ids=str,
)  # fmt: skip
def test_a_file_that_is_wrong(contents: bytes, clause: str) -> None:
    with pytest.raises(ValueError, match=clause):
        read(contents)


@pytest.mark.parametrize(
    ("codec", "pack"),
    [
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("bzip2", bz2.compress),
        ("xz", lzma.compress),
        ("zstandard", lambda data: bytes(cramjam.zstd.compress(data))),
        ("snappy", lambda data: bytes(cramjam.snappy.compress_raw(data)) + zlib.crc32(data).to_bytes(4, "big")),
    ],
    ids=["deflate", "bzip2", "xz", "zstandard", "snappy"],
)
def test_a_block_is_decompressed_to_a_bound(codec: str, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_container, "LARGEST_BLOCK", 1000)

    assert read(by_hand(codec, 1000, pack(bytes(1000)))) == [{"id": 0}] * 1000
    with pytest.raises(ValueError, match="it has more than 1000 bytes"):
        read(by_hand(codec, 1001, pack(bytes(1001))))


@pytest.mark.parametrize(
    ("container", "framed", "clause"),
    [
        (Container(), Framed(b"\0", None), "nothing says which schema it is written with"),
        (Container(), Framed(b"\0", RegisteredSchema("AVRO", '"int"', {})), "its schema is of something else"),
        (Container("xz"), Framed(b"\0", RegisteredSchema("AVRO", '{"type":"array","items":"int"}', {})), "cannot be compressed by 'xz'"),
        (Container(), Framed(b"\1\2\2\0", RegisteredSchema("AVRO", '{"type":"array","items":"int"}', {})), "whose blocks say their sizes"),
    ],
    ids=["no-schema", "no-array", "codec", "sizes"],
)  # fmt: skip
def test_what_no_file_holds(container: Container, framed: Framed, clause: str) -> None:
    with pytest.raises(ValueError, match=clause):
        container.wrap(framed)


@pytest.mark.parametrize("codec", ["Snappy", "Zstandard"])
def test_a_codec_that_is_not_installed_is_named(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cramjam", None)

    with pytest.raises(
        MissingExtra, match=rf"^Cannot use Avro files compressed by {codec}: 'cramjam' is not installed"
    ):
        read(by_hand(codec.lower(), 1, b"\2"))


def test_frames_have_the_names_that_contracts_say() -> None:
    assert (Container().name, SingleObject().name) == ("container", "single-object")


# -- single objects --------------------------------------------------------------------------------------------------

DATED = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "id", "type": {"type": "int", "logicalType": "date"}}],
}


def test_a_single_object_is_sent_with_the_fingerprint_of_the_specification() -> None:
    serializer = Avro("int", framing=SingleObject("int"))

    contents, headers = serializer.sent(serializer.dump(3))

    assert (contents.hex(), headers) == (
        "c3018f5c393f1ad57572" + "06",
        (),
    )  # 8247732601305521295, of the specification's tests
    reader, payload = serializer.received(contents, ())
    assert reader.load(payload) == 3


def test_a_writer_is_known_by_its_fingerprint() -> None:
    ours = Avro(WIDER, framing=SingleObject(WIDER, ORDER))
    theirs = Avro(ORDER, framing=SingleObject())

    reader, payload = ours.received(*theirs.sent(theirs.dump({"id": 7})))

    assert reader.load(payload) == {"id": 7, "note": "none"}


@pytest.mark.parametrize(
    "canonical", ['{"type":"int"}', '{"type":"int","logicalType":"date"}'], ids=["python", "hamba"]
)
def test_a_writer_is_known_by_the_fingerprint_that_others_make(canonical: str) -> None:
    from msgpact.serializers.avro.forms import crc64

    text = f'{{"name":"shop.Order","type":"record","fields":[{{"name":"id","type":{canonical}}}]}}'
    serializer = Avro(DATED, framing=SingleObject(DATED))

    reader, payload = serializer.received(b"\xc3\x01" + crc64(text) + b"\x02", ())

    assert str(reader.load(payload)) == "{'id': datetime.date(1970, 1, 2)}"


@pytest.mark.parametrize(
    ("contents", "clause"),
    [
        (b"", "it has no single-object frame: it is empty"),
        (b"\xc3\x02" + bytes(9), "it has no single-object frame: it begins with 0xc302, not 0xc301"),
        (b"\xc3\x01\0", "its frame is cut off after 3 of 10 bytes"),
        (
            b"\xc3\x01" + bytes(9),
            r"its schema fingerprint 0000000000000000 is not known: known are int \(8f5c393f1ad57572\)",
        ),
    ],
    ids=["empty", "marker", "cut", "unknown"],
)
def test_a_single_object_that_is_wrong(contents: bytes, clause: str) -> None:
    with pytest.raises(ValueError, match=f"^{clause}"):
        SingleObject("int").unwrap(contents)


def test_a_single_object_needs_a_schema() -> None:
    with pytest.raises(ValueError, match="nothing says which schema it is written with"):
        SingleObject().wrap(Framed(b"", None))
