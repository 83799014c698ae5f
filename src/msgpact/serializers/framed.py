"""What frames are made of: a schema as a registry holds it, what it is known by, a payload out of its frame."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from msgpact.errors import UsageError
from msgpact.model import Headers

__all__ = [
    "NO_REGISTRY",
    "Encoding",
    "Framed",
    "Framing",
    "GlobalId",
    "Id",
    "MadeUpIds",
    "MessageType",
    "NotRegistered",
    "RegisteredSchema",
    "Registry",
    "SchemaFormat",
    "SchemaId",
    "id_shown",
    "no_id",
    "unknown_id",
]

SchemaFormat = Literal["AVRO", "PROTOBUF", "JSON"]
Encoding = Literal["BINARY", "JSON"]
SchemaId = int | uuid.UUID
"""How a frame names a schema: a number (Confluent, Apicurio), or a GUID (Confluent's header, Glue, Azure)."""
Id = TypeVar("Id", int, uuid.UUID)


class GlobalId(int):
    """A number that Apicurio counts registrations by, not contents: never equal to a contentId, which is a plain number."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GlobalId) and int(self) == int(other)

    def __ne__(self, other: object) -> bool:  # int has its own
        return not self == other

    def __hash__(self) -> int:
        return hash((GlobalId, int(self)))


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """A schema as a registry holds it.

    Attributes:
        format: What language it is written in.
        text: Avro and JSON Schema as JSON text; Protobuf as `.proto` text, or as the base64 of a serialized FileDescriptorProto.
        references: The schemas that it refers to, by the name it calls them, those of those included.
    """

    format: SchemaFormat
    text: str
    references: Mapping[str, "RegisteredSchema"]

    def __hash__(self) -> int:
        return hash((self.format, self.text))


class Registry(Protocol):
    """Where schemas are looked up. What it gives may be kept: an id means one schema for ever."""

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id.

        Raises:
            ValueError: the registry does not know it; a clause that names the id, as `unknown_id` makes it.
            Unavailable: it does not answer.
        """

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id under which a schema is, or now gets, registered for a subject: an int, a GlobalId or a UUID.

        Raises as `find`; ValueError too where the registry has no ids of that kind.
        """

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises as `find`."""


class _NoRegistry:
    """The registry where none was named."""

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        raise UsageError(
            f"Cannot look up the {id_shown(schema_id)}: no schema registry is named. Name it: Provider(..., registry=...), "
            "or msgpact.load(..., registry=...)."
        )

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:  # noqa: ARG002  (a Registry)
        raise UsageError(
            f"Cannot register a schema for {subject!r}: no schema registry is named. Name it in the frame."
        )

    def latest(self, subject: str, /) -> RegisteredSchema:
        raise UsageError(f"Cannot look up the schema of {subject!r}: no schema registry is named. Name it.")


NO_REGISTRY: Registry = _NoRegistry()
"""Of contracts that state a frame, before anything says which registry knows its schemas."""


class MadeUpIds:
    """The registry of a frame for which none is named: a consumer's contract says that there is a frame, and not which id.

    It counts the schemas that the frame is given to write. As none is known otherwise, one is equal to another.
    """

    def __init__(self) -> None:
        self._schemas: list[RegisteredSchema] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MadeUpIds)

    def __hash__(self) -> int:
        return hash(MadeUpIds)

    def __repr__(self) -> str:
        return "MadeUpIds()"

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        number = schema_id.int if isinstance(schema_id, uuid.UUID) else schema_id
        if not 0 < number <= len(self._schemas):
            raise ValueError(
                f"its {id_shown(schema_id)} is no id that was made up here, and its frame names no registry"
            )
        return self._schemas[number - 1]

    def id_of(self, schema: RegisteredSchema, _subject: str, kind: type[Id], /) -> Id:
        if schema not in self._schemas:
            self._schemas.append(schema)
        number = 1 + self._schemas.index(schema)
        return kind(int=number) if issubclass(kind, uuid.UUID) else kind(number)

    def latest(self, subject: str, /) -> RegisteredSchema:
        raise ValueError(f"there is no subject {subject!r}: the frame names no registry")


@dataclass(frozen=True, slots=True)
class MessageType:
    """Which message of a Protobuf file a payload is: as much as a frame says, or all of it for a frame to choose from.

    Attributes:
        name: Its full name; Apicurio says only the last part of it.
        indexes: Its place among the file's messages, then among those of that one, and so on down (Confluent).
        rank: Its place among the full names of all messages of the file in order, nested ones and map entries too (Glue).
    """

    name: str | None = None
    indexes: tuple[int, ...] | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Framed:
    """A payload out of its frame, or on its way into one.

    Attributes:
        schema: What the frame says, looked up, of the schema it was written with; None where it names none.
        message: Which message of a Protobuf schema it is; None where the frame does not say. To be wrapped, all of it is said.
        encoding: What an Avro payload is written as; Apicurio may say JSON.
    """

    payload: bytes
    schema: RegisteredSchema | None
    message: MessageType | None = None
    encoding: Encoding = "BINARY"


class Framing(Protocol):
    """One kind of frame with the registry that knows its ids."""

    @property
    def name(self) -> str:
        """As it is written in a contract: a key of `framing.FRAMES`."""

    def unwrap(self, contents: bytes, headers: Headers, /) -> Framed:
        """Take a payload out of its frame.

        Raises:
            ValueError: there is no such frame, or it is broken; a clause that says what is there instead.
            Unavailable: the registry does not answer.
        """

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The contents and headers that carry a payload; its `schema` is the one it was written with. Raises as `unwrap`."""


def id_shown(schema_id: SchemaId) -> str:
    """An id as it stands in a message."""
    return f"global id {int(schema_id)}" if isinstance(schema_id, GlobalId) else f"schema id {schema_id}"


def unknown_id(schema_id: SchemaId, registry: str) -> ValueError:
    """What `Registry.find` raises: that *registry*, a noun with its address, does not know an id."""
    return ValueError(f"its {id_shown(schema_id)} is not known to {registry}")


class NotRegistered(ValueError):
    """A schema has no id under a subject, yet; a clause."""


def no_id(kind: type[SchemaId], registry: str) -> ValueError:
    """What `Registry.id_of` raises: that *registry* has no ids of a kind, or none for this schema."""
    what = "GUID" if issubclass(kind, uuid.UUID) else "global id" if issubclass(kind, GlobalId) else "number"
    return ValueError(f"its schema has no {what} in {registry}")
