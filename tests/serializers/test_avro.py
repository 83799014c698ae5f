"""Avro as users take it: a schema from anywhere, what handlers annotate, frames, and what else they can do with it."""

import copy
import dataclasses
import datetime
import enum
import gc
import io
import json
import pickle
import subprocess
import sys
import types
import weakref
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import avro.io
import avro.schema
import fastavro
import pydantic
import pytest
from avro_vectors import assert_same, avro_cases, body_of
from typing_extensions import TypedDict

from msgpact.errors import DeclarationError
from msgpact.model import Headers
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.base import Enveloped, received, sent
from msgpact.serializers.framing import Confluent, Framed, RegisteredSchema
from msgpact.times import Timestamp

SIZE = {"type": "enum", "name": "Size", "symbols": ["S", "M"]}
ORDER: dict[str, Any] = {
    "type": "record", "name": "Order", "namespace": "shop",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
        {"name": "size", "type": ["null", SIZE], "default": None},
    ],
}  # fmt: skip
VALUE = {
    "id": UUID(int=1), "total": Decimal("12.50"), "placed": Timestamp.since_epoch(1_795_132_800_123_456_789), "size": "M",
}  # fmt: skip


# -- schemas ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "order.avsc").write_text(json.dumps(ORDER), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_schema_comes_from_anywhere(folder: Path) -> None:
    expected = Avro(ORDER)

    given: list[Any] = [
        json.dumps(ORDER),
        "order.avsc",
        str(folder / "order.avsc"),
        Path("order.avsc"),
        RegisteredSchema("AVRO", json.dumps(ORDER), {}),
    ]
    for each in given:
        assert Avro(each) == expected
        assert Avro(each).schema.text == expected.schema.text


def test_a_schema_that_fastavro_has_parsed_is_the_schema() -> None:
    assert Avro(fastavro.parse_schema(ORDER)).schema.canonical_form == Avro(ORDER).schema.canonical_form
    assert "fastavro" not in Avro(fastavro.parse_schema(ORDER)).schema.text
    assert Avro(types.MappingProxyType(ORDER)) == Avro(ORDER)


def test_a_schema_says_what_it_is() -> None:
    schema = Avro({"type": "record", "name": "shop.Order", "fields": [], "doc": "d"}).schema

    assert (schema.name, schema.short_name) == ("shop.Order", "Order")
    assert schema.text == '{"type":"record","name":"Order","namespace":"shop","doc":"d","fields":[]}'
    assert schema.canonical_form == '{"name":"shop.Order","type":"record","fields":[]}'
    assert [len(each) for each in (schema.fingerprint, schema.md5, schema.sha256)] == [16, 32, 64]
    assert repr(schema) == "<Avro schema shop.Order>"


@pytest.mark.parametrize(
    ("schema", "record", "content_type"),
    [(ORDER, None, "avro/binary;record=Order"), ("int", None, "avro/binary;record=int"), ([SIZE, ORDER], "shop.Order", "avro/binary;record=Order")],
    ids=str,
)  # fmt: skip
def test_the_content_type_names_the_record(schema: Any, record: str | None, content_type: str) -> None:
    assert Avro(schema, record=record).content_type == content_type
    assert Avro(schema, content_type="application/vnd.apache.avro").content_type == "application/vnd.apache.avro"


def test_a_record_is_chosen_among_several() -> None:
    assert Avro([SIZE, ORDER], record="Order").schema.name == "shop.Order"
    assert Avro([SIZE, ORDER], record="Size").dump("M") == b"\2"
    with pytest.raises(DeclarationError, match=r"as an Avro schema: it has no type 'Odrer', but Size, shop\.Order"):
        Avro([SIZE, ORDER], record="Odrer")


PERSON = {"type": "record", "name": "shop.Person", "fields": [{"name": "home", "type": "Address"}]}
ADDRESS = {"type": "record", "name": "shop.Address", "fields": [{"name": "city", "type": "City"}]}
CITY = {"type": "fixed", "name": "shop.City", "size": 2}


