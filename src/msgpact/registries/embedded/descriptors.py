"""A Protobuf schema as clients ask for it: its descriptor in base64, however it was registered."""

import dataclasses

from msgpact.errors import MissingExtra
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import sources

__all__ = ["serialized"]


def serialized(schema: RegisteredSchema) -> str:
    """The descriptor in base64; of other formats, and where what compiles it is not installed, the text as it is."""
    if schema.format != "PROTOBUF":
        return schema.text
    try:
        source = sources.of_registered(schema)
    except (MissingExtra, ValueError):
        return schema.text
    if source.text is None or source.main is None:
        return schema.text
    return sources.registered(dataclasses.replace(source, text=None), source.main).text
