"""One process that reads Avro bodies again and again, beside bare fastavro.

    python -m benchmarks.avro

What is read is also checked, by a contract with a rule for each field.

A record of 20 fields: `plain` without unions and enums; `unions` with them; `guarded` with a text of many letters beyond ASCII,
which is where the guard is asked; `deep` a list of 100 records, each within the one before.
"""

import io
import json
from datetime import UTC, datetime
from typing import Any

import fastavro

from benchmarks.checking import Seconds, checked_like, fastest
from msgpact.serializers.avro import Avro

PLAIN: dict[str, Any] = {
    "id": ("string", "7f3c1f9e-63c5-4a9e-9a5e-0c6d7e8f9a01"),
    "customer": ("string", "Jane Doe"),
    "email": ("string", "jane.doe@example.org"),
    "street": ("string", "1 Harbour Street"),
    "city": ("string", "Bristol"),
    "country": ("string", "GB"),
    "quantity": ("int", 3),
    "weight": ("int", 1250),
    "priority": ("int", 2),
    "attempts": ("int", 0),
    "number": ("long", 1_000_451),
    "account": ("long", 88_123_456_789),
    "revision": ("long", 17),
    "price": ("double", 19.9),
    "discount": ("double", 0.05),
    "total": ("double", 56.72),
    "gift": ("boolean", False),
    "paid": ("boolean", True),
    "tags": ({"type": "array", "items": "string"}, ["spring", "web", "first-order"]),
    "placed": ({"type": "long", "logicalType": "timestamp-millis"}, datetime(2026, 11, 20, 10, tzinfo=UTC)),
}
STATUS = {"type": "enum", "name": "Status", "symbols": ["PLACED", "PAID", "SHIPPED"]}
UNIONS = PLAIN | {
    "email": (["null", "string"], "jane.doe@example.org"),
    "street": (["null", "string"], None),
    "account": (["null", "long"], 88_123_456_789),
    "discount": (["null", "double"], 0.05),
    "priority": (STATUS, "PAID"),
}
GUARDED = UNIONS | {"customer": ("string", "東京都千代田区丸の内一丁目")}
NODE = {
    "type": "record",
    "name": "Node",
    "fields": [
        {"name": name, "type": kind} for name, kind in (("n", "long"), ("s", "string"), ("next", ["null", "Node"]))
    ],
}


def record(fields: dict[str, Any]) -> tuple[dict[str, Any], object]:
    """A schema and a value."""
    schema = {"type": "record", "name": "Order", "namespace": "shop"}
    schema |= {"fields": [{"name": name, "type": kind} for name, (kind, _) in fields.items()]}  # type: ignore[dict-item]
    return schema, {name: value for name, (_, value) in fields.items()}


def nested(depth: int) -> object:
    value = None
    for number in range(depth):
        value = {"n": number, "s": "some text", "next": value}
    return value


def beside_fastavro(name: str, schema: dict[str, Any], value: object) -> Seconds:
    """Of a body read by us and by fastavro."""
    parsed = fastavro.parse_schema(schema)
    written = io.BytesIO()
    fastavro.schemaless_writer(written, parsed, value)
    contents, load = written.getvalue(), Avro(schema).load
    if load(contents) != value:
        raise SystemExit(f"not read: {load(contents)}")
    ours, checked, theirs = fastest(
        lambda: load(contents),
        checked_like(value, Avro(schema), contents),
        lambda: fastavro.schemaless_reader(io.BytesIO(contents), parsed, None),
    )
    return {name: ours, f"{name} parse": theirs, f"{name} checked": checked, f"{name} checked parse": theirs}


if __name__ == "__main__":
    found: Seconds = {}
    for name, fields in (("plain", PLAIN), ("unions", UNIONS), ("guarded", GUARDED)):
        found |= beside_fastavro(name, *record(fields))
    print(json.dumps(found | beside_fastavro("deep", NODE, nested(100))))
