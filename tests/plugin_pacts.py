"""Pacts as Pact's Protobuf and Avro plugins write them, in few words; their bytes come from google.protobuf and by hand."""

import base64
import hashlib
import json
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from msgpact import Contract
from msgpact.pactfile.files import loads

Raw = dict[str, Any]

FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "int32": FIELD.TYPE_INT32,
    "fixed64": FIELD.TYPE_FIXED64,
    "string": FIELD.TYPE_STRING,
    "bytes": FIELD.TYPE_BYTES,
    "bool": FIELD.TYPE_BOOL,
}


def descriptor_set() -> bytes:
    """Of the proto3 file

    package shop;
    message Order { string id = 1; int32 count = 2; optional int32 discount = 3; repeated string tags = 4; Line first = 5;
                    repeated Line lines = 6; map<string, Line> by_sku = 7; fixed64 serial = 8; bytes image = 9; }
    message Line { string sku = 1; int32 quantity = 2; optional bool gift = 3; }
    message Query { string id = 1; }
    service Orders { rpc Find(Query) returns (Order); }
    """
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    order = file.message_type.add(name="Order")
    _add(order, "id", 1, "string")
    _add(order, "count", 2, "int32")
    _add(order, "discount", 3, "int32", is_optional=True)
    _add(order, "tags", 4, "string", is_list=True)
    _add(order, "first", 5, ".shop.Line")
    _add(order, "lines", 6, ".shop.Line", is_list=True)
    _add(order, "by_sku", 7, ".shop.Order.BySkuEntry", is_list=True)
    _add(order, "serial", 8, "fixed64")
    _add(order, "image", 9, "bytes")
    entry = order.nested_type.add(name="BySkuEntry")
    entry.options.map_entry = True
    _add(entry, "key", 1, "string")
    _add(entry, "value", 2, ".shop.Line")
    line = file.message_type.add(name="Line")
    _add(line, "sku", 1, "string")
    _add(line, "quantity", 2, "int32")
    _add(line, "gift", 3, "bool", is_optional=True)
    _add(file.message_type.add(name="Query"), "id", 1, "string")
    file.service.add(name="Orders").method.add(name="Find", input_type=".shop.Query", output_type=".shop.Order")
    written: bytes = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString(deterministic=True)
    return written


def _add(message: Any, name: str, number: int, kind: str, *, is_list: bool = False, is_optional: bool = False) -> None:
    field = message.field.add(name=name, number=number)
    field.label = FIELD.LABEL_REPEATED if is_list else FIELD.LABEL_OPTIONAL
    field.type = _TYPES.get(kind, FIELD.TYPE_MESSAGE)
    if kind not in _TYPES:
        field.type_name = kind
    if is_optional:
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")


DESCRIPTORS = descriptor_set()
KEY = hashlib.md5(DESCRIPTORS, usedforsecurity=False).hexdigest()
ORDER = "application/protobuf;message=.shop.Order"


def message_class(name: str) -> Any:
    """A class of google.protobuf's own for a message of that file."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTORS).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"shop.{name}"))


Order, Query = message_class("Order"), message_class("Query")

SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "Parcel",
        "namespace": "shop",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "grams", "type": "int"},
            {"name": "note", "type": ["null", "string"], "default": None},
            {"name": "tags", "type": {"type": "array", "items": "string"}},
        ],
    }
)
SCHEMA_KEY = hashlib.md5(SCHEMA.encode(), usedforsecurity=False).hexdigest()
PARCEL = "avro/binary;record=Parcel"
# "p1", 250, the branch of null, a block of one item and the end.
A_PARCEL = b"\x04p1" + b"\xf4\x03" + b"\x00" + b"\x02\x02x\x00"


def body(contents: bytes, content_type: str | None) -> Raw:
    """Contents as a plugin writes them."""
    if not contents:
        return {"content": ""}
    written = {"content": base64.b64encode(contents).decode(), "encoded": "base64", "contentTypeHint": "BINARY"}
    return written if content_type is None else {**written, "contentType": content_type}


def order(
    contents: bytes, rules: Raw | None = None, *, content_type: str | None = ORDER, **configuration: object
) -> Raw:
    """A one-way message of the Protobuf plugin; *configuration* is the interaction's, beside the usual."""
    said = {"descriptorKey": KEY, "message": ".shop.Order", **configuration}
    return {
        "type": "Asynchronous/Messages",
        "description": "an order was placed",
        "contents": body(contents, content_type),
        "metadata": {"contentType": content_type} if content_type else {},
        "matchingRules": {
            "body": {path: {"combine": "AND", "matchers": [rule]} for path, rule in (rules or {}).items()}
        },
        "pluginConfiguration": {"protobuf": {name: each for name, each in said.items() if each is not None}},
    }


def parcel(contents: bytes = A_PARCEL, rules: Raw | None = None, **configuration: object) -> Raw:
    """As `order`, of the Avro plugin."""
    said = {"schemaKey": SCHEMA_KEY, "record": "Parcel", **configuration}
    return {
        "type": "Asynchronous/Messages",
        "description": "a parcel was sent",
        "contents": body(contents, PARCEL),
        "matchingRules": {
            "body": {path: {"combine": "AND", "matchers": [rule]} for path, rule in (rules or {}).items()}
        },
        "pluginConfiguration": {"avro": {name: each for name, each in said.items() if each is not None}},
    }


PLUGINS: list[Raw] = [
    {
        "name": "protobuf",
        "version": "0.7.1",
        "configuration": {KEY: {"protoDescriptors": base64.b64encode(DESCRIPTORS).decode(), "protoFile": ""}},
    },
    {"name": "avro", "version": "0.0.6", "configuration": {SCHEMA_KEY: {"avroSchema": SCHEMA}}},
]


def document(*interactions: Raw, plugins: list[Raw] | None = None) -> bytes:
    """A pact file."""
    return json.dumps(
        {
            "consumer": {"name": "fulfilment"},
            "provider": {"name": "orders"},
            "interactions": list(interactions),
            "metadata": {"pactSpecification": {"version": "4.0"}, "plugins": PLUGINS if plugins is None else plugins},
        }
    ).encode()


def pact(*interactions: Raw, plugins: list[Raw] | None = None) -> Contract:
    """The contract of a pact file."""
    return loads(document(*interactions, plugins=plugins))
