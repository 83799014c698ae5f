"""What we write, confluent-kafka's deserializers read, and the other way round: through the embedded registry and a real one."""

import base64
import datetime
import decimal
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, timestamp_pb2
from google.protobuf.json_format import ParseDict
from registry_servers import Server

from msgpact.registries.confluent import ConfluentRegistry
from msgpact.serializers import received, sent
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent
from msgpact.serializers.json_schema import JsonSchema
from msgpact.serializers.protobuf import Protobuf

ORDER: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "tags", "type": {"type": "map", "values": "int"}, "default": {}},
    ],
}
PLACED = datetime.datetime(2026, 11, 28, 10, 0, tzinfo=datetime.UTC)
ORDERS: list[dict[str, Any]] = [
    {"id": 2**60, "total": decimal.Decimal("12.50"), "placed": PLACED, "note": "Zürich", "tags": {"a": 1, "": -1}},
    {"id": -1, "total": decimal.Decimal("-0.01"), "placed": PLACED, "note": None, "tags": {}},
]
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Order",
    "type": "object",
    "properties": {"id": {"type": "integer"}, "lines": {"type": "array", "items": {"type": "string"}}},
    "required": ["id"],
}
DOCUMENTS: list[dict[str, Any]] = [
    {"id": 2**53 + 1, "lines": ["東京", ""]},
    {"id": 0, "more": [None, 1.5, {"a": True}]},
]
FILE = text_format.Parse(
    """
    name: "shop/order.proto" package: "shop" syntax: "proto3" dependency: "google/protobuf/timestamp.proto"
    message_type { name: "Money" field { name: "cents" number: 1 type: TYPE_SINT64 label: LABEL_OPTIONAL } }
    message_type {
      name: "Order"
      field { name: "id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
      field { name: "lines" number: 2 type: TYPE_MESSAGE type_name: ".shop.Order.Line" label: LABEL_REPEATED }
      field { name: "placed" number: 3 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL }
      nested_type { name: "Line" field { name: "qty" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL } }
    }
    """,
    descriptor_pb2.FileDescriptorProto(),
)
POOL = descriptor_pool.DescriptorPool()
for each in (timestamp_pb2.DESCRIPTOR.serialized_pb, FILE.SerializeToString()):
    POOL.AddSerializedFile(each)
Order: Any = message_factory.GetMessageClass(POOL.FindMessageTypeByName("shop.Order"))
Line: Any = message_factory.GetMessageClass(POOL.FindMessageTypeByName("shop.Order.Line"))
MESSAGES: list[dict[str, Any]] = [
    {},
    {"id": "é", "lines": [{"qty": -1}, {}], "placed": "2026-11-28T10:00:00.123456789Z"},
]


@pytest.fixture(
    params=[
        pytest.param(("embedded_registry", False), id="embedded"),
        pytest.param(("embedded_registry", True), id="embedded-header"),
        pytest.param(("apicurio", False), id="apicurio", marks=pytest.mark.server),  # it has no GUIDs for a header
    ]
)
def way(request: pytest.FixtureRequest) -> tuple[Server, bool]:
    """A registry, and whether a header names the schema."""
    name, header = request.param
    return request.getfixturevalue(name), header


@pytest.fixture
def registry_server(way: tuple[Server, bool]) -> Server:
    return way[0]


@pytest.fixture
def header(way: tuple[Server, bool]) -> bool:
    return way[1]


@pytest.fixture
def client(registry_server: Server) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": registry_server.url, "timeout": 20}) as found:
        yield found


@pytest.fixture
def topic() -> str:
    return f"orders-{uuid.uuid4()}"


@pytest.fixture
def framing(registry_server: Server, topic: str, header: bool) -> Confluent:
    registry = ConfluentRegistry(registry_server.url, register=True, timeout=30)
    return Confluent(registry, f"{topic}-value", header=header)


def context(topic: str, headers: Any = ()) -> SerializationContext:
    return SerializationContext(topic, MessageField.VALUE, list(headers))


def conf(header: bool) -> dict[str, Any]:
    return {"schema.id.serializer": header_schema_id_serializer} if header else {}


def message(fields: dict[str, Any]) -> Any:
    return ParseDict(fields, Order())


# -- ours, read by theirs


@pytest.mark.parametrize("value", ORDERS, ids=["full", "empty"])
def test_avro_is_read(client: SchemaRegistryClient, framing: Confluent, topic: str, value: dict[str, Any]) -> None:
    ours = Avro(ORDER, framing=framing)

    contents, headers = sent(ours, ours.dump(value))

    assert AvroDeserializer(client)(contents, context(topic, headers)) == value


