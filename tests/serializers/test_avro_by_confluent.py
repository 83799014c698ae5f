"""What we write and frame is read by Confluent's own deserializer, to the same values."""

import json
from typing import Any

import pytest
from avro_vectors import assert_same, avro_cases, native
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from framed_vectors import SUBJECT

from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent, RegisteredSchema

MISSING_IN_FASTAVRO = ("nanos", "duration", "big-decimal", '"Id"', '"Small"', '"scale": 5')
TOO_SHORT = "a/avro/confluent/record-empty"
"""It refuses what has no byte behind the frame, its own serializer's too."""

CASES = [
    case
    for case in avro_cases("avro-framed", "confluent")
    if case.id != TOO_SHORT
    and not any(word in json.dumps(case.values[0].get("schema", "")) for word in MISSING_IN_FASTAVRO)
]


@pytest.mark.parametrize("case", CASES)
def test_confluents_deserializer_reads_what_is_sent(case: dict[str, Any]) -> None:
    client = SchemaRegistryClient.new_client({"url": "mock://"})
    references = case.get("references", ())
    for each in references:
        client.register_schema(each["subject"], Schema(json.dumps(each["schema"]), "AVRO"))
    theirs = [SchemaReference(each["name"], each["subject"], each["version"]) for each in references]
    number = client.register_schema(SUBJECT, Schema(json.dumps(case["schema"]), "AVRO", theirs))
    registry = MemoryRegistry()
    known = {each["name"]: RegisteredSchema("AVRO", json.dumps(each["schema"]), {}) for each in references}
    schema = RegisteredSchema("AVRO", json.dumps(case["schema"]), known)
    registry.register(SUBJECT, schema, number)
    serializer = Avro(schema, framing=Confluent(registry, SUBJECT))
    value = native(case["value"])

    contents, headers = serializer.sent(serializer.dump(value))

    assert headers == ()
    deserializer: Any = AvroDeserializer(client)
    assert_same(deserializer(contents, SerializationContext("t", MessageField.VALUE)), value)
