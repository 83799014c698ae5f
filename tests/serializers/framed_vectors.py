"""The shared vectors of framed bodies as frames with a registry that knows a vector's schema and nothing else."""

import base64
import json
import uuid
from typing import Any

from msgpact.model import Headers
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.framing import Apicurio, Framing, GlobalId, RegisteredSchema, SchemaId, framing_of

SUBJECT = "t-value"


def id_of(vector: dict[str, Any]) -> SchemaId:
    """How the registry knows the vector's schema."""
    if "guid" in vector:
        return uuid.UUID(vector["guid"])
    if "global_id" in vector:
        return GlobalId(vector["global_id"])
    number: int = vector["content_id"] if "content_id" in vector else vector["schema_id"]
    return GlobalId(number) if vector["framing"] == "apicurio-8" else number


def schema_of(vector: dict[str, Any]) -> RegisteredSchema:
    references = {each["name"]: _schema(vector["format"], each["schema"]) for each in vector.get("references", ())}
    return _schema(vector["format"], vector["schema"], references)


def _schema(kind: str, schema: object, references: dict[str, RegisteredSchema] | None = None) -> RegisteredSchema:
    formats: Any = {"avro": "AVRO", "protobuf": "PROTOBUF", "json": "JSON"}
    return RegisteredSchema(formats[kind], json.dumps(schema), references or {})


def registry_of(vector: dict[str, Any]) -> MemoryRegistry:
    registry = MemoryRegistry()
    registry.register(SUBJECT, schema_of(vector), id_of(vector))
    return registry


def framing_for(vector: dict[str, Any]) -> Framing:
    """The frame that the vector's writer used."""
    name, registry = vector["framing"], registry_of(vector)
    if name == "apicurio-headers" and "global_id" in vector:
        return Apicurio(registry, SUBJECT, version=2)
    return framing_of(
        "confluent-key-header" if name == "confluent-header" and vector.get("key") else name, registry, SUBJECT
    )


def body_of(vector: dict[str, Any]) -> bytes:
    pieces = vector.get("body_pattern") or [[vector["body_base64"], 1]]
    return b"".join(base64.b64decode(piece) * times for piece, times in pieces)


def headers_of(vector: dict[str, Any]) -> Headers:
    return tuple((name, base64.b64decode(value)) for name, value in vector.get("headers", {}).items())