def test_references_give_the_types_that_a_schema_names(tmp_path: Path) -> None:
    file = tmp_path / "address.avsc"
    file.write_text(json.dumps(ADDRESS), encoding="utf-8")

    serializer = Avro(PERSON, references=[CITY, file])

    assert serializer.dump({"home": {"city": b"LA"}}) == b"LA"
    assert serializer.schema.text == (
        '{"type":"record","name":"Person","namespace":"shop","fields":[{"name":"home","type":{"type":"record","name":"Address",'
        '"fields":[{"name":"city","type":{"type":"fixed","name":"City","size":2}}]}}]}'
    )


def test_a_registrys_references_are_followed() -> None:
    city = RegisteredSchema("AVRO", json.dumps(CITY), {})
    address = RegisteredSchema("AVRO", json.dumps(ADDRESS), {"city": city})
    person = RegisteredSchema("AVRO", json.dumps(PERSON), {"address": address, "city": city})

    serializer = Avro(person)

    assert serializer == Avro(PERSON, references=[CITY, ADDRESS])
    assert serializer.schema.registered is person


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("strng", r"^Cannot use 'strng' as an Avro schema: the type 'strng' is not known: .*\. Give a schema as a dict, a list or JSON text"),
        ("lost.avsc", r"^Cannot read the Avro schema 'lost\.avsc': No such file or directory\. Give the path of an \.avsc file, absolute or from /"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": "x"}]},
         r"as an Avro schema: the default of the field 'a' of R does not fit: 'x' is no int\."),
        (RegisteredSchema("AVRO", "{", {}), r"as an Avro schema: it is not JSON: "),
    ],
    ids=["unknown", "lost", "default", "registered"],
)  # fmt: skip
def test_what_is_no_schema_is_refused_where_it_is_declared(schema: Any, sentence: str, folder: Path) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        Avro(schema)


# -- values ----------------------------------------------------------------------------------------------------------


class Size(enum.Enum):
    S = "S"
    M = "M"


class Model(pydantic.BaseModel):
    id: UUID
    total: Decimal
    placed: Timestamp
    size: Size | None


@dataclasses.dataclass
class Data:
    id: UUID
    total: Decimal
    placed: datetime.datetime
    size: str | None = None


class Typed(TypedDict):
    id: UUID
    total: Decimal
    placed: Timestamp
    size: str | None


def test_a_document_holds_native_values() -> None:
    serializer = Avro(ORDER)

    assert_same(serializer.load(serializer.dump(VALUE)), VALUE)


@pytest.mark.parametrize(
    ("into", "expected"),
    [
        (dict, VALUE), (dict[str, Any], VALUE), (Typed, VALUE), (Model, Model(**{**VALUE, "size": Size.M})),  # type: ignore[arg-type]  # as above
        (Data, Data(**VALUE)),  # type: ignore[arg-type]  # as above
        (Model | None, Model(**{**VALUE, "size": Size.M})),  # type: ignore[arg-type]  # as above
    ],
    ids=["dict", "dict-of", "typed-dict", "model", "dataclass", "optional"],
)  # fmt: skip
def test_a_handler_gets_what_it_annotates(into: Any, expected: object) -> None:
    serializer = Avro(ORDER)
    contents = serializer.dump(VALUE)

    built = serializer.build(contents, into)

    assert built == expected
    assert type(built) is type(expected)
    assert serializer.dump(built) == contents


class Wrong(pydantic.BaseModel):
    id: int
    total: Decimal


def test_what_cannot_be_built_is_said() -> None:
    contents = Avro(ORDER).dump(VALUE)

    with pytest.raises(ValueError, match=r"^id: Input should be a valid integer, got UUID\("):
        Avro(ORDER).build(contents, Wrong)
    with pytest.raises(TypeError, match=r"^Pydantic cannot make it: "):
        Avro(ORDER).build(contents, type("Odd", (), {}))
    with pytest.raises(ValueError, match=r"^it ends within the field id, at byte 1 \(schema shop\.Order\)$"):
        Avro(ORDER).build(contents[:1], dict)


