"""What stands around a payload on the wire: a frame that names the schema of its writer.

A frame is read and written by pure functions of bytes and headers. Which schema an id means is looked up in a `Registry`,
which is handed in: nothing here opens a connection.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgpact.errors import UsageError
from msgpact.model import Headers
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
from msgpact.serializers.frames.apicurio import Apicurio
from msgpact.serializers.frames.azure import Azure
from msgpact.serializers.frames.confluent import Confluent
from msgpact.serializers.frames.glue import Glue

__all__ = [
    "FRAMES",
    "Apicurio",
    "Azure",
    "Bare",
    "Confluent",
    "Encoding",
    "Framed",
    "Framing",
    "GlobalId",
    "Glue",
    "Id",
    "MessageType",
    "RegisteredSchema",
    "Registry",
    "SchemaFormat",
    "SchemaId",
    "framing_of",
    "id_shown",
    "unknown_id",
]


@dataclass(frozen=True, slots=True)
class Bare:
    """No frame: the contents are the payload."""

    @property
    def name(self) -> str:
        return "none"

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:  # noqa: ARG002 every frame is given them
        """The contents as they are."""
        return Framed(contents, None)

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The payload as it is."""
        return framed.payload, ()


FRAMES: dict[str, Callable[[Registry, str | None], Framing]] = {
    "none": lambda registry, subject: Bare(),
    "confluent": Confluent,
    "confluent-header": lambda registry, subject: Confluent(registry, subject, header=True),
    "confluent-key-header": lambda registry, subject: Confluent(registry, subject, header=True, key=True),
    "glue": Glue,
    "glue-zlib": lambda registry, subject: Glue(registry, subject, compression=True),
    "apicurio-4": lambda registry, subject: Apicurio(registry, subject, headers=False),
    "apicurio-8": lambda registry, subject: Apicurio(registry, subject, version=2, headers=False),
    "apicurio-headers": lambda registry, subject: Apicurio(registry, subject, headers=True),
    "apicurio-key-headers": lambda registry, subject: Apicurio(registry, subject, headers=True, key=True),
    "azure": Azure,
}
"""The frames by the names that contracts say."""


def framing_of(name: str, registry: Registry, subject: str | None = None) -> Framing:
    """The frame that a contract names.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in FRAMES:
        raise UsageError(
            f"Cannot read messages framed as {name!r}: there is no such frame. There are {', '.join(FRAMES)}."
        )
    return FRAMES[name](registry, subject)