@pytest.mark.parametrize("value", DOCUMENTS, ids=["full", "more"])
def test_json_is_read(client: SchemaRegistryClient, framing: Confluent, topic: str, value: dict[str, Any]) -> None:
    ours = JsonSchema(SCHEMA, framing=framing)

    contents, headers = sent(ours, ours.dump(value))

    theirs = JSONDeserializer(None, schema_registry_client=client)
    assert theirs(contents, context(topic, headers)) == value


@pytest.mark.parametrize("value", MESSAGES, ids=["empty", "full"])
def test_protobuf_is_read(client: SchemaRegistryClient, framing: Confluent, topic: str, value: dict[str, Any]) -> None:
    ours = Protobuf(Order, framing=framing)

    contents, headers = sent(ours, ours.dump(message(value)))

    theirs = ProtobufDeserializer(Order, schema_registry_client=client)
    assert theirs(contents, context(topic, headers)) == message(value)


def test_a_nested_message_is_read(client: SchemaRegistryClient, framing: Confluent, topic: str) -> None:
    ours = Protobuf(Line, framing=framing)

    contents, headers = sent(ours, ours.dump(Line(qty=5)))

    theirs = ProtobufDeserializer(Line, schema_registry_client=client)
    assert theirs(contents, context(topic, headers)) == Line(qty=5)


# -- theirs, read by us


def written(serializer: Any, value: Any, topic: str) -> tuple[bytes, Any]:
    headers: list[Any] = []
    contents = serializer(value, SerializationContext(topic, MessageField.VALUE, headers))
    return contents, tuple(headers)


@pytest.mark.parametrize("value", ORDERS, ids=["full", "empty"])
def test_their_avro(
    client: SchemaRegistryClient, framing: Confluent, topic: str, header: bool, value: dict[str, Any]
) -> None:
    ours = Avro(ORDER, framing=framing)

    contents, headers = written(AvroSerializer(client, ours.schema.text, conf=conf(header)), value, topic)

    reader, payload = received(ours, contents, headers)
    assert reader.load(payload) == value
    assert sent(ours, ours.dump(value)) == (contents, headers)


@pytest.mark.parametrize("value", DOCUMENTS, ids=["full", "more"])
def test_their_json(
    client: SchemaRegistryClient, framing: Confluent, topic: str, header: bool, value: dict[str, Any]
) -> None:
    ours = JsonSchema(SCHEMA, framing=framing)

    contents, headers = written(JSONSerializer(ours.schema.text, client, conf=conf(header)), value, topic)

    reader, payload = received(ours, contents, headers)
    assert reader.load(payload) == value
    assert received(ours, *sent(ours, ours.dump(value)))[1] == ours.dump(value)


@pytest.mark.parametrize("value", MESSAGES, ids=["empty", "full"])
def test_their_protobuf(
    client: SchemaRegistryClient, framing: Confluent, topic: str, header: bool, value: dict[str, Any]
) -> None:
    ours = Protobuf(Order, framing=framing)

    contents, headers = written(ProtobufSerializer(Order, client, conf=conf(header)), message(value), topic)

    reader, payload = received(ours, contents, headers)
    assert reader.build(payload, Order) == message(value)


def test_their_newer_schema(client: SchemaRegistryClient, framing: Confluent, topic: str, header: bool) -> None:
    """What another version wrote is read as ours."""
    ours = Avro(ORDER, framing=framing)
    newer = {**ORDER, "fields": [{"name": "channel", "type": "string", "default": "web"}, *ORDER["fields"][:3]]}
    value = {**ORDERS[0], "channel": "app"}

    contents, headers = written(AvroSerializer(client, Avro(newer).schema.text, conf=conf(header)), value, topic)

    reader, payload = received(ours, contents, headers)
    assert reader.load(payload) == {**ORDERS[0], "note": None, "tags": {}}


def test_protobuf_text_is_had_as_a_descriptor(embedded_registry: Server, topic: str) -> None:
    proto = 'syntax = "proto3";\npackage shop;\nmessage Line {\n  string sku = 1;\n}\n'
    importing = 'syntax = "proto3";\npackage shop;\nimport "line.proto";\nmessage Order {\n  Line line = 1;\n}\n'
    with SchemaRegistryClient({"url": embedded_registry.url}) as client:
        client.register_schema("line.proto", Schema(proto, "PROTOBUF"))
        reference = SchemaReference("line.proto", "line.proto", 1)
        number = client.register_schema(topic, Schema(importing, "PROTOBUF", [reference]))

        with SchemaRegistryClient({"url": embedded_registry.url}) as fresh:
            text = fresh.get_schema(number, fmt="serialized").schema_str

    descriptor = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text or ""))
    assert ([each.name for each in descriptor.message_type], list(descriptor.dependency)) == (["Order"], ["line.proto"])