# -- frames ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Frame:
    """A byte, which stands for the schema; in JSON if that is said."""

    schema: RegisteredSchema | None
    name: str = "test"
    encoding: Any = "BINARY"

    def unwrap(self, contents: bytes, headers: Headers) -> Framed:
        return Framed(contents[1:], self.schema, None, self.encoding)

    def wrap(self, framed: Framed) -> tuple[bytes, Headers]:
        assert framed.schema is not None
        return b"F" + framed.payload, (("schema", framed.schema.text.encode()),)


def test_without_a_frame_the_contents_are_the_datum() -> None:
    serializer = Avro(ORDER)

    assert sent(serializer, b"abc") == (b"abc", ())
    assert received(serializer, b"abc", ()) == (serializer, b"abc")


def test_a_frame_carries_our_schema() -> None:
    serializer = Avro("int", framing=Frame(None))

    assert sent(serializer, b"\2") == (b"F\2", (("schema", b'"int"'),))
    assert received(serializer, b"F\2", ()) == (serializer, b"\2")


OLD = RegisteredSchema("AVRO", '{"type":"record","name":"shop.Order","fields":[{"name":"n","type":"int"}]}', {})
NEW = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "n", "type": "double"}, {"name": "m", "type": "int", "default": 7}],
}


class New(pydantic.BaseModel):
    n: float
    m: int


def test_a_body_is_read_as_ours_by_its_writers_schema() -> None:
    serializer = Avro(NEW, framing=Frame(OLD))

    reader, payload = received(serializer, b"F\4", ())

    assert (reader.load(payload), payload) == ({"n": 2.0, "m": 7}, b"\4")
    assert reader.build(payload, New) == New(n=2, m=7)
    assert reader.dump({"n": 2}) == b"\4"
    assert received(serializer, b"F\4", ())[0] is reader


@pytest.mark.parametrize(
    ("schema", "clause"),
    [
        (RegisteredSchema("PROTOBUF", "", {}), "its frame names a schema in PROTOBUF, not in Avro"),
        (RegisteredSchema("AVRO", "[", {}), "the schema that its frame names is none of Avro's: it is not JSON"),
    ],
    ids=["protobuf", "no-schema"],
)
def test_a_frame_that_names_no_schema_of_avros(schema: RegisteredSchema, clause: str) -> None:
    with pytest.raises(ValueError, match=f"^{clause}"):
        received(Avro(NEW, framing=Frame(schema)), b"F\4", ())


def test_a_body_in_json_becomes_a_datum() -> None:
    schema = {
        "type": "record", "name": "shop.R",
        "fields": [{"name": "a", "type": ["null", "int", SIZE]}, {"name": "b", "type": "bytes"}, {"name": "c", "type": {"type": "map", "values": ["null", "string"]}}],
    }  # fmt: skip
    serializer = Avro(schema, framing=Frame(None, encoding="JSON"))

    reader, payload = received(
        serializer, b'F{"a": {"shop.Size": "M"}, "b": "\\u00ff", "c": {"k": null, "l": {"string": "v"}}}', ()
    )

    assert reader.load(payload) == {"a": "M", "b": b"\xff", "c": {"k": None, "l": "v"}}
    for wrong in (
        b"F{",
        b'F{"a": 1, "b": "", "c": {}}',
        b'F{"a": null, "b": ""}',
        b'F{"a": {"long": 1}, "b": "", "c": {}}',
        b"F" + b"[" * 100_000,
    ):
        with pytest.raises(ValueError, match=r"^it is not in Avro's JSON encoding: "):
            received(serializer, wrong, ())


@pytest.mark.parametrize(
    "payload", [b"\0\1\2", b"\6\0\1\2", b"", b"\xff" * 12], ids=["raw", "looks-like-avro", "empty", "no-length"]
)
def test_bytes_alone_are_raw_in_confluents_frame(payload: bytes) -> None:
    serializer = Avro("bytes", framing=Frame(None, name="confluent"))

    contents, _ = sent(serializer, serializer.dump(b"raw"))
    reader, datum = received(serializer, b"F" + payload, ())

    assert contents == b"Fraw"
    assert reader.load(datum) == (payload if payload != b"\6\0\1\2" else b"\0\1\2")


