"""What stands around a payload on the wire: a frame that names the schema of its writer.

A frame is read and written by pure functions of bytes and headers. Which schema an id means is looked up in a `Registry`,
which is handed in: nothing here opens a connection.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from msgpact.model import Headers

__all__ = ["Framed", "Framing", "RegisteredSchema", "Registry", "SchemaId"]

SchemaId = int | uuid.UUID
"""How a frame names a schema: a number (Confluent, Apicurio), or a GUID (Confluent's header, Glue)."""


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """A schema as a registry holds it.

    Attributes:
        format: What language it is written in.
        text: Avro and JSON Schema as JSON text; Protobuf as `.proto` text, or as the base64 of a serialized FileDescriptorProto.
        references: The schemas that it refers to, by the name it calls them, those of those included.
    """

    format: Literal["AVRO", "PROTOBUF", "JSON"]
    text: str
    references: Mapping[str, "RegisteredSchema"]

    def __hash__(self) -> int:
        return hash((self.format, self.text))


class Registry(Protocol):
    """Where schemas are looked up. What it gives may be kept: an id means one schema for ever."""

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id.

        Raises:
            ValueError: the registry does not know it; a clause that names the id.
            Unavailable: it does not answer.
        """

    def id_of(self, schema: RegisteredSchema, subject: str, /) -> SchemaId:
        """The id under which a schema is, or now gets, registered for a subject. Raises as `find`."""

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises as `find`."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A payload out of its frame, or on its way into one.

    Attributes:
        schema: What the frame says, looked up, of the schema it was written with; None where it names none.
        message: Which message of a Protobuf schema it is: indexes from the file's messages down, or a name; None where
            the frame does not say.
        encoding: What an Avro payload is written as; Apicurio may say JSON.
    """

    payload: bytes
    schema: RegisteredSchema | None
    message: tuple[int, ...] | str | None = None
    encoding: Literal["BINARY", "JSON"] = "BINARY"


class Framing(Protocol):
    """One kind of frame with the registry that knows its ids."""

    name: str
    """As it is written in a contract: `confluent`, `confluent-header`, `glue`, `apicurio`, …"""

    def unwrap(self, contents: bytes, headers: Headers, /) -> Framed:
        """Take a payload out of its frame.

        Raises:
            ValueError: there is no such frame, or it is broken; a clause that says what is there instead.
            Unavailable: the registry does not answer.
        """

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The contents and headers that carry a payload; its `schema` is the one it was written with. Raises as `unwrap`."""
