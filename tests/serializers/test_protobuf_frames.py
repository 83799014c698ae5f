"""Protobuf messages in registries' frames: which message a frame says it is, and by whose schema it is read."""

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import type_pb2

from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.base import received, sent
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.framing import Framing, framing_of
from msgpact.serializers.protobuf import Protobuf

ITEM = RegisteredSchema("PROTOBUF", 'syntax = "proto3"; package shop; message Item { string sku = 1; }', {})
OLD = RegisteredSchema(
    "PROTOBUF",
    'syntax = "proto3"; package shop; import "item.proto"; message First {} message Order { string id = 1; Item item = 2; message Line { int32 n = 1; } }',
    {"item.proto": ITEM},
)
NEW = RegisteredSchema(
    "PROTOBUF",
    'syntax = "proto3"; package shop; message Order { string id = 1; string more = 9; message Line { int32 n = 1; } }',
    {},
)


def frame(name: str, *schemas: RegisteredSchema) -> Framing:
    registry = MemoryRegistry()
    for schema in schemas:
        registry.register("orders-value", schema)
    return framing_of(name, registry, "orders-value")


FRAMES = [
    "confluent",
    "confluent-header",
    "confluent-key-header",
    "glue",
    "glue-zlib",
    "apicurio-4",
    "apicurio-8",
    "apicurio-headers",
]


@pytest.mark.parametrize("name", FRAMES)
def test_there_and_back(name: str) -> None:
    protobuf = Protobuf("shop.Order", proto=OLD, framing=frame(name))
    payload = protobuf.dump({"id": "a", "item": {"sku": "s"}})

    contents, headers = sent(protobuf, payload)

    assert received(protobuf, contents, headers) == (protobuf, payload)
    assert (contents, headers) != (payload, ())


def test_without_a_frame() -> None:
    protobuf = Protobuf("shop.Order", proto=OLD)

    assert sent(protobuf, b"\x0a\x00") == (b"\x0a\x00", ())
    assert received(protobuf, b"\x0a\x00", ()) == (protobuf, b"\x0a\x00")


@pytest.mark.parametrize("name", FRAMES)
def test_a_message_of_a_newer_schema_is_read_by_ours(name: str) -> None:
    framing = frame(name, OLD, NEW)
    ours, theirs = (Protobuf("shop.Order", proto=schema, framing=framing) for schema in (OLD, NEW))

    by, payload = received(ours, *sent(theirs, theirs.dump({"id": "a", "more": "m"})))

    assert by.load(payload) == {"id": "a"}
    assert [each.number for each in ours.unknown(payload)] == [9]


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_says_another_message(name: str) -> None:
    framing = frame(name, OLD)
    ours, other = (Protobuf(message, proto=OLD, framing=framing) for message in ("shop.Order", "shop.First"))

    with pytest.raises(ValueError, match=r"its frame says that it is a (shop\.)?First, not a shop\.Order"):
        received(ours, *sent(other, b""))


def test_a_message_of_that_name_in_another_package() -> None:
    bare = RegisteredSchema("PROTOBUF", 'syntax = "proto3"; message Order {}', {})
    framing = frame("confluent", bare)
    other = Protobuf("Order", proto=bare, framing=framing)

    with pytest.raises(ValueError, match=r"its frame says that it is a Order, not a shop\.Order"):
        received(Protobuf("shop.Order", proto=OLD, framing=framing), *sent(other, b""))


@pytest.mark.parametrize(
    ("name", "frame_", "clause"),
    [
        ("confluent", "0000000001 020a", r"its frame says that it is the message \[5\] of 'schema.proto', which it does not have"),
        ("confluent", "0000000001 040202", r"its frame says that it is the message \[1, 1\] of 'schema.proto', which it does not have"),
        ("glue", "0300 {guid} 07", "its frame says that it is message 7 of 'schema.proto', which has 3"),
    ],
    ids=["index", "nested index", "rank"],
)  # fmt: skip
def test_a_frame_that_says_a_message_that_is_not_there(name: str, frame_: str, clause: str) -> None:
    framing: Any = frame(name, OLD)
    guid = next((each.hex for each in framing.registry._schemas if hasattr(each, "hex")), "")

    with pytest.raises(ValueError, match=clause):
        received(Protobuf("shop.Order", proto=OLD, framing=framing), bytes.fromhex(frame_.format(guid=guid)), ())


def test_a_schema_of_another_format() -> None:
    avro = RegisteredSchema("AVRO", '"string"', {})
    framing: Any = frame("confluent", avro)

    with pytest.raises(ValueError, match="its frame names a schema of AVRO, not of PROTOBUF"):
        received(Protobuf("shop.Order", proto=OLD, framing=framing), b"\0\0\0\0\1\x0a\x00", ())


def test_equal_are_contracts_not_connections() -> None:
    one, other = (Protobuf("shop.Order", proto=OLD, framing=frame("confluent")) for _ in range(2))

    assert one == other
    assert one != Protobuf("shop.Order", proto=OLD, framing=frame("glue"))
    assert one != Protobuf("shop.Order", proto=OLD)


# -- what is registered ----------------------------------------------------------------------------------------------


def test_what_is_registered_of_a_class_is_its_file_in_base64_with_what_it_imports() -> None:
    framing: Any = frame("confluent")
    protobuf = Protobuf(type_pb2.Type, framing=framing)
    contents, _ = sent(protobuf, b"\x0a\x01a")
    schema = framing.registry.latest("orders-value")

    assert contents == b"\0\0\0\0\1\0\x0a\x01a"
    assert Protobuf("google.protobuf.Type", proto=schema).load(b"\x0a\x01a") == {"name": "a"}
    assert schema.references == {}


def test_what_is_registered_of_a_file_is_its_text(tmp_path: Path) -> None:
    (tmp_path / "item.proto").write_text(ITEM.text)
    (tmp_path / "order.proto").write_text(OLD.text)
    framing: Any = frame("confluent")
    protobuf = Protobuf("shop.Order.Line", proto=tmp_path / "order.proto", framing=framing)
    contents, _ = sent(protobuf, b"")
    schema = framing.registry.latest("orders-value")

    assert contents == b"\0\0\0\0\1\x04\x02\x00"
    assert (schema.text, list(schema.references)) == (OLD.text, ["item.proto"])
    assert Protobuf("shop.Order", proto=schema).load(b"\x12\x03\x0a\x01s") == {"item": {"sku": "s"}}


# -- the other way: Confluent's client reads what is written ----------------------------------------------------------


@pytest.mark.parametrize("document", [{}, {"name": "n", "number": 3, "kind": "TYPE_BOOL", "packed": True}], ids=str)
def test_confluent_s_client_reads_what_is_sent(document: dict[str, object]) -> None:
    protobuf = Protobuf(type_pb2.Field, framing=frame("confluent"))
    contents, _ = sent(protobuf, protobuf.dump(document))

    read = ProtobufDeserializer(type_pb2.Field, {"use.deprecated.format": False})(contents, CONTEXT)

    assert type(read) is type_pb2.Field
    assert protobuf.load(protobuf.dump(read)) == document


def test_confluent_s_client_reads_nested_messages() -> None:
    protobuf = Protobuf("shop.Order.Line", proto=OLD, framing=frame("confluent"))
    contents, _ = sent(protobuf, protobuf.dump({"n": 7}))

    read = ProtobufDeserializer(protobuf._class, {"use.deprecated.format": False})(contents, CONTEXT)

    assert read.n == 7


CONTEXT = SerializationContext("orders", MessageField.VALUE)
