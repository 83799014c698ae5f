"""One process that reads Protobuf messages again and again, beside google.protobuf's own way to a dict.

    python -m benchmarks.protobuf

What is read is also checked, by a contract with a rule for each field.

A message of 20 fields: `flat` with scalars alone, `nested` with messages, lists and a map among them, `sparse` with three of
the fields set.
"""

import json

from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass

from benchmarks.checking import Seconds, checked_like, fastest
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf

SCHEMA = """
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";

message Flat {
  string id = 1; string customer = 2; string email = 3; string street = 4; string city = 5; string country = 6;
  string currency = 7; string note = 8; int32 quantity = 9; int32 priority = 10; int64 number = 11; int64 account = 12;
  uint32 revision = 13; double price = 14; double total = 15; float weight = 16; bool gift = 17; bool paid = 18;
  Status status = 19; bytes signature = 20;
}
message Nested {
  string id = 1; string customer = 2; string email = 3; Status status = 4; int64 number = 5; int32 quantity = 6; double total = 7;
  double tax = 8; bool gift = 9; bool paid = 10; string currency = 11; string note = 12; bytes signature = 13;
  google.protobuf.Timestamp placed = 14; Address address = 15; repeated Line lines = 16; repeated string tags = 17;
  map<string, string> labels = 18; repeated int32 codes = 19; optional float weight = 20;
}
message Address { string street = 1; string city = 2; string country = 3; }
message Line { string sku = 1; int32 quantity = 2; double price = 3; }
enum Status { NEW = 0; PAID = 1; SENT = 2; }
"""

COMMON = {
    "id": "7f3c1f9e-63c5-4a9e-9a5e-0c6d7e8f9a01",
    "customer": "Jane Doe",
    "email": "jane.doe@example.org",
    "currency": "EUR",
    "note": "please ring twice",
    "quantity": 3,
    "number": 1_000_451,
    "total": 56.72,
    "weight": 1.5,
    "gift": True,
    "paid": True,
    "status": "PAID",
    "signature": b"\x00\x01\x02\x03",
}
ADDRESS = {"street": "1 Harbour Street", "city": "Bristol", "country": "GB"}
FLAT = COMMON | ADDRESS | {"priority": 2, "account": 88_123_456_789, "revision": 17, "price": 19.9}
NESTED = COMMON | {
    "tax": 9.5,
    "placed": {"seconds": 1_795_132_800, "nanos": 5_000_000},
    "address": ADDRESS,
    "lines": [{"sku": f"SKU-{number}", "quantity": number, "price": 1.5} for number in (1, 2, 3)],
    "tags": ["spring", "web"],
    "labels": {"channel": "web", "shop": "bristol"},
    "codes": [1, 2, 3],
}
SPARSE = {"id": "1", "total": 1.5, "status": "SENT"}


def beside_google(name: str, message: str, document: dict[str, object]) -> Seconds:
    """Of a message read by us, and parsed and made a dict by google.protobuf."""
    protobuf = Protobuf(message, proto=RegisteredSchema("PROTOBUF", SCHEMA, {}))
    contents, load = protobuf.dump(document), protobuf.load
    if load(contents) != document:
        raise SystemExit(f"not read: {load(contents)}")
    parse = GetMessageClass(protobuf.descriptor).FromString
    ours, checked, theirs = fastest(
        lambda: load(contents),
        checked_like(document, protobuf, contents),
        lambda: MessageToDict(parse(contents), preserving_proto_field_name=True),
    )
    return {name: ours, f"{name} parse": theirs, f"{name} checked": checked, f"{name} checked parse": theirs}


if __name__ == "__main__":
    print(
        json.dumps(
            beside_google("flat", "shop.Flat", FLAT)
            | beside_google("nested", "shop.Nested", NESTED)
            | beside_google("sparse", "shop.Nested", SPARSE)
        )
    )