# -- the rest --------------------------------------------------------------------------------------------------------


def test_it_is_a_serializer_with_an_envelope() -> None:
    serializer: Enveloped = Avro("int")

    assert serializer.load(serializer.dump(3)) == 3


def test_it_is_a_value() -> None:
    one, same, other = Avro(ORDER, framing=Frame(OLD)), Avro(json.dumps(ORDER), framing=Frame(OLD)), Avro(ORDER)
    one.load(one.dump(VALUE))

    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "int"
    assert repr(one) == "Avro('shop.Order', framing='test')"
    assert repr(other) == "Avro('shop.Order')"
    for again in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert again == one
        assert again.load(again.dump(VALUE)) == VALUE


def test_fastavro_is_imported_when_a_body_is_read() -> None:
    code = (
        "import sys; from msgpact.serializers.avro import Avro; each = Avro('int'); each.dump(1); each.schema.text;"
        "print('fastavro' in sys.modules, 'pydantic' in sys.modules); print(each.load(b'\\2'), 'fastavro' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False False\n1 True\n"


def test_a_handler_is_declared_without_reading_anything() -> None:
    program = (
        "import sys, msgpact; from msgpact.serializers.avro import Avro; from msgpact.serializers.cloudevents import CloudEvents\n"
        "shop = msgpact.Consumer('shop', provider='orders', serializer=CloudEvents(Avro('int')))\n"
        "orders = msgpact.Provider('orders', serializer=Avro('int'))\n"
        "shop.expects('a number', contents=1, serializer=Avro('int'))(lambda number: None)\n"
        "orders.produces('a number')(lambda: 1)\n"
        "assert not sys.modules.keys() & {'fastavro', 'pydantic'}\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_registry_of_a_frame_lives_no_longer_than_it_is_used() -> None:
    registry = MemoryRegistry()
    gone = weakref.ref(registry)
    registry.register("numbers", RegisteredSchema("AVRO", '"int"', {}), 7)
    reader, payload = Avro("long", framing=Confluent(registry)).received(b"\0\0\0\0\7\2", ())
    assert reader.load(payload) == 1

    del registry, reader
    gc.collect()

    assert gone() is None


def test_without_fastavro_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['fastavro'] = None; from msgpact.serializers.avro import Avro; Avro('int').load(b'')"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "Cannot use Avro contents: 'fastavro' is not installed. Run: pip install 'msgpact[avro]'." in done.stderr


UNKNOWN_TO_APACHE = ("nanos", "duration", "big-decimal", "local-timestamp", "time-micros", '"Id"')
READ_BY_APACHE = [
    case
    for case in avro_cases("avro-datum")
    if not any(name in json.dumps(case.values[0].get("schema", "")) for name in UNKNOWN_TO_APACHE)
]


@pytest.mark.filterwarnings("ignore::avro.errors.IgnoredLogicalType")
@pytest.mark.parametrize("case", READ_BY_APACHE)
def test_apache_avro_reads_what_is_written(case: dict[str, Any]) -> None:
    serializer = Avro(case["schema"])
    value = serializer.load(body_of(case))
    schema = avro.schema.parse(json.dumps(case["schema"]))

    found = avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(serializer.dump(value))))

    assert_same(as_we_have_it(found, value), value)


def as_we_have_it(found: Any, ours: Any) -> Any:
    """Apache's reader leaves an enum's symbol, and a UUID in some versions, as something of its own."""
    if isinstance(ours, dict):
        return {key: as_we_have_it(each, ours.get(key)) for key, each in found.items()}
    if isinstance(ours, list):
        return [as_we_have_it(*pair) for pair in zip(found, ours, strict=True)]
    return UUID(found) if isinstance(ours, UUID) and isinstance(found, str) else found
