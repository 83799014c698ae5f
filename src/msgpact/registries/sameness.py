"""When two schemas are the same to a registry, and which of the schemas that one includes it refers to itself."""

import json
import uuid

from msgpact.serializers.framed import RegisteredSchema

__all__ = ["compact", "direct_references", "guid_of", "key_of"]


def compact(schema: RegisteredSchema, *, normalize: bool = False) -> str:
    """The text without what has no meaning: white space between the tokens of JSON, or around the lines of a `.proto`.

    *normalize* puts the keys of JSON in order too.
    """
    if schema.format == "PROTOBUF":
        return "\n".join(line.strip() for line in schema.text.strip().split("\n") if line.strip())
    try:
        document = json.loads(schema.text)
    except ValueError:  # registries refuse such a schema; in memory it is only kept
        return schema.text.strip()
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, sort_keys=normalize)


def key_of(schema: RegisteredSchema, *, normalize: bool = False) -> str:
    """The same text for the same schema, its references included."""
    references = {name: key_of(each, normalize=normalize) for name, each in sorted(schema.references.items())}
    return json.dumps([schema.format, compact(schema, normalize=normalize), references])


def guid_of(schema: RegisteredSchema) -> uuid.UUID:
    """A GUID that follows from the contents, as Confluent's does (its value is another)."""
    return uuid.uuid5(uuid.NAMESPACE_OID, key_of(schema))


def direct_references(schema: RegisteredSchema) -> dict[str, RegisteredSchema]:
    """The references without those that only others need."""
    beyond = {name for reference in schema.references.values() for name in reference.references}
    return {
        name: reference
        for name, reference in schema.references.items()
        if name not in beyond or _spelt(name, schema) in schema.text
    }


def _spelt(name: str, schema: RegisteredSchema) -> str:
    """A name as its user may write it: within its namespace Avro does without the namespace."""
    return name.rpartition(".")[2] if schema.format == "AVRO" else name
