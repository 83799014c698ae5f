"""What a registry can be asked for as a whole, to be kept elsewhere: subjects, and the history of each."""

from dataclasses import dataclass
from typing import Protocol

from msgpact.serializers.framed import RegisteredSchema, SchemaId

__all__ = ["Entry", "Source"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A version of a subject, with every id that its schema is known by."""

    version: int
    schema_ids: tuple[SchemaId, ...]
    schema: RegisteredSchema


class Source(Protocol):
    """A registry whose contents can be listed."""

    def subjects(self) -> list[str]:
        """The names of all subjects."""

    def history(self, subject: str, /) -> list[Entry]:
        """The versions of a subject, the oldest first. Raises as `Registry.latest`."""
