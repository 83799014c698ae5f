"""What stands around a payload on the wire: a frame that names the schema of its writer.

A frame is read and written by pure functions of bytes and headers. Which schema an id means is looked up in a `Registry`,
which is handed in: nothing here opens a connection.
"""

from msgpact.serializers.framed import (
    Encoding,
    Framed,
    Framing,
    GlobalId,
    Id,
    MessageType,
    RegisteredSchema,
    Registry,
    SchemaFormat,
    SchemaId,
    id_shown,
    unknown_id,
)

__all__ = [
    "Encoding",
    "Framed",
    "Framing",
    "GlobalId",
    "Id",
    "MessageType",
    "RegisteredSchema",
    "Registry",
    "SchemaFormat",
    "SchemaId",
    "id_shown",
    "unknown_id",
]
